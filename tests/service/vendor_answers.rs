//! The vendor's answers about backups and vaults, as its pages show them, read by the typed client;
//! and lists of both kinds walked from page to page. What this server makes of a call is not tested
//! here.

use backup_share::client::{
    Client,
    types::{BackupAnswer, BackupList, MemberStatus, OwnType, VaultAnswer, VaultList},
};
use futures::TryStreamExt;
use httpmock::prelude::*;
use serde_json::{Value, json};

const PROJECT: &str = "0605767b5780d5762fc5c0118072a564";
const IDS: [&str; 3] = [
    "d0000000-0000-4000-8000-000000000001",
    "d0000000-0000-4000-8000-000000000002",
    "d0000000-0000-4000-8000-000000000003",
];

/// Of a server, with a disk as its part, and replicated: keys that this server never sends, words
/// that it does not know, no key where a value is null.
fn backup(id: &str) -> Value {
    json!({
        "id": id,
        "name": "nightly",
        "description": "",
        "project_id": PROJECT,
        "vault_id": "3b5816b5-f29c-4172-9d9a-76c719a659ce",
        "provider_id": "0daac4c5-6707-4851-97ba-169e36266b66",
        "checkpoint_id": "8b0851a8-adf3-4f4c-a914-dead08bf9664",
        "enterprise_project_id": "0",
        "status": "waiting_delete",
        "resource_id": "94eba8b2-acc9-4d82-badc-127144cc5526",
        "resource_name": "ecs-1f0f",
        "resource_size": 40,
        "resource_type": "OS::Native::Server",
        "resource_az": "br-iaas-odin1",
        "image_type": "backup",
        "incremental": true,
        "version": 3,
        "created_at": "2020-02-23T01:02:41.123+00:00",
        "protected_at": "2020-02-23T01:00:00.000+00:00",
        "updated_at": "2020-02-23T01:15:02.209782",
        "expired_at": "2020-05-23T01:02:41Z",
        "children": [{"id": IDS[1], "resource_type": "OS::Cinder::Volume", "resource_size": 40}],
        "replication_records": [{"id": IDS[2], "status": "success", "extra": {"source_backup_name": "a"}}],
        "extend_info": {
            "auto_trigger": true, "bootable": false, "support_lld": true, "architecture": "x86_64",
            "supported_restore_mode": "backup", "contain_system_disk": true, "system_disk": false,
            "encrypted": false, "os_images_data": [{"image_id": "d4ff4b35-6a3f-4c4e-a2b5-8ae5d3f2f0c1"}]
        }
    })
}

/// With a server in it, and keys of billing that this server never sends.
fn vault(id: &str) -> Value {
    json!({
        "id": id,
        "name": "vault-0538",
        "description": "vault_description",
        "project_id": PROJECT,
        "provider_id": "0daac4c5-6707-4851-97ba-169e36266b66",
        "user_id": "b642ad2d2c2f4d31a7a1b8a0ee9a4b6e",
        "created_at": "2019-05-08T09:31:21.840",
        "enterprise_project_id": "0",
        "auto_bind": false,
        "bind_rules": {},
        "tags": [{"key": "key01", "value": "value01"}],
        "resources": [{
            "id": "97595625-198e-4e4d-879b-9d53f68ba551", "name": "novactl", "type": "OS::Nova::Server",
            "size": 40, "backup_size": 0, "backup_count": 0, "protect_status": "available"
        }],
        "billing": {
            "allocated": 40, "charging_mode": "post_paid", "cloud_type": "hybrid", "object_type": "turbo",
            "consistent_level": "crash_consistent", "protect_type": "backup", "size": 100, "used": 0,
            "spec_code": "vault.backup.turbo.normal", "status": "available", "storage_unit": null,
            "order_id": null, "product_id": null, "is_auto_renew": false
        }
    })
}

#[test]
fn a_backup_of_the_vendors_is_read_with_all_that_is_in_it() {
    let answer = json!({"backup": backup(IDS[0])});
    let BackupAnswer { backup } = serde_json::from_value(answer).expect("an answer");
    assert_eq!(backup.id.to_string(), IDS[0]);
    assert_eq!(
        (backup.status.as_str(), backup.resource_size),
        ("waiting_delete", Some(40))
    );
    let made = backup.created_at.expect("a time").to_string();
    assert_eq!(made, "2020-02-23T01:02:41.123000");
    assert_eq!(
        (backup.children.len(), backup.replication_records.len()),
        (1, 1)
    );
    let more = backup.extend_info.expect("more");
    assert_eq!(more.os_images_data.expect("images").len(), 1);
}

#[test]
fn a_backup_with_nothing_but_what_must_be_there_is_read() {
    let least = json!({"backup": {
        "id": IDS[0], "project_id": PROJECT, "status": "available", "resource_type": "OS::Nova::Server"
    }});
    let BackupAnswer { backup } = serde_json::from_value(least).expect("an answer");
    assert_eq!(
        (backup.name, backup.vault_id, backup.created_at),
        (None, None, None)
    );
}

