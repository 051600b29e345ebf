//! What OpenStack's clients find at the embedded identity: versions, the catalog, the methods and
//! scopes of logins, lists of projects and domains, and errors in Keystone's form.

use std::time::Duration;

use backup_share::config::IdentityMode;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{
    fixture::{ALICE, BOB, DATA, members},
    http::{Response, send},
    server::TestServer,
    signer::Unsigned,
};

const TOKENS: &str = "/v3/auth/tokens";

/// A login by a method, and a scope where there is one.
async fn log_in(server: &TestServer, identity: Value, scope: Option<Value>) -> Response {
    let mut auth = json!({ "identity": identity });
    if let Some(scope) = scope {
        auth["scope"] = scope;
    }
    let body = json!({ "auth": auth }).to_string();
    server.send(Method::POST, TOKENS, None, Some(&body)).await
}

fn password(user: Value) -> Value {
    let mut user = user;
    user["password"] = "alice's password".into();
    json!({"methods": ["password"], "password": {"user": user}})
}

fn alice() -> Value {
    password(json!({"name": "alice", "domain": {"id": "default"}}))
}

fn token(id: &str) -> Value {
    json!({"methods": ["token"], "token": {"id": id}})
}

/// GET without credentials.
async fn ask(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = server.request(Method::GET, path, None);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    send(request).await
}

/// The URL of each service of a catalog, by its type.
fn urls(catalog: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let services = catalog.as_array().expect("a catalog").iter();
    let public = services.map(|service| {
        let endpoint = &service["endpoints"][0];
        assert_eq!(endpoint["interface"], "public");
        assert_eq!(endpoint["region"], endpoint["region_id"]);
        (text(&service["type"]), text(&endpoint["url"]))
    });
    public.collect()
}

#[tokio::test]
async fn the_versions_of_the_identity_are_found_at_the_root_and_at_v3() {
    let server = TestServer::start().await;
    let own = format!("{}/v3/", server.endpoint());
    for path in ["/v3", "/v3/"] {
        let found = ask(&server, path, &[]).await;
        assert_eq!(found.status, 200, "{path}");
        let version = &found.json()["version"];
        assert_eq!(version["id"], "v3.14");
        assert_eq!(version["status"], "stable");
        assert_eq!(version["links"], json!([{"rel": "self", "href": own}]));
        assert!(version["media-types"][0]["type"].is_string());
    }
    for accept in ["application/json", "*/*"] {
        let found = ask(&server, "/", &[("accept", accept)]).await;
        assert_eq!(found.status, 300, "{accept}");
        let versions = &found.json()["versions"]["values"];
        assert_eq!(versions[0]["links"][0]["href"], own);
        assert!(found.header("vary").contains("accept"));
    }
}

#[tokio::test]
async fn a_browser_gets_a_page_at_the_root_that_leads_to_what_is_there() {
    let accept = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let server = TestServer::start().await;
    let page = ask(&server, "/", &accept).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
    for link in page.text.split("href=\"").skip(1) {
        let path = link.split('"').next().expect("a link");
        assert_eq!(ask(&server, path, &[]).await.status, 200, "{path}");
    }
    let without = TestServer::with(|config| config.docs = false).await;
    let page = ask(&without, "/", &accept).await;
    assert!(
        page.status == 200 && !page.text.contains("/docs/"),
        "{page:?}"
    );
}

#[tokio::test]
async fn a_token_has_a_catalog_with_the_address_by_which_it_was_asked_for() {
    let server = TestServer::start().await;
    let us = server.endpoint();
    let issued = log_in(&server, alice(), None).await;
    let expected = [
        ("identity".to_owned(), format!("{us}/v3")),
        ("cbr".to_owned(), format!("{us}/v3/{ALICE}")),
    ];
    assert_eq!(urls(&issued.json()["token"]["catalog"]), expected);
    let seen = send(
        server
            .request(Method::GET, TOKENS, Some("alice"))
            .header("X-Subject-Token", "alice"),
    );
    assert_eq!(urls(&seen.await.json()["token"]["catalog"]), expected);
    let asked = server.get("/v3/auth/catalog", "alice").await;
    assert_eq!(urls(&asked.json()["catalog"]), expected);
}

