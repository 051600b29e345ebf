"""The vendor's official SDK for Python, unmodified, works with this service as with the vendor's cloud: its requests
are understood, and its models are filled from the answers."""

import contextlib
import io
import os
import re
import unittest
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic
from unittest.mock import patch

from huaweicloudsdkcbr.v1 import (
    AddMemberRequest,
    AddMembersReq,
    BackupResp,
    CbrClient,
    DeleteMemberRequest,
    ListBackupsRequest,
    ListVaultRequest,
    Member,
    ShowBackupRequest,
    ShowMemberDetailRequest,
    ShowMembersDetailRequest,
    ShowVaultRequest,
    UpdateMember,
    UpdateMemberStatusRequest,
    Vault,
)
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException, SdkException

from service import Service

README = Path(__file__).parent.parent.parent / "README.md"
OTHERS = ["fifth", "first", "fourth", "second", "third"]
OWNERS_VAULT = "10000000-0000-4000-8000-000000000001"
VAULT = "20000000-0000-4000-8000-000000000002"
DISKS = "20000000-0000-4000-8000-000000000003"
BACKUPS = [f"b0000000-0000-4000-8000-00000000000{n}" for n in range(1, 7)]
ACCEPTED, REJECTED, REFUSED, LISTED, AGAIN, OFFERED = BACKUPS

CREATED = datetime(2020, 2, 2, 8, 0, 0, 114000, timezone.utc)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Person:
    """A project that works through the SDK, with a token, with an access key alone, or with both."""

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

    def backups(self, **query):
        return self.call(self.client.list_backups_invoker(ListBackupsRequest(**query)))

    def backup(self, backup):
        return self.call(self.client.show_backup_invoker(ShowBackupRequest(backup_id=backup)))

    def vaults(self, **query):
        return self.call(self.client.list_vault_invoker(ListVaultRequest(**query)))

    def vault(self, vault):
        return self.call(self.client.show_vault_invoker(ShowVaultRequest(vault_id=vault)))


