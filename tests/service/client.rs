//! The typed client against bodies and answers of both kinds it meets: this server's and the
//! vendor's. What the server makes of a call is not tested here.

use backup_share::{
    client::{
        Client, Failure, FailureKind,
        types::{
            AddedMembers, Error, Member, MemberAnswer, MemberList, MemberStatus, UpdateMember,
        },
    },
    timestamp::Timestamp,
};
use futures::TryStreamExt;
use httpmock::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const PROJECT: &str = "0605767b5780d5762fc5c0118072a564";
const BACKUP: &str = "a5200268-74a5-4806-acc6-95793ab0228b";
const MEMBERS: &str =
    "/v3/0605767b5780d5762fc5c0118072a564/backups/a5200268-74a5-4806-acc6-95793ab0228b/members";

/// All eight keys, null where nothing is known yet: what this server sends.
fn ours(id: &str) -> Value {
    json!({
        "status": "pending", "created_at": "2020-02-05T10:38:34.209782", "updated_at": null, "backup_id": BACKUP,
        "image_id": null, "dest_project_id": "4229d7a45436489f8c3dc2b1d35d4987", "vault_id": null, "id": id
    })
}

/// The vendor leaves out what is null, and writes times in its other notation as well.
fn theirs(id: &str) -> Value {
    json!({
        "status": "pending", "created_at": "2020-02-05T10:38:34.209782+00:00", "backup_id": BACKUP,
        "dest_project_id": "4229d7a45436489f8c3dc2b1d35d4987", "id": id
    })
}

const FIRST: &str = "7c4e3c9e-3a2d-4c26-92b9-c1a12cb0bd4e";
const SECOND: &str = "82cdee4b-4b6d-4dbe-9a3a-d1e0a9d0a0d5";

fn read<T: DeserializeOwned>(body: &Value) -> T {
    T::deserialize(body).unwrap_or_else(|fault| panic!("{fault}: {body}"))
}

fn connect(server: &MockServer) -> Client {
    Client::connect(&server.base_url(), "the-token").expect("the address of a mock server")
}

fn refusal() -> Value {
    json!({"error_code": "BackupService.6703", "error_msg": "The backup has been shared.", "request_id": "r-1"})
}

/// Lists the members of a backup, which a mock server refuses in some way.
async fn refused(status: u16, body: &str) -> Failure {
    let server = MockServer::start_async().await;
    let answer = |when: httpmock::When, then: httpmock::Then| {
        when.method(GET).path(MEMBERS);
        then.status(status).header("x-request-id", "r-2").body(body);
    };
    server.mock_async(answer).await;
    let call = connect(&server)
        .list_members()
        .project_id(PROJECT)
        .backup_id(BACKUP)
        .send()
        .await;
    Failure::read(call.expect_err("refused")).await
}

#[test]
fn a_member_reads_alike_with_and_without_nulls() {
    let member: Member = read(&ours(FIRST));
    assert_eq!(
        member,
        read(&theirs(FIRST)),
        "null and absent are the same, and so are both notations of a time"
    );
    assert_eq!(member.id.to_string(), FIRST);
    assert_eq!(member.backup_id.to_string(), BACKUP);
    assert_eq!(
        member.dest_project_id.to_string(),
        "4229d7a45436489f8c3dc2b1d35d4987"
    );
    assert_eq!(member.status, MemberStatus::Pending);
    assert_eq!(
        Ok(member.created_at),
        "2020-02-05T10:38:34.209782"
            .parse::<Timestamp>()
            .map_err(|_| ())
    );
    assert_eq!(
        (member.updated_at, member.image_id, member.vault_id),
        (None, None, None)
    );
}

#[test]
fn an_accepted_member_has_its_vault_and_its_times() {
    let mut body = theirs(FIRST);
    body["status"] = json!("accepted");
    body["updated_at"] = json!("2020-02-24T09:36:00.479+00:00");
    body["vault_id"] = json!("4b27c05b-8ad7-48c6-a886-526666c035f0");
    body["image_id"] = json!("d4ff4b35-6a3f-4c4e-a2b5-8ae5d3f2f0c1");
    let MemberAnswer { member } = read(&json!({ "member": body }));
    assert_eq!(member.status, MemberStatus::Accepted);
    assert_eq!(
        member.updated_at.expect("updated").to_string(),
        "2020-02-24T09:36:00.479000"
    );
    assert_eq!(
        member.vault_id.expect("a vault").to_string(),
        "4b27c05b-8ad7-48c6-a886-526666c035f0"
    );
    assert_eq!(
        member.image_id.expect("an image").to_string(),
        "d4ff4b35-6a3f-4c4e-a2b5-8ae5d3f2f0c1"
    );
}

#[test]
fn added_members_read_with_and_without_the_flat_fields() {
    let mut flat = ours(FIRST);
    flat["members"] = json!([ours(FIRST), ours(SECOND)]);
    flat["count"] = json!(2);
    let flat: AddedMembers = read(&flat);
    let bare: AddedMembers = read(&json!({"members": [theirs(FIRST), theirs(SECOND)]}));
    assert_eq!(flat.members, bare.members);
    assert_eq!(flat.count, Some(2));
    assert_eq!(flat.id.as_ref(), Some(&flat.members[0].id));
    assert_eq!((bare.count, bare.id, bare.status), (None, None, None));
}

