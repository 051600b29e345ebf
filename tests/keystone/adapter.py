"""Shares a backup by keystoneauth1 alone: adapter.py KEYSTONE PROJECT BACKUP VAULT, as alice with bob."""

import sys

from keystoneauth1.adapter import Adapter
from keystoneauth1.identity.v3 import Password
from keystoneauth1.session import Session

keystone, bobs_project, backup, vault = sys.argv[1:]
domain = {"user_domain_id": "default", "project_domain_id": "default"}


def adapter(name):
    auth = Password(keystone, username=name, password=name, project_name=name, **domain)
    # From the catalog: no endpoint is named here.
    return Adapter(Session(auth), service_type="backup-share", interface="public", raise_exc=False)


def say(what, answer, show=lambda body: ""):
    print(f"{what}: {answer.status_code} {show(answer.json() if answer.content else None)}".strip())


def status(body):
    return body["member"]["status"]


alice, bob = adapter("alice"), adapter("bob")
members, member = f"/backups/{backup}/members", f"/backups/{backup}/members/{bobs_project}"
say("shared", alice.post(members, json={"members": [bobs_project]}), lambda body: body["members"][0]["status"])
say("accepted", bob.put(member, json={"status": "accepted", "vault_id": vault}), status)
say("seen", alice.get(member), status)
say("shared again", alice.post(members, json={"members": [bobs_project]}), lambda body: body["error_code"])
say("left", bob.delete(member))
say("revoked", alice.delete(member))
