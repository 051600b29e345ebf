//! The contract as the service serves it, and its examples against the demo data.

use backup_share::{catalog, contract::document};
use serde_json::Value;

use super::house::House;

#[tokio::test]
async fn the_contract_is_served_as_it_was_written() {
    let house = House::open().await;
    let yaml = house.get("/openapi.yaml", "").await;
    assert_eq!(yaml.text, document::YAML, "byte for byte");
    assert_eq!(yaml.header("content-type"), "application/yaml");
    let json = house.get("/openapi.json", "").await;
    assert_eq!(&json.json(), document::json());
    assert_eq!(json.json()["openapi"], "3.1.1");
}

#[tokio::test]
async fn swagger_ui_comes_out_of_the_binary() {
    let house = House::open().await;
    let page = house.get("/docs/", "").await;
    assert!(page.text.contains("swagger-ui"), "{page:?}");
    assert!(!page.text.contains("https://") && !page.text.contains("http://"), "no other host");
    assert_eq!(house.get("/docs/swagger-ui-bundle.js", "").await.status, 200);
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
    for parameter in document["components"]["parameters"].as_object().expect("parameters").values() {
        named.extend(parameter.get("example").map(strings).unwrap_or_default());
    }
    for path in document["paths"].as_object().expect("paths").values() {
        for operation in path.as_object().expect("operations").values() {
            for example in
                operation["requestBody"]["content"]["application/json"]["examples"].as_object().into_iter().flatten()
            {
                named.extend(strings(&example.1["value"]));
            }
        }
    }
    assert!(named.len() >= 8, "{named:?}");
    for name in named.iter().filter(|name| name.len() > 30) {
        assert!(catalog::DEMO.contains(name.as_str()), "{name} is not in the demo data");
    }
}
