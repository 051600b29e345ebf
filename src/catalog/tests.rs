//! What is said about data files with mistakes: each kind of mistake, put into a catalog without
//! any, is refused with its line and its place.

use super::{Data, Environment};
use crate::{
    config,
    store::{Loaded, NoStore},
};

/// A small catalog, a few values to a line, so that a line says which of them is meant.
const SOUND: &str = "\
projects:
  - id: p1
    name: one
  - {id: p2, name: two}
users:
  - name: alice
    password: alice
    project_id: p3
    roles: [member]
    tokens: [token-1, token-2]
    access_keys:
      - {access: key-1, secret: SECRET}
vaults:
  - id: a0000000-0000-4000-8000-000000000001
    project_id: p1
    name: first
    object_type: server
    protect_type: backup
    status: available
    size: 100
    used: 102400
  - {id: a0000000-0000-4000-8000-000000000002, project_id: p2, name: second, object_type: server,
     protect_type: backup, status: available, size: 100}
backups:
  - id: b0000000-0000-4000-8000-000000000001
    project_id: p1
    vault_id: a0000000-0000-4000-8000-000000000001
    name: web
    resource_type: 'OS::Nova::Server'
    resource_size: 40
    status: available
  - {id: b0000000-0000-4000-8000-000000000002, project_id: p1, vault_id: a0000000-0000-4000-8000-000000000001, name: db,
     resource_type: 'OS::Nova::Server', resource_size: 10, status: protecting}
members:
  - id: c0000000-0000-4000-8000-000000000001
    backup_id: b0000000-0000-4000-8000-000000000001
    dest_project_id: p2
    status: accepted
    vault_id: a0000000-0000-4000-8000-000000000002
  - {id: c0000000-0000-4000-8000-000000000002, backup_id: b0000000-0000-4000-8000-000000000002, dest_project_id: p3}
";

fn environment() -> Environment {
    let policy = config::policy(&config::Config::default().roles).expect("the default policy");
    Environment {
        foreign_projects: false,
        policy: Some(policy),
    }
}

/// The mistakes of a text, a line each; and its warnings, where there are no mistakes.
fn checked(text: &str, environment: &Environment) -> Result<Vec<String>, Vec<String>> {
    let checked = Data::text("data.yaml", text).check(&NoStore, environment, &|_| {});
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    match runtime.block_on(checked) {
        Ok(checked) => Ok(checked.warnings().to_vec()),
        Err(error) => Err(error
            .to_string()
            .lines()
            .skip(1)
            .map(ToOwned::to_owned)
            .collect()),
    }
}

fn mistakes(text: &str) -> Vec<String> {
    checked(text, &environment()).expect_err("it has mistakes")
}

#[test]
fn a_sound_catalog_has_no_mistakes_in_any_order_of_its_lists() {
    assert_eq!(checked(SOUND, &environment()), Ok(vec![]));
    let mut lists = vec![];
    for line in SOUND.lines() {
        match line.starts_with(' ') {
            true => lists
                .last_mut()
                .map(|list: &mut String| *list += &format!("{line}\n"))
                .expect("a list"),
            false => lists.push(format!("{line}\n")),
        }
    }
    for turn in 0..lists.len() {
        lists.rotate_left(1);
        assert_eq!(
            checked(&lists.concat(), &environment()),
            Ok(vec![]),
            "turn {turn}"
        );
    }
    lists.reverse();
    assert_eq!(checked(&lists.concat(), &environment()), Ok(vec![]));
}

