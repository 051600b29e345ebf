//! Requests signed with an access key, made with the vendor's official SDK for Python at the hour when houses open.

use reqwest::Method;

use super::house::{Answer, House, answer};

const PROJECT: &str = "0605767b5780d5762fc5c0118072a564";
const MEMBERS: &str = "/v3/0605767b5780d5762fc5c0118072a564/backups/a5200268-74a5-4806-acc6-95793ab0228b/members";
const ADD: &str = r#"{"members":["p01"]}"#;
const ADD_SIGNATURE: &str = "e7b28f2052fed842456e885173246a8cb4773e26e7b9a3e517b9d68a6875bfeb";

/// A house with the demo data, whose owner has an access key.
async fn house() -> House {
    let house = House::open().await;
    load(&house, "access_keys: [{access: AKIDEXAMPLE, secret: example-secret}]").await;
    house
}

/// Loads the demo data, with more about its owner.
async fn load(house: &House, about: &str) {
    let data = backup_share::catalog::DEMO.replace("tokens: [demo-owner]", &format!("tokens: [demo-owner], {about}"));
    let clock: std::sync::Arc<dyn backup_share::clock::Clock> = house.clock.clone();
    backup_share::catalog::load_text("demo", &data, house.running.store.as_ref(), &clock).await.expect("good data");
}

fn signed(house: &House, method: Method, path: &str, signature: &str, media: &str) -> reqwest::RequestBuilder {
    let names = "content-type;host;user-agent;x-project-id;x-sdk-date";
    let authorization = format!("SDK-HMAC-SHA256 Access=AKIDEXAMPLE, SignedHeaders={names}, Signature={signature}");
    house
        .request(method, path, None)
        .header("Content-Type", media)
        .header("Host", "127.0.0.1:8799")
        .header("User-Agent", "huaweicloud-usdk-python/3.0")
        .header("X-Project-Id", PROJECT)
        .header("X-Sdk-Date", "20200205T103834Z")
        .header("Authorization", authorization)
}

async fn add(house: &House, body: &str) -> Answer {
    let request = signed(house, Method::POST, MEMBERS, ADD_SIGNATURE, "application/json;charset=UTF-8");
    answer(request.body(body.to_owned())).await
}

#[tokio::test]
async fn what_the_vendors_sdk_signs_is_let_in() {
    let house = house().await;
    let added = add(&house, ADD).await;
    assert_eq!(added.status, 200, "{added:?}");
    assert_eq!(added.json()["dest_project_id"], "p01");
}

#[tokio::test]
async fn a_post_that_comes_twice_is_let_in_once() {
    let house = house().await;
    assert_eq!(add(&house, ADD).await.status, 200);
    assert_eq!(add(&house, ADD).await.refusal(), (401, "APIGW.0301".into()), "somebody sends it again");
}

#[tokio::test]
async fn another_body_or_another_path_is_not_what_was_signed() {
    let house = house().await;
    assert_eq!(add(&house, r#"{"members":["p02"]}"#).await.refusal(), (401, "APIGW.0301".into()));
    let elsewhere = MEMBERS.replace("a5200268", "a5200269");
    let request = signed(&house, Method::POST, &elsewhere, ADD_SIGNATURE, "application/json;charset=UTF-8").body(ADD);
    assert_eq!(answer(request).await.refusal(), (401, "APIGW.0301".into()));
}

#[tokio::test]
async fn a_signature_grows_old() {
    let house = house().await;
    house.clock.pass(std::time::Duration::from_secs(16 * 60));
    assert_eq!(add(&house, ADD).await.refusal(), (401, "APIGW.0301".into()));
}

#[tokio::test]
async fn when_a_token_comes_too_the_token_decides() {
    let house = house().await;
    let both = |token: &str, signature: &str| {
        signed(&house, Method::GET, MEMBERS, signature, "application/json").header("X-Auth-Token", token)
    };
    assert_eq!(answer(both("demo-owner", "00")).await.status, 200);
    assert_eq!(answer(both("garbage", ADD_SIGNATURE)).await.status, 401);
}

#[tokio::test]
async fn a_key_that_is_disabled_or_whose_user_is_or_that_was_removed_is_refused_at_once() {
    let house = house().await;
    let key = "access_keys: [{access: AKIDEXAMPLE, secret: example-secret}]";
    for about in [&key.replace('}', ", enabled: false}"), &format!("enabled: false, {key}")] {
        load(&house, about).await;
        assert_eq!(add(&house, ADD).await.refusal(), (401, "APIGW.0301".into()), "{about}");
    }
    load(&house, key).await;
    assert_eq!(add(&house, ADD).await.status, 200, "enabled again");
    let removal = backup_share::store::Removal::AccessKeys(vec!["AKIDEXAMPLE".into()]);
    house.running.store.remove(removal).await.expect("an answer").expect("removed");
    let list = signed(&house, Method::GET, MEMBERS, ADD_SIGNATURE, "application/json;charset=UTF-8");
    assert_eq!(answer(list).await.refusal(), (401, "APIGW.0301".into()));
}
