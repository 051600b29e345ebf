//! Bounds: what `minimum`, `maxLength`, `multipleOf` and the like of one schema make sure of
//! another one's. Exact, or no answer.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{super::node::Node, accept::Accept, types::Types};

/// One end of a range of numbers.
pub(super) struct End {
    at: Number,
    /// Whether the end itself is out.
    open: bool,
}

/// The lower ends that a schema states, also by a format of integers.
pub(super) fn lower(node: &Node<'_>) -> Vec<End> {
    ends(
        node,
        ("minimum", "exclusiveMinimum"),
        (i64::from(i32::MIN), i64::MIN),
    )
}

/// The upper ends.
pub(super) fn upper(node: &Node<'_>) -> Vec<End> {
    ends(
        node,
        ("maximum", "exclusiveMaximum"),
        (i64::from(i32::MAX), i64::MAX),
    )
}

fn ends(node: &Node<'_>, (closed, open): (&str, &str), (int32, int64): (i64, i64)) -> Vec<End> {
    let of = |key: &str, open: bool| {
        Some(End {
            at: node.value.get(key)?.as_number()?.clone(),
            open,
        })
    };
    let mut ends: Vec<End> = [of(closed, false), of(open, true)]
        .into_iter()
        .flatten()
        .collect();
    let width = match node.str("format") {
        Some("int32") => int32,
        Some("int64") => int64,
        _ => return ends,
    };
    if ends.is_empty() && names_integer(node) {
        ends.push(End {
            at: width.into(),
            open: false,
        });
    }
    ends
}

/// Whether the format of a schema is that of its whole numbers.
pub(super) fn names_integer(node: &Node<'_>) -> bool {
    match node.value.get("type") {
        Some(Value::String(name)) => name == "integer",
        Some(Value::Array(names)) => names.iter().any(|name| name == "integer"),
        _ => false,
    }
}

/// Whether all numbers that are accepted keep what a lower end asks.
pub(super) fn keeps_lower(accept: &Accept<'_>, asked: &End) -> bool {
    let whole = is_whole(accept);
    accept
        .all()
        .flat_map(lower)
        .any(|end| reaches(&end, asked, whole, Ordering::Greater))
}

/// The same for an upper end.
pub(super) fn keeps_upper(accept: &Accept<'_>, asked: &End) -> bool {
    let whole = is_whole(accept);
    accept
        .all()
        .flat_map(upper)
        .any(|end| reaches(&end, asked, whole, Ordering::Less))
}

fn is_whole(accept: &Accept<'_>) -> bool {
    !accept.possible_types().meets(Types::FRACTION)
}

/// Whether `end` is as far in as `asked`: `further` says which side that is.
fn reaches(end: &End, asked: &End, whole: bool, further: Ordering) -> bool {
    if whole && let (Some(end), Some(asked)) = (end.whole(further), asked.whole(further)) {
        return end.cmp(&asked) != further.reverse();
    }
    match compare(&end.at, &asked.at) {
        Some(Ordering::Equal) => end.open || !asked.open,
        other => other == Some(further),
    }
}

impl End {
    /// The first whole number within.
    fn whole(&self, further: Ordering) -> Option<i128> {
        let step = if further == Ordering::Greater { 1 } else { -1 };
        if let Some(at) = integer(&self.at) {
            return Some(if self.open { at + step } else { at });
        }
        let at = self.at.as_f64()?;
        let rounded = if further == Ordering::Greater {
            at.ceil()
        } else {
            at.floor()
        };
        (rounded.abs() < 2f64.powi(100)).then_some(rounded as i128)
    }
}

/// Whether no number is within the ends that are stated.
pub(super) fn is_empty(accept: &Accept<'_>) -> bool {
    let whole = is_whole(accept);
    let beyond = |low: &End, high: &End| match (
        whole,
        low.whole(Ordering::Greater),
        high.whole(Ordering::Less),
    ) {
        (true, Some(low), Some(high)) => low > high,
        _ => match compare(&low.at, &high.at) {
            Some(Ordering::Greater) => true,
            Some(Ordering::Equal) => low.open || high.open,
            _ => false,
        },
    };
    let highs: Vec<End> = accept.all().flat_map(upper).collect();
    accept
        .all()
        .flat_map(lower)
        .any(|low| highs.iter().any(|high| beyond(&low, high)))
}

fn integer(number: &Number) -> Option<i128> {
    // Every whole float of this size is a whole number to the last digit.
    let whole = || {
        number
            .as_f64()
            .filter(|at| at.fract() == 0.0 && at.abs() < 2f64.powi(100))
            .map(|at| at as i128)
    };
    number
        .as_i64()
        .map(i128::from)
        .or_else(|| number.as_u64().map(i128::from))
        .or_else(whole)
}

/// The order of two numbers, where it is certain.
fn compare(one: &Number, other: &Number) -> Option<Ordering> {
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => one.as_f64()?.partial_cmp(&other.as_f64()?),
    }
}

/// A count: `maxLength` and the like.
pub(super) fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        value
            .as_f64()
            .filter(|count| count.fract() == 0.0 && *count >= 0.0)
            .map(|c| c as u64)
    })
}

/// The largest of the counts that are stated under a key.
pub(super) fn most_of(accept: &Accept<'_>, key: &str) -> Option<u64> {
    accept.values(key).filter_map(count).max()
}

/// The smallest of them.
pub(super) fn least_of(accept: &Accept<'_>, key: &str) -> Option<u64> {
    accept.values(key).filter_map(count).min()
}

/// Whether every accepted number is a multiple of `asked`.
pub(super) fn is_multiple(accept: &Accept<'_>, asked: &Value) -> bool {
    accept
        .values("multipleOf")
        .any(|factor| divides(asked, factor))
        || (is_whole(accept) && divides(asked, &Value::from(1)))
}

/// Whether `small` goes into `large`, told apart to the last decimal.
fn divides(small: &Value, large: &Value) -> bool {
    let (Some(small), Some(large)) = (decimal(small), decimal(large)) else {
        return false;
    };
    let digits = small.1.max(large.1);
    let scaled = |(digits_of, places): (i128, u32)| {
        digits_of.checked_mul(10i128.checked_pow(digits - places)?)
    };
    matches!((scaled(small), scaled(large)), (Some(small), Some(large)) if small != 0 && large % small == 0)
}

/// A number as whole digits and how many of them are decimals.
fn decimal(value: &Value) -> Option<(i128, u32)> {
    let text = value.as_number()?.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    (fraction.len() <= 18).then_some((digits, u32::try_from(fraction.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::divides;

    #[test]
    fn multiples_are_exact() {
        for (small, large, expected) in [
            (json!(2), json!(4), true),
            (json!(4), json!(2), false),
            (json!(0.1), json!(0.3), true),
            (json!(0.5), json!(1), true),
            (json!(0.3), json!(1), false),
            (json!(1e300), json!(1), false),
        ] {
            assert_eq!(divides(&small, &large), expected, "{small} {large}");
        }
    }
}