/// What is put in the place of what, once; the line, the place, and the reason.
const MISTAKES: &[(&str, &str, &str)] = &[
    // By themselves.
    (
        "status: available\n    size",
        "status: availible\n    size",
        "19: vaults[0].status: \"availible\": it must be one of available, lock, frozen, \
         deleting, error; did you mean available?",
    ),
    (
        "password: alice",
        "pasword: alice",
        "7: users[0].pasword: there is no such key; did you mean password?",
    ),
    (
        "    roles: [member]\n",
        "",
        "6: users[0].roles: it is missing",
    ),
    (
        "roles: [member]",
        "roles: member",
        "9: users[0].roles: it is text, and must be a list",
    ),
    (
        "password: alice",
        "password: 12345",
        "7: users[0].password: it is a number, and must be text: write it in quotes",
    ),
    (
        "password: alice",
        "password: true",
        "7: users[0].password: it is true or false, and must be text: write it in quotes",
    ),
    (
        "tokens: [token-1, token-2]",
        "tokens: [token-1,\n      5]",
        "11: users[0].tokens[1]: it is a number, and must be ",
    ),
    (
        "secret: SECRET",
        "secret: SECRET, secrt: OTHER",
        "12: users[0].access_keys[0].secrt: there is no such key; did you mean secret?",
    ),
    ("name: alice", "name: ''", "6: users[0].name: it is empty"),
    (
        "id: a0000000-0000-4000-8000-000000000001\n",
        "id: a0\n",
        "14: vaults[0].id: \"a0\": it must be a UUID, such as d0000000-0000-4000-8000-000000000001",
    ),
    (
        "vault_id: a0000000-0000-4000-8000-000000000002",
        "vault_id: 7",
        "39: members[0].vault_id: it is a number, and must be text: write it in quotes",
    ),
    (
        "project_id: p3",
        "project_id: 'p 3'",
        "8: users[0].project_id: \"p 3\": it must be 1 to 64 letters, digits, - and _",
    ),
    (
        "resource_size: 40",
        "resource_size: 40\n    created_at: yesterday",
        "31: backups[0].created_at: \"yesterday\": it must be a time, such as \
         2020-02-21T07:07:25.114+00:00",
    ),
    (
        "name: web",
        "name: web\n    checkpoint_id: c1",
        "29: backups[0].checkpoint_id: \"c1\": it must be a UUID, such as \
         d0000000-0000-4000-8000-000000000001",
    ),
    (
        "status: available\n  - {id: b",
        "status: availble\n  - {id: b",
        "31: backups[0].status: \"availble\": it must be one of available, protecting, \
         deleting, restoring, error, waiting_protect, waiting_delete, waiting_restore, \
         unavailable; did you mean available?",
    ),
    (
        "resource_size: 40",
        "resource_size: -1",
        "30: backups[0].resource_size: -1: it must be at least 0",
    ),
    (
        "size: 100\n",
        "size: 5000000000\n",
        "20: vaults[0].size: 5000000000: it must be at most 4294967295",
    ),
    (
        "resource_size: 40",
        "resource_size: 1.5",
        "30: backups[0].resource_size: it is a number, and must be a whole number",
    ),
    (
        "  - {id: p2, name: two}",
        "  - p2",
        "4: projects[1]: it is text, and must be a mapping of keys to values",
    ),
    (
        "backups:\n",
        "backup: 1\nbackups:\n",
        "24: backup: there is no such key; did you mean backups?",
    ),
    (
        "projects:\n",
        "projects:\nother:\n",
        "1: projects: it is empty, and must be a list",
    ),
    // What stands twice.
    (
        "id: p2",
        "id: p1",
        "4: projects[1].id: the same id stands above",
    ),
    (
        "[token-1, token-2]",
        "[token-1, token-1]",
        "10: users[0].tokens[1]: the same token stands above",
    ),
    (
        "secret: SECRET}",
        "secret: SECRET}\n      - {access: key-1, secret: OTHER}",
        "13: users[0].access_keys[1].access: the same access key stands above",
    ),
    (
        "vaults:\n",
        "  - {name: alice, project_id: p3, roles: []}\nvaults:\n",
        "13: users[1].name: the same name stands above",
    ),
    (
        "{id: b0000000-0000-4000-8000-000000000002",
        "{id: b0000000-0000-4000-8000-000000000001",
        "32: backups[1].id: the same id stands above",
    ),
    (
        "{id: c0000000-0000-4000-8000-000000000002",
        "{id: c0000000-0000-4000-8000-000000000001",
        "40: members[1].id: the same id stands above",
    ),
    (
        "{id: c0000000-0000-4000-8000-000000000002, backup_id: \
         b0000000-0000-4000-8000-000000000002, dest_project_id: p3",
        "{id: c0000000-0000-4000-8000-000000000002, backup_id: \
         b0000000-0000-4000-8000-000000000001, dest_project_id: p2",
        "40: members[1].dest_project_id: the same backup with the same project stands above",
    ),
    // What does not go together.
    (
        "used: 102400",
        "used: 102401",
        "21: vaults[0].used: 102401 MB: it must be at most 102400, the 100 GB of `size`",
    ),
    (
        "    status: accepted\n",
        "",
        "38: members[0].vault_id: an accepted member has a vault, and no other has",
    ),
    (
        "dest_project_id: p3",
        "dest_project_id: p3, image_id: e0000000-0000-4000-8000-000000000001",
        "40: members[1].image_id: an image is made of accepted shares only",
    ),
    (
        "dest_project_id: p3",
        "dest_project_id: p1",
        "40: members[1].dest_project_id: this project owns the backup, which is shared with \
         others only",
    ),
    (
        "roles: [member]",
        "roles: ['member,cbr_admin']",
        "9: users[0].roles[0]: \"member,cbr_admin\": it must be a role, which has no comma",
    ),
    (
        "name: web",
        "name: \"web\\0\"",
        "28: backups[0].name: it has the character U+0000, which no store keeps",
    ),
    (
        "resource_size: 40\n",
        "resource_size: 40\n    created_at: '0000-01-01T00:00:00+23:59'\n",
        "31: backups[0].created_at: in UTC it is before the year 0",
    ),
    // What refers to nothing.
    (
        "project_id: p2, name: second",
        "project_id: p9, name: second",
        "22: vaults[1].project_id: \"p9\": there is no such project in this file",
    ),
    (
        "dest_project_id: p3",
        "dest_project_id: p4",
        "40: members[1].dest_project_id: \"p4\": there is no such project in this file",
    ),
    (
        "vault_id: a0000000-0000-4000-8000-000000000001\n",
        "vault_id: a0000000-0000-4000-8000-000000000009\n",
        "27: backups[0].vault_id: \"a0000000-0000-4000-8000-000000000009\": there is no such \
         vault in this file",
    ),
    (
        "vault_id: a0000000-0000-4000-8000-000000000001\n",
        "vault_id: a0000000-0000-4000-8000-000000000002\n",
        "27: backups[0].vault_id: \"a0000000-0000-4000-8000-000000000002\": this vault is of p2, \
         and not of p1",
    ),
    (
        "vault_id: a0000000-0000-4000-8000-000000000002",
        "vault_id: a0000000-0000-4000-8000-000000000001",
        "39: members[0].vault_id: \"a0000000-0000-4000-8000-000000000001\": this vault is of p1, \
         and not of p2",
    ),
    (
        "    backup_id: b0000000-0000-4000-8000-000000000001",
        "    backup_id: b0000000-0000-4000-8000-000000000009",
        "36: members[0].backup_id: \"b0000000-0000-4000-8000-000000000009\": there is no such \
         backup in this file",
    ),
    // What is no YAML of data files.
    (
        "name: alice",
        "name: &a alice",
        "6: anchors (&name) and aliases (*name) are not allowed here: write the value out",
    ),
    ("name: alice", "name: *a", "6: "),
    ("name: alice", "name: {", "8: this is no YAML: "),
    (
        "name: alice",
        "name: alice\n    name: bob",
        "7: this is no YAML: duplicate mapping key: name",
    ),
];

