//! Candidates for strings: those of a length, of a format, and those that a pattern describes.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value, json};

use super::language;

/// The longest text that is made.
const LENGTH: usize = 16 * 1024;

/// Strings that the string keywords of a schema speak of.
pub(super) fn texts(fields: &Map<String, Value>) -> Vec<Value> {
    let mut texts: Vec<String> = Vec::new();
    if let Some(pattern) = fields.get("pattern").and_then(Value::as_str) {
        let count = |key: &str| fields.get(key).and_then(Value::as_u64);
        texts.extend(language::shortest(
            &[pattern],
            count("minLength"),
            count("maxLength"),
        ));
        texts.extend(matching(pattern));
    }
    texts.extend(
        fields
            .get("format")
            .and_then(Value::as_str)
            .map(|format| formatted(format).to_owned()),
    );
    let bounds = ["minLength", "maxLength"]
        .iter()
        .filter_map(|key| fields.get(*key)?.as_u64());
    let lengths =
        bounds.flat_map(|length| [length, length.saturating_add(1), length.saturating_sub(1)]);
    texts.extend(
        lengths
            .filter(|length| *length <= LENGTH as u64)
            .map(|length| "a".repeat(length as usize)),
    );
    texts.extend(["", "a", "other", "A-1 b", "0"].map(str::to_owned));
    texts.into_iter().map(|text| json!(text)).collect()
}

fn formatted(format: &str) -> &'static str {
    match format {
        "uuid" => "a5200268-74a5-4806-acc6-95793ab0228b",
        "date-time" => "2020-02-05T10:38:34Z",
        "date" => "2020-02-05",
        "time" => "10:38:34Z",
        "email" => "a@example.com",
        "hostname" => "example.com",
        "uri" | "uri-reference" => "http://example.com/a",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        _ => "a",
    }
}

/// Strings that a pattern describes; none for one that cannot be read.
fn matching(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern) else {
        return Vec::new();
    };
    // From the shortest and the longest to pseudorandom ones; always the same.
    let mut texts = Vec::new();
    for turn in 0..40 {
        let mut choice = TextChoice {
            turn,
            state: turn.wrapping_mul(0x9E37_79B9) | 1,
        };
        let mut text = String::new();
        write(&hir, &mut choice, &mut text);
        if text.len() <= LENGTH && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// Decides wherever a pattern leaves a choice.
struct TextChoice {
    turn: u32,
    state: u32,
}

impl TextChoice {
    /// One of `count`: the first in turn 0, the last in turn 1, any in later ones.
    fn of(&mut self, count: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        match self.turn {
            0 => 0,
            1 => count.saturating_sub(1),
            _ => (self.state >> 8) as usize % count.max(1),
        }
    }
}

fn write(hir: &Hir, choice: &mut TextChoice, text: &mut String) {
    if text.len() > LENGTH {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(character(class, choice)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min.saturating_add(3));
            let lengths = [
                repetition.min,
                most,
                repetition.min.saturating_add(1).min(most),
                most.saturating_sub(1).max(repetition.min),
            ];
            let times = match choice.turn {
                0 => repetition.min,
                1 => most,
                _ => lengths[choice.of(lengths.len())],
            };
            for _ in 0..times {
                let before = text.len();
                write(&repetition.sub, choice, text);
                // Of nothing, or of enough, more is the same.
                if text.len() == before {
                    break;
                }
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, choice, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, choice, text)),
        HirKind::Alternation(branches) => {
            if let Some(branch) = branches.get(choice.of(branches.len())) {
                write(branch, choice, text);
            }
        }
    }
}

/// An end of a range of the class; a printable one, where there is one.
fn character(class: &Class, choice: &mut TextChoice) -> Option<char> {
    let ends: Vec<char> = match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .flat_map(|range| [range.start(), range.end()])
            .collect(),
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .flat_map(|range| [range.start() as char, range.end() as char])
            .collect(),
    };
    let printable: Vec<char> = ends
        .iter()
        .copied()
        .filter(|end| end.is_ascii_graphic())
        .collect();
    let from = if printable.is_empty() {
        &ends
    } else {
        &printable
    };
    from.get(choice.of(from.len())).copied()
}

#[cfg(test)]
mod tests {
    use super::matching;

    #[test]
    fn texts_of_a_pattern_have_its_shortest_and_its_longest_form() {
        let texts = matching("^(ab|c){1,3}$");
        assert!(
            texts.contains(&"ab".to_owned()) && texts.contains(&"ccc".to_owned()),
            "{texts:?}"
        );
        assert!(matching("(?=lookahead is not for this reader)").is_empty());
        assert_eq!(matching("((){4294967295,}){4294967295,}"), [""]);
    }
}
