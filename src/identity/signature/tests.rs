//! Vectors that the vendor's official SDK for Python made, and what becomes of them when a byte is
//! changed.

use super::{SignedRequest, body_hash};
use crate::timestamp::Timestamp;

const MEMBERS: &str =
    "/v3/0605767b5780d5762fc5c0118072a564/backups/a5200268-74a5-4806-acc6-95793ab0228b/members";

fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

/// A request, and the hash of its body.
type Vector = (SignedRequest, String);

fn request(
    method: &str,
    path: &str,
    query: &str,
    media: &str,
    body: &str,
    signature: &str,
) -> Vector {
    let signed = "content-type;host;user-agent;x-project-id;x-sdk-date";
    let authorization = format!(
        "SDK-HMAC-SHA256 Access=AKIDEXAMPLE, SignedHeaders={signed}, Signature={signature}"
    );
    let headers = [
        ("content-type", media),
        ("host", "127.0.0.1:8799"),
        ("user-agent", "huaweicloud-usdk-python/3.0"),
        ("x-project-id", "0605767b5780d5762fc5c0118072a564"),
        ("x-sdk-date", "20200205T103834Z"),
        ("authorization", &authorization),
    ];
    let request = SignedRequest {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    };
    (request, body_hash(body.as_bytes()))
}

/// Made with the vendor's official SDK for Python.
fn vectors() -> [Vector; 4] {
    let (json, plain) = ("application/json;charset=UTF-8", "application/json");
    let update = r#"{"status":"accepted","vault_id":"4b27c05b-8ad7-48c6-a886-526666c035f0"}"#;
    let query = "limit=2&marker=a%20b~c%2F%C3%BC&sort=created_at%3Adesc";
    [
        request(
            "POST",
            MEMBERS,
            "",
            json,
            r#"{"members":["p01"]}"#,
            "e7b28f2052fed842456e885173246a8cb4773e26e7b9a3e517b9d68a6875bfeb",
        ),
        request(
            "GET",
            MEMBERS,
            query,
            plain,
            "",
            "e3b171db7a83d3b24d106f730fe1aa011fb1ec88f846a5495afb06688eeb11d7",
        ),
        request(
            "DELETE",
            &format!("{MEMBERS}/p%2001"),
            "",
            plain,
            "",
            "8239ce025dad5910edf5cd8b3665bdbc7073c10eb02cbe981ae8fc2ccf65f22a",
        ),
        request(
            "PUT",
            &format!("{MEMBERS}/p01"),
            "",
            json,
            update,
            "edbe90031f85c9a3f128b9563401879a91385b1d130e8658ea8391c12c690151",
        ),
    ]
}

fn verifies((request, body_hash): &Vector, now: &str) -> bool {
    let secret = "example-secret".to_owned().into();
    request
        .claim(at(now))
        .and_then(|claim| request.verify(&claim, &secret, body_hash))
        .is_ok()
}

const NOW: &str = "2020-02-05T10:38:40.000000";

#[test]
fn what_the_vendors_sdk_signed_verifies() {
    for vector in vectors() {
        assert!(verifies(&vector, NOW), "{vector:?}");
    }
}

#[test]
fn a_byte_changed_anywhere_does_not_verify() {
    let changed = |text: &mut String, at: usize| {
        let byte = text.as_bytes()[at];
        let other = if byte == b'1' { '2' } else { '1' };
        text.replace_range(at..=at, other.encode_utf8(&mut [0; 4]));
    };
    let post = &vectors()[0];
    let mut places = 0;
    let mut refused = |vector: Vector| {
        places += 1;
        assert!(!verifies(&vector, NOW), "{vector:?}");
    };
    for at in 0..post.0.method.len() {
        let mut vector = post.clone();
        changed(&mut vector.0.method, at);
        refused(vector);
    }
    for at in 0..post.0.path.len() {
        let mut vector = post.clone();
        changed(&mut vector.0.path, at);
        refused(vector);
    }
    for at in 0..post.1.len() {
        let mut vector = post.clone();
        changed(&mut vector.1, at);
        refused(vector);
    }
    for (header, (name, value)) in post.0.headers.iter().enumerate() {
        // The name of the key is not signed: that it is another key is found where keys are looked
        // up.
        let start = if name == "authorization" {
            value.find("SignedHeaders").expect("in it")
        } else {
            0
        };
        for at in start..value.len() {
            let mut vector = post.clone();
            changed(&mut vector.0.headers[header].1, at);
            refused(vector);
        }
    }
    assert!(places > 300, "{places}");
}

