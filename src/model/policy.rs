//! Who may do what, by role: a role is a list of statements that allow or deny actions, an
//! operation needs one action. Which project a caller belongs to, and how a backup relates to it,
//! is not decided here but in `rules`; where statements are written down, in `config`.

use std::collections::BTreeMap;

use super::{Error, Operation, Result};

/// The action that an operation needs.
pub fn action(operation: Operation) -> &'static str {
    match operation {
        Operation::AddMember => "cbr:member:create",
        Operation::UpdateMemberStatus => "cbr:member:update",
        Operation::ShowMember => "cbr:member:get",
        Operation::ListMembers => "cbr:member:list",
        Operation::DeleteMember => "cbr:member:delete",
        Operation::ListBackups => "cbr:backups:list",
        Operation::ShowBackup => "cbr:backups:get",
        Operation::ListVaults => "cbr:vaults:list",
        Operation::ShowVault => "cbr:vaults:get",
    }
}

/// What each role may do, decided for every operation when it is made: a request looks it up,
/// whatever the patterns.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    roles: BTreeMap<String, BTreeMap<Operation, Ruling>>,
}

/// The statement of a role that decides about an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Whether it allows.
    pub effect: Effect,
    /// Which of the role's statements it is, from 1.
    pub number: usize,
    /// What it says that covers the action.
    pub pattern: String,
}

/// Allows or denies actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Which of both.
    pub effect: Effect,
    /// The actions, such as `cbr:member:get`; `*` matches any characters, anywhere.
    pub actions: Vec<String>,
}

/// What a statement does with its actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// They may be performed, where no other statement denies them.
    Allow,
    /// They may not, whatever other statements say.
    Deny,
}

impl Policy {
    /// A policy from role names and their statements.
    pub fn new(roles: impl IntoIterator<Item = (String, Vec<Statement>)>) -> Self {
        Self {
            roles: roles
                .into_iter()
                .map(|(role, statements)| (role, rulings(&statements)))
                .collect(),
        }
    }

    /// The names of the roles that there are.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.keys().map(String::as_str)
    }

    /// Whether these roles may perform the operation's action.
    ///
    /// # Errors
    /// [`Error::PolicyForbids`], which names the action.
    pub fn permit<'a>(
        &self,
        roles: impl IntoIterator<Item = &'a String>,
        operation: Operation,
    ) -> Result<()> {
        match self.ruling(roles.into_iter().map(String::as_str), operation) {
            Some((_, ruling)) if ruling.effect == Effect::Allow => Ok(()),
            _ => Err(Error::PolicyForbids(action(operation))),
        }
    }

    /// The statement that decides about an operation for a caller with these roles, and its role:
    /// the first that denies it, else the first that allows it. Where there is none, the operation
    /// is denied.
    pub fn ruling<'a, 'r>(
        &'a self,
        roles: impl IntoIterator<Item = &'r str>,
        operation: Operation,
    ) -> Option<(&'a str, &'a Ruling)> {
        let rulings = roles.into_iter().filter_map(|role| {
            let (role, rulings) = self.roles.get_key_value(role)?;
            Some((role.as_str(), rulings.get(&operation)?))
        });
        deciding(rulings, |(_, ruling)| ruling.effect)
    }
}

/// The first that denies, else the first that allows.
fn deciding<T>(candidates: impl Iterator<Item = T>, effect: impl Fn(&T) -> Effect) -> Option<T> {
    let mut allowed = None;
    for candidate in candidates {
        match effect(&candidate) {
            Effect::Deny => return Some(candidate),
            Effect::Allow => allowed = allowed.or(Some(candidate)),
        }
    }
    allowed
}

fn rulings(statements: &[Statement]) -> BTreeMap<Operation, Ruling> {
    Operation::ALL
        .into_iter()
        .filter_map(|operation| Some((operation, ruling_of(statements, action(operation))?)))
        .collect()
}

fn ruling_of(statements: &[Statement], action: &str) -> Option<Ruling> {
    let numbered = statements.iter().zip(1..);
    let rulings = numbered.filter_map(|(Statement { effect, actions }, number)| {
        let pattern = actions.iter().find(|pattern| covers(pattern, action))?;
        Some(Ruling {
            effect: *effect,
            number,
            pattern: pattern.clone(),
        })
    });
    deciding(rulings, |ruling| ruling.effect)
}