#[test]
fn each_kind_of_mistake_is_told_with_its_line_and_place() {
    let mut differ = vec![];
    for (sound, wrong, told) in MISTAKES {
        assert!(SOUND.contains(sound), "{sound:?}");
        let found = mistakes(&SOUND.replacen(sound, wrong, 1));
        let is_told = found
            .iter()
            .any(|found| found.starts_with(&format!("data.yaml:{told}")));
        let found_secret = ["SECRET", "OTHER", "token-1", "12345"]
            .iter()
            .any(|secret| found.concat().contains(secret));
        if !is_told || found_secret {
            differ.push(format!("{wrong:?}:\n{}\nis not\n{told}", found.join("\n")));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n\n"));
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    for text in ["", "# nothing\n", "---\n", "null"] {
        assert_eq!(mistakes(text), ["data.yaml: the file is empty"], "{text:?}");
    }
    assert_eq!(
        mistakes("- 1\n"),
        ["data.yaml: it is a list, and must be a mapping of keys to values"]
    );
}

#[test]
fn twenty_mistakes_are_told_and_the_others_counted() {
    let project = |at: usize| format!("  - {{id: p{at}, nam: x}}\n");
    let text = format!(
        "projects:\n{}",
        (0..13)
            .map(project)
            .collect::<String>()
            .replacen("{id: p12, nam", "{id: p12, name", 1)
    );
    let told = mistakes(&text);
    assert_eq!(
        told.len(),
        21,
        "a missing and an unknown key each, but for one"
    );
    assert_eq!(told[20], "and 4 more");
    assert!(told[0].starts_with("data.yaml:2: projects[0]."), "{told:?}");
    assert!(
        told[19].starts_with("data.yaml:11: projects[9]."),
        "{told:?}"
    );
}

#[test]
fn mistakes_before_a_syntax_error_are_told_with_it() {
    let told = mistakes("projects:\n  - {id: p1}\n  - {id: [p2\n");
    assert_eq!(told[0], "data.yaml:2: projects[0].name: it is missing");
    assert!(
        told.len() == 2 && told[1].contains("this is no YAML: "),
        "{told:?}"
    );
}

#[test]
fn what_refers_to_a_record_with_a_mistake_is_no_mistake() {
    let wrong_status = SOUND.replacen("status: available\n    size", "status: x\n    size", 1);
    assert_eq!(mistakes(&wrong_status).len(), 1);
    let no_id = SOUND.replacen("{id: b0000000-0000-4000-8000-000000000002", "{id: b", 1);
    assert_eq!(mistakes(&no_id).len(), 1);
}

#[test]
fn words_that_older_yaml_takes_for_booleans_are_text() {
    for word in ["y", "n", "yes", "no", "on", "off", "NO", "Y", "1_000"] {
        let text = SOUND.replace("password: alice", &format!("password: {word}"));
        assert_eq!(checked(&text, &environment()), Ok(vec![]), "{word}");
    }
}

#[test]
fn a_role_that_no_policy_has_is_a_warning() {
    let text = SOUND.replace("roles: [member]", "roles: [member, memberr]");
    let told = "data.yaml:9: users[0].roles[1]: \"memberr\": the settings have no such role, and \
        it permits nothing; did you mean member?";
    assert_eq!(checked(&text, &environment()), Ok(vec![told.to_owned()]));
}

#[test]
fn where_keystone_knows_the_projects_the_file_need_not() {
    let text = SOUND.replace(
        "project_id: p2, name: second",
        "project_id: elsewhere, name: second",
    );
    let text = text.replace("dest_project_id: p2", "dest_project_id: elsewhere");
    let keystone = Environment {
        foreign_projects: true,
        ..environment()
    };
    assert_eq!(checked(&text, &keystone), Ok(vec![]));
    let foreign = text.replacen(
        "vault_id: a0000000-0000-4000-8000-000000000001\n",
        "vault_id: a0000000-0000-4000-8000-000000000002\n",
        1,
    );
    let told = checked(&foreign, &keystone).expect_err("another project's vault");
    assert!(
        told[0].ends_with("this vault is of elsewhere, and not of p1"),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_the_store_has_may_be_referred_to_and_is_not_made_twice() {
    use crate::clock::{Clock, SystemClock};
    let folder = tempfile::tempdir().expect("a folder");
    let store = crate::store::sqlite::Sqlite::open(&folder.path().join("s.db"), SystemClock.now())
        .expect("a store");
    let clock: std::sync::Arc<dyn Clock> = std::sync::Arc::new(SystemClock);
    super::load_text("first", SOUND, &store, &clock)
        .await
        .expect("sound");
    let more = "backups:\n  - {id: b0000000-0000-4000-8000-000000000003, project_id: p1, vault_id: \
                a0000000-0000-4000-8000-000000000001, name: x, resource_type: t, resource_size: 1, status: available}\n\
                members:\n  - {backup_id: b0000000-0000-4000-8000-000000000001, dest_project_id: p3}\n";
    let loaded = super::load_text("more", more, &store, &clock)
        .await
        .expect("sound");
    assert_eq!(
        loaded,
        Loaded {
            added: 2,
            changed: 0,
            unchanged: 0
        }
    );
    let foreign = more.replace("project_id: p1", "project_id: p2");
    let refused = super::load_text("more", &foreign, &store, &clock)
        .await
        .expect_err("another project's")
        .to_string();
    assert!(
        refused.contains("more:2: backups[0].vault_id: ")
            && refused.contains("is of p1, and not of p2"),
        "{refused}"
    );
    let nowhere = more.replace("dest_project_id: p3", "dest_project_id: p4");
    let refused = super::load_text("more", &nowhere, &store, &clock)
        .await
        .expect_err("no project")
        .to_string();
    assert!(
        refused.contains(
            "more:4: members[0].dest_project_id: \"p4\": there is no such project in this file or \
             in the store"
        ),
        "{refused}"
    );
}
