//! Every row of the error table, provoked at least once, in the one shape of errors.

use std::fmt::Write;

use reqwest::Method;
use testkit::{
    database::Backend,
    fixture::{ALICE, BOB, CAROL, member, members, vault},
    http::{Response, send},
    server::TestServer,
};

/// The errors that a test provoked, as callers read them: held by a snapshot.
#[derive(Default)]
struct Sentences(String);

impl Sentences {
    /// What was sent, and the error that it was answered with.
    fn add(&mut self, sent: &str, response: &Response) {
        is_sound(response);
        let json = response.json();
        let text = |key: &str| json[key].as_str().expect("a text").to_owned();
        let (status, code) = response.error();
        let shown: String = sent.chars().take(60).collect();
        let more = if shown.len() < sent.len() { "…" } else { "" };
        writeln!(
            self.0,
            "{shown}{more}\n    {status} {code} {}",
            text("error_msg")
        )
        .expect("written");
    }
}

/// One error, with the whole of its sentence.
fn is_error(response: &Response, code: &str, message: &str) {
    is_sound(response);
    let json = response.json();
    assert_eq!(
        (&json["error_code"], &json["error_msg"]),
        (&code.into(), &message.into())
    );
}

/// The shape that every error has.
fn is_sound(response: &Response) {
    let json = response.json();
    let keys: Vec<_> = json
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        keys,
        ["error_code", "error_msg", "request_id"],
        "{response:?}"
    );
    assert_eq!(json["request_id"], response.header("x-request-id"));
    assert_eq!(response.header("content-type"), "application/json");
    let lower = response.text.to_lowercase();
    for internal in [
        "sqlite",
        "rusqlite",
        "postgres",
        "panick",
        "src/",
        ".rs",
        "constraint",
        "no such table",
        "relation",
    ] {
        assert!(
            !lower.contains(internal),
            "{internal} is nothing for callers: {response:?}"
        );
    }
}