class OfficialSdk(unittest.TestCase):
    """With a token in the header."""

    @classmethod
    def setUpClass(cls):
        service = cls.enterClassContext(Service(Path(__file__).parent / "data.yaml"))
        # The SDK writes a file there.
        cls.enterClassContext(patch.dict(os.environ, HOME=service.folder.name))
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

    @contextlib.contextmanager
    def assert_refused(self, status, code, message):
        """The call in `with` is refused with this code and first sentence; what follows says what to do next."""
        with self.assertRaises(ClientRequestException) as raised:
            yield
        refusal = raised.exception
        self.assertIsInstance(refusal, SdkException)
        self.assertEqual((refusal.status_code, refusal.error_code), (status, code))
        self.assertTrue(refusal.error_msg.startswith(message), refusal.error_msg)
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

    def test_a_member_is_added_deleted_and_added_again_within_one_second(self):
        started = monotonic()
        first = self.owner.add(AGAIN, "member").members[0]
        self.assertEqual(self.owner.delete(AGAIN, "member").status_code, 204)
        again = self.owner.add(AGAIN, "member").members[0]
        self.assertLess(monotonic() - started, 1, "the test is of requests that are signed alike")
        self.assertNotEqual(again.id, first.id, "who is added again has another record")
        self.assertEqual(self.owner.list(AGAIN).members, [again])

    def assert_owners_backup(self, backup):
        self.assertIsInstance(backup, BackupResp)
        self.assertEqual((backup.id, backup.name, backup.description), (OFFERED, "orders-db", "nightly"))
        self.assertEqual((backup.resource_type, backup.resource_size), ("OS::Cinder::Volume", 30))
        self.assertEqual((backup.project_id, backup.status), ("owner", "available"))
        self.assertEqual(datetime.fromisoformat(backup.created_at), CREATED, "wherever the SDK runs")

    def test_a_backup_is_offered_accepted_and_rejected(self):
        self.assertEqual(self.member.backups(own_type="shared", member_status="pending", name="orders-db").backups, [])
        self.owner.add(OFFERED, "member")

        offered = self.member.backups(own_type="shared", member_status="pending", name="orders-db")
        self.assertEqual((offered.count, len(offered.backups)), (1, 1))
        self.assert_owners_backup(offered.backups[0])
        self.assert_owners_backup(self.member.backup(OFFERED).backup)
        self.assertIsNone(offered.backups[0].vault_id, "it is in no vault of the member yet")

        self.member.update(OFFERED, status="accepted", vault_id=DISKS)
        accepted = self.member.backup(OFFERED).backup
        self.assert_owners_backup(accepted)
        self.assertEqual(accepted.vault_id, DISKS)
        self.assertEqual(self.member.vault(DISKS).vault.billing.used, 30 * 1024)
        listed = self.member.backups(own_type="all_granted", member_status="accepted", name="orders-db")
        self.assertEqual([backup.vault_id for backup in listed.backups], [DISKS])

        self.member.update(OFFERED, status="rejected")
        with self.assert_refused(404, "BackupService.6200", "The backup does not exist."):
            self.member.backup(OFFERED)

    def test_the_owner_lists_and_shows_its_backups(self):
        shown = self.owner.backup(OFFERED).backup
        self.assert_owners_backup(shown)
        self.assertEqual((shown.vault_id, shown.enterprise_project_id), (OWNERS_VAULT, "0"))
        self.assertEqual((shown.resource_id[:8], shown.resource_name), ("5c000000", "db-1"))
        self.assertEqual((shown.children, shown.replication_records), ([], []))
        listed = self.owner.backups(
            resource_type="OS::Cinder::Volume", status="available", vault_id=OWNERS_VAULT, image_type="backup",
            show_replication=True, start_time="2020-02-02T00:00:00Z", end_time="2020-02-03T00:00:00Z",
        )
        self.assertEqual(listed.backups, [shown], "the list shows what the operation for one shows")
        self.assertEqual(self.owner.backups(dec=True, incremental=True).backups, [])
        with self.assert_refused(404, "BackupService.6200", "The backup does not exist."):
            self.owner.backup(VAULT)

    def test_walks_through_backups_end_with_an_empty_page(self):
        read = []
        while page := self.owner.backups(limit=4, offset=len(read), sort="id:asc").backups:
            read += page
        self.assertEqual([backup.id for backup in read], BACKUPS)
        read = self.owner.backups(limit=4, sort="id:asc").backups
        while page := self.owner.backups(limit=4, marker=read[-1].id, sort="id:asc").backups:
            read += page
        self.assertEqual([backup.id for backup in read], BACKUPS)

    def test_vaults_are_listed_and_shown(self):
        shown = self.member.vault(VAULT).vault
        self.assertIsInstance(shown, Vault)
        self.assertEqual((shown.id, shown.name, shown.project_id), (VAULT, "of the member", "member"))
        self.assertEqual((shown.description, shown.enterprise_project_id), ("for shares", "0"))
        self.assertEqual((shown.billing.size, shown.billing.status), (100, "available"))
        filters = {"cloud_type": "public", "object_type": "server", "protect_type": "backup", "status": "available"}
        listed = self.member.vaults(**filters)
        self.assertEqual([vault.name for vault in listed.vaults], ["of the member"])
        named = self.member.vaults(id=[VAULT, DISKS, OWNERS_VAULT]).vaults
        self.assertEqual({vault.id for vault in named}, {VAULT, DISKS}, "those of its own, whichever are asked for")
        self.assertEqual((listed.count, self.member.vaults(limit=1, offset=2).vaults), (1, []))
        with self.assert_refused(404, "BackupService.6105", "The vault does not exist."):
            self.member.vault(OWNERS_VAULT)


class Readme(unittest.TestCase):
    """What a newcomer pastes."""

    def test_its_example_prints_the_members_of_the_demo(self):
        example = re.search(r"```python\n(.*?)```", README.read_text(), re.DOTALL).group(1)
        printed = io.StringIO()
        with Service() as demo, contextlib.redirect_stdout(printed):
            exec(example.replace("http://127.0.0.1:8799", demo.address), {})
        self.assertIn('"dest_project_id": "f841e01fd2b14e7fa41b6ae7aa6b0594"', printed.getvalue())


class OfficialSdkWithAccessKeys(OfficialSdk):
    """As the SDK comes: with an access key, and no header of ours. All the same tests."""

    @classmethod
    def enter(cls, address):
        cls.owner = Person(address, "owner", access="olgas-key", secret="olgas-secret")
        cls.member = Person(address, "member", access="maxs-key", secret="maxs-secret")
        cls.intruder = Person(address, "member", access="maxs-key", secret="not maxs-secret")


class OfficialSdkWithBoth(OfficialSdk):
    """With a token in the header, and signed with an access key as well. All the same tests."""

    @classmethod
    def enter(cls, address):
        cls.owner = Person(address, "owner", "owner-token", access="olgas-key", secret="olgas-secret")
        cls.member = Person(address, "member", "member-token", access="maxs-key", secret="maxs-secret")
        cls.intruder = Person(address, "member", "no-such-token", access="maxs-key", secret="maxs-secret")


if __name__ == "__main__":
    unittest.main()
