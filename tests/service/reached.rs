//! The address under which clients reach a server: what it tells those who have no good token, and
//! whom the demo answers.

use backup_share::config::Hosts;
use reqwest::Method;

use super::house::{ALICE, BOB, House, answer, member};

/// Where a caller without a token is sent that reached the server under this name.
async fn sent_to(house: &House, host: &str) -> String {
    let request = house
        .request(Method::GET, &member(ALICE, 1, BOB), None)
        .header("Host", host);
    let answer = answer(request).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    answer.header("www-authenticate").to_owned()
}

#[tokio::test]
async fn a_caller_is_sent_to_where_it_came_in() {
    let house = House::open().await;
    assert_eq!(
        sent_to(&house, "backups.example.com").await,
        "Keystone uri=\"http://backups.example.com/v3\""
    );
    let itself = format!("Keystone uri=\"http://{}/v3\"", house.running.address);
    assert_eq!(
        sent_to(&house, "0.0.0.0:8799").await,
        itself,
        "that is no address to go to"
    );
}

#[tokio::test]
async fn a_server_that_knows_its_address_says_that() {
    let house =
        House::with(|config| config.public_url = "https://backups.example.com/".into()).await;
    assert_eq!(
        sent_to(&house, "10.0.0.1:80").await,
        "Keystone uri=\"https://backups.example.com/v3\""
    );
    let house = House::with(|config| {
        config.public_url = "https://backups.example.com".into();
        config.identity.address = "https://keystone.example.com/v3".into();
    });
    assert_eq!(
        sent_to(&house.await, "10.0.0.1:80").await,
        "Keystone uri=\"https://keystone.example.com/v3\""
    );
}

#[tokio::test]
async fn a_server_on_every_address_of_the_machine_never_sends_anybody_to_0_0_0_0() {
    let house = House::with(|config| config.listen = "0.0.0.0:0".into()).await;
    let itself = format!(
        "Keystone uri=\"http://127.0.0.1:{}/v3\"",
        house.running.address.port()
    );
    assert_eq!(sent_to(&house, "0.0.0.0").await, itself);
}

#[tokio::test]
async fn the_demo_answers_to_loopback_names_alone() {
    let house = House::with(|config| config.hosts = Hosts::Loopback).await;
    let asked = async |host: &str| {
        let request = house
            .request(Method::GET, "/docs/swagger-initializer.js", None)
            .header("Host", host);
        answer(request).await
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
        assert_eq!(refused.refusal(), (400, "APIGW.0201".into()), "{host}");
        assert!(refused.text.contains("header Host: "), "{refused:?}");
    }
}