/// Whether a pattern covers an action. What is between two stars matches at the first position
/// where it is found: a later one leaves no more to what follows. So nothing is compared twice,
/// however many stars there are.
fn covers(pattern: &str, action: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| action.strip_prefix(start)) else {
        return false;
    };
    let Some(end) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else {
            return false;
        };
        rest = behind;
    }
    rest.ends_with(end)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};

    use super::{Effect, Operation, Policy, Ruling, Statement, covers};

    fn says(effect: Effect, actions: &[&str]) -> Statement {
        Statement {
            effect,
            actions: actions.iter().map(ToString::to_string).collect(),
        }
    }

    fn policy() -> Policy {
        let roles = [
            ("all", vec![says(Effect::Allow, &["cbr:*"])]),
            (
                "reader",
                vec![says(Effect::Allow, &["cbr:member:get", "cbr:member:list"])],
            ),
            ("none", vec![]),
            (
                "careful",
                vec![
                    says(Effect::Allow, &["cbr:*:*"]),
                    says(Effect::Deny, &["cbr:member:delete"]),
                ],
            ),
        ];
        Policy::new(roles.map(|(name, statements)| (name.to_owned(), statements)))
    }

    fn permits(roles: &[&str], operation: Operation) -> bool {
        let roles: Vec<_> = roles.iter().map(ToString::to_string).collect();
        policy().permit(&roles, operation).is_ok()
    }

    #[test]
    fn a_star_stands_for_every_action() {
        assert!(
            Operation::ALL
                .into_iter()
                .all(|operation| permits(&["all"], operation))
        );
    }

    #[test]
    fn a_reader_reads_and_no_more() {
        let may: Vec<_> = Operation::ALL
            .into_iter()
            .filter(|&operation| permits(&["reader"], operation))
            .collect();
        assert_eq!(may.len(), 2);
        assert!(may.contains(&Operation::ShowMember) && may.contains(&Operation::ListMembers));
    }

    #[test]
    fn a_role_without_actions_and_an_unknown_role_may_nothing() {
        for role in ["none", "nobody"] {
            assert!(
                Operation::ALL
                    .into_iter()
                    .all(|operation| !permits(&[role], operation)),
                "{role}"
            );
        }
    }

    #[test]
    fn a_statement_that_denies_wins_in_any_order() {
        for roles in [["all", "careful"], ["careful", "all"]] {
            assert!(!permits(&roles, Operation::DeleteMember), "{roles:?}");
            assert!(permits(&roles, Operation::AddMember), "{roles:?}");
        }
    }

    #[test]
    fn the_statement_that_decides_is_named() {
        let policy = policy();
        let ruling = |effect, number, pattern: &str| Ruling {
            effect,
            number,
            pattern: pattern.to_owned(),
        };
        assert_eq!(
            policy.ruling(["all", "careful"], Operation::DeleteMember),
            Some(("careful", &ruling(Effect::Deny, 2, "cbr:member:delete")))
        );
        assert_eq!(
            policy.ruling(["reader", "all"], Operation::ListMembers),
            Some(("reader", &ruling(Effect::Allow, 1, "cbr:member:list")))
        );
        assert_eq!(
            policy.ruling(["reader", "none"], Operation::AddMember),
            None
        );
    }

    #[test]
    fn a_star_may_stand_anywhere() {
        for pattern in [
            "*",
            "*:*:*",
            "cbr:*:get",
            "cbr:member:get*",
            "*get",
            "c*r:m*r:*",
            "cbr:member:get",
        ] {
            assert!(covers(pattern, "cbr:member:get"), "{pattern}");
        }
        for pattern in [
            "",
            "cbr:member",
            "cbr:member:get:*",
            "cbr:*:list",
            "evs:*",
            "CBR:member:get",
            "*gets",
        ] {
            assert!(!covers(pattern, "cbr:member:get"), "{pattern}");
        }
    }

    /// The definition: a star is any number of any characters.
    fn covers_by_trying(pattern: &str, action: &str) -> bool {
        let Some((start, rest)) = pattern.split_once('*') else {
            return pattern == action;
        };
        let Some(left) = action.strip_prefix(start) else {
            return false;
        };
        let mut ends = left.char_indices().map(|(at, _)| at).chain([left.len()]);
        ends.any(|at| covers_by_trying(rest, &left[at..]))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_pattern_covers_what_trying_every_place_of_its_stars_finds(
            pattern in "[ab*é]{0,8}",
            action in "[abé]{0,8}",
        ) {
            prop_assert_eq!(covers(&pattern, &action), covers_by_trying(&pattern, &action));
        }
    }

    #[test]
    fn a_pattern_of_many_stars_is_decided_at_once() {
        let pattern = "*".repeat(100_000) + &"b*".repeat(100_000) + "z";
        let start = Instant::now();
        let policy = Policy::new([("many".to_owned(), vec![says(Effect::Allow, &[&pattern])])]);
        assert_eq!(policy.ruling(["many"], Operation::AddMember), None);
        assert!(
            start.elapsed() < Duration::from_secs(1),
            "{:?}",
            start.elapsed()
        );
    }

    #[test]
    fn the_refusal_names_the_action() {
        let refused = policy()
            .permit([&"reader".to_owned()], Operation::AddMember)
            .expect_err("a reader cannot add");
        assert!(
            refused.to_string().contains("cbr:member:create"),
            "{refused}"
        );
    }
}
