//! Error responses that are not the contract's: a proxy's page, another service's JSON. They are
//! converted to the contract's form before the generated code reads them, which would otherwise lose
//! the status with the body.

use bytes::Bytes;
use reqwest::{Response, ResponseBuilderExt};
use serde_json::{Value, json};

use super::types;

/// How much of another body is shown.
const SHOWN: usize = 200;

/// Passes a response on; an error has a body of the contract afterwards, whatever it had before.
pub(super) async fn normalize_error(response: Response) -> reqwest::Result<Response> {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return Ok(response);
    }
    let (url, headers) = (response.url().clone(), response.headers().clone());
    let body = in_form(response.bytes().await?);
    // With nothing but an address, the builder has nothing to refuse.
    let rebuilt = http::Response::builder().url(url).body(body.clone());
    let mut rebuilt = rebuilt.unwrap_or_else(|_| http::Response::new(body));
    *rebuilt.status_mut() = status;
    *rebuilt.headers_mut() = headers;
    Ok(rebuilt.into())
}

/// The body itself where it is an error of the contract; else one with as much of it as can be made
/// out.
fn in_form(body: Bytes) -> Bytes {
    if serde_json::from_slice::<types::Error>(&body).is_ok() {
        return body;
    }
    let found: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |key: &str| found.get(key).and_then(Value::as_str).map(str::to_owned);
    let code = text("error_code").unwrap_or_default();
    let message = text("error_msg").unwrap_or_else(|| excerpt(&body));
    json!({ "error_code": code, "error_msg": message })
        .to_string()
        .into()
}

/// The beginning of a body, on one line.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = line.chars().take(SHOWN).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{Bytes, in_form};
    use crate::client::types::Error;

    fn read(body: &'static str) -> (String, String) {
        let error: Error =
            serde_json::from_slice(&in_form(Bytes::from(body))).expect("always in form");
        (error.error_code, error.error_msg)
    }

    #[test]
    fn an_error_of_the_contract_stays_as_it_is() {
        let body = r#"{"error_code":"A.1","error_msg":"No.","request_id":"r","more":1}"#;
        assert_eq!(in_form(Bytes::from(body)), body);
    }

    #[test]
    fn of_any_other_body_is_kept_what_can_be_made_out() {
        assert_eq!(
            read(r#"{"error_msg":"No."}"#),
            (String::new(), "No.".to_owned())
        );
        assert_eq!(
            read(r#"{"error_code":"A.1","error_msg":"No.","request_id":7}"#),
            ("A.1".into(), "No.".into())
        );
        assert_eq!(
            read("<h1>Bad\n  Gateway</h1>"),
            (String::new(), "<h1>Bad Gateway</h1>".to_owned())
        );
        assert_eq!(read(""), (String::new(), String::new()));
    }

    #[test]
    fn a_long_body_is_cut() {
        let body = in_form(Bytes::from("ü".repeat(10_000)));
        let error: Error = serde_json::from_slice(&body).expect("always in form");
        assert_eq!(error.error_msg.chars().count(), 201);
        assert!(error.error_msg.ends_with('…'));
    }
}