#[tokio::test]
async fn the_catalog_says_what_the_settings_say() {
    let server = TestServer::with(|config| {
        config.public_url = "https://backups.example.com/".into();
        config.identity.region = "eu-de".into();
    })
    .await;
    let catalog = server.get("/v3/auth/catalog", "alice").await.json()["catalog"].clone();
    let cbr = format!("https://backups.example.com/v3/{ALICE}");
    assert_eq!(urls(&catalog)[0].1, "https://backups.example.com/v3");
    assert_eq!(urls(&catalog)[1].1, cbr);
    assert_eq!(catalog[1]["endpoints"][0]["region"], "eu-de");
    let elsewhere = TestServer::with(|config| {
        config.public_url = "https://backups.example.com".into();
        config.identity.address = "https://login.example.com/v3/".into();
    })
    .await;
    let catalog = elsewhere.get("/v3/auth/catalog", "alice").await;
    let urls = urls(&catalog.json()["catalog"]);
    assert_eq!(
        (urls[0].1.as_str(), &urls[1].1),
        ("https://login.example.com/v3", &cbr)
    );
}

#[tokio::test]
async fn a_token_comes_without_its_catalog_where_that_is_asked_for() {
    let server = TestServer::start().await;
    for query in ["?nocatalog", "?nocatalog=true"] {
        let path = format!("{TOKENS}{query}");
        let body = json!({"auth": {"identity": alice()}}).to_string();
        let issued = server.send(Method::POST, &path, None, Some(&body)).await;
        assert_eq!(issued.status, 201);
        assert!(issued.json()["token"].get("catalog").is_none());
        let request = server.request(Method::GET, &path, Some("alice"));
        let seen = send(request.header("X-Subject-Token", "alice")).await;
        assert_eq!(seen.status, 200);
        assert!(seen.json()["token"].get("catalog").is_none());
    }
}

#[tokio::test]
async fn a_user_logs_in_by_the_id_that_its_token_says() {
    let server = TestServer::start().await;
    let id = log_in(&server, alice(), None).await.json()["token"]["user"]["id"].clone();
    let issued = log_in(&server, password(json!({ "id": id })), None).await;
    assert_eq!(issued.status, 201);
    assert_eq!(issued.json()["token"]["user"]["id"], id);
    let unnamed = log_in(&server, password(json!({})), None).await;
    assert_eq!(unnamed.error(), (400, "BackupService.9900".into()));
    assert!(unnamed.text.contains("/auth/identity/password/user"));
}

#[tokio::test]
async fn there_is_the_domain_default_and_no_other() {
    let server = TestServer::start().await;
    for good in [
        json!({"id": "default"}),
        json!({"name": "Default"}),
        json!({"name": "default"}),
    ] {
        let user = json!({"name": "alice", "domain": good});
        assert_eq!(log_in(&server, password(user), None).await.status, 201);
        let scope = json!({"domain": good});
        let issued = log_in(&server, alice(), Some(scope)).await;
        assert_eq!(issued.json()["token"]["project"]["id"], ALICE);
    }
    for bad in [json!({"id": "acme"}), json!({"name": "acme"})] {
        let user = json!({"name": "alice", "domain": bad});
        let project = json!({"project": {"name": "alice-project", "domain": bad}});
        for (identity, scope) in [
            (password(user), None),
            (alice(), Some(json!({"domain": bad}))),
            (alice(), Some(project)),
        ] {
            let refused = log_in(&server, identity, scope).await;
            assert_eq!(refused.error(), (401, "APIGW.0301".into()));
        }
    }
}

#[tokio::test]
async fn a_user_of_another_domain_is_guessed_at_within_the_same_limits() {
    let server =
        TestServer::with(|config| config.limits.failed_logins_per_minute_of_user = 2).await;
    let user = json!({"name": "alice", "domain": {"id": "acme"}});
    for expected in [401, 401, 429] {
        let refused = log_in(&server, password(user.clone()), None).await;
        assert_eq!(refused.status, expected);
    }
}