#[test]
fn a_list_reads_with_and_without_its_count() {
    let list: MemberList = read(&json!({"members": [ours(FIRST)], "count": 7}));
    assert_eq!((list.members.len(), list.count), (1, Some(7)));
    let list: MemberList = read(&json!({"members": [theirs(FIRST)]}));
    assert_eq!((list.members.len(), list.count), (1, None));
    let empty: MemberList = read(&json!({"members": []}));
    assert!(empty.members.is_empty());
}

#[test]
fn an_error_reads_with_and_without_its_request_id() {
    let error: Error = read(&refusal());
    assert_eq!(error.request_id.expect("named").to_string(), "r-1");
    let error: Error = read(
        &json!({"error_code": "BackupService.6703", "error_msg": "The backup has been shared."}),
    );
    assert_eq!(
        (error.error_code.as_str(), error.request_id),
        ("BackupService.6703", None)
    );
}

#[test]
fn a_rejection_names_no_vault() {
    let body = UpdateMember::try_from(UpdateMember::builder().status(MemberStatus::Rejected))
        .expect("complete");
    assert_eq!(
        serde_json::to_value(body).expect("JSON"),
        json!({"status": "rejected"})
    );
}

#[tokio::test]
async fn every_call_carries_the_token_and_a_request_id_of_its_own() {
    let server = MockServer::start_async().await;
    let listing = |when: httpmock::When, then: httpmock::Then| {
        when.method(GET)
            .path(MEMBERS)
            .header("x-auth-token", "the-token")
            .header_matches("x-request-id", "^[0-9a-f]{32}$");
        then.status(200)
            .json_body(json!({"members": [], "count": 0}));
    };
    let listing = server.mock_async(listing).await;
    let client = connect(&server);
    for _ in 0..2 {
        client
            .list_members()
            .project_id(PROJECT)
            .backup_id(BACKUP)
            .send()
            .await
            .expect("an empty page");
    }
    listing.assert_calls_async(2).await;
}

#[tokio::test]
async fn the_callers_request_id_is_kept() {
    let server = MockServer::start_async().await;
    let listing = |when: httpmock::When, then: httpmock::Then| {
        when.method(GET)
            .path(MEMBERS)
            .header("x-request-id", "mine");
        then.status(200).json_body(json!({"members": []}));
    };
    let listing = server.mock_async(listing).await;
    let call = connect(&server)
        .list_members()
        .project_id(PROJECT)
        .backup_id(BACKUP)
        .x_request_id("mine")
        .send()
        .await;
    call.expect("an empty page");
    listing.assert_calls_async(1).await;
}

#[tokio::test]
async fn a_token_that_no_header_can_carry_is_refused_unseen() {
    let client = Client::connect("http://127.0.0.1:9", "two\nlines").expect("a good address");
    let call = client
        .list_members()
        .project_id(PROJECT)
        .backup_id(BACKUP)
        .send()
        .await;
    let failure = Failure::from(call.expect_err("no such header"));
    assert_eq!(failure.kind, FailureKind::Misuse);
    assert!(!failure.to_string().contains("two"), "{failure}");
}

#[tokio::test]
async fn the_stream_of_members_walks_by_marker_and_ends_with_an_empty_page() {
    let server = MockServer::start_async().await;
    let page = |marker: Option<&'static str>, members: Value| {
        move |when: httpmock::When, then: httpmock::Then| {
            let when = when.method(GET).path(MEMBERS).query_param("limit", "1");
            match marker {
                Some(marker) => when.query_param("marker", marker),
                None => when.query_param_missing("marker"),
            };
            then.status(200).json_body(json!({ "members": members }));
        }
    };
    let pages = [
        server.mock_async(page(None, json!([ours(FIRST)]))).await,
        server
            .mock_async(page(Some(FIRST), json!([theirs(SECOND)])))
            .await,
        server.mock_async(page(Some(SECOND), json!([]))).await,
    ];
    let client = connect(&server);
    let (project, backup) = (
        PROJECT.parse().expect("an id"),
        BACKUP.parse().expect("a UUID"),
    );
    let members: Vec<Member> = client
        .members_stream(project, backup, 1)
        .try_collect()
        .await
        .expect("two members");
    let ids: Vec<_> = members.iter().map(|member| member.id.to_string()).collect();
    assert_eq!(ids, [FIRST, SECOND]);
    for page in pages {
        page.assert_calls_async(1).await;
    }
}

