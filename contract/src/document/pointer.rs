//! JSON pointers (RFC 6901): keys as parts of them, and the value at one.

use std::borrow::Cow;

use serde_json::Value;

/// A key as a part of a pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The key that a part of a pointer stands for.
pub fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

/// The value at the pointer of a URI fragment, which may be percent-encoded.
pub fn fragment<'a>(document: &'a Value, pointer: &str) -> Option<&'a Value> {
    document
        .pointer(pointer)
        .or_else(|| document.pointer(&percent_decoded(pointer)?))
}

/// The pointer of a URI fragment, without percent-encoding.
pub fn percent_decoded(pointer: &str) -> Option<String> {
    percent_encoding::percent_decode_str(pointer)
        .decode_utf8()
        .ok()
        .map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{escape, fragment, unescape};

    #[test]
    fn a_key_survives_its_escape() {
        for (key, part) in [("/v3/{a}~b", "~1v3~1{a}~0b"), ("~1", "~01"), ("", "")] {
            assert_eq!((escape(key), unescape(part)), (part.into(), key.into()));
        }
    }

    #[test]
    fn a_fragment_may_be_percent_encoded() {
        let document = json!({"a b": {"c/d": 1}});
        assert_eq!(fragment(&document, "/a%20b/c~1d"), Some(&json!(1)));
        assert_eq!(fragment(&document, "/a b/c~1d"), Some(&json!(1)));
        assert_eq!(fragment(&document, "/a"), None);
    }
}
