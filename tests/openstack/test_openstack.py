"""OpenStack's own clients, unmodified: `openstack` with otcextensions, and keystoneauth1."""

import json
import logging
import os
import signal
import sys
import tempfile
import unittest
import warnings
from pathlib import Path

from keystoneauth1.discover import Discover
from keystoneauth1.identity.generic import Password
from keystoneauth1.session import Session
from openstackclient import shell
from service import Service

HERE = Path(__file__).parent
# Registers the member commands, which otcextensions only ships.
sys.path.insert(0, str(HERE / "commands"))

OWNER, MEMBER, ANOTHER = (
    "0605767b5780d5762fc5c0118072a564",
    "f841e01fd2b14e7fa41b6ae7aa6b0594",
    "4229d7a45436489f8c3dc2b1d35d4987",
)
WEB_SERVER, DATABASE = (f"b0000000-0000-4000-8000-00000000000{n}" for n in (1, 2))
OWNER_VAULT, MEMBER_VAULT = (f"{n}0000000-0000-4000-8000-00000000000{n}" for n in (1, 2))


def setUpModule():
    global service
    service = unittest.enterModuleContext(Service(HERE / "data.yaml"))


def password(name, project=None, **other):
    """The variables of somebody who logs in by name and password."""
    account = {"AUTH_URL": service.address, "USERNAME": name, "PASSWORD": f"{name}'s", "USER_DOMAIN_NAME": "Default"}
    if project:
        account |= {"PROJECT_NAME": project, "PROJECT_DOMAIN_NAME": "Default"}
    return account | other


class Ran:
    """A command in a process of its own, by its end: a fork of this one, which has loaded the client's code already.
    Loading it takes three times as long as any command."""

    def __init__(self, command, environment):
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            child = os.fork()
            if child == 0:
                os.dup2(out.fileno(), sys.stdout.fileno())
                os.dup2(err.fileno(), sys.stderr.fileno())
                self.run(command, environment)
            status = os.waitpid(child, 0)[1]
            self.code = os.waitstatus_to_exitcode(status)
            self.out, self.err = (file.seek(0) or file.read() for file in (out, err))

    @staticmethod
    def run(command, environment):
        code = 1
        try:
            signal.alarm(60)
            os.environ.clear()
            os.environ.update(environment)
            code = shell.main(list(command))
        except SystemExit as ended:
            code = ended.code
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code or 0)


def say(command, outcome):
    """Prints a step, without tokens."""
    words = (word if len(word) < 64 else "TOKEN" for word in command)
    print(f"  openstack {' '.join(words)}: {outcome}", flush=True)


class OpenStack(unittest.TestCase):
    """Runs commands as somebody, and prints each with what became of it."""

    def run_command(self, account, *command):
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "NO_PROXY") if name in os.environ}
        return Ran(command, kept | {f"OS_{name}": value for name, value in account.items()})

    def openstack(self, account, *command, form="json"):
        """What a command prints, read; it must have done what it was asked for, without a word of complaint."""
        asked = [*command, "-f", form] if form else command
        ran = self.run_command(account, *asked)
        say(command, "failed" if ran.code else "done")
        self.assertEqual((ran.code, ran.err), (0, ""), ran.out)
        return json.loads(ran.out) if form == "json" else ran.out

    def assert_refused(self, account, *command, told):
        """The command fails, and prints what the service says: at least its code, which is all that some commands show."""
        ran = self.run_command(account, *command)
        say(command, "refused" if ran.code else "done")
        self.assertNotEqual(ran.code, 0, ran.out)
        self.assertIn(told, ran.err)


