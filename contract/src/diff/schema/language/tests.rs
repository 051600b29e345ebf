//! Checks what is said of patterns against a validator that matches strings one by one.

use jsonschema::Validator;
use serde_json::json;

use super::{Inclusion, disjoint, included, lengths, shortest};

fn validator(pattern: &str) -> Validator {
    jsonschema::options()
        .build(&json!({"pattern": pattern}))
        .unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

fn has(pattern: &str, text: &str) -> bool {
    validator(pattern).is_valid(&json!(text))
}

fn covers(superset: &str, subset: &str) -> bool {
    match included(&[subset], None, None, superset) {
        Inclusion::Yes => true,
        Inclusion::No(text) => {
            assert!(
                has(subset, &text) && !has(superset, &text),
                "{text:?} has {subset}, and not {superset}"
            );
            false
        }
        Inclusion::Unknown => panic!("{subset} in {superset} is unknown"),
    }
}

fn is_unknown(subset: &str, superset: &str) -> bool {
    included(&[subset], None, None, superset) == Inclusion::Unknown
}

fn no(text: &str) -> Inclusion {
    Inclusion::No(text.to_owned())
}

#[test]
fn a_pattern_that_allows_more_covers_one_that_allows_less() {
    let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
    for (subset, superset) in [
        ("^[a-z]{1,5}$", "^[a-z]{1,6}$"),
        ("^a$", "^a"),
        ("^a", "a"),
        ("^ab+$", "b"),
        ("^[A-Z]{3}$", "^[A-Z]{3}"),
        (uuid, "^[0-9a-f-]{36}$"),
        (uuid, r"^[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}$"),
        ("^[a-z]+@[a-z]+\\.com$", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
        ("^(get|put)$", "^[a-z]+$"),
        (r"^\S+$", "^[^ ]+$"),
        ("^.{1,255}$", "^.{1,300}$"),
        ("^a.c$", "^a[^b]*.*c$"),
        ("a^", "b"),
    ] {
        assert!(covers(superset, subset), "{subset} is in {superset}");
        assert!(!covers(subset, superset), "{superset} is not in {subset}");
    }
}

#[test]
fn patterns_that_are_written_otherwise_cover_each_other() {
    for (one, other) in [
        ("^(a|b)$", "^[ab]$"),
        (r"^\d+$", "^[0-9]+$"),
        (r"^\w$", "^[A-Za-z0-9_]$"),
        (r"^\D$", "^[^0-9]$"),
        ("^a|b", "(^a)|b"),
        ("^a+?$", "^aa*$"),
        ("^(?<year>[0-9]{4})$", "^[0-9][0-9][0-9][0-9]$"),
        (r"^\u0061\x62\u{63}\/\-$", "^abc/-$"),
        ("^a{0}b$", "^b$"),
        ("(a|)", ""),
        ("^$|^a", "^(a.*)?$|^a"),
        (r"^[\s\S]*$", ""),
        ("^[a-]$", "^[-a]$"),
        ("^(a$|^b)$", "^[ab]$"),
        ("^(?:a*$)?$", "^a*$"),
    ] {
        assert!(covers(one, other) && covers(other, one), "{one} is {other}");
    }
}

#[test]
fn any_string_has_what_matches_anything() {
    for superset in [".*", "", "^", "$", "^.*", "a?", r"^[\s\S]*$"] {
        assert_eq!(
            included(&[], None, None, superset),
            Inclusion::Yes,
            "{superset}"
        );
    }
    assert_eq!(included(&[], None, None, "."), no(""));
    assert_eq!(included(&[], None, None, "^.*$"), no("\n"));
    assert_eq!(included(&[], None, None, r"^\S*$"), no(" "));
}

#[test]
fn a_counterexample_is_a_shortest_one_that_can_be_read() {
    for (subset, superset, text) in [
        ("^[a-z]{1,6}$", "^[a-z]{1,5}$", "aaaaaa"),
        ("a", "^a", "ba"),
        ("^[^a]$", "^[A-Z]$", "b"),
        ("^[0-9a-f-]{3}$", "^[0-9a-f]{3}$", "aa-"),
        (r"^\w+$", "^[a-z0-9]+$", "A"),
        ("^.$", "^[ -~]$", "\u{c0}"),
    ] {
        assert_eq!(
            included(&[subset], None, None, superset),
            no(text),
            "{subset} in {superset}"
        );
        assert!(!covers(superset, subset));
    }
}

#[test]
fn several_patterns_hold_at_once() {
    assert_eq!(included(&["^a", "b$"], None, None, "^a.*b$"), no("a\nb"));
    assert_eq!(
        included(&["^a", "b$", "^[ab]*$"], None, None, "^a.*b$"),
        Inclusion::Yes
    );
    assert_eq!(included(&["^a", "^b"], None, None, "c"), Inclusion::Yes);
    // What cannot be read may only narrow.
    assert_eq!(included(&["^a$", "(?=b)"], None, None, "a"), Inclusion::Yes);
    assert_eq!(
        included(&["^a", "(?=b)"], None, None, "c"),
        Inclusion::Unknown
    );
}

#[test]
fn bounds_of_the_length_count() {
    assert_eq!(
        included(&["^a*$"], Some(2), Some(3), "^(aa|aaa)$"),
        Inclusion::Yes
    );
    assert_eq!(
        included(&["^a*$"], Some(2), Some(4), "^(aa|aaa)$"),
        no("aaaa")
    );
    assert_eq!(included(&["^a*$"], Some(1), Some(3), "^(aa|aaa)$"), no("a"));
    assert_eq!(included(&[], Some(1), None, r"[\s\S]"), Inclusion::Yes);
    assert_eq!(included(&[], Some(3), Some(2), "^never$"), Inclusion::Yes);
    assert_eq!(included(&[], None, Some(5), "^.{0,5}$"), no("\n"));
    assert_eq!(included(&[], Some(300), None, "^b*$"), no(&"a".repeat(300)));
    assert_eq!(
        included(&["^[a-z]*$"], Some(u64::MAX), Some(u64::MAX), "^[a-z]*$"),
        Inclusion::Yes
    );
    assert_eq!(
        included(&["^[a-z]*$"], Some(u64::MAX), None, "^[a-y]*$"),
        Inclusion::Unknown
    );
}

#[test]
fn what_readers_take_otherwise_is_unknown() {
    for pattern in [
        "^(?=a)",
        "^(?!a)",
        "(?<=a)b",
        r"(a)\1",
        r"\bfoo\b",
        r"\Ba",
        "(?i)a",
        "(?i:a)",
        r"^\p{L}$",
        "(?P<a>b)",
        r"\Aa\z",
        r"\a",
        r"\x{61}",
        r"\U00000061",
        r"\<a\>",
        "a++",
        "a{2}{3}",
        "a{,3}",
        "a{1, 3}",
        "a{ 1}",
        "^*",
        "[]a]",
        "[^]a]",
        "[[a]]",
        "[[:alpha:]]",
        "[a-z&&b]",
        "[a--b]",
        "(",
        "a{",
    ] {
        assert_eq!(
            included(&["^zz$"], None, None, pattern),
            Inclusion::Unknown,
            "{pattern}"
        );
        assert!(
            is_unknown(pattern, "^zz$") && !disjoint(pattern, "^zz$"),
            "{pattern}"
        );
        assert_eq!(
            (lengths(pattern), shortest(&[pattern], None, None)),
            ((0, None), None),
            "{pattern}"
        );
        assert!(covers(pattern, pattern), "{pattern} is itself");
    }
    // `.` has a carriage return for some readers.
    assert!(is_unknown(r"^[^\n]$", "^.$"));
    assert!(is_unknown(r"^\u2003$", r"^\S$") || !covers(r"^\S$", r"^\u2003$"));
    assert!(is_unknown(r"^\u3000$", r"^\s$"));
    assert!(!disjoint(r"^\r$", "^.$"));
}

#[test]
fn what_takes_too_much_is_unknown() {
    let long = "a".repeat(5_000);
    for (subset, superset) in [
        ("^[ab]*a[ab]{30}$", "^[ab]*a[ab]{29}a$|b$"),
        ("^[ab]*a[ab]{30}$", "^[ab]*a[ab]{30}b?$"),
        ("^(a|b|ab){200}$", "^(a|b|ba){200}$"),
        ("a{1000000}", "a"),
        ("(((((){2000}){2000}){2000}){2000}){2000}", "b"),
        ("(((((a{1,50}){1,50}){1,50}){1,50}){1,50}){1,50}", "b"),
        (&long, "b"),
    ] {
        assert!(is_unknown(subset, superset), "{subset} in {superset}");
    }
}

#[test]
fn disjoint_patterns_share_no_string() {
    assert!(disjoint("^a", "^b") && disjoint("^[a-z]+$", "[0-9]") && disjoint(r"^\s$", r"^\S$"));
    assert!(!disjoint("a", "b") && !disjoint("^a*$", "^b*$"));
}

#[test]
fn a_pattern_bounds_the_length_of_its_strings() {
    for (pattern, bounds) in [
        ("^[a-z]{3,5}$", (3, Some(5))),
        ("^(a|bcd)$", (1, Some(3))),
        ("^a+$", (1, None)),
        ("abc", (3, None)),
        ("^abc", (3, None)),
        ("^$", (0, Some(0))),
        ("", (0, None)),
        ("^a*b{2}$|^$", (0, None)),
        ("^[\u{1f600}]{2}$", (2, Some(2))),
        ("a^", (0, None)),
    ] {
        assert_eq!(lengths(pattern), bounds, "{pattern}");
    }
}

#[test]
fn a_string_that_has_all_patterns_is_found() {
    assert_eq!(
        shortest(&["^[a-z]", "[0-9]$"], Some(4), None).as_deref(),
        Some("aaa0")
    );
    assert_eq!(
        shortest(&["^[a-z]*$"], Some(2), Some(2)).as_deref(),
        Some("aa")
    );
    assert_eq!(shortest(&["^a", "^b"], None, None), None);
    assert_eq!(shortest(&["^a{3}$"], None, Some(2)), None);
}

/// Escaped punctuation is itself for the validator, too.
#[test]
fn punctuation_may_be_escaped() {
    for character in (' '..='~')
        .filter(|character| !character.is_ascii_alphanumeric() && !"<>".contains(*character))
    {
        for pattern in [format!("^\\{character}$"), format!("^[\\{character}]$")] {
            let text = character.to_string();
            assert_eq!(
                shortest(&[&pattern], None, None).as_deref(),
                Some(&*text),
                "{pattern}"
            );
            assert!(has(&pattern, &text), "{pattern}");
        }
    }
}

#[test]
fn random_patterns_are_judged_as_string_by_string() {
    let texts = texts(&["a", "b", "\n"], 4);
    let mut random = fastrand::Rng::with_seed(29);
    for _ in 0..200 {
        let patterns = [3, 3, 2].map(|depth| pattern(&mut random, depth));
        let sets: Vec<Vec<bool>> = patterns
            .iter()
            .map(|pattern| which(pattern, &texts))
            .collect();
        check(&patterns, &texts, &sets);
    }
}

fn which(pattern: &str, texts: &[String]) -> Vec<bool> {
    let validator = validator(pattern);
    texts
        .iter()
        .map(|text| validator.is_valid(&json!(text)))
        .collect()
}

/// What is said of the three patterns, against the strings that have each.
fn check(patterns: &[String; 3], texts: &[String], sets: &[Vec<bool>]) {
    let [one, two, superset] = patterns.each_ref().map(String::as_str);
    for (subset, least, most) in [
        (vec![one], None, None),
        (vec![one, two], None, None),
        (vec![], None, Some(3)),
        (vec![one], Some(1), Some(2)),
        (vec![two], Some(3), None),
    ] {
        let names: Vec<usize> = subset
            .iter()
            .map(|name| usize::from(*name != one))
            .collect();
        let shown = (0..texts.len()).find(|text| {
            let length = texts[*text].chars().count() as u64;
            least.is_none_or(|least| length >= least)
                && most.is_none_or(|most| length <= most)
                && names.iter().all(|name| sets[*name][*text])
                && !sets[2][*text]
        });
        match included(&subset, least, most, superset) {
            Inclusion::Yes => assert_eq!(
                shown.map(|text| &texts[text]),
                None,
                "{subset:?} in {superset}"
            ),
            Inclusion::No(text) => {
                let length = text.chars().count();
                assert!(
                    subset.iter().all(|subset| has(subset, &text)) && !has(superset, &text),
                    "{subset:?} {superset} {text}"
                );
                assert!(
                    least.is_none_or(|least| length as u64 >= least),
                    "{subset:?} {superset} {text}"
                );
                assert!(
                    most.is_none_or(|most| length as u64 <= most),
                    "{subset:?} {superset} {text}"
                );
                let shorter = shown.is_none_or(|shown| texts[shown].chars().count() >= length);
                assert!(shorter, "{subset:?} {superset}: {text}, but {shown:?}");
            }
            Inclusion::Unknown => panic!("{subset:?} {least:?} {most:?} in {superset} is unknown"),
        }
    }
    let shared = (0..texts.len()).find(|text| sets[0][*text] && sets[1][*text]);
    assert!(shared.is_none() || !disjoint(one, two), "{one} {two}");
    let (shortest, longest) = lengths(one);
    for text in (0..texts.len()).filter(|text| sets[0][*text]) {
        let length = texts[text].chars().count() as u64;
        assert!(
            length >= shortest && longest.is_none_or(|longest| length <= longest),
            "{one}: {:?}",
            texts[text]
        );
    }
}

/// All strings of these characters, the shortest first.
fn texts(characters: &[&str], longest: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let to = texts.len();
        for text in from..to {
            texts.extend(
                characters
                    .iter()
                    .map(|character| format!("{}{character}", texts[text]))
                    .collect::<Vec<_>>(),
            );
        }
        from = to;
    }
    texts
}

/// A pattern that the validator reads; it reads no repetition of nothing.
fn pattern(random: &mut fastrand::Rng, depth: usize) -> String {
    loop {
        let core = part(random, depth);
        let (start, end) = (
            ["^", "", "^"][random.usize(..3)],
            ["$", "", "$"][random.usize(..3)],
        );
        let pattern = if random.bool() {
            format!("{start}{core}{end}")
        } else {
            format!("{start}({core}){end}")
        };
        if jsonschema::options()
            .build(&json!({"pattern": pattern}))
            .is_ok()
        {
            return pattern;
        }
    }
}

fn part(random: &mut fastrand::Rng, depth: usize) -> String {
    const ATOMS: [&str; 12] = [
        "a", "b", "a", "b", "[ab]", ".", "[^a]", r"\w", "^", "$", r"\s", "",
    ];
    if depth == 0 {
        return ATOMS[random.usize(..ATOMS.len())].to_owned();
    }
    let of = |random: &mut fastrand::Rng| part(random, depth - 1);
    match random.usize(..5) {
        0 | 1 => of(random) + &of(random),
        2 => format!("({}|{})", of(random), of(random)),
        3 => {
            let times = ["*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "*?", "{0}"];
            format!("(?:{}){}", of(random), times[random.usize(..times.len())])
        }
        _ => part(random, 0),
    }
}
