//! The address under which clients reach a server: what it tells those who have no good token, and
//! whom the demo responses.

use backup_share::config::Hosts;
use reqwest::Method;
use testkit::{
    fixture::{ALICE, BOB, member},
    http::send,
    server::TestServer,
};

/// Where a caller without a token is sent that reached the server under this name.
async fn sent_to(server: &TestServer, host: &str) -> String {
    let request = server
        .request(Method::GET, &member(ALICE, 1, BOB), None)
        .header("Host", host);
    let response = send(request).await;
    assert_eq!(response.status, 401, "{response:?}");
    response.header("www-authenticate").to_owned()
}

#[tokio::test]
async fn a_caller_is_sent_to_where_it_came_in() {
    let server = TestServer::start().await;
    assert_eq!(
        sent_to(&server, "backups.example.com").await,
        "Keystone uri=\"http://backups.example.com/v3\""
    );
    let itself = format!("Keystone uri=\"http://{}/v3\"", server.running.address);
    assert_eq!(
        sent_to(&server, "0.0.0.0:8799").await,
        itself,
        "that is no address to go to"
    );
}

#[tokio::test]
async fn a_server_that_knows_its_address_says_that() {
    let server =
        TestServer::with(|config| config.public_url = "https://backups.example.com/".into()).await;
    assert_eq!(
        sent_to(&server, "10.0.0.1:80").await,
        "Keystone uri=\"https://backups.example.com/v3\""
    );
    let server = TestServer::with(|config| {
        config.public_url = "https://backups.example.com".into();
        config.identity.address = "https://keystone.example.com/v3".into();
    });
    assert_eq!(
        sent_to(&server.await, "10.0.0.1:80").await,
        "Keystone uri=\"https://keystone.example.com/v3\""
    );
}

#[tokio::test]
async fn a_server_on_every_address_of_the_machine_never_sends_anybody_to_0_0_0_0() {
    let server = TestServer::with(|config| config.listen = "0.0.0.0:0".into()).await;
    let itself = format!(
        "Keystone uri=\"http://127.0.0.1:{}/v3\"",
        server.running.address.port()
    );
    assert_eq!(sent_to(&server, "0.0.0.0").await, itself);
}

#[tokio::test]
async fn the_demo_accepts_loopback_names_alone() {
    let server = TestServer::with(|config| config.hosts = Hosts::Loopback).await;
    let asked = async |host: &str| {
        let request = server
            .request(Method::GET, "/docs/swagger-initializer.js", None)
            .header("Host", host);
        send(request).await
    };
    for host in [
        "localhost",
        "localhost:8799",
        "demo.localhost:1",
        "127.0.0.1:8799",
        "[::1]:8799",
    ] {
        assert_eq!(asked(host).await.status, 200, "{host}");
    }
    for host in [
        "attacker.example",
        "attacker.example:8799",
        "localhost.attacker.example",
        "192.0.2.1",
    ] {
        let refused = asked(host).await;
        assert_eq!(refused.error(), (400, "APIGW.0201".into()), "{host}");
        assert!(refused.text.contains("header Host: "), "{refused:?}");
    }
}
