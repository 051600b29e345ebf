//! What is counted, and where it is shown.

use testkit::{
    fixture::{ALICE, BOB, MALLORY, members},
    http::{self, send},
    server::TestServer,
};

#[tokio::test]
async fn requests_are_counted_by_operation_and_status_on_a_listener_of_their_own() {
    let server = TestServer::with(|config| config.metrics = "127.0.0.1:0".into()).await;
    server.share(1, &[BOB]).await;
    server.share(1, &[BOB]).await;
    server.get(&members(MALLORY, 1), "mallory").await;
    server.get(&members(ALICE, 1), "garbage").await;
    server.get("/no/such/path", "alice").await;
    let address = server.running.metrics_address.expect("configured");
    let shown = send(http::client().get(format!("http://{address}/metrics"))).await;
    assert!(
        shown
            .header("content-type")
            .starts_with("application/openmetrics-text"),
        "{shown:?}"
    );
    for line in [
        r#"backup_share_requests_total{operation="add_member",status="200"} 1"#,
        r#"backup_share_requests_total{operation="add_member",status="400"} 1"#,
        r#"backup_share_requests_total{operation="list_members",status="404"} 1"#,
        r#"backup_share_requests_total{operation="list_members",status="401"} 1"#,
        r#"backup_share_requests_total{operation="none",status="404"} 1"#,
        r#"backup_share_request_duration_seconds_count{operation="add_member"} 2"#,
    ] {
        assert!(
            shown.text.lines().any(|shown| shown == line),
            "{line}: {}",
            shown.text
        );
    }
    assert_eq!(
        send(http::client().get(format!("http://{address}/livez")))
            .await
            .error(),
        (404, "APIGW.0101".into())
    );
    assert_eq!(
        server.get("/metrics", "alice").await.status,
        404,
        "nothing of it where callers are"
    );
}
