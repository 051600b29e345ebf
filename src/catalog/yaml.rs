//! How data files are read as YAML: by the core schema of YAML 1.2, of any size, and without
//! aliases.

use serde_saphyr::{Error, budget::BudgetBreach, options::MergeKeyPolicy};

use super::mistake::Syntax;

/// Deeper than any data file nests.
const MAX_DEPTH: usize = 32;

/// Any size: an operator's own file. No aliases: a few hundred bytes of them expand to gigabytes,
/// and an anchor has the parser keep a copy of what it names. No excerpts in errors: they could
/// show a password.
pub(super) fn options() -> serde_saphyr::Options {
    let budget = serde_saphyr::budget! {
        max_reader_input_bytes: None,
        max_events: usize::MAX,
        max_nodes: usize::MAX,
        max_total_scalar_bytes: usize::MAX,
        max_aliases: 0,
        max_anchors: 0,
        max_depth: MAX_DEPTH,
        flow_nesting_limit: MAX_DEPTH,
    };
    serde_saphyr::options! {
        budget: budget,
        with_snippet: false,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        merge_keys: MergeKeyPolicy::AsOrdinary,
    }
}

/// What an error of the parser says, in words for people.
pub(super) fn syntax(error: &Error) -> Syntax {
    let error = error.without_snippet();
    let reason = match error {
        Error::Budget {
            breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. },
            ..
        } => "anchors (&name) and aliases (*name) are not allowed here: write the value out"
            .to_owned(),
        Error::Budget {
            breach: BudgetBreach::Depth { .. },
            ..
        } => format!("nested deeper than {MAX_DEPTH} levels"),
        _ => {
            let text = crate::error_chain::full(error);
            let text = text.lines().next().unwrap_or_default();
            // The line is reported apart.
            let text = text.split(" at line ").next().unwrap_or_default();
            format!("this is no YAML: {text}")
        }
    };
    Syntax {
        line: error.location().map_or(0, |at| at.line()),
        reason,
    }
}