#[test]
fn a_signature_is_good_for_fifteen_minutes_either_way() {
    let vector = &vectors()[1];
    for (now, good) in [
        ("2020-02-05T10:53:34.999999", true),
        ("2020-02-05T10:53:35.000000", false),
        ("2020-02-05T10:23:34.000000", true),
        ("2020-02-05T10:23:33.999999", false),
    ] {
        assert_eq!(verifies(vector, now), good, "{now}");
    }
}

#[test]
fn a_claim_must_cover_the_time() {
    let (mut request, _) = vectors()[0].clone();
    let signature = "0".repeat(64);
    let mut accepts = |header: String| {
        request.headers[5].1 = header;
        request.claim(at(NOW)).is_ok()
    };
    for header in [
        "",
        "Bearer x",
        "SDK-HMAC-SHA256",
        "SDK-HMAC-SHA256 Access=a, SignedHeaders=x-sdk-date, Signature=0",
    ] {
        assert!(!accepts(header.to_owned()), "{header}");
    }
    for (signed, good) in [
        ("host", false),
        ("x-sdk-date", true),
        ("host;x-sdk-date", true),
        ("x;x-sdk-date", false),
    ] {
        let header =
            format!("SDK-HMAC-SHA256 Access=a, SignedHeaders={signed}, Signature={signature}");
        assert_eq!(accepts(header), good, "{signed}");
    }
    assert!(!accepts(format!(
        "SDK-HMAC-SHA256 Access=a, Signature={signature}"
    )));
}

#[test]
fn a_body_that_is_not_signed_is_refused() {
    let mut vector = vectors()[0].clone();
    vector
        .0
        .headers
        .push(("x-sdk-content-sha256".into(), "UNSIGNED-PAYLOAD".into()));
    assert!(!verifies(&vector, NOW));
}

#[test]
fn a_header_that_is_signed_must_not_be_there_twice() {
    for name in ["content-type", "host", "x-sdk-date", "authorization"] {
        let mut vector = vectors()[0].clone();
        vector.0.headers.push((name.into(), "another".into()));
        assert!(!verifies(&vector, NOW), "{name}");
    }
}

#[test]
fn a_claim_covers_each_header_once_and_no_more_than_a_request_has() {
    let (mut request, _) = vectors()[0].clone();
    request
        .headers
        .extend((0..100).map(|number| (format!("h{number}"), String::new())));
    let signature = "0".repeat(64);
    let mut accepts = |names: &[String]| {
        let at = request
            .headers
            .iter()
            .position(|(name, _)| name == "authorization")
            .expect("in it");
        let names = names.join(";");
        request.headers[at].1 =
            format!("SDK-HMAC-SHA256 Access=x, SignedHeaders={names}, Signature={signature}");
        request.claim(self::at("2020-02-05T10:38:34")).is_ok()
    };
    let names = |count: usize| {
        let numbered = (0..count - 1).map(|number| format!("h{number}"));
        numbered
            .chain(["x-sdk-date".to_owned()])
            .collect::<Vec<_>>()
    };
    assert!(accepts(&names(1)) && accepts(&names(100)));
    assert!(!accepts(&names(101)));
    assert!(
        !accepts(&[names(3), names(3)].concat()) && !accepts(&vec!["x-sdk-date".to_owned(); 2])
    );
}