#[test]
fn a_vault_of_the_vendors_is_read_with_all_that_is_in_it() {
    let answer = json!({"vault": vault(IDS[0])});
    let VaultAnswer { vault } = serde_json::from_value(answer).expect("an answer");
    assert_eq!((vault.billing.size, vault.billing.used), (100, 0));
    assert_eq!(vault.billing.object_type, "turbo");
    assert_eq!(vault.tags.expect("tags")[0].key, "key01");
}

#[test]
fn pages_of_the_vendors_are_read() {
    let backups = json!({"backups": [backup(IDS[0])], "count": 9, "offset": 0, "limit": 1});
    let backups: BackupList = serde_json::from_value(backups).expect("a page");
    assert_eq!((backups.backups.len(), backups.count), (1, Some(9)));
    let vaults: VaultList =
        serde_json::from_value(json!({"vaults": [], "count": 0})).expect("a page");
    assert!(vaults.vaults.is_empty());
}

/// A service with three items, of which it shows two on a page. By offset, the first page is asked
/// for as well.
async fn service(
    path: &str,
    list: &str,
    item: impl Fn(&str) -> Value,
    second: (&str, &str),
) -> MockServer {
    let server = MockServer::start_async().await;
    let third = json!({list: [item(IDS[2])], "count": 3});
    let first = json!({list: [item(IDS[0]), item(IDS[1])], "count": 3});
    let beginning = if second.0 == "offset" { "0" } else { "" };
    let pages = [(second.0, second.1, third), (second.0, beginning, first)];
    for (name, value, page) in pages {
        let (path, name, value) = (path.to_owned(), name.to_owned(), value.to_owned());
        let answer = move |when: httpmock::When, then: httpmock::Then| {
            let when = when.method(GET).path(path);
            if value.is_empty() {
                when.query_param_missing(name);
            } else {
                when.query_param(name, value);
            }
            then.status(200).json_body(page);
        };
        server.mock_async(answer).await;
    }
    server
}

/// And nothing behind the third.
async fn ends(server: &MockServer, path: &str, list: &str, name: &str, value: &str) {
    let (path, list) = (path.to_owned(), list.to_owned());
    let (name, value) = (name.to_owned(), value.to_owned());
    let answer = move |when: httpmock::When, then: httpmock::Then| {
        when.method(GET).path(path).query_param(name, value);
        then.status(200).json_body(json!({list: [], "count": 3}));
    };
    server.mock_async(answer).await;
}

fn connect(server: &MockServer) -> Client {
    Client::connect(&server.base_url(), "the-token").expect("the address of a mock server")
}

#[tokio::test]
async fn backups_are_walked_by_marker_with_the_filters_of_the_call() {
    let path = format!("/v3/{PROJECT}/backups");
    let server = service(&path, "backups", backup, ("marker", IDS[1])).await;
    ends(&server, &path, "backups", "marker", IDS[2]).await;
    let client = connect(&server);
    let call = client.list_backups().project_id(PROJECT).limit(2_u32);
    let call = call
        .own_type(OwnType::Shared)
        .member_status(MemberStatus::Pending);
    let read: Vec<_> = call.stream().try_collect().await.expect("three backups");
    let ids: Vec<_> = read.iter().map(|backup| backup.id.to_string()).collect();
    assert_eq!(ids, IDS);
    let all: Vec<_> = client
        .backups_stream(PROJECT.parse().expect("an id"), 2)
        .try_collect()
        .await
        .expect("three backups");
    assert_eq!(all, read);
}

#[tokio::test]
async fn vaults_are_walked_by_offset() {
    let path = format!("/v3/{PROJECT}/vaults");
    let server = service(&path, "vaults", vault, ("offset", "2")).await;
    ends(&server, &path, "vaults", "offset", "3").await;
    let client = connect(&server);
    let read = client.vaults_stream(PROJECT.parse().expect("an id"), 2);
    let read: Vec<_> = read.try_collect().await.expect("three vaults");
    let ids: Vec<_> = read.iter().map(|vault| vault.id.to_string()).collect();
    assert_eq!(ids, IDS);
}

#[tokio::test]
async fn a_service_that_answers_every_offset_with_the_same_page_is_not_walked_for_ever() {
    let path = format!("/v3/{PROJECT}/vaults");
    let server = MockServer::start_async().await;
    let answer = |when: httpmock::When, then: httpmock::Then| {
        when.method(GET).path(&path);
        then.status(200)
            .json_body(json!({"vaults": [vault(IDS[0])], "count": 1}));
    };
    server.mock_async(answer).await;
    let client = connect(&server);
    let walk = client.vaults_stream(PROJECT.parse().expect("an id"), 1);
    let stuck = walk
        .try_collect::<Vec<_>>()
        .await
        .expect_err("it would go on for ever");
    assert!(stuck.to_string().contains("the same page"), "{stuck}");
}
