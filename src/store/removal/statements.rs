//! What a database is asked about records to remove, and told to do: SQL that both understand, in
//! which `{ids}` stands for the comparison with the ids.

use super::Removal;

/// What the rows of an answer stand for. The first column is the id of a record to remove.
#[derive(Clone, Copy)]
pub(in crate::store) enum Meaning {
    /// The record is there.
    Record,
    /// How many tokens go with it.
    Tokens,
    /// How many access keys go with it.
    AccessKeys,
    /// How many shares go with it; of how many an image was registered; their vault, and what it
    /// gets back in MB.
    Shares,
    /// Something that stands in the way, the id of which is the second column: in these words.
    InTheWay(&'static str),
}

use Meaning::{AccessKeys, InTheWay, Record, Shares, Tokens};

type Questions = &'static [(&'static str, Meaning)];

const OF_USERS: Questions = &[
    ("SELECT name FROM accounts WHERE name {ids}", Record),
    (
        "SELECT user_name, count(*) FROM tokens WHERE user_name {ids} GROUP BY user_name",
        Tokens,
    ),
    (
        "SELECT user_name, count(*) FROM access_keys WHERE user_name {ids} GROUP BY user_name",
        AccessKeys,
    ),
];
const OF_PROJECTS: Questions = &[
    ("SELECT id FROM projects WHERE id {ids}", Record),
    (
        "SELECT project_id, name FROM accounts WHERE project_id {ids} ORDER BY 1, 2",
        InTheWay("user {it} is of project {of}"),
    ),
    (
        "SELECT project_id, id FROM vaults WHERE project_id {ids} ORDER BY 1, 2",
        InTheWay("vault {it} belongs to project {of}"),
    ),
    (
        "SELECT project_id, id FROM backups WHERE project_id {ids} ORDER BY 1, 2",
        InTheWay("backup {it} belongs to project {of}"),
    ),
    (
        "SELECT dest_project_id, backup_id FROM members WHERE dest_project_id {ids} ORDER BY 1, 2",
        InTheWay("backup {it} is shared with project {of}"),
    ),
];
const OF_VAULTS: Questions = &[
    ("SELECT id FROM vaults WHERE id {ids}", Record),
    (
        "SELECT vault_id, id FROM backups WHERE vault_id {ids} ORDER BY 1, 2",
        InTheWay("backup {it} is in vault {of}"),
    ),
    (
        "SELECT vault_id, backup_id FROM members WHERE vault_id {ids} ORDER BY 1, 2",
        InTheWay("the share of backup {it} is accepted into vault {of}"),
    ),
];
const OF_BACKUPS: Questions = &[
    ("SELECT id FROM backups WHERE id {ids}", Record),
    (
        "SELECT m.backup_id, count(*), count(m.image_id), m.vault_id, CAST(sum(b.resource_size) * 1024 AS BIGINT)
         FROM members m JOIN backups b ON b.id = m.backup_id WHERE m.backup_id {ids} GROUP BY m.backup_id, m.vault_id",
        Shares,
    ),
];

/// What to ask about them: first whether they are there.
pub(in crate::store) fn questions(removal: &Removal) -> Questions {
    match removal {
        Removal::Users(_) => OF_USERS,
        Removal::Tokens(_) => &[("SELECT hash FROM tokens WHERE hash {ids}", Record)],
        Removal::AccessKeys(_) => &[("SELECT access FROM access_keys WHERE access {ids}", Record)],
        Removal::Projects(_) => OF_PROJECTS,
        Removal::Vaults(_) => OF_VAULTS,
        Removal::Backups(_) => OF_BACKUPS,
    }
}

/// What to do once they may go, in this order.
pub(in crate::store) fn commands(removal: &Removal) -> &'static [&'static str] {
    match removal {
        Removal::Users(_) => &[
            "DELETE FROM tokens WHERE user_name {ids}",
            "DELETE FROM access_keys WHERE user_name {ids}",
            "DELETE FROM accounts WHERE name {ids}",
        ],
        Removal::Tokens(_) => &["DELETE FROM tokens WHERE hash {ids}"],
        Removal::AccessKeys(_) => &["DELETE FROM access_keys WHERE access {ids}"],
        Removal::Projects(_) => &["DELETE FROM projects WHERE id {ids}"],
        Removal::Vaults(_) => &["DELETE FROM vaults WHERE id {ids}"],
        Removal::Backups(_) => &[
            "UPDATE vaults SET shared = shared - freed.megabytes
             FROM (SELECT m.vault_id, CAST(sum(b.resource_size) * 1024 AS BIGINT) AS megabytes
                   FROM members m JOIN backups b ON b.id = m.backup_id
                   WHERE m.vault_id IS NOT NULL AND m.backup_id {ids} GROUP BY m.vault_id) AS freed
             WHERE vaults.id = freed.vault_id",
            "DELETE FROM members WHERE backup_id {ids}",
            "DELETE FROM backups WHERE id {ids}",
        ],
    }
}

/// The table in which they stand, and its key.
pub(in crate::store) fn table(removal: &Removal) -> (&'static str, &'static str) {
    match removal {
        Removal::Users(_) => ("accounts", "name"),
        Removal::Tokens(_) => ("tokens", "hash"),
        Removal::AccessKeys(_) => ("access_keys", "access"),
        Removal::Projects(_) => ("projects", "id"),
        Removal::Vaults(_) => ("vaults", "id"),
        Removal::Backups(_) => ("backups", "id"),
    }
}