class Identity(OpenStack):
    """Logging in, and finding the service."""

    def assert_issued(self, account, project=OWNER):
        issued = self.openstack(account, "token", "issue")
        self.assertEqual(issued["project_id"], project)
        return issued

    def test_a_name_logs_in_with_and_without_v3(self):
        for url in ("", "/v3"):
            self.assert_issued(password("olga", "owner", AUTH_URL=f"{service.address}{url}"))

    def test_a_name_logs_in_without_a_project(self):
        self.assert_issued(password("olga"))

    def test_an_id_logs_in_for_a_project_by_its_id(self):
        user = self.assert_issued(password("olga", "owner"))["user_id"]
        by_id = {"AUTH_URL": service.address, "USER_ID": user, "PASSWORD": "olga's", "PROJECT_ID": OWNER}
        self.assert_issued(by_id)

    def test_a_token_logs_in(self):
        token = self.assert_issued(password("olga", "owner"))["id"]
        account = {"AUTH_TYPE": "token", "AUTH_URL": service.address, "TOKEN": token}
        self.assert_issued(account | {"PROJECT_NAME": "owner", "PROJECT_DOMAIN_ID": "default"})

    def test_the_catalog_lists_the_identity_and_the_service(self):
        listed = self.openstack(password("olga", "owner"), "catalog", "list")
        found = {entry["Type"]: entry["Endpoints"][0]["url"] for entry in listed}
        self.assertEqual(found, {"identity": f"{service.address}/v3", "cbr": f"{service.address}/v3/{OWNER}"})

    def test_projects_are_listed(self):
        listed = self.openstack(password("olga", "owner"), "project", "list")
        self.assertEqual([project["ID"] for project in listed], [OWNER])

    def test_a_token_is_revoked(self):
        token = self.assert_issued(password("olga", "owner"))["id"]
        account = {"AUTH_TYPE": "token", "AUTH_URL": service.address, "TOKEN": token}
        self.openstack(account, "token", "revoke", token, form=None)
        self.assert_refused(account, "token", "issue", told="The token must be updated.")

    def test_a_wrong_password_and_another_domain_are_refused_in_words(self):
        told = "Incorrect IAM authentication information."
        self.assert_refused(password("olga", "owner", PASSWORD="wrong"), "token", "issue", told=told)
        self.assert_refused(password("olga", "owner", USER_DOMAIN_NAME="acme"), "token", "issue", told=told)

    def test_keystoneauth_discovers_the_identity_without_a_warning(self):
        for url in ("", "/", "/v3", "/v3/"):
            auth = Password(f"{service.address}{url}", username="olga", password="olga's", project_name="owner",
                            user_domain_id="default", project_domain_id="default")
            with self.assertNoLogs("keystoneauth", logging.WARNING), warnings.catch_warnings():
                warnings.simplefilter("error")
                session = Session(auth)
                self.assertEqual(session.get_project_id(), OWNER)
                self.assertEqual(session.get_endpoint(service_type="cbr"), f"{service.address}/v3/{OWNER}")
                versions = Discover(session, f"{service.address}{url}").version_data()
                self.assertEqual([version["version"] for version in versions], [(3, 14)])
                listed = session.get("/backups", endpoint_filter={"service_type": "cbr"})
                self.assertEqual(listed.status_code, 200)
            print(f"  keystoneauth at {url or 'the root'}: no warning", flush=True)


class Shares(OpenStack):
    """`openstack cbr …`: backups, vaults and members."""

    def assert_member(self, member, status, vault=None, project=MEMBER):
        found = (member["backup_id"], member["dest_project_id"], member["status"], member["vault_id"])
        self.assertEqual(found, (WEB_SERVER, project, status, vault))

    def test_backups_and_vaults_are_listed_and_shown(self):
        olga = password("olga", "owner")
        listed = self.openstack(olga, "cbr", "backup", "list")
        self.assertEqual({backup["name"] for backup in listed}, {"web-server", "database"})
        named = self.openstack(olga, "cbr", "backup", "list", "--name", "database", "--limit", "1")
        self.assertEqual([backup["id"] for backup in named], [DATABASE])
        for backup in (DATABASE, "database"):
            shown = self.openstack(olga, "cbr", "backup", "show", backup)
            self.assertEqual((shown["id"], shown["resource_size"]), (DATABASE, 20))
        self.assertEqual([vault["ID"] for vault in self.openstack(olga, "cbr", "vault", "list")], [OWNER_VAULT])
        for vault in (OWNER_VAULT, "owner-vault"):
            self.assertEqual(self.openstack(olga, "cbr", "vault", "show", vault)["ID"], OWNER_VAULT)
        self.assert_refused(olga, "cbr", "backup", "show", "nothing", told="No Backup found for nothing")

    def test_a_share_is_added_listed_accepted_rejected_and_deleted(self):
        olga, max_ = password("olga", "owner"), password("max", "member")
        member = ("cbr", "member")
        added = self.openstack(olga, *member, "add", "web-server", "--members", MEMBER, "--members", ANOTHER)
        self.assert_member(added[0], "pending")
        self.assert_member(added[1], "pending", project=ANOTHER)
        for backup in (WEB_SERVER, "web-server"):
            listed = self.openstack(olga, *member, "list", backup)
            self.assertEqual({share["dest_project_id"] for share in listed}, {MEMBER, ANOTHER})
        offered = self.openstack(max_, "cbr", "backup", "list", "--own-type", "shared", "--member-status", "pending")
        self.assertEqual([backup["id"] for backup in offered], [WEB_SERVER])
        self.assert_member(self.openstack(max_, *member, "show", WEB_SERVER, MEMBER), "pending")

        accept = ("set", WEB_SERVER, MEMBER, "--status", "accepted", "--vault-id", MEMBER_VAULT)
        self.assert_member(self.openstack(max_, *member, *accept), "accepted", MEMBER_VAULT)
        taken = self.openstack(max_, "cbr", "backup", "show", WEB_SERVER)
        self.assertEqual((taken["project_id"], taken["vault_id"]), (OWNER, MEMBER_VAULT))

        reject = ("set", WEB_SERVER, MEMBER, "--status", "rejected")
        self.assert_member(self.openstack(max_, *member, *reject), "rejected")
        self.openstack(olga, *member, "delete", "web-server", MEMBER, form=None)
        left = self.openstack(olga, *member, "list", "web-server")
        self.assertEqual([share["dest_project_id"] for share in left], [ANOTHER])
        self.assert_refused(olga, *member, "delete", WEB_SERVER, MEMBER, told="BackupService.6705")


if __name__ == "__main__":
    unittest.main()