#[tokio::test]
async fn a_token_gives_one_for_the_same_project_that_ends_no_later() {
    let server = TestServer::with(|config| config.identity.token_seconds = 60).await;
    let first = log_in(&server, alice(), None).await;
    let end = first.json()["token"]["expires_at"].clone();
    server.clock.advance(Duration::from_secs(30));
    let first = first.header("x-subject-token").to_owned();
    for scope in [
        None,
        Some(json!({"project": {"id": ALICE}})),
        Some(json!({"project": {"name": "alice-project", "domain": {"name": "Default"}}})),
    ] {
        let again = log_in(&server, token(&first), scope).await;
        assert_eq!(again.status, 201);
        let body = again.json();
        assert_eq!(body["token"]["expires_at"], end);
        assert_eq!(body["token"]["methods"], json!(["token"]));
        let listed = server
            .get(&members(ALICE, 1), again.header("x-subject-token"))
            .await;
        assert_eq!(listed.status, 200);
    }
    let elsewhere = json!({"project": {"id": BOB}});
    let refused = log_in(&server, token(&first), Some(elsewhere)).await;
    assert_eq!(refused.error(), (401, "APIGW.0301".into()));
    server.clock.advance(Duration::from_secs(30));
    let refused = log_in(&server, token(&first), None).await;
    assert_eq!(refused.error(), (401, "APIGW.0307".into()));
}

#[tokio::test]
async fn logins_by_token_count_as_requests_of_the_project_and_bad_ones_of_the_address() {
    let server = TestServer::with(|config| {
        config.limits.requests_per_second = 2;
        config.limits.unauthenticated_per_second = 2;
    })
    .await;
    for (identity, expected) in [
        (token("alice"), [201, 201, 429]),
        (token("garbage"), [401, 401, 429]),
    ] {
        for status in expected {
            let response = log_in(&server, identity.clone(), None).await;
            assert_eq!(response.status, status, "{identity}");
        }
    }
}

#[tokio::test]
async fn other_methods_and_methods_without_their_part_are_refused_with_the_place() {
    let server = TestServer::start().await;
    for (identity, place) in [
        (json!({"methods": ["totp"]}), "/auth/identity/methods: "),
        (json!({"methods": []}), "/auth/identity/methods: "),
        (
            json!({"methods": ["password", "token"]}),
            "/auth/identity/methods: ",
        ),
        (
            json!({"methods": ["token"]}),
            "/auth/identity: token is missing",
        ),
        (
            json!({"methods": ["password"]}),
            "/auth/identity: password is missing",
        ),
        (
            json!({"methods": ["token"], "token": {"id": 1}}),
            "/auth/identity/token/id: ",
        ),
    ] {
        let refused = log_in(&server, identity, None).await;
        assert_eq!(refused.error(), (400, "BackupService.9900".into()));
        let message = refused.json()["error"]["message"].to_string();
        assert!(message.contains(place), "{message}");
    }
}

#[tokio::test]
async fn callers_find_their_project_and_the_domain() {
    let server = TestServer::start().await;
    let named = |name: &str| format!("/v3/projects?name={name}&enabled=true");
    for (path, found) in [
        ("/v3/auth/projects".to_owned(), true),
        ("/v3/projects".to_owned(), true),
        (named("alice-project"), true),
        (named("alice%2Dproject"), true),
        (named("bob-project"), false),
        (
            "/v3/projects?name=alice-project&domain_id=default".to_owned(),
            true,
        ),
        (
            "/v3/projects?name=alice-project&domain_id=acme".to_owned(),
            false,
        ),
    ] {
        let body = server.get(&path, "alice").await.json();
        let ids: Vec<_> = body["projects"]
            .as_array()
            .expect("a list")
            .iter()
            .collect();
        assert_eq!(ids.len(), usize::from(found), "{path}");
        assert!(ids.iter().all(|project| project["id"] == ALICE));
        let own = path.split('?').next().expect("a path");
        assert_eq!(body["links"]["self"], format!("{}{own}", server.endpoint()));
    }
    let domains = server.get("/v3/auth/domains", "bob").await.json();
    assert_eq!(domains["domains"][0]["id"], "default");
    assert_eq!(domains["domains"][0]["name"], "Default");
    for path in [
        "/v3/auth/projects",
        "/v3/projects",
        "/v3/auth/domains",
        "/v3/auth/catalog",
    ] {
        let refused = server.get(path, "garbage").await;
        assert_eq!(refused.error(), (401, "APIGW.0301".into()), "{path}");
    }
}

