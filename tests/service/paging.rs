//! Lists as clients read them: filters, orders, and walks over pages until an empty one.

use std::collections::HashSet;

use futures::TryStreamExt;
use testkit::{
    fixture::{ALICE, BOB, CAROL, backup, members, vault},
    server::TestServer,
};

/// A backup with ten members, made one after the other.
async fn ten() -> TestServer {
    let server = TestServer::start().await;
    for project in [
        BOB, CAROL, "p01", "p02", "p03", "p04", "p05", "p06", "p07", "p08",
    ] {
        assert_eq!(server.share(1, &[project]).await.status, 200);
        server.clock.advance(std::time::Duration::from_secs(1));
    }
    server
}

async fn projects(server: &TestServer, query: &str) -> Vec<String> {
    let response = server
        .get(&format!("{}?{query}", members(ALICE, 1)), "alice")
        .await;
    assert_eq!(response.status, 200, "{query}: {}", response.text);
    let list = response.json();
    let text = |member: &serde_json::Value| {
        member["dest_project_id"]
            .as_str()
            .expect("an id")
            .to_owned()
    };
    list["members"]
        .as_array()
        .expect("never null")
        .iter()
        .map(text)
        .collect()
}

#[tokio::test]
async fn an_offset_walk_ends_with_an_empty_page() {
    let server = ten().await;
    let mut read = vec![];
    loop {
        let page = projects(
            &server,
            &format!("limit=3&offset={}&sort=created_at%3Adesc", read.len()),
        )
        .await;
        if page.is_empty() {
            break;
        }
        read.extend(page);
    }
    assert_eq!(
        read,
        [
            "p08", "p07", "p06", "p05", "p04", "p03", "p02", "p01", CAROL, BOB
        ]
    );
}

#[tokio::test]
async fn a_marker_walk_ends_with_an_empty_page() {
    let server = ten().await;
    let client = server.alice().client;
    let backup: backup_share::client::types::BackupId = backup(1).parse().expect("an id");
    for page_size in [1, 3, 10, 1000] {
        let walked =
            client.members_stream(ALICE.parse().expect("an id"), backup.clone(), page_size);
        let walked: Vec<_> = walked.try_collect().await.expect("no error on the way");
        assert_eq!(walked.len(), 10, "pages of {page_size}");
    }
}

#[tokio::test]
async fn a_stream_begins_with_the_first_whatever_the_offset_of_the_call() {
    let server = ten().await;
    let client = server.alice().client;
    let members = client.list_members().project_id(ALICE).backup_id(backup(1));
    let members = members.limit(3_u32).offset(2_i64).stream();
    let walked: Vec<_> = members.try_collect().await.expect("no error on the way");
    let projects: HashSet<_> = walked.into_iter().map(|m| m.dest_project_id).collect();
    assert_eq!(projects.len(), 10, "each once");
    let vaults = client.list_vaults().project_id(ALICE);
    let all = server
        .get(&format!("/v3/{ALICE}/vaults"), "alice")
        .await
        .json();
    let walked = vaults.limit(1_u32).offset(1_i64).stream();
    let walked: Vec<_> = walked.try_collect().await.expect("no error on the way");
    assert_eq!(Some(walked.len()), all["vaults"].as_array().map(Vec::len));
}

#[tokio::test]
async fn a_stream_goes_on_where_the_last_items_of_a_page_were_revoked_meanwhile() {
    let server = ten().await;
    let client = server.alice().client;
    let walk = client.members_stream(
        ALICE.parse().expect("an id"),
        backup(1).parse().expect("an id"),
        4,
    );
    let mut walk = std::pin::pin!(walk);
    let mut met = vec![];
    while let Some(member) = walk.try_next().await.expect("no error on the way") {
        met.push(member.dest_project_id.to_string());
        if met.len() == 4 {
            for gone in ["p05", "p06", "p04"] {
                let ended = server.delete(&member_path(gone), "alice").await;
                assert_eq!(ended.status, 204, "{ended:?}");
            }
        }
    }
    let expected = ["p08", "p07", "p06", "p05", "p03", "p02", "p01", CAROL, BOB];
    assert_eq!(
        met, expected,
        "each once, and none of those that stayed missed"
    );
}

fn member_path(project: &str) -> String {
    format!("{}/{project}", members(ALICE, 1))
}

#[tokio::test]
async fn filters_combine_and_count_is_the_total_that_matches() {
    let server = ten().await;
    server.bob().accepts(1, &vault(1)).await.expect("accepted");
    assert_eq!(projects(&server, "status=accepted").await, [BOB]);
    assert_eq!(
        projects(&server, &format!("vault_id={}", vault(1))).await,
        [BOB]
    );
    assert_eq!(
        projects(&server, "dest_project_id=p03&status=pending").await,
        ["p03"]
    );
    assert!(
        projects(&server, "dest_project_id=p03&status=accepted")
            .await
            .is_empty()
    );
    for image in [
        "e0000000-0000-4000-8000-000000000001",
        "no-image",
        "%F0%9F%92%BE",
    ] {
        let found = projects(&server, &format!("image_id={image}")).await;
        assert!(
            found.is_empty(),
            "any text is taken, and finds nothing: {image}"
        );
    }
    let response = server
        .get(
            &format!("{}?status=pending&limit=2", members(ALICE, 1)),
            "alice",
        )
        .await
        .json();
    assert_eq!(
        (
            response["count"].as_u64(),
            response["members"].as_array().map(Vec::len)
        ),
        (Some(9), Some(2))
    );
}

#[tokio::test]
async fn orders_are_followed_key_by_key() {
    let server = ten().await;
    server.bob().rejects(1).await.expect("rejected");
    let order = projects(&server, "sort=status:asc,dest_project_id:desc").await;
    assert_eq!(
        order,
        [
            "p08", "p07", "p06", "p05", "p04", "p03", "p02", "p01", CAROL, BOB
        ]
    );
    assert_eq!(
        projects(&server, "sort=dest_project_id:asc&limit=2").await,
        [BOB, CAROL]
    );
    assert_eq!(
        projects(&server, "sort=updated_at&limit=1").await,
        [BOB],
        "descending where no direction is named"
    );
}

#[tokio::test]
async fn past_the_end_is_an_empty_page_and_not_an_error() {
    let server = ten().await;
    assert!(projects(&server, "offset=10").await.is_empty());
    assert!(
        projects(&server, "offset=9223372036854775807")
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn a_marker_of_another_member_is_unknown_to_a_member() {
    let server = ten().await;
    let seen = server.alice().lists(1).await.expect("listed");
    let carols = seen
        .members
        .iter()
        .find(|m| m.dest_project_id.to_string() == CAROL)
        .expect("carol is there")
        .id
        .clone();
    let response = server
        .get(&format!("{}?marker={carols}", members(BOB, 1)), "bob")
        .await;
    assert_eq!(response.error(), (400, "BackupService.9900".into()));
}
