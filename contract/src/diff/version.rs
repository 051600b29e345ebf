//! Whether `info.version` moved as semantic versioning asks after the changes. Below 1.0.0
//! everything counts one place lower: a break asks for a new minor version.

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    change::{Change, Class},
    node::Node,
};

/// What the versions say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VersionCheck {
    /// `info.version` of the old document.
    pub base: String,
    /// `info.version` of the new document.
    pub head: String,
    /// Whether the step is large enough.
    pub ok: bool,
    /// One sentence that says so.
    pub sentence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct InfoVersion {
    major: u64,
    minor: u64,
    patch: u64,
    /// A release comes after its previews.
    released: bool,
}

/// The place of a version that has to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum VersionStep {
    None,
    Patch,
    Minor,
    Major,
}

/// Checks the step from one version to the other against the changes. An accepted break asks for no
/// more than a compatible change.
pub(super) fn check(base: &Node<'_>, head: &Node<'_>, changes: &[Change]) -> VersionCheck {
    let said = |node: &Node<'_>| {
        node.get("info")
            .and_then(|info| info.str("version"))
            .unwrap_or_default()
            .to_owned()
    };
    let (base, head) = (said(base), said(head));
    let class = changes.iter().map(|change| {
        if change.accepted.is_some() {
            Class::Compatible
        } else {
            change.class
        }
    });
    let (ok, sentence) = verdict(&base, &head, class.max().unwrap_or(Class::None));
    VersionCheck {
        base,
        head,
        ok,
        sentence,
    }
}

fn verdict(base: &str, head: &str, class: Class) -> (bool, String) {
    if class == Class::None {
        return (true, "nothing changed, so the version may stay".to_owned());
    }
    let (Some(old), Some(new)) = (InfoVersion::read(base), InfoVersion::read(head)) else {
        let sentence = format!(
            "info.version `{base}` and `{head}` cannot be compared: they are not major.minor.patch"
        );
        return (false, sentence);
    };
    let (wanted, taken) = (wanted(class, old), taken(old, new));
    let word = class.word();
    match taken {
        Some(taken) if taken >= wanted => (
            true,
            format!("info.version went from {base} to {head}, which is enough for {word} changes"),
        ),
        Some(_) => (
            false,
            format!(
                "info.version went from {base} to {head}, \
                 but {word} changes ask for a new {} version",
                wanted.word()
            ),
        ),
        None => (
            false,
            format!("info.version went back from {base} to {head}"),
        ),
    }
}

fn wanted(class: Class, old: InfoVersion) -> VersionStep {
    match (class, old.major) {
        (Class::None, _) => VersionStep::None,
        (Class::Breaking, 1..) => VersionStep::Major,
        (Class::Breaking, 0) | (Class::Compatible, 1..) => VersionStep::Minor,
        (Class::Compatible, 0) | (Class::Docs, _) => VersionStep::Patch,
    }
}

fn taken(old: InfoVersion, new: InfoVersion) -> Option<VersionStep> {
    if new < old {
        return None;
    }
    Some(if new.major > old.major {
        VersionStep::Major
    } else if new.minor > old.minor {
        VersionStep::Minor
    } else if new > old {
        VersionStep::Patch
    } else {
        VersionStep::None
    })
}

impl InfoVersion {
    /// Reads `1.2.3`, and leniently `v1`, `1.2` and `1.2.3-rc.1+build`.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('v').split('+').next()?;
        let (numbers, released) = text
            .split_once('-')
            .map_or((text, true), |(numbers, _)| (numbers, false));
        let mut numbers = numbers.split('.').map(str::parse);
        let mut next = || numbers.next().unwrap_or(Ok(0)).ok();
        let version = Self {
            major: next()?,
            minor: next()?,
            patch: next()?,
            released,
        };
        numbers.next().is_none().then_some(version)
    }
}

impl VersionStep {
    fn word(self) -> &'static str {
        match self {
            Self::None => "no",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, verdict};

    #[test]
    fn a_version_moves_with_the_weight_of_the_changes() {
        for (base, head, class, ok) in [
            ("1.0.0", "1.0.0", Class::None, true),
            ("1.0.0", "1.0.0", Class::Docs, false),
            ("1.0.0", "1.0.1", Class::Docs, true),
            ("1.0.1", "1.0.2", Class::Compatible, false),
            ("1.0.1", "1.1.0", Class::Compatible, true),
            ("1.9.9", "1.10.0", Class::Breaking, false),
            ("1.9.9", "2.0.0", Class::Breaking, true),
            ("0.3.0", "0.4.0", Class::Breaking, true),
            ("0.3.0", "0.3.1", Class::Breaking, false),
            ("0.3.0", "0.3.1", Class::Compatible, true),
            ("2.0.0", "1.9.0", Class::Docs, false),
            ("2.0.0-rc.1", "2.0.0", Class::Docs, true),
            ("v1", "v2", Class::Breaking, true),
            ("today", "tomorrow", Class::Docs, false),
        ] {
            let (found, sentence) = verdict(base, head, class);
            assert_eq!(found, ok, "{base} to {head}, {class:?}: {sentence}");
        }
    }
}
