//! Connections on the wire: bodies that are late, requests that are refused before they were read,
//! heads that name no host, and where requests come from that a proxy passes on.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use testkit::{
    fixture::{ALICE, members},
    http::send,
    server::TestServer,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// What comes back for a text, until the server closes the connection.
async fn sent(server: &TestServer, text: &str) -> String {
    let mut stream = TcpStream::connect(server.running.address)
        .await
        .expect("connected");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut response = String::new();
    let read = timeout(
        Duration::from_secs(10),
        stream.read_to_string(&mut response),
    )
    .await;
    read.expect("the server closes the connection")
        .expect("a response");
    response
}

fn body(response: &str) -> Value {
    let (_, body) = response.split_once("\r\n\r\n").expect("a head and a body");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {response}"))
}

fn has(response: &str, line: &str) -> bool {
    response
        .lines()
        .any(|header| header.eq_ignore_ascii_case(line))
}

#[tokio::test]
async fn a_body_that_is_late_is_408_and_the_connection_ends() {
    let server = TestServer::with(|config| config.limits.body_seconds = 1).await;
    let json = "Content-Type: application/json\r\nContent-Length: 9\r\n";
    let signed =
        "Authorization: SDK-HMAC-SHA256 Access=x, SignedHeaders=host;x-sdk-date, Signature=0\r\n";
    for (path, headers) in [
        ("/v3/auth/tokens".to_owned(), json.to_owned()),
        (members(ALICE, 1), format!("X-Auth-Token: alice\r\n{json}")),
        (members(ALICE, 1), format!("{signed}{json}")),
    ] {
        let response = sent(
            &server,
            &format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n{{"),
        )
        .await;
        if headers.contains("Authorization") && response.starts_with("HTTP/1.1 401 ") {
            // A key that is not known is refused before anybody waits for the body.
            continue;
        }
        assert!(
            response.starts_with("HTTP/1.1 408 ") && has(&response, "connection: close"),
            "{response}"
        );
        let told = "API request error. The body was not there within 1 seconds.";
        assert_eq!(
            (
                &body(&response)["error_code"],
                &body(&response)["error_msg"]
            ),
            (&"APIGW.0201".into(), &told.into())
        );
    }
}

#[tokio::test]
async fn a_connection_is_kept_unless_the_rest_of_a_body_would_come_next() {
    let server = TestServer::start().await;
    let refused = |length: usize, body: &str| {
        let next = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        format!("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}{next}")
    };
    let responses = sent(&server, &refused(2, "{}")).await;
    assert!(
        responses.starts_with("HTTP/1.1 404 ") && responses.contains("HTTP/1.1 200 "),
        "persistent: {responses}"
    );
    for (length, body) in [(1_000, ""), (100_000, &*" ".repeat(100_000))] {
        let response = sent(&server, &refused(length, body)).await;
        assert!(
            response.starts_with("HTTP/1.1 404 ") && has(&response, "connection: close"),
            "{response}"
        );
        assert_eq!(
            response.matches("HTTP/1.1 ").count(),
            1,
            "what came after is discarded: {response}"
        );
    }
}

#[tokio::test]
async fn a_refusal_does_not_ask_for_the_body_first() {
    let server = TestServer::start().await;
    let json = "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9\r\n";
    for (path, status) in [("/nowhere".to_owned(), 404), (members(ALICE, 1), 401)] {
        let response = sent(
            &server,
            &format!("POST {path} HTTP/1.1\r\nHost: x\r\n{json}\r\n"),
        )
        .await;
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status} ")),
            "{response}"
        );
        assert!(
            has(&response, "connection: close") && !response.contains(" 100 Continue"),
            "{response}"
        );
    }
    let response = timeout(Duration::from_secs(10), async {
        let mut stream = TcpStream::connect(server.running.address)
            .await
            .expect("connected");
        let head = format!("POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\n{json}\r\n");
        stream.write_all(head.as_bytes()).await.expect("sent");
        let mut told = [0; 21];
        stream.read_exact(&mut told).await.expect("told");
        String::from_utf8_lossy(&told).into_owned()
    });
    assert_eq!(
        response.await.expect("in time"),
        "HTTP/1.1 100 Continue",
        "the server asks for a body that it reads"
    );
}

#[tokio::test]
async fn a_head_that_grows_beyond_64_kib_is_431() {
    let server = TestServer::start().await;
    let head = |size: usize| {
        format!(
            "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nA: {}",
            "x".repeat(size)
        )
    };
    let whole = sent(&server, &format!("{}\r\n\r\n", head(60_000))).await;
    assert!(whole.starts_with("HTTP/1.1 200 "), "{whole}");
    let half = sent(&server, &head(65_600)).await;
    assert!(half.starts_with("HTTP/1.1 431 "), "{half}");
}

