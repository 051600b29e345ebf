"""The vendor's official SDK for Python, unmodified, works with this service as with the vendor's cloud: its requests
are understood, and its models are filled from the answers."""

import re
import unittest
from contextlib import contextmanager

from huaweicloudsdkcbr.v1 import (
    AddMemberRequest,
    AddMembersReq,
    CbrClient,
    DeleteMemberRequest,
    Member,
    ShowMemberDetailRequest,
    ShowMembersDetailRequest,
    UpdateMember,
    UpdateMemberStatusRequest,
)
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException, SdkException

from service import Service

OTHERS = ["fifth", "first", "fourth", "second", "third"]
VAULT = "20000000-0000-4000-8000-000000000002"
ACCEPTED, REJECTED, REFUSED, LISTED = (f"b0000000-0000-4000-8000-00000000000{n}" for n in range(1, 5))

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Person:
    """A project that works through the SDK, with a token or with an access key alone."""

    def __init__(self, address, project, token=None, access="not-a-key", secret="not-a-secret"):
        self.project, self.token = project, token
        # The SDK signs each request with these; where there is a token too, the token decides.
        credentials = BasicCredentials(access, secret, project)
        self.client = CbrClient.new_builder().with_credentials(credentials).with_endpoints([address]).build()

    def call(self, invoker):
        return (invoker.add_header("X-Auth-Token", self.token) if self.token else invoker).invoke()

    def add(self, backup, *projects):
        request = AddMemberRequest(backup_id=backup, body=AddMembersReq(members=list(projects)))
        return self.call(self.client.add_member_invoker(request))

    def list(self, backup, **query):
        return self.call(self.client.show_members_detail_invoker(ShowMembersDetailRequest(backup_id=backup, **query)))

    def show(self, backup, project):
        request = ShowMemberDetailRequest(backup_id=backup, member_id=project)
        return self.call(self.client.show_member_detail_invoker(request))

    def update(self, backup, **body):
        request = UpdateMemberStatusRequest(member_id=self.project, backup_id=backup, body=UpdateMember(**body))
        return self.call(self.client.update_member_status_invoker(request))

    def delete(self, backup, project):
        return self.call(self.client.delete_member_invoker(DeleteMemberRequest(backup_id=backup, member_id=project)))


class OfficialSdk(unittest.TestCase):
    """With a token in the header."""

    @classmethod
    def setUpClass(cls):
        service = cls.enterClassContext(Service())
        cls.enter(service.address)

    @classmethod
    def enter(cls, address):
        cls.owner = Person(address, "owner", "owner-token")
        cls.member = Person(address, "member", "member-token")
        cls.intruder = Person(address, "member", "no-such-token")

    def assert_member(self, member, backup, project, status, vault=None):
        """All eight fields, with their types and values."""
        self.assertIsInstance(member, Member)
        self.assertRegex(member.id, UUID)
        self.assertRegex(member.created_at, TIME)
        if member.updated_at is not None:
            self.assertRegex(member.updated_at, TIME)
        self.assertEqual((member.backup_id, member.dest_project_id), (backup, project))
        self.assertEqual((member.status, member.vault_id, member.image_id), (status, vault, None))

    @contextmanager
    def assert_refused(self, status, code, message):
        """The call in `with` is refused with this answer."""
        with self.assertRaises(ClientRequestException) as raised:
            yield
        refusal = raised.exception
        self.assertIsInstance(refusal, SdkException)
        self.assertEqual((refusal.status_code, refusal.error_code, refusal.error_msg), (status, code, message))
        self.assertRegex(refusal.request_id, r"^[0-9a-f]{32}$")

    def test_a_share_is_added_accepted_seen_and_deleted(self):
        added = self.owner.add(ACCEPTED, "member", OTHERS[0])
        self.assertEqual(added.status_code, 200)
        self.assertEqual(len(added.members), 2, "all that were added come back, in the order of the request")
        self.assert_member(added.members[0], ACCEPTED, "member", "pending")
        self.assert_member(added.members[1], ACCEPTED, OTHERS[0], "pending")
        self.assertIsNone(added.members[0].updated_at, "nothing was updated yet")

        accepted = self.member.update(ACCEPTED, status="accepted", vault_id=VAULT)
        self.assertEqual(accepted.status_code, 200)
        self.assert_member(accepted.member, ACCEPTED, "member", "accepted", VAULT)
        self.assertIsNotNone(accepted.member.updated_at)

        for person in (self.owner, self.member):
            seen = person.show(ACCEPTED, "member")
            self.assertEqual(seen.status_code, 200)
            self.assertEqual(seen.member, accepted.member, "owner and member see the same record")
        self.assertEqual(self.owner.list(ACCEPTED).count, 2, "the owner sees all members")
        self.assertEqual(self.member.list(ACCEPTED).members, [accepted.member], "a member sees only itself")

        deleted = self.owner.delete(ACCEPTED, "member")
        self.assertEqual(deleted.status_code, 204)
        with self.assert_refused(404, "BackupService.6200", "The backup does not exist."):
            self.member.show(ACCEPTED, "member")

    def test_a_share_is_rejected(self):
        self.owner.add(REJECTED, "member")
        rejected = self.member.update(REJECTED, status="rejected")
        self.assert_member(rejected.member, REJECTED, "member", "rejected")

    def test_refusals_carry_code_message_and_request_id(self):
        self.owner.add(REFUSED, "member")
        with self.assert_refused(400, "BackupService.6703", "The backup has been shared."):
            self.owner.add(REFUSED, "member")
        with self.assert_refused(400, "BackupService.6707", "Backup sharing is not allowed."):
            self.member.add(REFUSED, OTHERS[0])
        with self.assert_refused(404, "BackupService.6705", "The share member does not exist."):
            self.owner.show(REFUSED, OTHERS[0])
        with self.assert_refused(401, "APIGW.0301", "Incorrect IAM authentication information."):
            self.intruder.list(REFUSED)

    def test_a_walk_by_offset_ends_with_an_empty_page(self):
        read = []
        while page := self.owner.list(LISTED, limit=2, offset=len(read), sort="dest_project_id:asc").members:
            self.assertLessEqual(len(page), 2)
            read += page
        self.assertEqual([member.dest_project_id for member in read], OTHERS)

    def test_a_walk_by_marker_ends_with_an_empty_page(self):
        read = self.owner.list(LISTED, limit=2, sort="dest_project_id:asc").members
        self.assertEqual(len(read), 2)
        while page := self.owner.list(LISTED, limit=2, marker=read[-1].id, sort="dest_project_id:asc").members:
            self.assertLessEqual(len(page), 2)
            read += page
        self.assertEqual([member.dest_project_id for member in read], OTHERS)

    def test_filters_reach_the_service(self):
        page = self.owner.list(LISTED, status="pending", dest_project_id=OTHERS[3])
        self.assertEqual(page.count, 1)
        self.assert_member(page.members[0], LISTED, OTHERS[3], "pending")
        self.assertEqual(self.owner.list(LISTED, status="accepted").members, [])


class OfficialSdkWithAccessKeys(OfficialSdk):
    """As the SDK comes: with an access key, and no header of ours. All the same tests."""

    @classmethod
    def enter(cls, address):
        cls.owner = Person(address, "owner", access="olgas-key", secret="olgas-secret")
        cls.member = Person(address, "member", access="maxs-key", secret="maxs-secret")
        cls.intruder = Person(address, "member", access="maxs-key", secret="not maxs-secret")


if __name__ == "__main__":
    unittest.main()
