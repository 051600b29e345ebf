//! The story of sharing, told with tokens that Keystone issued.

use std::time::Duration;

use backup_share::client::types::MemberStatus;
use testkit::{
    fixture::{MALLORY, backup, vault},
    server::TestServer,
};

use crate::cloud::Cloud;

#[tokio::test]
async fn owner_and_member_share_by_keystones_tokens() {
    let cloud = Cloud::start().await;
    let server = cloud.server(|_| {}).await;
    the_story(&cloud, &server).await;
    // Its account's token is asked for once, and each of the callers' once.
    assert_eq!(
        cloud.questions().values().sum::<usize>(),
        3,
        "{:?}",
        cloud.questions()
    );
}

#[tokio::test]
async fn without_an_account_callers_tokens_speak_for_themselves() {
    let cloud = Cloud::start().await;
    let server = cloud.server(|config| config.keystone.user.clear()).await;
    the_story(&cloud, &server).await;
    let refused = server
        .get(
            &format!("/v3/{}/backups/{}/members", cloud.alice.id, backup(1)),
            "garbage",
        )
        .await;
    assert_eq!(refused.error(), (401, "APIGW.0301".into()));
}

#[tokio::test]
async fn an_application_credential_serves_as_the_account() {
    let cloud = Cloud::start().await;
    let (id, secret) = cloud.application_credential("cbr").await;
    let server = cloud
        .server(|config| {
            config.keystone.user.clear();
            (
                config.keystone.application_credential_id,
                config.keystone.application_credential_secret,
            ) = (id, secret.into());
        })
        .await;
    the_story(&cloud, &server).await;
}

#[tokio::test]
async fn projects_to_share_with_are_looked_up_in_keystone() {
    let cloud = Cloud::start().await;
    let server = cloud
        .server(|config| {
            config.keystone.check_projects = true;
            (config.keystone.user, config.keystone.password) = ("admin".into(), "admin".into());
            config.keystone.project = "admin".into();
        })
        .await;
    let (alice, bob) = (&cloud.alice, &cloud.bob);
    let alices = server.caller(&cloud.token("alice", "alice").await, &alice.id);
    assert_eq!(
        alices
            .shares(1, &[&bob.id, MALLORY])
            .await
            .expect_err("no such project"),
        "BackupService.6704"
    );
    cloud.enables(bob, false).await;
    server.clock.advance(Duration::from_secs(300));
    assert_eq!(
        alices.shares(1, &[&bob.id]).await.expect_err("disabled"),
        "BackupService.6704"
    );
    cloud.enables(bob, true).await;
    server.clock.advance(Duration::from_secs(5));
    alices.shares(1, &[&bob.id]).await.expect("there it is");
}

async fn the_story(cloud: &Cloud, server: &TestServer) {
    let (alice, bob) = (&cloud.alice, &cloud.bob);
    let alices = server.caller(&cloud.token("alice", "alice").await, &alice.id);
    let bobs = server.caller(&cloud.token("bob", "bob").await, &bob.id);
    let mallorys = server.caller(&cloud.token("mallory", "mallory").await, &cloud.mallory.id);
    let added = alices.shares(1, &[&bob.id]).await.expect("shared");
    assert_eq!(added.members[0].status, MemberStatus::Pending);
    assert_eq!(
        mallorys
            .lists(1)
            .await
            .expect_err("a stranger to this backup"),
        "BackupService.6200"
    );
    assert_eq!(
        bobs.accepts(1, &vault(1)).await.expect("accepted").status,
        MemberStatus::Accepted
    );
    assert_eq!(
        alices.shows(1, &bob.id).await.expect("seen").status,
        MemberStatus::Accepted
    );
    bobs.rejects(1).await.expect("rejected");
    alices.revokes(1, &bob.id).await.expect("revoked");
    assert_eq!(alices.lists(1).await.expect("a list").members.len(), 0);
}
