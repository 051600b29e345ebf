//! How the command is called: where flags may stand, what they win over, what each failure ends
//! with and says.

use std::net::TcpListener;

use testkit::demo::{ANOTHER, BACKUP, MEMBER, OWNER, VAULT};

use crate::{
    process::{Server, run, run_with},
    transcript::Transcript,
};

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
fn wrong_usage_exits_with_2_and_names_what_is_wrong() {
    let whole = "--endpoint http://127.0.0.1:1 --project p --token t";
    let mut transcript = Transcript::default();
    for line in [
        format!("members {} {whole}", "x".repeat(256)),
        format!("accept --all --dry-run --vault {} {whole}", "x".repeat(256)),
        format!("accept {whole}"),
        format!("share {BACKUP} {whole}"),
        format!("share {BACKUP} --with a/b {whole}"),
        format!("members {BACKUP} --status new {whole}"),
        format!("members {BACKUP} --sort name {whole}"),
        format!("members {BACKUP} --limit 0 {whole}"),
        format!("members {BACKUP} {whole} -o xml"),
        format!("members {BACKUP} {whole} --user alice"),
        format!("members {BACKUP}"),
        format!("members {BACKUP} --project p --token t"),
        format!("members {BACKUP} --os-cloud one"),
        format!("members {BACKUP} --os-cloud one --token t"),
        format!("members {BACKUP} --endpoint http://127.0.0.1:1"),
        format!("members {BACKUP} --endpoint http://127.0.0.1:1 --token t"),
        format!("members {BACKUP} --endpoint http://127.0.0.1:1 --user u"),
        format!("members {BACKUP} --endpoint nowhere --project p --token t"),
        "--token t serve".to_owned(),
        "catalog load file --database oracle:".to_owned(),
        "store check --database oracle:".to_owned(),
        "store backup file --database oracle:".to_owned(),
        "hand-over".to_owned(),
    ] {
        let ran = run(&line);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(2), ""),
            "{line}: {ran:?}"
        );
        transcript.add(&line, &ran);
    }
    let line = format!("members {BACKUP}");
    let ran = run_with(&[("BACKUP_SHARE_PROJECT", "a/b")], &line);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    transcript.add(&format!("BACKUP_SHARE_PROJECT=a/b {line}"), &ran);
    insta::assert_snapshot!(transcript.text());
}

#[test]
fn failures_say_what_to_do() {
    let server = Server::demo();
    let mut transcript = Transcript::default().redact(&server.endpoint, "ENDPOINT");
    let missing = "00000000-0000-4000-8000-000000000000";
    let line = format!("accept {BACKUP} --vault {missing}");
    transcript.add(&line, &server.bob(&line));
    for line in [
        format!("share {BACKUP} --with {OWNER}"),
        format!("share {BACKUP} --with {ANOTHER} {MEMBER} --with {ANOTHER}x"),
        format!("share {missing} --with {ANOTHER}"),
        format!("members {missing}"),
        format!("accept {BACKUP} --vault {VAULT}"),
        format!("revoke {BACKUP} {ANOTHER} {MEMBER}"),
    ] {
        transcript.add(&line, &server.alice(&line));
    }
    for (line, flags) in [
        (format!("members {BACKUP}"), "--project p --token wrong"),
        (format!("members {BACKUP}"), "--user alice --password wrong"),
    ] {
        let line = format!("{line} {flags}");
        let ran = run(&format!("{line} --endpoint {}", server.endpoint));
        transcript.add(&line, &ran);
    }
    insta::assert_snapshot!(transcript.text());
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