#[tokio::test]
async fn lists_of_the_identity_count_as_requests_of_the_project() {
    let server = TestServer::with(|config| config.limits.requests_per_second = 1).await;
    assert_eq!(server.get("/v3/projects", "alice").await.status, 200);
    for path in ["/v3/auth/projects", "/v3/auth/domains", "/v3/auth/catalog"] {
        let refused = server.get(path, "alice").await;
        assert_eq!(refused.error(), (429, "APIGW.0308".into()), "{path}");
    }
}

#[tokio::test]
async fn errors_of_the_identity_have_keystones_form_beside_ours() {
    let server = TestServer::start().await;
    let refused = log_in(&server, token("garbage"), None).await;
    let body = refused.json();
    assert_eq!(
        body["error"],
        json!({"code": 401, "message": body["error_msg"], "title": "Unauthorized"})
    );
    assert_eq!(refused.error(), (401, "APIGW.0301".into()));
    assert_eq!(body["request_id"], refused.header("x-request-id"));
    for (method, path, title) in [
        (Method::GET, "/v3/auth/nothing", "Not Found"),
        (Method::PUT, "/v3/projects", "Method Not Allowed"),
        (Method::GET, "/v3/auth/domains", "Unauthorized"),
        (Method::POST, "/v3/auth/tokens", "Unsupported Media Type"),
    ] {
        let body = server.send(method, path, None, None).await.json();
        assert_eq!(body["error"]["title"], title, "{path}");
        assert_eq!(body["error"]["message"], body["error_msg"]);
    }
    let twice = server.request(Method::GET, "/v3/auth/projects", Some("alice"));
    let body = send(twice.header("X-Auth-Token", "bob")).await.json();
    assert_eq!(
        body["error"]["title"], "Bad Request",
        "also before it is routed"
    );
    let ours = server.get(&members(ALICE, 1), "garbage").await.json();
    assert!(
        ours.get("error").is_none(),
        "the contract's errors stay as they are"
    );
}

#[tokio::test]
async fn an_access_key_finds_its_project_as_a_token_does() {
    let data = DATA.replace(
        "tokens: [alice]",
        "tokens: [alice], access_keys: [{access: key, secret: hidden}]",
    );
    let server = TestServer::with_data(&data, |_| {}).await;
    let (path, query, date) = ("/v3/projects", "name=alice-project", "20200205T103834Z");
    let unsigned = Unsigned {
        method: "GET",
        path,
        query,
        headers: &[("x-sdk-date", date)],
        date,
        body: "",
    };
    let request = server
        .request(Method::GET, &format!("{path}?{query}"), None)
        .header("X-Sdk-Date", date)
        .header("Authorization", unsigned.authorization("key", "hidden"));
    assert_eq!(send(request).await.json()["projects"][0]["id"], ALICE);
}

#[tokio::test]
async fn where_a_keystone_is_the_identity_its_routes_are_not_here() {
    let server = TestServer::with(|config| {
        config.identity.mode = IdentityMode::Keystone;
        config.keystone.address = "http://127.0.0.1:1/v3".into();
    })
    .await;
    for path in ["/", "/v3", "/v3/projects", "/v3/auth/projects", TOKENS] {
        let refused = ask(&server, path, &[]).await;
        assert_eq!(refused.error(), (404, "APIGW.0101".into()), "{path}");
    }
    let page = ask(&server, "/", &[("accept", "text/html")]).await;
    assert_eq!(page.status, 200, "people find the documentation");
}

#[tokio::test]
async fn a_scope_that_is_not_offered_is_refused_with_its_place() {
    let server = TestServer::start().await;
    for (scope, reason) in [
        (json!({"system": {"all": true}}), "it must be one of"),
        (json!({"OS-TRUST:trust": {"id": "t"}}), "it must be one of"),
        (
            json!({"project": {"id": ALICE}, "domain": {"id": "default"}}),
            "a token is for one of them",
        ),
    ] {
        let refused = log_in(&server, alice(), Some(scope)).await;
        assert_eq!(refused.error(), (400, "BackupService.9900".into()));
        assert!(refused.text.contains("/auth/scope"), "{refused:?}");
        assert!(refused.text.contains(reason), "{refused:?}");
    }
    let issued = log_in(&server, alice(), Some(json!({"unscoped": {}}))).await;
    assert_eq!(
        issued.status, 201,
        "for its own project, as without a scope"
    );
}
