//! Finds the line of a JSON pointer in the text of a document, by indentation: the line of the
//! value, or of the nearest thing above it. Good enough to put a note beside it; nothing is decided
//! by it.

use crate::document::pointer::unescape;

/// The line, from 1.
pub fn line(text: &str, pointer: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = None;
    let mut range = 0..lines.len();
    for part in pointer.split('/').skip(1) {
        let key = unescape(part);
        let Some(next) = child(&lines, range.clone(), &key) else {
            break;
        };
        found = Some(next + 1);
        range = block(&lines, next, range.end);
    }
    found
}

/// The line in a block that holds a key, or the element of that number, on the block's own level.
fn child(lines: &[&str], range: std::ops::Range<usize>, key: &str) -> Option<usize> {
    let filled = range.filter(|index| lines.get(*index).is_some_and(|line| !blank(line)));
    let filled: Vec<usize> = filled.collect();
    let level = filled
        .iter()
        .filter_map(|index| lines.get(*index).map(|line| indent(line)))
        .min()?;
    let own = |index: &&usize| lines.get(**index).is_some_and(|line| indent(line) == level);
    let names = |index: &&usize| lines.get(**index).is_some_and(|line| named(line, key));
    let elements = || {
        filled.iter().filter(own).filter(|index| {
            lines
                .get(**index)
                .is_some_and(|line| line.trim_start().starts_with('-'))
        })
    };
    let element = key
        .parse::<usize>()
        .ok()
        .and_then(|number| elements().nth(number));
    filled.iter().filter(own).find(names).or(element).copied()
}

/// The lines that belong to the key in a line.
fn block(lines: &[&str], start: usize, end: usize) -> std::ops::Range<usize> {
    let level = lines.get(start).map_or(0, |line| indent(line));
    let deeper = |line: &&str| {
        blank(line)
            || indent(line) > level
            || (indent(line) == level && line.trim_start().starts_with("- "))
    };
    let length = lines.get(start + 1..end).map_or(0, |rest| {
        rest.iter().take_while(|line| deeper(line)).count()
    });
    start + 1..start + 1 + length
}

fn named(line: &str, key: &str) -> bool {
    let line = line.trim_start().trim_start_matches("- ").trim_start();
    let line = line.trim_start_matches(['\'', '"']);
    line.strip_prefix(key).is_some_and(|rest| {
        rest.trim_start_matches(['\'', '"'])
            .trim_start()
            .starts_with(':')
    })
}

fn blank(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_pointer_has_a_line_or_that_of_the_nearest_thing_above() {
        let text = "openapi: 3.1.0\npaths:\n  /a/{b}:\n    get:\n      tags:\n        - x\n        - y\n  /c: {get: 1}\n";
        for (pointer, expected) in [
            ("/openapi", Some(1)),
            ("/paths/~1a~1{b}/get", Some(4)),
            ("/paths/~1a~1{b}/get/tags/1", Some(7)),
            ("/paths/~1a~1{b}/get/nowhere", Some(4)),
            ("/paths/~1c/get", Some(8)),
            ("/nowhere", None),
        ] {
            assert_eq!(line(text, pointer), expected, "{pointer}");
        }
    }
}
