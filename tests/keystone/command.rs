//! The command, logged in as OpenStack's clients are, finding the service in the catalog.

use std::process::Command;

use serde_json::json;
use testkit::fixture::{backup, vault};

use crate::cloud::Cloud;

#[tokio::test(flavor = "multi_thread")]
async fn the_command_logs_in_at_keystone_and_finds_the_service() {
    let cloud = Cloud::start().await;
    let server = cloud.server(|_| {}).await;
    cloud.registers(&server.endpoint()).await;
    let home = tempfile::tempdir().expect("a folder");
    let run = |user: &str, line: String| {
        let mut command = Command::new(testkit::process::program());
        let variables = [
            ("HOME", home.path().to_str().expect("text")),
            ("OS_AUTH_URL", &cloud.address()),
            ("OS_USERNAME", user),
            ("OS_PASSWORD", user),
            ("OS_PROJECT_NAME", user),
        ];
        let ended = command
            .env_clear()
            .envs(variables)
            .args(line.split_whitespace())
            .output()
            .expect("a process");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        assert!(ended.status.success(), "{line}: {}", text(ended.stderr));
        text(ended.stdout)
    };
    let (backup, bob) = (backup(1), &cloud.bob.id);
    tokio::task::block_in_place(|| {
        run("alice", format!("share {backup} --with {bob}"));
        run("bob", format!("accept {backup} --vault {}", vault(1)));
        let told: serde_json::Value =
            serde_json::from_str(&run("alice", format!("members {backup} -o json"))).expect("JSON");
        assert_eq!(
            (&told[0]["status"], &told[0]["dest_project_id"]),
            (&json!("accepted"), &json!(bob))
        );
    });
    // Each of both has logged in once, and was asked about once.
    assert_eq!(cloud.questions().len(), 2, "{:?}", cloud.questions());
}
