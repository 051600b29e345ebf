//! Requests signed with an access key: some made with the vendor's official SDK for Python at the
//! hour when houses open, the others as its other SDKs sign.

use std::time::Duration;

use reqwest::Method;
use testkit::{
    http::{Response, send},
    server::TestServer,
    signer::Unsigned,
};

const PROJECT: &str = "0605767b5780d5762fc5c0118072a564";
const MEMBERS: &str =
    "/v3/0605767b5780d5762fc5c0118072a564/backups/a5200268-74a5-4806-acc6-95793ab0228b/members";
const ADD: &str = r#"{"members":["p01"]}"#;
const ADD_SIGNATURE: &str = "e7b28f2052fed842456e885173246a8cb4773e26e7b9a3e517b9d68a6875bfeb";

/// A server with the demo data, whose owner has an access key.
async fn server() -> TestServer {
    let server = TestServer::start().await;
    load(
        &server,
        "access_keys: [{access: AKIDEXAMPLE, secret: example-secret}]",
    )
    .await;
    server
}

/// Loads the demo data, with more about its owner.
async fn load(server: &TestServer, about: &str) {
    let data = backup_share::catalog::DEMO.replace(
        "tokens: [demo-owner]",
        &format!("tokens: [demo-owner], {about}"),
    );
    let clock: std::sync::Arc<dyn backup_share::clock::Clock> = server.clock.clone();
    backup_share::catalog::load_text("demo", &data, server.running.store.as_ref(), &clock)
        .await
        .expect("good data");
}

fn signed(
    server: &TestServer,
    method: Method,
    path: &str,
    signature: &str,
    media: &str,
) -> reqwest::RequestBuilder {
    let names = "content-type;host;user-agent;x-project-id;x-sdk-date";
    let authorization =
        format!("SDK-HMAC-SHA256 Access=AKIDEXAMPLE, SignedHeaders={names}, Signature={signature}");
    server
        .request(method, path, None)
        .header("Content-Type", media)
        .header("Host", "127.0.0.1:8799")
        .header("User-Agent", "huaweicloud-usdk-python/3.0")
        .header("X-Project-Id", PROJECT)
        .header("X-Sdk-Date", "20200205T103834Z")
        .header("Authorization", authorization)
}

async fn add(server: &TestServer, body: &str) -> Response {
    let request = signed(
        server,
        Method::POST,
        MEMBERS,
        ADD_SIGNATURE,
        "application/json;charset=UTF-8",
    );
    send(request.body(body.to_owned())).await
}

#[tokio::test]
async fn what_the_vendors_sdk_signs_is_let_in() {
    let server = server().await;
    let added = add(&server, ADD).await;
    assert_eq!(added.status, 200, "{added:?}");
    assert_eq!(added.json()["dest_project_id"], "p01");
}

/// What the vendor's SDK for Go signs, which keeps `Host` apart from the other headers.
const GO: [(&str, &str); 3] = [
    ("user-agent", "huaweicloud-usdk-go/3.0"),
    ("x-project-id", PROJECT),
    ("x-sdk-date", DATE),
];
/// What Terraform's provider signs.
const TERRAFORM: [(&str, &str); 5] = [
    ("accept", "application/json"),
    ("content-type", "application/json"),
    ("user-agent", "terraform"),
    ("x-language", "en-us"),
    ("x-sdk-date", DATE),
];
const DATE: &str = "20200205T103834Z";

/// A request with these headers, of which a part is signed.
async fn sends(
    server: &TestServer,
    method: &str,
    path: &str,
    body: &str,
    signed: usize,
    headers: &[(&str, &str)],
) -> Response {
    let unsigned = Unsigned {
        method,
        path,
        query: "",
        headers: &headers[..signed],
        date: DATE,
        body,
    };
    let authorization = unsigned.authorization("AKIDEXAMPLE", "example-secret");
    let mut request = server.request(method.parse().expect("a method"), path, None);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/json");
    }
    send(
        request
            .header("authorization", authorization)
            .body(body.to_owned()),
    )
    .await
}

async fn go(server: &TestServer, method: &str, path: &str, body: &str) -> Response {
    sends(server, method, path, body, GO.len(), &GO).await
}

#[tokio::test]
async fn clients_that_do_not_sign_the_host_are_let_in() {
    for headers in [GO.as_slice(), &TERRAFORM] {
        let server = server().await;
        let client = async |method, path: &str, body| {
            sends(&server, method, path, body, headers.len(), headers).await
        };
        assert_eq!(client("POST", MEMBERS, ADD).await.status, 200);
        let member = format!("{MEMBERS}/p01");
        assert_eq!(
            client("GET", &member, "").await.json()["member"]["dest_project_id"],
            "p01"
        );
        assert_eq!(client("GET", MEMBERS, "").await.json()["count"], 3);
        assert_eq!(client("DELETE", &member, "").await.status, 204);
    }
}

