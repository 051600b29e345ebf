//! How the command is called: where flags may stand, what they win over, what each failure ends
//! with and says.

use std::net::TcpListener;

use crate::process::{Server, run, run_with};
use testkit::demo::{ANOTHER, BACKUP, MEMBER, OWNER, VAULT};

#[test]
fn a_flag_wins_over_the_environment_wherever_it_stands() {
    let server = Server::demo();
    let good = [
        ("BACKUP_SHARE_ENDPOINT", server.endpoint.as_str()),
        ("BACKUP_SHARE_PROJECT", OWNER),
        ("BACKUP_SHARE_TOKEN", "demo-owner"),
    ];
    let members = format!("members {BACKUP}");
    run_with(&good, &members).done();
    let bad = [good[0], good[1], ("BACKUP_SHARE_TOKEN", "wrong")];
    assert!(run_with(&bad, &members).failed(1).contains("APIGW.0301"));
    run_with(&bad, &format!("{members} --token demo-owner")).done();
    run_with(&bad, &format!("--token demo-owner {members}")).done();
    run_with(
        &good,
        &format!("--token wrong {members} --token demo-owner"),
    )
    .done();
    run_with(&bad, &format!("{members} --user alice --password alice")).done();
    let both = [
        bad[0],
        ("BACKUP_SHARE_USER", "alice"),
        ("BACKUP_SHARE_PASSWORD", "wrong"),
    ];
    run_with(
        &both,
        &format!("{members} --token demo-owner --project {OWNER}"),
    )
    .done();
}

#[test]
fn a_refusal_is_one_sentence_with_code_and_request_id() {
    let server = Server::demo();
    let refused = server
        .alice(&format!(
            "share {BACKUP} --with {ANOTHER} {MEMBER} --with {ANOTHER}x"
        ))
        .failed(1);
    assert!(
        refused.starts_with("backup-share: ")
            && refused.contains("(BackupService.6704, request id "),
        "{refused}"
    );
    assert_eq!(refused.lines().count(), 1);
}

#[test]
fn revoke_goes_on_after_a_refusal_and_says_which_it_was() {
    let server = Server::demo();
    let ran = server.alice(&format!("revoke {BACKUP} nobody {MEMBER}"));
    assert_eq!(
        (ran.code, ran.out),
        (Some(1), format!("{MEMBER}  revoked\n"))
    );
    assert!(
        ran.err.starts_with("backup-share: nobody: ") && ran.err.contains("BackupService.6705"),
        "{}",
        ran.err
    );
}

#[test]
fn wrong_usage_ends_with_2_and_names_what_is_wrong() {
    let whole = "--endpoint http://127.0.0.1:1 --project p --token t";
    for (line, named) in [
        (format!("members not-a-uuid {whole}"), "<BACKUP>"),
        (format!("accept {BACKUP} --vault x {whole}"), "--vault"),
        (format!("accept {BACKUP} {whole}"), "--vault"),
        (format!("share {BACKUP} {whole}"), "--with"),
        (format!("share {BACKUP} --with a/b {whole}"), "--with"),
        (format!("members {BACKUP} --status new {whole}"), "--status"),
        (format!("members {BACKUP} --sort name {whole}"), "--sort"),
        (format!("members {BACKUP} --limit 0 {whole}"), "--limit"),
        (format!("members {BACKUP} {whole} -o xml"), "--output"),
        (format!("members {BACKUP} {whole} --user alice"), "--user"),
        (
            format!("members {BACKUP}"),
            "with --os-cloud or the variables OS_*",
        ),
        (
            format!("members {BACKUP} --project p --token t"),
            "say --endpoint, or set BACKUP_SHARE_ENDPOINT",
        ),
        (
            format!("members {BACKUP} --os-cloud one"),
            "There is no clouds.yaml.",
        ),
        (
            format!("members {BACKUP} --os-cloud one --token t"),
            "--os-cloud",
        ),
        (
            format!("members {BACKUP} --endpoint http://127.0.0.1:1"),
            "say --token, or set BACKUP_SHARE_TOKEN",
        ),
        (
            format!("members {BACKUP} --endpoint http://127.0.0.1:1 --token t"),
            "set BACKUP_SHARE_PROJECT",
        ),
        (
            format!("members {BACKUP} --endpoint http://127.0.0.1:1 --user u"),
            "set BACKUP_SHARE_PASSWORD",
        ),
        (
            format!("members {BACKUP} --endpoint nowhere --project p --token t"),
            "--endpoint",
        ),
        ("--token t serve".to_owned(), "--token"),
        ("catalog load file --database oracle:".to_owned(), "oracle:"),
        ("store check --database oracle:".to_owned(), "oracle:"),
        ("store backup file --database oracle:".to_owned(), "oracle:"),
        ("hand-over".to_owned(), "hand-over"),
    ] {
        let said = run(&line).failed(2);
        assert!(said.contains(named), "{line}: {said}");
    }
    let said = run_with(
        &[("BACKUP_SHARE_PROJECT", "a/b")],
        &format!("members {BACKUP}"),
    )
    .failed(2);
    assert!(said.contains("BACKUP_SHARE_PROJECT"), "{said}");
}

#[test]
fn a_service_out_of_reach_ends_with_3() {
    let free = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    for line in [
        format!("members {BACKUP} --project p --token t"),
        format!("members {BACKUP} --user alice --password alice"),
        format!("accept {BACKUP} --vault {VAULT} --project p --token t"),
        format!("revoke {BACKUP} {MEMBER} {ANOTHER} --project p --token t"),
    ] {
        let said = run(&format!("--endpoint http://{free} {line}"));
        assert_eq!(said.code, Some(3), "{said:?}");
        assert!(said.err.contains(&free.to_string()), "{said:?}");
        assert_eq!(
            said.err.lines().count(),
            1,
            "one request alone is sent: {said:?}"
        );
    }
}

#[test]
fn help_shows_no_secret_and_names_every_variable() {
    let secrets = [
        ("BACKUP_SHARE_TOKEN", "tell-nobody"),
        ("BACKUP_SHARE_PASSWORD", "tell-nobody"),
    ];
    for command in [
        "",
        "share",
        "members",
        "accept",
        "reject",
        "revoke",
        "serve",
        "catalog load",
        "store check",
    ] {
        let help = run_with(&secrets, &format!("{command} --help")).done();
        assert!(!help.contains("tell-nobody"), "{command}: {help}");
        let of_the_client = !["serve", "catalog load", "store check"].contains(&command);
        assert_eq!(
            help.contains("BACKUP_SHARE_TOKEN"),
            of_the_client,
            "{command}: {help}"
        );
    }
}
