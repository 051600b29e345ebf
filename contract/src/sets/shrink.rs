//! Makes a counterexample small: what does not matter goes.

use serde_json::Value;

/// The same without every key and item that can go while it `holds`.
pub(super) fn shrunk(mut value: Value, holds: &dyn Fn(&Value) -> bool) -> Value {
    while let Some(smaller) = smaller(&value).into_iter().find(holds) {
        value = smaller;
    }
    value
}

/// All values with one key or item less, at any depth; the outer ones first, as they take the most
/// along.
fn smaller(value: &Value) -> Vec<Value> {
    let mut found = vec![];
    match value {
        Value::Object(map) => {
            found.extend(map.keys().map(|key| {
                let mut map = map.clone();
                map.remove(key);
                Value::Object(map)
            }));
            for (key, inner) in map {
                found.extend(smaller(inner).into_iter().map(|inner| {
                    let mut map = map.clone();
                    map.insert(key.clone(), inner);
                    Value::Object(map)
                }));
            }
        }
        Value::Array(list) => {
            let without = |at| Value::Array([&list[..at], &list[at + 1..]].concat());
            found.extend((0..list.len()).map(without));
            for (at, inner) in list.iter().enumerate() {
                found.extend(smaller(inner).into_iter().map(|inner| {
                    let mut list = list.clone();
                    list[at] = inner;
                    Value::Array(list)
                }));
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::shrunk;

    #[test]
    fn what_does_not_matter_goes() {
        let value = json!({"a": [1, {"b": 2, "c": 3}, 4], "d": 5});
        let holds = |value: &serde_json::Value| value.to_string().contains("\"b\":2");
        assert_eq!(shrunk(value, &holds), json!({"a": [{"b": 2}]}));
    }
}
