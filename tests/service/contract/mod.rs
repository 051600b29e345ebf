//! The contract as the service serves it, and its examples against the demo data; in the files
//! beside this, what is proven of it.

mod classes;
mod client_types;
mod drift;
mod examples;
mod mutations;

use backup_share::{catalog, contract::document};
use reqwest::Method;
use serde_json::Value;
use testkit::server::TestServer;

#[tokio::test]
async fn the_contract_is_served_as_it_was_written() {
    let server = TestServer::start().await;
    let yaml = server.get("/openapi.yaml", "").await;
    assert_eq!(yaml.text, document::YAML, "byte for byte");
    assert_eq!(yaml.header("content-type"), "application/yaml");
    let json = server.get("/openapi.json", "").await;
    assert_eq!(&json.json(), document::json());
    assert_eq!(json.json()["openapi"], "3.1.1");
}

#[tokio::test]
async fn swagger_ui_comes_out_of_the_binary() {
    let server = TestServer::start().await;
    let page = server.get("/docs/", "").await;
    assert!(page.text.contains("swagger-ui"), "{page:?}");
    assert!(
        !page.text.contains("https://") && !page.text.contains("http://"),
        "no other host"
    );
    assert!(
        !page.text.contains("<script>") && !page.text.contains(" style="),
        "what the policy would not run"
    );
    let loads: Vec<&str> = page
        .text
        .split(['"', '\''])
        .filter_map(|text| text.strip_prefix("./"))
        .collect();
    assert!(loads.len() >= 6, "{loads:?}");
    for file in loads {
        let response = server.get(&format!("/docs/{file}"), "").await;
        assert!(
            response.status == 200 && !response.text.is_empty(),
            "{file}: {response:?}"
        );
    }
    assert_eq!(
        server.get("/docs", "").await.status,
        200,
        "by way of /docs/"
    );
}

#[tokio::test]
async fn no_other_page_may_show_the_documentation_and_no_script_runs_that_is_no_file_of_ours() {
    let server = TestServer::start().await;
    for path in [
        "/docs/",
        "/docs/index.html",
        "/docs/swagger-initializer.js",
        "/openapi.yaml",
        "/openapi.json",
    ] {
        let response = server.get(path, "").await;
        let policy = response.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'; script-src 'self';"),
            "{policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("eval"),
            "{policy}"
        );
        assert_eq!(response.header("referrer-policy"), "no-referrer");
        assert_eq!(response.header("x-content-type-options"), "nosniff");
    }
    assert_eq!(
        server.get("/v3", "").await.header("x-content-type-options"),
        "nosniff",
        "errors too"
    );
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again_and_what_it_has_not_comes_compressed() {
    let server = TestServer::start().await;
    for path in [
        "/docs/swagger-ui-bundle.js",
        "/openapi.json",
        "/openapi.yaml",
    ] {
        let ask = |name: &str, value: &str| {
            testkit::http::send(server.request(Method::GET, path, None).header(name, value))
        };
        let plain = server.get(path, "").await;
        let compressed = ask("Accept-Encoding", "gzip").await;
        assert_eq!(compressed.header("content-encoding"), "gzip");
        let length = |response: &testkit::http::Response| {
            response
                .header("content-length")
                .parse::<usize>()
                .expect("a length")
        };
        assert!(
            length(&compressed) * 3 < length(&plain),
            "{path}: {} of {}",
            length(&compressed),
            length(&plain)
        );
        let again = ask("If-None-Match", plain.header("etag")).await;
        assert_eq!(
            (again.status.as_u16(), again.text.as_str()),
            (304, ""),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_documentation_can_be_switched_off_and_the_contract_stays() {
    let server = TestServer::with(|config| config.docs = false).await;
    for path in ["/docs", "/docs/", "/docs/swagger-ui-bundle.js"] {
        assert_eq!(
            server.get(path, "").await.error(),
            (404, "APIGW.0101".into()),
            "{path}"
        );
    }
    assert_eq!(server.get("/openapi.yaml", "").await.text, document::YAML);
}

/// Every string in a value.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => values.iter().flat_map(strings).collect(),
        Value::Object(map) => map.values().flat_map(strings).collect(),
        _ => vec![],
    }
}

/// Swagger UI fills in the examples: what they name must be there.
#[test]
fn what_requests_in_the_contract_name_is_in_the_demo_data() {
    let document = document::json();
    let mut named: Vec<String> = vec![];
    for parameter in document["components"]["parameters"]
        .as_object()
        .expect("parameters")
        .values()
    {
        named.extend(parameter.get("example").map(strings).unwrap_or_default());
    }
    for path in document["paths"].as_object().expect("paths").values() {
        for operation in path.as_object().expect("operations").values() {
            for example in operation["requestBody"]["content"]["application/json"]["examples"]
                .as_object()
                .into_iter()
                .flatten()
            {
                named.extend(strings(&example.1["value"]));
            }
        }
    }
    assert!(named.len() >= 8, "{named:?}");
    for name in named.iter().filter(|name| name.len() > 30) {
        assert!(
            catalog::DEMO.contains(name.as_str()),
            "{name} is not in the demo data"
        );
    }
}