async fn the_400s_and_404s_of_sharing(backend: Backend) {
    let server = TestServer::on(backend).await;
    server.share(1, &[BOB]).await;
    let full = (1..=10).map(|n| format!("p{n:02}")).collect::<Vec<_>>();
    server
        .share(2, &full.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let mut sentences = Sentences::default();
    for (sent, number, project) in [
        ("share a backup that is of no server and no disk", 4, "p01"),
        ("share with an eleventh project", 2, "p11"),
        ("share a backup that is not available", 5, "p01"),
        ("share with a member", 1, BOB),
        ("share with the own project", 1, ALICE),
        ("share with an unknown project", 1, "unheard-of"),
        ("share a backup of an encrypted disk", 6, "p01"),
        ("share a backup out of a frozen vault", 7, "p01"),
    ] {
        sentences.add(sent, &server.share(number, &[project]).await);
    }
    server.share(3, &["p01", "p02"]).await;
    for (sent, number, projects) in [
        (
            "share with new projects and two members",
            3,
            ["p03", "p02", "p01"],
        ),
        ("share with too many of ten", 2, ["p11", BOB, CAROL]),
        (
            "share with two unknown projects",
            1,
            ["no-1", "p01", "no-2"],
        ),
        (
            "share with the own and an unknown project",
            1,
            ["no-1", "p01", ALICE],
        ),
    ] {
        sentences.add(sent, &server.share(number, &projects).await);
    }
    let add = r#"{"members": ["p01"]}"#;
    let missing = format!("/v3/{ALICE}/backups/f0000000-0000-4000-8000-000000000009/members");
    let response = server.post(&missing, "alice", add).await;
    sentences.add("share a missing backup", &response);
    let response = server.post(&members(BOB, 1), "bob", add).await;
    sentences.add("share a backup as its member", &response);
    let response = server.get(&member(ALICE, 1, "p01"), "alice").await;
    sentences.add("show a missing member", &response);
    let other = server.get(&members(BOB, 1), "alice").await;
    sentences.add("call with another project in the path", &other);
    let reject = r#"{"status": "rejected"}"#;
    let decided = server.put(&member(ALICE, 1, BOB), "alice", reject).await;
    sentences.add("reject as the owner", &decided);
    let ended = server.delete(&member(BOB, 1, BOB), "bob").await;
    sentences.add("stop sharing as the member", &ended);
    let accept = |vault: &str| format!(r#"{{"status": "accepted", "vault_id": "{vault}"}}"#);
    let (pending, image) = (member(BOB, 1, BOB), member(BOB, 8, BOB));
    for (sent, path, body) in [
        (
            "accept without a vault",
            &pending,
            r#"{"status": "accepted"}"#.to_owned(),
        ),
        (
            "accept into a vault of another type",
            &pending,
            accept(&vault(4)),
        ),
        (
            "accept into a vault that replicates",
            &pending,
            accept(&vault(6)),
        ),
        ("accept into a locked vault", &pending, accept(&vault(5))),
        ("accept into a full vault", &pending, accept(&vault(3))),
        (
            "accept into a missing vault",
            &pending,
            accept("f0000000-0000-4000-8000-000000000009"),
        ),
        ("accept into a second vault", &image, accept(&vault(1))),
        (
            "reject a backup that an image was made of",
            &image,
            r#"{"status": "rejected"}"#.to_owned(),
        ),
    ] {
        sentences.add(sent, &server.put(path, "bob", &body).await);
    }
    let image = server.delete(&member(ALICE, 8, BOB), "alice").await;
    sentences.add("stop sharing where an image was made", &image);
    insta::assert_snapshot!("sharing", sentences.0);
}

async fn add_member_checks_in_the_order_of_the_contract(backend: Backend) {
    let server = TestServer::on(backend).await;
    // Backup 6 is encrypted; the own project comes after that, an existing member after the own
    // project.
    let own = format!(r#"{{"members": ["{ALICE}"]}}"#);
    assert_eq!(
        server.post(&members(ALICE, 6), "alice", &own).await.code(),
        "BackupService.6709"
    );
    server.share(1, &[BOB]).await;
    let both = format!(r#"{{"members": ["{BOB}", "{ALICE}"]}}"#);
    assert_eq!(
        server.post(&members(ALICE, 1), "alice", &both).await.code(),
        "BackupService.6704"
    );
    let ten = (1..=9)
        .map(|n| format!(r#""p{n:02}""#))
        .collect::<Vec<_>>()
        .join(",");
    let full_and_shared = format!(r#"{{"members": [{ten}, "{BOB}"]}}"#);
    assert_eq!(
        server
            .post(&members(ALICE, 1), "alice", &full_and_shared)
            .await
            .code(),
        "BackupService.6703"
    );
}

async fn a_malformed_body_is_refused_with_its_place(backend: Backend) {
    let server = TestServer::on(backend).await;
    server.share(1, &[BOB]).await;
    let eleven = (1..=11)
        .map(|n| format!(r#""p{n:02}""#))
        .collect::<Vec<_>>()
        .join(",");
    let long = "x".repeat(65);
    let mut sentences = Sentences::default();
    for body in [
        "",
        "{",
        "[]",
        "null",
        r#"{"members": ["p01"]} {}"#,
        "{}",
        r#"{"members": null}"#,
        r#"{"members": "p01"}"#,
        r#"{"members": []}"#,
        &format!(r#"{{"members": [{eleven}]}}"#),
        r#"{"members": ["p01", "p02", "p01"]}"#,
        r#"{"members": ["p01", "p02", "p03", ""]}"#,
        r#"{"members": ["a b"]}"#,
        &format!(r#"{{"members": ["{long}"]}}"#),
        r#"{"members": [7]}"#,
        r#"{"members": ["p01"], "domains": ["d"]}"#,
        r#"{"members": ["p01"], "members": ["p02"]}"#,
        r#"{"domains": null, "members": ["p01"], "domains": null}"#,
        r#"{"members": ["p01"], "members": []}"#,
    ] {
        let refused = server.post(&members(ALICE, 1), "alice", body).await;
        sentences.add(&format!("POST {body}"), &refused);
    }
    for body in [
        "{}",
        r#"{"status": "gone"}"#,
        r#"{"status": null}"#,
        r#"{"status": "accepted", "vault_id": "x"}"#,
        r#"{"status": "accepted", "vault_id": "4b27c05b8ad748c6a886526666c035f0"}"#,
        r#"{"status": "rejected", "vault_id": 5}"#,
    ] {
        let refused = server.put(&member(BOB, 1, BOB), "bob", body).await;
        sentences.add(&format!("PUT {body}"), &refused);
    }
    insta::assert_snapshot!("malformed_bodies", sentences.0);
}

async fn an_undeclared_key_is_ignored_however_often_it_is_there(backend: Backend) {
    let server = TestServer::on(backend).await;
    let body =
        r#"{"_": {"_": 1, "_": 2}, "members": ["p01"], "_": 1e300, "_": 18446744073709551616}"#;
    let added = server.post(&members(ALICE, 1), "alice", body).await;
    assert_eq!(added.status, 200, "{added:?}");
}

async fn domains_that_ask_for_nothing_are_taken(backend: Backend) {
    let server = TestServer::on(backend).await;
    for (project, domains) in [("p01", "[]"), ("p02", "null")] {
        let body = format!(r#"{{"members": ["{project}"], "domains": {domains}}}"#);
        let added = server.post(&members(ALICE, 1), "alice", &body).await;
        assert_eq!(added.status, 200, "{domains}: {added:?}");
    }
}

/// PostgreSQL refuses the character, and no store has it.
async fn what_is_asked_for_with_a_nul_is_not_found(backend: Backend) {
    let server = TestServer::on(backend).await;
    for list in [
        "backups?name=%00",
        "backups?resource_type=a%00b",
        "backups?own_type=shared&resource_id=%00",
        "backups?resource_name=%00",
        "backups?image_type=%00",
        "vaults?name=%00",
    ] {
        let response = server.get(&format!("/v3/{ALICE}/{list}"), "alice").await;
        let json = response.json();
        assert_eq!((response.status.as_u16(), &json["count"]), (200, &0.into()));
    }
    let path = format!("{}?image_id=%00", members(ALICE, 1));
    assert_eq!(server.get(&path, "alice").await.status, 200);
    for user in [r#"{"name": "v\u0000"}"#, r#"{"id": "\u0000"}"#] {
        let user = user.replace('}', r#", "password": "p"}"#);
        let body = format!(
            r#"{{"auth": {{"identity": {{"methods": ["password"], "password": {{"user": {user}}}}}}}}}"#
        );
        let login = server.send(Method::POST, "/v3/auth/tokens", None, Some(&body));
        assert_eq!(login.await.error(), (401, "APIGW.0301".into()));
    }
}

async fn a_malformed_query_is_refused_with_its_place(backend: Backend) {
    let server = TestServer::on(backend).await;
    let long = format!("sort={}id", "id,".repeat(85));
    let mut sentences = Sentences::default();
    for query in [
        "limit=0",
        "limit=1001",
        "limit=%2B1",
        "limit=1&limit=1",
        "offset=-1",
        "offset=9223372036854775808",
        "status=gone",
        "sort=name",
        &long,
        "marker=1",
        "vault_id=",
        "dest_project_id=a%20b",
        "image_id=",
        &format!("image_id={}", "x".repeat(65)),
        "page=1",
        "status=%ff",
    ] {
        let path = format!("{}?{query}", members(ALICE, 1));
        let refused = server.get(&path, "alice").await;
        sentences.add(query, &refused);
    }
    insta::assert_snapshot!("malformed_queries", sentences.0);
}

async fn a_malformed_path_is_refused_with_its_place(backend: Backend) {
    let server = TestServer::on(backend).await;
    let mut sentences = Sentences::default();
    for path in [
        format!("/v3/{ALICE}/backups/x/members"),
        format!("/v3/{ALICE}/backups/%7B%7D/members"),
        member(ALICE, 1, "a%20b"),
        member(ALICE, 1, &"x".repeat(65)),
    ] {
        let refused = server.get(&path, "alice").await;
        sentences.add(path.trim_start_matches(&format!("/v3/{ALICE}")), &refused);
    }
    let refused = server.get(&members("a%20b", 1), "alice").await;
    sentences.add("no project in the path", &refused);
    insta::assert_snapshot!("malformed_paths", sentences.0);
}

async fn unknown_paths_and_methods(backend: Backend) {
    let server = TestServer::on(backend).await;
    for path in [
        "/v2",
        "/v3/backups",
        "/v2/x/backups/y/members",
        &format!("{}/", members(ALICE, 1)),
        "/docs/none.js",
    ] {
        let refused = server.get(path, "alice").await;
        assert_eq!(refused.status, 404, "{path}");
        is_error(&refused, "APIGW.0101", "The API does not exist.");
    }
    for (method, path, allowed) in [
        (Method::PATCH, members(ALICE, 1), ["GET", "POST"].as_slice()),
        (Method::DELETE, members(ALICE, 1), &["GET", "POST"]),
        (
            Method::POST,
            member(ALICE, 1, BOB),
            &["GET", "PUT", "DELETE"],
        ),
        (
            Method::OPTIONS,
            member(ALICE, 1, BOB),
            &["GET", "PUT", "DELETE"],
        ),
        (Method::POST, "/livez".into(), &["GET"]),
    ] {
        let refused = server
            .send(method.clone(), &path, Some("alice"), None)
            .await;
        assert_eq!(refused.status, 405, "{method} {path}");
        is_error(
            &refused,
            "APIGW.0101",
            "The API does not offer this method.",
        );
        let allow = refused.header("allow");
        assert!(
            allowed
                .iter()
                .all(|method| allow.split(',').any(|a| a.trim() == *method)),
            "{method} {path}: {allow}"
        );
    }
}

async fn media_types_and_sizes(backend: Backend) {
    let server = TestServer::on_with(backend, |config| config.limits.body_bytes = 100).await;
    let post = |media: Option<&'static str>, body: String| {
        let request = server
            .request(Method::POST, &members(ALICE, 1), Some("alice"))
            .body(body);
        match media {
            Some(media) => request.header("Content-Type", media),
            None => request,
        }
    };
    for media in [
        None,
        Some("text/plain"),
        Some("application/xml"),
        Some("application/jsonx"),
        Some(""),
    ] {
        let refused = send(post(media, r#"{"members": ["p01"]}"#.into())).await;
        assert_eq!(refused.status, 415, "{media:?}");
        is_error(
            &refused,
            "APIGW.0201",
            "API request error. The body must be application/json.",
        );
    }
    let large = format!(
        r#"{{"members": ["p01"], "padding": "{}"}}"#,
        "x".repeat(100)
    );
    let refused = send(post(Some("application/json"), large.clone())).await;
    assert_eq!(refused.status, 413);
    is_error(
        &refused,
        "APIGW.0201",
        "API request error. The body is larger than 100 bytes.",
    );
    let streamed = futures::stream::iter(
        large
            .into_bytes()
            .into_iter()
            .map(|byte| Ok::<_, std::io::Error>(vec![byte])),
    );
    let request = server
        .request(Method::POST, &members(ALICE, 1), Some("alice"))
        .header("Content-Type", "application/json");
    let refused = send(request.body(reqwest::Body::wrap_stream(streamed))).await;
    assert_eq!(
        refused.status, 413,
        "the length is found out on the way where it is not announced"
    );
}

async fn an_impossible_token_is_refused_without_a_lookup(backend: Backend) {
    let server = TestServer::on(backend).await;
    for token in [
        "x".repeat(9_120),
        "x".repeat(16 * 1024),
        "x".repeat(16 * 1024 + 1),
        "x".repeat(60_000),
        String::new(),
    ] {
        let refused = server.get(&members(ALICE, 1), &token).await;
        assert_eq!(refused.status, 401, "{} characters", token.len());
        is_error(
            &refused,
            "APIGW.0301",
            "Incorrect IAM authentication information.",
        );
    }
}

async fn a_project_over_its_rate_limit_is_refused(backend: Backend) {
    let server = TestServer::on_with(backend, |config| config.limits.requests_per_second = 2).await;
    let mut responses = vec![];
    for _ in 0..4 {
        responses.push(server.get(&members(ALICE, 1), "alice").await);
    }
    let refused = responses
        .iter()
        .find(|a| a.status == 429)
        .expect("the third of four at once is too many");
    is_error(
        refused,
        "APIGW.0308",
        "The throttling threshold has been reached.",
    );
    assert_eq!(refused.header("retry-after"), "1");
    assert_ne!(
        server.get(&members(BOB, 1), "bob").await.status,
        429,
        "each project has a rate of its own"
    );
}

async fn a_projects_rate_limit_counts_what_is_refused_and_calls_about_tokens(backend: Backend) {
    let about_token = |server: &TestServer, method| {
        send(
            server
                .request(method, "/v3/auth/tokens", Some("alice"))
                .header("X-Subject-Token", "bob"),
        )
    };
    let server = TestServer::on_with(backend, |config| config.limits.requests_per_second = 2).await;
    let mut statuses = vec![];
    for _ in 0..4 {
        statuses.push(server.get(&members(BOB, 1), "alice").await.status.as_u16());
    }
    assert_eq!(statuses, [403, 403, 429, 429], "another project's path");
    let body = r#"{"members": ["p01"]}"#;
    assert_eq!(
        server.post(&members(ALICE, 1), "rita", body).await.status,
        429,
        "what a policy forbids, of her project"
    );
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(
            about_token(&server, method).await.error(),
            (429, "APIGW.0308".into())
        );
    }
    assert_eq!(
        server.get(&members(BOB, 1), "bob").await.status,
        404,
        "each project has a rate of its own"
    );
    let server = TestServer::on_with(backend, |config| config.limits.requests_per_second = 2).await;
    for expected in [403, 403, 429] {
        assert_eq!(about_token(&server, Method::GET).await.status, expected);
    }
}

async fn a_good_token_is_accepted_beside_garbage_from_the_same_address(backend: Backend) {
    let server = TestServer::on_with(backend, |config| {
        config.limits.unauthenticated_per_second = 5
    })
    .await;
    let mut garbage = vec![];
    for n in 0..40 {
        garbage.push(
            server
                .get(&members(ALICE, 1), &format!("guess-{n}"))
                .await
                .status
                .as_u16(),
        );
        assert_eq!(
            server.get(&members(ALICE, 1), "alice").await.status,
            200,
            "after {n} of garbage"
        );
    }
    assert!(
        garbage.contains(&401) && garbage.contains(&429),
        "{garbage:?}"
    );
}

async fn an_address_with_too_many_unauthenticated_calls_is_rate_limited(backend: Backend) {
    let server = TestServer::on_with(backend, |config| {
        config.limits.unauthenticated_per_second = 2
    })
    .await;
    let mut responses = vec![];
    for n in 0..4 {
        responses.push(
            server
                .get(&members(ALICE, 1), &format!("guess-{n}"))
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(responses, [401, 401, 429, 429]);
    let refused = server.get(&members(ALICE, 1), "guess-4").await;
    is_error(
        &refused,
        "APIGW.0308",
        "The throttling threshold has been reached.",
    );
    assert_eq!(refused.header("retry-after"), "1");
    let password = r#"{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "alice", "password": "guess"}}}}}"#;
    assert_eq!(
        server
            .send(Method::POST, "/v3/auth/tokens", None, Some(password))
            .await
            .status,
        429,
        "passwords too"
    );
}

async fn a_fault_of_ours_is_500_and_says_nothing_of_its_cause(backend: Backend) {
    let server = TestServer::on(backend).await;
    break_table(&server, "members");
    let failed = server.get(&members(ALICE, 1), "alice").await;
    assert_eq!(failed.status, 500);
    is_error(&failed, "BackupService.9910", "Unknown error.");
}

async fn no_caller_is_authenticated_while_the_identity_service_is_unavailable(backend: Backend) {
    let server = TestServer::on(backend).await;
    break_table(&server, "tokens");
    let failed = server.get(&members(ALICE, 1), "alice").await;
    assert_eq!(failed.status, 503);
    is_error(
        &failed,
        "BackupService.9998",
        "Authentication failed. The identity service is out of reach: callers that it has not confirmed yet are refused until it is back.",
    );
    assert_eq!(failed.header("retry-after"), "1");
}

fn break_table(server: &TestServer, table: &str) {
    server
        .database
        .execute(&format!("ALTER TABLE {table} RENAME TO gone"));
}

testkit::on_each_backend!("current_thread":
    the_400s_and_404s_of_sharing,
    add_member_checks_in_the_order_of_the_contract,
    a_malformed_body_is_refused_with_its_place,
    an_undeclared_key_is_ignored_however_often_it_is_there,
    domains_that_ask_for_nothing_are_taken,
    what_is_asked_for_with_a_nul_is_not_found,
    a_malformed_query_is_refused_with_its_place,
    a_malformed_path_is_refused_with_its_place,
    unknown_paths_and_methods,
    media_types_and_sizes,
    an_impossible_token_is_refused_without_a_lookup,
    a_project_over_its_rate_limit_is_refused,
    a_projects_rate_limit_counts_what_is_refused_and_calls_about_tokens,
    a_good_token_is_accepted_beside_garbage_from_the_same_address,
    an_address_with_too_many_unauthenticated_calls_is_rate_limited,
    a_fault_of_ours_is_500_and_says_nothing_of_its_cause,
    no_caller_is_authenticated_while_the_identity_service_is_unavailable
);
