//! Owner and member at work, and the forms in which they see it.

use serde_json::Value;
use testkit::demo::{ANOTHER, BACKUP, MEMBER, VAULT};

use crate::process::{Server, run, run_with};

#[test]
fn an_owner_shares_a_member_decides_and_the_owner_takes_it_back() {
    let server = Server::demo();
    let added = server
        .alice(&format!("share {BACKUP} --with {ANOTHER}"))
        .done();
    assert!(
        added.contains(ANOTHER) && added.contains("pending"),
        "{added}"
    );
    let accepted = server
        .bob(&format!("accept {BACKUP} --vault {VAULT}"))
        .done();
    assert!(
        accepted.contains("accepted") && accepted.contains(VAULT),
        "{accepted}"
    );
    let seen = server.alice(&format!("members {BACKUP}")).done();
    assert_eq!(
        seen.lines().count(),
        4,
        "a heading and three members: {seen}"
    );
    assert!(
        seen.contains(VAULT),
        "the owner sees that it was accepted: {seen}"
    );
    let rejected = server.bob(&format!("reject {BACKUP}")).done();
    assert!(
        rejected.contains("rejected") && !rejected.contains(VAULT),
        "{rejected}"
    );
    let revoked = server
        .alice(&format!("revoke {BACKUP} {MEMBER} {ANOTHER}"))
        .done();
    assert_eq!(revoked, format!("{MEMBER}  revoked\n{ANOTHER}  revoked\n"));
    assert_eq!(
        server
            .alice(&format!("members {BACKUP}"))
            .done()
            .lines()
            .count(),
        2
    );
}

#[test]
fn programs_get_all_keys_in_json_and_the_same_in_yaml() {
    let server = Server::demo();
    let [json, yaml] =
        ["json", "yaml"].map(|form| server.alice(&format!("members {BACKUP} -o {form}")).done());
    let members: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        members,
        serde_saphyr::from_str::<Value>(&yaml).expect("YAML")
    );
    let (members, first) = (members.as_array().expect("a list"), &members[0]);
    let keys = [
        "status",
        "created_at",
        "updated_at",
        "backup_id",
        "image_id",
        "dest_project_id",
        "vault_id",
        "id",
    ];
    assert_eq!(
        (members.len(), first.as_object().expect("a member").len()),
        (2, keys.len())
    );
    assert!(
        keys.iter().all(|key| first.get(key).is_some()),
        "null where nothing is known: {first}"
    );

    let read = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
    let accepted = read(
        server
            .bob(&format!("accept {BACKUP} --vault {VAULT} -o json"))
            .done(),
    );
    assert_eq!(
        (&accepted["status"], &accepted["vault_id"]),
        (&"accepted".into(), &VAULT.into())
    );
    let added = read(
        server
            .alice(&format!("share {BACKUP} --with {ANOTHER} -o json"))
            .done(),
    );
    assert_eq!(added[0]["dest_project_id"], ANOTHER);
    let revoked = read(
        server
            .alice(&format!("revoke {BACKUP} {MEMBER} -o json"))
            .done(),
    );
    assert_eq!(revoked, serde_json::json!([MEMBER]));
}

#[test]
fn members_can_be_filtered_ordered_and_counted_off() {
    let server = Server::demo();
    server.bob(&format!("reject {BACKUP}")).done();
    let listed = |flags: &str| {
        let members = server
            .alice(&format!("members {BACKUP} -o json {flags}"))
            .done();
        let members: Vec<Value> = serde_json::from_str(&members).expect("a list");
        members
            .iter()
            .map(|member| {
                member["dest_project_id"]
                    .as_str()
                    .expect("an id")
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    let former = "9b9e8f0f2c5a4d8fa1c7d2f0f5f1c3aa";
    assert_eq!(listed("--status rejected"), [MEMBER]);
    assert_eq!(listed("--sort dest_project_id:asc"), [former, MEMBER]);
    assert_eq!(listed("--sort dest_project_id --limit 1"), [MEMBER]);
    assert!(listed("--status accepted").is_empty());
}

#[test]
fn a_name_and_a_password_are_as_good_as_a_token() {
    let server = Server::demo();
    let members = format!("members {BACKUP} --endpoint {}", server.endpoint);
    let seen = run(&format!("{members} --user bob --password bob")).done();
    assert!(
        seen.contains(MEMBER) && seen.lines().count() == 2,
        "bob's project is that of the token: {seen}"
    );
    run(&format!(
        "{members} --user bob --password bob --auth-url {}/v3/ --project {MEMBER}",
        server.endpoint
    ))
    .done();
    let environment = [
        ("BACKUP_SHARE_USER", "bob"),
        ("BACKUP_SHARE_PASSWORD", "bob"),
        ("BACKUP_SHARE_TOKEN", ""),
    ];
    run_with(&environment, &members).done();
    let refused = run(&format!("{members} --user bob --password wrong")).failed(1);
    assert!(
        refused.contains("bob cannot log in") && refused.contains("APIGW.0301"),
        "{refused}"
    );
    let elsewhere = run(&format!(
        "{members} --user bob --password bob --project {ANOTHER}"
    ))
    .failed(1);
    assert!(elsewhere.contains("APIGW.0301"), "{elsewhere}");
}