#[tokio::test]
async fn what_is_signed_must_match_and_the_time_must_be_signed() {
    let server = server().await;
    let refused = (401, "APIGW.0301".to_owned());
    let host = [("host", "backups.example.com"), ("x-sdk-date", DATE)];
    assert_eq!(
        sends(&server, "GET", MEMBERS, "", 2, &host).await.status,
        200
    );
    let timeless = [("user-agent", "a"), ("x-sdk-date", DATE)];
    assert_eq!(
        sends(&server, "GET", MEMBERS, "", 1, &timeless)
            .await
            .error(),
        refused
    );
    let unsigned = Unsigned {
        method: "GET",
        path: MEMBERS,
        query: "",
        headers: &host,
        date: DATE,
        body: "",
    };
    let authorization = unsigned.authorization("AKIDEXAMPLE", "example-secret");
    let elsewhere = server
        .request(Method::GET, MEMBERS, None)
        .header("host", "elsewhere.example.com");
    let elsewhere = elsewhere
        .header("x-sdk-date", DATE)
        .header("authorization", authorization);
    assert_eq!(send(elsewhere).await.error(), refused);
}

#[tokio::test]
async fn equal_requests_within_a_second_are_all_carried_out() {
    let server = server().await;
    let member = format!("{MEMBERS}/p01");
    for _ in 0..2 {
        assert_eq!(go(&server, "POST", MEMBERS, ADD).await.status, 200);
        assert_eq!(
            go(&server, "POST", MEMBERS, ADD).await.code(),
            "BackupService.6703",
            "it is what it asks for"
        );
        assert_eq!(go(&server, "DELETE", &member, "").await.status, 204);
    }
}

#[tokio::test]
async fn a_replayed_write_is_refused_with_the_reason() {
    let server = server().await;
    let member = format!("{MEMBERS}/p01");
    let vault = r#"{"status":"pending"}"#;
    let writes = [
        ("POST", MEMBERS, ADD),
        ("PUT", &*member, vault),
        ("DELETE", &*member, ""),
    ];
    for (method, path, body) in writes {
        let response = go(&server, method, path, body).await;
        assert_ne!(response.status, 401, "{method}: {response:?}");
    }
    assert_eq!(go(&server, "GET", MEMBERS, "").await.status, 200);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    for (method, path, body) in writes {
        let again = go(&server, method, path, body).await;
        assert_eq!(again.error(), (401, "APIGW.0301".into()), "{method}");
        assert!(
            again.text.contains("The signature was used before"),
            "{again:?}"
        );
    }
    assert_eq!(
        go(&server, "GET", MEMBERS, "").await.status,
        200,
        "reading twice does no harm"
    );
}

#[tokio::test]
async fn another_body_or_another_path_is_not_what_was_signed() {
    let server = server().await;
    assert_eq!(
        add(&server, r#"{"members":["p02"]}"#).await.error(),
        (401, "APIGW.0301".into())
    );
    let elsewhere = MEMBERS.replace("a5200268", "a5200269");
    let request = signed(
        &server,
        Method::POST,
        &elsewhere,
        ADD_SIGNATURE,
        "application/json;charset=UTF-8",
    )
    .body(ADD);
    assert_eq!(send(request).await.error(), (401, "APIGW.0301".into()));
}

#[tokio::test]
async fn a_signature_grows_old() {
    let server = server().await;
    server.clock.advance(Duration::from_secs(16 * 60));
    assert_eq!(add(&server, ADD).await.error(), (401, "APIGW.0301".into()));
}

#[tokio::test]
async fn when_a_token_comes_too_the_token_decides() {
    let server = server().await;
    let both = |token: &str, signature: &str| {
        signed(&server, Method::GET, MEMBERS, signature, "application/json")
            .header("X-Auth-Token", token)
    };
    assert_eq!(send(both("demo-owner", "00")).await.status, 200);
    assert_eq!(send(both("garbage", ADD_SIGNATURE)).await.status, 401);
}

#[tokio::test]
async fn a_key_that_is_disabled_or_whose_user_is_or_that_was_removed_is_refused_at_once() {
    let server = server().await;
    let key = "access_keys: [{access: AKIDEXAMPLE, secret: example-secret}]";
    for about in [
        &key.replace('}', ", enabled: false}"),
        &format!("enabled: false, {key}"),
    ] {
        load(&server, about).await;
        assert_eq!(
            add(&server, ADD).await.error(),
            (401, "APIGW.0301".into()),
            "{about}"
        );
    }
    load(&server, key).await;
    assert_eq!(add(&server, ADD).await.status, 200, "enabled again");
    let removal = backup_share::store::Removal::AccessKeys(vec!["AKIDEXAMPLE".into()]);
    server
        .running
        .store
        .remove(removal)
        .await
        .expect("a response")
        .expect("removed");
    let list = signed(
        &server,
        Method::GET,
        MEMBERS,
        ADD_SIGNATURE,
        "application/json;charset=UTF-8",
    );
    assert_eq!(send(list).await.error(), (401, "APIGW.0301".into()));
}
