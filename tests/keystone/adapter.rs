//! A client of another project: OpenStack's own library logs in, finds the service in
//! Keystone's catalog, and calls.

use std::process::Command;

use testkit::fixture::{backup, vault};

use crate::cloud::{Cloud, programs};

#[tokio::test(flavor = "multi_thread")]
async fn keystoneauths_adapter_finds_the_service_in_the_catalog_and_calls_it() {
    let cloud = Cloud::start().await;
    let server = cloud.server(|_| {}).await;
    cloud.registers(&server.endpoint()).await;
    let (address, bob, backup, vault) =
        (cloud.address(), cloud.bob.id.clone(), backup(1), vault(1));
    let ended = tokio::task::spawn_blocking(move || {
        let mut python = Command::new(programs().join("venv/bin/python3"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keystone/adapter.py");
        python
            .args(["-B", script, &address, &bob, &backup, &vault])
            .output()
            .expect("a process")
    });
    let ended = ended.await.expect("no panic");
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(
        ended.status.success(),
        "{told}\n{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let said: Vec<_> = told.lines().collect();
    assert_eq!(
        said,
        [
            "shared: 200 pending",
            "accepted: 200 accepted",
            "seen: 200 accepted",
            "shared again: 400 BackupService.6703",
            "left: 403",
            "revoked: 204"
        ]
    );
}
