//! The queries about records to remove, and the commands: SQL that both understand, in
//! which `{ids}` is for the comparison with the ids.

use super::{super::values::SqlType, Removal};
use crate::model::vault::MB_PER_GB;

/// What the rows of a result mean. The first column is the id of a record to remove.
#[derive(Clone, Copy)]
pub(in crate::store) enum Meaning {
    /// The record is there.
    Record,
    /// How many tokens go with it.
    Tokens,
    /// How many access keys go with it.
    AccessKeys,
    /// How many shares go with it; of how many an image was registered; their vault, and what it
    /// gets back in GB.
    Shares,
    /// Something that is in the way, the id of which is the second column: in these words.
    InTheWay(SqlType, &'static str),
}

use Meaning::{AccessKeys, InTheWay, Record, Shares, Tokens};

type Queries = &'static [(&'static str, Meaning)];

const OF_USERS: Queries = &[
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
const OF_PROJECTS: Queries = &[
    ("SELECT id FROM projects WHERE id {ids}", Record),
    (
        "SELECT project_id, name FROM accounts WHERE project_id {ids} ORDER BY 1, 2",
        InTheWay(SqlType::Text, "user {it} is of project {of}"),
    ),
    (
        "SELECT project_id, id FROM vaults WHERE project_id {ids} ORDER BY 1, 2",
        InTheWay(SqlType::Uuid, "vault {it} belongs to project {of}"),
    ),
    (
        "SELECT project_id, id FROM backups WHERE project_id {ids} ORDER BY 1, 2",
        InTheWay(SqlType::Uuid, "backup {it} belongs to project {of}"),
    ),
    (
        "SELECT dest_project_id, backup_id FROM members WHERE dest_project_id {ids} ORDER BY 1, 2",
        InTheWay(SqlType::Uuid, "backup {it} is shared with project {of}"),
    ),
];
const OF_VAULTS: Queries = &[
    ("SELECT id FROM vaults WHERE id {ids}", Record),
    (
        "SELECT vault_id, id FROM backups WHERE vault_id {ids} ORDER BY 1, 2",
        InTheWay(SqlType::Uuid, "backup {it} is in vault {of}"),
    ),
    (
        "SELECT vault_id, backup_id FROM members WHERE vault_id {ids} ORDER BY 1, 2",
        InTheWay(
            SqlType::Uuid,
            "the share of backup {it} is accepted into vault {of}",
        ),
    ),
];
const OF_BACKUPS: Queries = &[
    ("SELECT id FROM backups WHERE id {ids}", Record),
    (
        "SELECT m.backup_id, count(*), count(m.image_id), m.vault_id,
                CAST(sum(b.resource_size) AS BIGINT)
         FROM members m JOIN backups b ON b.id = m.backup_id
         WHERE m.backup_id {ids} GROUP BY m.backup_id, m.vault_id",
        Shares,
    ),
];

/// What to query about them: first whether they are there.
pub(in crate::store) fn queries(removal: &Removal) -> Queries {
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
             FROM (SELECT m.vault_id,
                          CAST(sum(b.resource_size) * {mb_per_gb} AS BIGINT) AS megabytes
                   FROM members m JOIN backups b ON b.id = m.backup_id
                   WHERE m.vault_id IS NOT NULL AND m.backup_id {ids} GROUP BY m.vault_id) AS freed
             WHERE vaults.id = freed.vault_id",
            "DELETE FROM members WHERE backup_id {ids}",
            "DELETE FROM backups WHERE id {ids}",
        ],
    }
}

/// A query or command of these, with the comparison with the ids in it.
pub(in crate::store) fn with_ids(sql: &str, comparison: &str) -> String {
    sql.replace("{ids}", comparison)
        .replace("{mb_per_gb}", &MB_PER_GB.to_string())
}
