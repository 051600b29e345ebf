//! Random edits, always the same: of the bytes of our contract, and of the values in it. No edit may end in a panic or
//! take long. (`cargo fuzz` needs a nightly compiler; this loop does not.)

use std::time::{Duration, Instant};

use backup_share::contract::{
    diff::{Settings, compare},
    document,
    load::{of_value, parse},
};
use serde_json::{Value, json};

/// A small generator of pseudorandom numbers (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn seconds() -> Duration {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(8))
}

#[test]
fn edited_bytes_are_read_or_refused() {
    let mut chance = Chance(0x5DEE_CE66);
    let (start, mut read, mut refused) = (Instant::now(), 0, 0);
    while start.elapsed() < seconds() {
        let mut bytes = document::YAML.as_bytes().to_vec();
        for _ in 0..=chance.below(4) {
            edit(&mut bytes, &mut chance);
        }
        let turn = Instant::now();
        match parse("edited", bytes) {
            Ok(_) => read += 1,
            Err(_) => refused += 1,
        }
        assert!(turn.elapsed() < Duration::from_secs(5), "took {:?}", turn.elapsed());
    }
    println!("{read} read, {refused} refused");
}

fn edit(bytes: &mut Vec<u8>, chance: &mut Chance) {
    const BITS: &[u8] = b"{}[]:-'\"&*!|>#\n \t$0aA/~%\xff";
    let at = chance.below(bytes.len());
    match chance.below(4) {
        0 => bytes[at] = BITS[chance.below(BITS.len())],
        1 => bytes.insert(at, BITS[chance.below(BITS.len())]),
        2 => {
            let end = (at + chance.below(200)).min(bytes.len());
            bytes.drain(at..end);
        }
        _ => {
            let end = (at + chance.below(200)).min(bytes.len());
            let part = bytes[at..end].to_vec();
            let to = chance.below(bytes.len());
            bytes.splice(to..to, part);
        }
    }
}

#[test]
fn edited_values_are_compared_or_refused() {
    let contract = document::json();
    let base = of_value("base", contract.clone(), String::new()).expect("our contract");
    let mut pointers = Vec::new();
    collect(contract, String::new(), &mut pointers);
    let mut chance = Chance(0xB5AD_4ECE);
    let (start, mut compared, mut refused) = (Instant::now(), 0, 0);
    while start.elapsed() < seconds() {
        let mut changed = contract.clone();
        for _ in 0..=chance.below(3) {
            change(&mut changed, &pointers, &mut chance);
        }
        let Ok(head) = of_value("head", changed, String::new()) else {
            refused += 1;
            continue;
        };
        for (old, new) in [(&base, &head), (&head, &base)] {
            compare(old, new, &Settings::default()).unwrap_or_else(|fault| panic!("{fault}: {}", head.value));
        }
        compared += 1;
    }
    println!("{compared} compared, {refused} refused");
    assert!(compared > 5, "only {compared}");
}

fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    pointers.push(pointer.clone());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, child)| {
            collect(child, format!("{pointer}/{}", super::mutations::key(key)), pointers);
        }),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, child)| {
            collect(child, format!("{pointer}/{index}"), pointers);
        }),
        _ => {}
    }
}

/// Replaces a value by another kind of value, by another part of the document, or takes it out.
fn change(document: &mut Value, pointers: &[String], chance: &mut Chance) {
    let other = document.pointer(&pointers[chance.below(pointers.len())]).cloned().unwrap_or_default();
    let kinds = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(""),
        json!([]),
        json!({}),
        json!("("),
        json!({"$ref": "#"}),
        json!({"$ref": "#/components/schemas/Member"}),
    ];
    let at = &pointers[1 + chance.below(pointers.len() - 1)];
    let (parent, key) = at.rsplit_once('/').expect("not the root");
    let kind = chance.below(3);
    let value = if kind == 0 { other } else { kinds[chance.below(kinds.len())].clone() };
    match document.pointer_mut(parent) {
        Some(Value::Object(fields)) if kind == 2 => {
            fields.shift_remove(&key.replace("~1", "/").replace("~0", "~"));
        }
        Some(_) => {
            if let Some(place) = document.pointer_mut(at) {
                *place = value;
            }
        }
        None => {}
    }
}
