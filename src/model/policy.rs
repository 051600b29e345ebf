//! Who may do what, by role: a role is a named list of actions, an operation wants one action.
//! Which project a caller belongs to, and how a backup relates to it, is not decided here but in `rules`.

use std::collections::BTreeMap;

use super::{Error, Operation, Result};

/// The action that an operation wants.
pub fn action(operation: Operation) -> &'static str {
    match operation {
        Operation::AddMember => "cbr:member:create",
        Operation::UpdateMemberStatus => "cbr:member:update",
        Operation::ShowMember => "cbr:member:get",
        Operation::ListMembers => "cbr:member:list",
        Operation::DeleteMember => "cbr:member:delete",
    }
}

/// Which actions each role has. `*` at the end of an action stands for any rest.
#[derive(Clone, Debug)]
pub struct Policy {
    roles: BTreeMap<String, Vec<Operation>>,
}

impl Policy {
    /// A policy from role names and their lists of actions, such as `cbr:member:get` or `cbr:member:*`.
    pub fn new<'a>(roles: impl IntoIterator<Item = (&'a String, &'a Vec<String>)>) -> Self {
        let operations = |actions: &[String]| {
            Operation::ALL.into_iter().filter(|&o| actions.iter().any(|a| covers(a, action(o)))).collect()
        };
        Self { roles: roles.into_iter().map(|(role, actions)| (role.clone(), operations(actions))).collect() }
    }

    /// Whether one of these roles has the operation's action.
    ///
    /// # Errors
    /// [`Error::PolicyForbids`], which names the action.
    pub fn permit<'a>(&self, roles: impl IntoIterator<Item = &'a String>, operation: Operation) -> Result<()> {
        let permitted = roles.into_iter().filter_map(|role| self.roles.get(role)).any(|has| has.contains(&operation));
        if permitted { Ok(()) } else { Err(Error::PolicyForbids(action(operation))) }
    }
}

fn covers(pattern: &str, action: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => action.starts_with(prefix),
        None => pattern == action,
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, Policy};

    fn policy() -> Policy {
        let list = |actions: &[&str]| actions.iter().map(ToString::to_string).collect::<Vec<_>>();
        let roles = [
            ("all", list(&["cbr:member:*"])),
            ("reader", list(&["cbr:member:get", "cbr:member:list"])),
            ("none", vec![]),
        ];
        let roles = roles.map(|(name, actions)| (name.to_owned(), actions));
        Policy::new(roles.iter().map(|(name, actions)| (name, actions)))
    }

    fn permits(role: &str, operation: Operation) -> bool {
        policy().permit([&role.to_owned()], operation).is_ok()
    }

    #[test]
    fn a_star_stands_for_every_action() {
        assert!(Operation::ALL.into_iter().all(|operation| permits("all", operation)));
    }

    #[test]
    fn a_reader_reads_and_no_more() {
        let may: Vec<_> = Operation::ALL.into_iter().filter(|&operation| permits("reader", operation)).collect();
        assert_eq!(may.len(), 2);
        assert!(may.contains(&Operation::ShowMember) && may.contains(&Operation::ListMembers));
    }

    #[test]
    fn a_role_without_actions_and_an_unknown_role_may_nothing() {
        assert!(
            Operation::ALL.into_iter().all(|operation| !permits("none", operation) && !permits("nobody", operation))
        );
    }

    #[test]
    fn the_refusal_names_the_action() {
        let refused = policy().permit([&"reader".to_owned()], Operation::AddMember).expect_err("a reader cannot add");
        assert!(refused.to_string().contains("cbr:member:create"), "{refused}");
    }
}