#[tokio::test]
async fn a_request_names_one_host_and_one_of_each_credential() {
    let server = TestServer::start().await;
    let get =
        async |head: &str| sent(&server, &format!("GET {head}\r\nConnection: close\r\n\r\n")).await;
    for good in [
        "/livez HTTP/1.0",
        "/livez HTTP/1.1\r\nHost: x:1",
        "/livez HTTP/1.1\r\nHost: [::1]:8799",
        "http://x/livez HTTP/1.1\r\nHost: x",
    ] {
        let response = get(good).await;
        assert!(response.contains(" 200 OK\r\n"), "{good}: {response}");
    }
    for (bad, told) in [
        ("/livez HTTP/1.1", "header Host: it is missing"),
        ("http://x/livez HTTP/1.1", "header Host: it is missing"),
        (
            "/livez HTTP/1.1\r\nHost: x\r\nHost: x",
            "header Host: it is there twice",
        ),
        (
            "/livez HTTP/1.1\r\nHost: a b/@@",
            "header Host: it must be a host, with or without a port",
        ),
        (
            "/livez HTTP/1.1\r\nHost:",
            "header Host: it must be a host, with or without a port",
        ),
        (
            "/livez HTTP/1.1\r\nHost: x\r\nX-Auth-Token: a\r\nX-Auth-Token: b",
            "header X-Auth-Token: it is there twice",
        ),
        (
            "/livez HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b",
            "header Authorization: it is there twice",
        ),
        (
            "/livez HTTP/1.1\r\nHost: x\r\nX-Sdk-Date: a\r\nX-Sdk-Date: b",
            "header X-Sdk-Date: it is there twice",
        ),
    ] {
        let response = get(bad).await;
        assert!(response.starts_with("HTTP/1.1 400 "), "{bad}: {response}");
        assert_eq!(
            body(&response)["error_msg"],
            format!("API request error. {told}"),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_on_every_path() {
    let server = TestServer::with(|config| config.metrics = "127.0.0.1:0".into()).await;
    let member = members(ALICE, 1) + "/x";
    for (path, methods) in [
        (members(ALICE, 1).as_str(), &["GET", "POST"][..]),
        (member.as_str(), &["GET", "PUT", "DELETE"]),
        ("/livez", &["GET"]),
        ("/readyz", &["GET"]),
        ("/v3/auth/tokens", &["GET", "POST", "DELETE"]),
        ("/openapi.yaml", &["GET"]),
        ("/openapi.json", &["GET"]),
        ("/docs/", &["GET"]),
    ] {
        let refused = server.send(Method::PATCH, path, None, None).await;
        assert_eq!(refused.status, 405, "{path}");
        let allowed = refused.header("allow").to_owned();
        assert!(
            methods
                .iter()
                .all(|method| allowed.split(',').any(|one| one.trim() == *method)),
            "{path}: {allowed}"
        );
    }
    let metrics = server.running.metrics_address.expect("metrics");
    let refused = send(reqwest::Client::new().post(format!("http://{metrics}/metrics"))).await;
    assert_eq!(
        (refused.status.as_u16(), refused.header("allow")),
        (405, "GET,HEAD")
    );
}

#[tokio::test]
async fn behind_a_trusted_proxy_limits_are_those_of_the_forwarded_address() {
    let limited = |trusted: &'static [&'static str]| {
        TestServer::with(|config| {
            config.limits.unauthenticated_per_second = 1;
            config.trusted_proxies = trusted.iter().map(ToString::to_string).collect();
        })
    };
    let asks = async |server: &TestServer, from: &str| {
        let request = server.request(Method::GET, &members(ALICE, 1), Some("garbage"));
        send(request.header("X-Forwarded-For", from))
            .await
            .status
            .as_u16()
    };
    let trusting = limited(&["127.0.0.0/8"]).await;
    assert_eq!(
        (
            asks(&trusting, "203.0.113.1").await,
            asks(&trusting, "203.0.113.1").await
        ),
        (401, 429)
    );
    assert_eq!(
        asks(&trusting, "203.0.113.2").await,
        401,
        "another client of the same proxy"
    );
    let distrusting = limited(&[]).await;
    assert_eq!(
        (
            asks(&distrusting, "203.0.113.1").await,
            asks(&distrusting, "203.0.113.2").await
        ),
        (401, 429)
    );
}