#[tokio::test]
async fn a_service_that_ignores_markers_does_not_hold_the_stream_for_ever() {
    let server = MockServer::start_async().await;
    let stuck = |when: httpmock::When, then: httpmock::Then| {
        when.method(GET).path(MEMBERS);
        then.status(200)
            .json_body(json!({"members": [ours(FIRST)]}));
    };
    server.mock_async(stuck).await;
    let client = connect(&server);
    let (project, backup) = (
        PROJECT.parse().expect("an id"),
        BACKUP.parse().expect("a UUID"),
    );
    let walk = client
        .members_stream(project, backup, 1)
        .try_collect::<Vec<_>>()
        .await;
    assert!(
        walk.expect_err("stuck")
            .to_string()
            .contains("the same page")
    );
}

#[tokio::test]
async fn a_refusal_is_a_sentence_with_code_and_request_id() {
    let failure = refused(400, &refusal().to_string()).await;
    assert_eq!(
        failure.to_string(),
        "The backup has been shared. (BackupService.6703, request id r-1)"
    );
    assert_eq!(
        (failure.kind, failure.code.as_deref()),
        (FailureKind::Refused, Some("BackupService.6703"))
    );
    let failure = refused(
        404,
        r#"{"error_code": "BackupService.6200", "error_msg": "The backup does not exist."}"#,
    )
    .await;
    assert_eq!(
        failure.to_string(),
        "The backup does not exist. (BackupService.6200, request id r-2)"
    );
    assert_eq!(failure.status.map(|status| status.as_u16()), Some(404));
}

#[tokio::test]
async fn a_response_of_a_proxy_keeps_its_status_and_reads_well() {
    let declared = refused(503, "<h1>No server\nis available</h1>").await;
    let sentence =
        "The answer was 503 Service Unavailable: <h1>No server is available</h1> (request id r-2)";
    assert_eq!(
        (declared.to_string().as_str(), declared.kind),
        (sentence, FailureKind::OutOfReach)
    );
    let undeclared = refused(502, "").await;
    assert_eq!(undeclared.kind, FailureKind::OutOfReach);
    assert!(
        undeclared
            .to_string()
            .starts_with("The answer was 502 Bad Gateway"),
        "{undeclared}"
    );
    let moved = refused(307, "").await;
    assert_eq!(moved.kind, FailureKind::Refused);
    assert!(
        moved
            .to_string()
            .starts_with("The answer was 307 Temporary Redirect"),
        "{moved}"
    );
}

#[tokio::test]
async fn an_undeclared_status_with_a_body_of_the_contract_is_a_refusal_like_others() {
    let failure = refused(409, &refusal().to_string()).await;
    assert_eq!(
        failure.to_string(),
        "The backup has been shared. (BackupService.6703, request id r-1)"
    );
    assert_eq!(failure.status.map(|status| status.as_u16()), Some(409));
}

#[tokio::test]
async fn what_responds_but_is_not_the_service_is_out_of_reach() {
    let failure = refused(200, "<html>Welcome</html>").await;
    assert_eq!(failure.kind, FailureKind::OutOfReach);
    assert!(
        failure
            .to_string()
            .starts_with("The answer is not one of this service"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_refused_connection_is_out_of_reach() {
    // Bound, and let go at once: a port without a listener.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    let client = Client::connect(&endpoint, "t").expect("a good address");
    let call = client
        .list_members()
        .project_id(PROJECT)
        .backup_id(BACKUP)
        .send()
        .await;
    let failure = Failure::from(call.expect_err("nobody"));
    assert_eq!(failure.kind, FailureKind::OutOfReach);
    assert!(
        failure
            .to_string()
            .starts_with(&format!("{endpoint} is out of reach: ")),
        "{failure}"
    );
    assert!(
        !failure.to_string().contains(BACKUP),
        "the address says it, not the whole URL: {failure}"
    );
}

#[tokio::test]
async fn a_value_that_no_request_can_have_is_misuse() {
    let client = Client::connect("http://127.0.0.1:9", "t").expect("a good address");
    let call = client
        .list_members()
        .project_id("no/project")
        .backup_id(BACKUP)
        .send()
        .await;
    let failure = Failure::from(call.expect_err("no project id"));
    assert_eq!(failure.kind, FailureKind::Misuse);
}

#[test]
fn a_call_can_be_awaited_on_any_thread() {
    fn is_send<T: Send>(_: T) {}
    let client = Client::connect("http://127.0.0.1:9", "t").expect("a good address");
    is_send(client.add_member().send());
    is_send(client.members_stream(
        PROJECT.parse().expect("an id"),
        BACKUP.parse().expect("a UUID"),
        1,
    ));
}

#[test]
fn the_samples_of_the_contract_are_the_examples_that_compile() {
    let contract = include_str!("../../openapi/backup-share.yaml");
    let examples = include_str!("../../src/client/mod.rs");
    let samples: Vec<_> = contract
        .split("label: backup_share::client\n          source: |\n")
        .skip(1)
        .collect();
    let all = backup_share::model::Operation::ALL.len();
    assert_eq!(samples.len(), all, "one for each operation");
    for sample in samples {
        let lines = sample
            .lines()
            .map_while(|line| line.strip_prefix("            "));
        let example: String = lines.map(|line| format!("//! {line}\n")).collect();
        assert!(
            examples.contains(&example),
            "not among the examples of src/client/mod.rs:\n{example}"
        );
    }
}
