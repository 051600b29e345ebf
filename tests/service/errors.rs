//! Every row of the error table, provoked at least once, in the one shape of errors.

use reqwest::Method;

use super::house::{ALICE, Answer, BOB, House, answer, member, members, vault};

/// The shape that every error has.
fn is_sound(answer: &Answer, code: &str, message: &str) {
    let json = answer.json();
    let keys: Vec<_> = json
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        keys,
        ["error_code", "error_msg", "request_id"],
        "{answer:?}"
    );
    assert_eq!(json["error_code"], code, "{answer:?}");
    assert!(
        json["error_msg"]
            .as_str()
            .is_some_and(|m| m.starts_with(message)),
        "{message}: {answer:?}"
    );
    assert_eq!(json["request_id"], answer.header("x-request-id"));
    assert_eq!(answer.header("content-type"), "application/json");
    let lower = answer.text.to_lowercase();
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
            "{internal} is nothing for callers: {answer:?}"
        );
    }
}

#[tokio::test]
async fn the_400s_and_404s_of_sharing() {
    let house = House::open().await;
    house.share(1, &[BOB]).await;
    let accept = |vault: &str| format!(r#"{{"status": "accepted", "vault_id": "{vault}"}}"#);
    let add = r#"{"members": ["p01"]}"#;
    let full = (1..=10).map(|n| format!("p{n:02}")).collect::<Vec<_>>();
    house
        .share(2, &full.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let own = format!(r#"{{"members": ["{ALICE}"]}}"#);
    let again = format!(r#"{{"members": ["{BOB}"]}}"#);
    let (bobs, images) = (member(BOB, 1, BOB), member(BOB, 8, BOB));
    let missing = format!("/v3/{ALICE}/backups/f0000000-0000-4000-8000-000000000009/members");
    for (answer, code, message) in [
        (
            house.post(&members(ALICE, 4), "alice", add).await,
            "6700",
            "Only cloud server and disk backups can be shared.",
        ),
        (
            house
                .post(&members(ALICE, 2), "alice", r#"{"members": ["p11"]}"#)
                .await,
            "6701",
            "The maximum number of projects that a backup can be shared with has been reached.",
        ),
        (
            house.post(&members(ALICE, 5), "alice", add).await,
            "6702",
            "Only backups in the available status can be shared.",
        ),
        (
            house.post(&members(ALICE, 1), "alice", &again).await,
            "6703",
            "The backup has been shared.",
        ),
        (
            house.post(&members(ALICE, 1), "alice", &own).await,
            "6704",
            "Invalid project ID of the tenant for sharing.",
        ),
        (
            house
                .post(
                    &members(ALICE, 1),
                    "alice",
                    r#"{"members": ["unheard-of"]}"#,
                )
                .await,
            "6704",
            "Invalid project ID of the tenant for sharing.",
        ),
        (
            house.get(&member(ALICE, 1, "p01"), "alice").await,
            "6705",
            "The share member does not exist.",
        ),
        (
            house.put(&bobs, "bob", r#"{"status": "accepted"}"#).await,
            "6706",
            "Invalid update parameter value for the share member.",
        ),
        (
            house.post(&members(BOB, 1), "bob", add).await,
            "6707",
            "Backup sharing is not allowed.",
        ),
        (
            house.put(&images, "bob", &accept(&vault(1))).await,
            "6708",
            "Failed to update the status of a share member.",
        ),
        (
            house.post(&members(ALICE, 6), "alice", add).await,
            "6709",
            "Backups of encrypted disks cannot be shared.",
        ),
        (
            house.put(&images, "bob", r#"{"status": "rejected"}"#).await,
            "6710",
            "The shared backup has been used to register an image.",
        ),
        (
            house.post(&members(ALICE, 7), "alice", add).await,
            "6712",
            "Backup sharing is not allowed in the current vault status.",
        ),
        (
            house.put(&bobs, "bob", &accept(&vault(4))).await,
            "6713",
            "The vault type and the backup resource type are different.",
        ),
        (
            house.put(&bobs, "bob", &accept(&vault(3))).await,
            "6129",
            "The maximum capacity of the destination vault has been reached.",
        ),
        (
            house.post(&missing, "alice", add).await,
            "6200",
            "The backup does not exist.",
        ),
        (
            house
                .put(
                    &bobs,
                    "bob",
                    &accept("f0000000-0000-4000-8000-000000000009"),
                )
                .await,
            "6105",
            "The vault does not exist.",
        ),
    ] {
        let status = if ["6705", "6200", "6105"].contains(&code) {
            404
        } else {
            400
        };
        assert_eq!(answer.status, status, "{code}: {answer:?}");
        is_sound(&answer, &format!("BackupService.{code}"), message);
    }
}

#[tokio::test]
async fn add_member_checks_in_the_order_of_the_contract() {
    let house = House::open().await;
    // Backup 6 is encrypted; the own project comes after that, an existing member after the own
    // project.
    let own = format!(r#"{{"members": ["{ALICE}"]}}"#);
    assert_eq!(
        house.post(&members(ALICE, 6), "alice", &own).await.code(),
        "BackupService.6709"
    );
    house.share(1, &[BOB]).await;
    let both = format!(r#"{{"members": ["{BOB}", "{ALICE}"]}}"#);
    assert_eq!(
        house.post(&members(ALICE, 1), "alice", &both).await.code(),
        "BackupService.6704"
    );
    let ten = (1..=9)
        .map(|n| format!(r#""p{n:02}""#))
        .collect::<Vec<_>>()
        .join(",");
    let full_and_shared = format!(r#"{{"members": [{ten}, "{BOB}"]}}"#);
    assert_eq!(
        house
            .post(&members(ALICE, 1), "alice", &full_and_shared)
            .await
            .code(),
        "BackupService.6703"
    );
}

#[tokio::test]
async fn a_malformed_body_is_refused_with_its_place() {
    let house = House::open().await;
    house.share(1, &[BOB]).await;
    let eleven = (1..=11)
        .map(|n| format!(r#""p{n:02}""#))
        .collect::<Vec<_>>()
        .join(",");
    let long = "x".repeat(65);
    for (body, place) in [
        ("", "body: "),
        ("{", "body: "),
        ("[]", "body: "),
        ("null", "body: "),
        (r#"{"members": ["p01"]} {}"#, "body: "),
        ("{}", "/members: it is missing"),
        (r#"{"members": null}"#, "/members: "),
        (r#"{"members": "p01"}"#, "/members: "),
        (r#"{"members": []}"#, "/members: at least 1 of them"),
        (
            &format!(r#"{{"members": [{eleven}]}}"#),
            "/members: at most 10 of them",
        ),
        (
            r#"{"members": ["p01", "p02", "p01"]}"#,
            "/members/2: the same stands above",
        ),
        (
            r#"{"members": ["p01", "p02", "p03", ""]}"#,
            "/members/3: it must look like",
        ),
        (r#"{"members": ["a b"]}"#, "/members/0: it must look like"),
        (
            &format!(r#"{{"members": ["{long}"]}}"#),
            "/members/0: it must look like",
        ),
        (r#"{"members": [7]}"#, "/members/0: "),
        (
            r#"{"members": ["p01"], "domains": ["d"]}"#,
            "/domains: it must be of type null",
        ),
        (
            r#"{"members": ["p01"], "members": ["p02"]}"#,
            "body: duplicate field `members`",
        ),
        (
            r#"{"domains": null, "members": ["p01"], "domains": null}"#,
            "body: duplicate field `domains`",
        ),
        (
            r#"{"members": ["p01"], "members": []}"#,
            "/members: at least 1 of them",
        ),
    ] {
        let refused = house.post(&members(ALICE, 1), "alice", body).await;
        assert_eq!(refused.status, 400, "{body}");
        is_sound(
            &refused,
            "BackupService.9900",
            &format!("Parameter verification failed. {place}"),
        );
    }
    for (body, place) in [
        ("{}", "/status: it is missing"),
        (r#"{"status": "gone"}"#, "/status: "),
        (r#"{"status": null}"#, "/status: "),
        (
            r#"{"status": "accepted", "vault_id": "x"}"#,
            "/vault_id: it must look like",
        ),
        (
            r#"{"status": "accepted", "vault_id": "4b27c05b8ad748c6a886526666c035f0"}"#,
            "/vault_id: it must look like",
        ),
        (r#"{"status": "rejected", "vault_id": 5}"#, "/vault_id: "),
    ] {
        let refused = house.put(&member(BOB, 1, BOB), "bob", body).await;
        assert_eq!(refused.status, 400, "{body}");
        is_sound(
            &refused,
            "BackupService.9900",
            &format!("Parameter verification failed. {place}"),
        );
    }
}

#[tokio::test]
async fn a_key_that_no_operation_declares_is_ignored_however_often_it_is_there() {
    let house = House::open().await;
    let body =
        r#"{"_": {"_": 1, "_": 2}, "members": ["p01"], "_": 1e300, "_": 18446744073709551616}"#;
    let added = house.post(&members(ALICE, 1), "alice", body).await;
    assert_eq!(added.status, 200, "{added:?}");
}

#[tokio::test]
async fn a_malformed_query_is_refused_with_its_place() {
    let house = House::open().await;
    let long = format!("sort={}id", "id,".repeat(85));
    for (query, place) in [
        ("limit=0", "query parameter limit: at least 1"),
        ("limit=1001", "query parameter limit: at most 1000"),
        ("limit=%2B1", "query parameter limit: "),
        ("limit=1&limit=1", "query parameter limit: given twice"),
        ("offset=-1", "query parameter offset: at least 0"),
        (
            "offset=9223372036854775808",
            "query parameter offset: at most",
        ),
        ("status=gone", "query parameter status: one of pending"),
        ("sort=name", "query parameter sort: it must look like"),
        (&long, "query parameter sort: at most 255 characters"),
        ("marker=1", "query parameter marker: it must look like"),
        ("vault_id=", "query parameter vault_id: it must look like"),
        ("dest_project_id=a%20b", "query parameter dest_project_id: "),
        ("page=1", "query parameter page: there is no such parameter"),
        ("status=%ff", "query: not UTF-8"),
    ] {
        let path = format!("{}?{query}", members(ALICE, 1));
        let refused = house.get(&path, "alice").await;
        assert_eq!(refused.status, 400, "{query}");
        is_sound(
            &refused,
            "BackupService.9900",
            &format!("Parameter verification failed. {place}"),
        );
    }
}

#[tokio::test]
async fn a_malformed_path_is_refused_with_its_place() {
    let house = House::open().await;
    for (path, place) in [
        (
            format!("/v3/{ALICE}/backups/x/members"),
            "path parameter backup_id: it must look like",
        ),
        (
            format!("/v3/{ALICE}/backups/%7B%7D/members"),
            "path parameter backup_id",
        ),
        (
            member(ALICE, 1, "a%20b"),
            "path parameter member_id: it must look like",
        ),
        (
            member(ALICE, 1, &"x".repeat(65)),
            "path parameter member_id",
        ),
    ] {
        let refused = house.get(&path, "alice").await;
        assert_eq!(refused.status, 400, "{path}");
        is_sound(
            &refused,
            "BackupService.9900",
            &format!("Parameter verification failed. {place}"),
        );
    }
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    let house = House::open().await;
    for path in [
        "/",
        "/v3",
        "/v2/x/backups/y/members",
        &format!("{}/", members(ALICE, 1)),
        "/docs/none.js",
    ] {
        let refused = house.get(path, "alice").await;
        assert_eq!(refused.status, 404, "{path}");
        is_sound(&refused, "APIGW.0101", "The API does not exist.");
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
        let refused = house.send(method.clone(), &path, Some("alice"), None).await;
        assert_eq!(refused.status, 405, "{method} {path}");
        is_sound(
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

#[tokio::test]
async fn media_types_and_sizes() {
    let house = House::with(|config| config.limits.body_bytes = 100).await;
    let post = |media: Option<&'static str>, body: String| {
        let request = house
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
        let refused = answer(post(media, r#"{"members": ["p01"]}"#.into())).await;
        assert_eq!(refused.status, 415, "{media:?}");
        is_sound(
            &refused,
            "APIGW.0201",
            "API request error. The body must be application/json.",
        );
    }
    let large = format!(
        r#"{{"members": ["p01"], "padding": "{}"}}"#,
        "x".repeat(100)
    );
    let refused = answer(post(Some("application/json"), large.clone())).await;
    assert_eq!(refused.status, 413);
    is_sound(
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
    let request = house
        .request(Method::POST, &members(ALICE, 1), Some("alice"))
        .header("Content-Type", "application/json");
    let refused = answer(request.body(reqwest::Body::wrap_stream(streamed))).await;
    assert_eq!(
        refused.status, 413,
        "the length is found out on the way where it is not announced"
    );
}

#[tokio::test]
async fn a_token_that_nobody_could_have_issued_is_refused_without_asking_anyone() {
    let house = House::open().await;
    for token in [
        "x".repeat(9_120),
        "x".repeat(16 * 1024),
        "x".repeat(16 * 1024 + 1),
        "x".repeat(60_000),
        String::new(),
    ] {
        let refused = house.get(&members(ALICE, 1), &token).await;
        assert_eq!(refused.status, 401, "{} characters", token.len());
        is_sound(
            &refused,
            "APIGW.0301",
            "Incorrect IAM authentication information.",
        );
    }
}

#[tokio::test]
async fn a_project_over_its_rate_waits() {
    let house = House::with(|config| config.limits.requests_per_second = 2).await;
    let mut answers = vec![];
    for _ in 0..4 {
        answers.push(house.get(&members(ALICE, 1), "alice").await);
    }
    let refused = answers
        .iter()
        .find(|a| a.status == 429)
        .expect("the third of four at once is too many");
    is_sound(
        refused,
        "APIGW.0308",
        "The throttling threshold has been reached.",
    );
    assert_eq!(refused.header("retry-after"), "1");
    assert_ne!(
        house.get(&members(BOB, 1), "bob").await.status,
        429,
        "each project has a rate of its own"
    );
}

#[tokio::test]
async fn a_projects_rate_counts_what_is_refused_and_calls_about_tokens() {
    let about_token = |house: &House, method| {
        answer(
            house
                .request(method, "/v3/auth/tokens", Some("alice"))
                .header("X-Subject-Token", "bob"),
        )
    };
    let house = House::with(|config| config.limits.requests_per_second = 2).await;
    let mut statuses = vec![];
    for _ in 0..4 {
        statuses.push(house.get(&members(BOB, 1), "alice").await.status.as_u16());
    }
    assert_eq!(statuses, [403, 403, 429, 429], "another project's path");
    let body = r#"{"members": ["p01"]}"#;
    assert_eq!(
        house.post(&members(ALICE, 1), "rita", body).await.status,
        429,
        "what a policy forbids, of her project"
    );
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(
            about_token(&house, method).await.refusal(),
            (429, "APIGW.0308".into())
        );
    }
    assert_eq!(
        house.get(&members(BOB, 1), "bob").await.status,
        404,
        "each project has a rate of its own"
    );
    let house = House::with(|config| config.limits.requests_per_second = 2).await;
    for expected in [403, 403, 429] {
        assert_eq!(about_token(&house, Method::GET).await.status, expected);
    }
}

#[tokio::test]
async fn a_good_token_passes_in_the_midst_of_garbage_from_the_same_address() {
    let house = House::with(|config| config.limits.unauthenticated_per_second = 5).await;
    let mut garbage = vec![];
    for n in 0..40 {
        garbage.push(
            house
                .get(&members(ALICE, 1), &format!("guess-{n}"))
                .await
                .status
                .as_u16(),
        );
        assert_eq!(
            house.get(&members(ALICE, 1), "alice").await.status,
            200,
            "after {n} of garbage"
        );
    }
    assert!(
        garbage.contains(&401) && garbage.contains(&429),
        "{garbage:?}"
    );
}

#[tokio::test]
async fn an_address_from_which_too_many_call_who_are_nobody_waits() {
    let house = House::with(|config| config.limits.unauthenticated_per_second = 2).await;
    let mut answers = vec![];
    for n in 0..4 {
        answers.push(
            house
                .get(&members(ALICE, 1), &format!("guess-{n}"))
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(answers, [401, 401, 429, 429]);
    let refused = house.get(&members(ALICE, 1), "guess-4").await;
    is_sound(
        &refused,
        "APIGW.0308",
        "The throttling threshold has been reached.",
    );
    assert_eq!(refused.header("retry-after"), "1");
    let password = r#"{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "alice", "password": "guess"}}}}}"#;
    assert_eq!(
        house
            .send(Method::POST, "/v3/auth/tokens", None, Some(password))
            .await
            .status,
        429,
        "passwords too"
    );
}

#[tokio::test]
async fn a_fault_of_ours_is_500_and_says_nothing_of_its_cause() {
    let house = House::open().await;
    break_table(&house, "members");
    let failed = house.get(&members(ALICE, 1), "alice").await;
    assert_eq!(failed.status, 500);
    is_sound(&failed, "BackupService.9910", "Unknown error.");
}

#[tokio::test]
async fn nobody_is_let_in_while_the_identity_service_is_out_of_reach() {
    let house = House::open().await;
    break_table(&house, "tokens");
    let failed = house.get(&members(ALICE, 1), "alice").await;
    assert_eq!(failed.status, 503);
    is_sound(&failed, "BackupService.9998", "Authentication failed.");
    assert_eq!(failed.header("retry-after"), "1");
}

fn break_table(house: &House, table: &str) {
    house
        .kept
        .execute(&format!("ALTER TABLE {table} RENAME TO gone"));
}
