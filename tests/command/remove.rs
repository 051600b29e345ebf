//! `catalog remove`: what it takes out of a store that a server is running on, what it refuses, and
//! what it leaves in the audit.

use std::{fs, io::Write, os::unix::fs::PermissionsExt, process::Stdio};

use serde_json::{Value, json};
use testkit::demo::{ANOTHER, BACKUP, MEMBER, OWNER, VAULT};

use crate::{
    place::{Place, both},
    process::{Ran, command, named, run_with},
};

const OWNERS_VAULT: &str = "2b2f9d34-8c0e-4c3a-9b1e-6f4f2a7c9d10";

impl Place {
    fn remove(&self, line: &str) -> Ran {
        self.run(&format!("catalog remove {line}"))
    }

    /// With a named pipe as the audit.
    fn remove_into_a_pipe(&self, line: &str) -> Ran {
        let pipe = self.file("pipe");
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .expect("mkfifo")
                .success()
        );
        let settings = [
            ("BACKUP_SHARE_DATABASE", self.database.as_str()),
            ("BACKUP_SHARE_AUDIT", named(&pipe)),
        ];
        run_with(&settings, &format!("catalog remove {line}"))
    }
}

#[test]
fn a_backup_goes_with_its_shares_under_a_running_server_and_is_audited() {
    both(|place| {
        let server = place.serve();
        server
            .bob(&format!("accept {BACKUP} --vault {VAULT}"))
            .done();
        let line = format!("backup {BACKUP}: 2 shares, frees 40 GB in vault {VAULT}\n");
        let planned = place.remove(&format!("backups {BACKUP} --dry-run")).done();
        assert_eq!(
            planned,
            format!("{line}1 backup; nothing was removed: this was a dry run\n")
        );
        server
            .bob(&format!("show {BACKUP} {MEMBER}"))
            .code
            .expect("it still responds");
        assert!(
            server
                .alice(&format!("members {BACKUP}"))
                .done()
                .contains("accepted")
        );
        assert_eq!(place.audit(), [] as [Value; 0], "nothing was done");
        let removed = place.remove(&format!("backup {BACKUP}")).done();
        assert!(
            removed.starts_with(&format!("{line}1 backup; removed from ")),
            "{removed}"
        );
        assert!(
            server
                .alice(&format!("members {BACKUP}"))
                .failed(1)
                .contains("BackupService.6200")
        );
        assert_eq!(
            place.audit(),
            [json!(["catalog:remove:backup", [BACKUP], "done"])]
        );
        let mode = fs::metadata(place.file("audit.jsonl"))
            .expect("an audit")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let checked = place.run("store check").done();
        assert!(
            checked.lines().skip(1).all(|line| line.ends_with(": ok")),
            "{checked}"
        );
        place
            .remove(&format!("vault {VAULT} {OWNERS_VAULT}"))
            .done();
    });
}

#[test]
fn what_prevents_a_removal_is_listed_and_nothing_is_removed() {
    both(|place| {
        let refused = place
            .remove(&format!("vaults {VAULT} {OWNERS_VAULT}"))
            .failed(1);
        let told = format!(
            "backup-share: nothing was removed: 1 record is in the way:\n  backup {BACKUP} is in vault {OWNERS_VAULT}\n"
        );
        assert_eq!(refused, told);
        let refused = place
            .remove(&format!("project {ANOTHER} {MEMBER} --dry-run"))
            .failed(1);
        for words in [
            "5 records are in the way",
            &format!("user bob is of project {MEMBER}"),
            &format!("user carol is of project {ANOTHER}"),
            &format!("vault {VAULT} belongs to project {MEMBER}"),
            &format!("backup {BACKUP} is shared with project {MEMBER}"),
        ] {
            assert!(refused.contains(words), "{words}: {refused}");
        }
        let refused = place.remove("users alice eve mallory").failed(1);
        assert_eq!(
            refused,
            "backup-share: nothing was removed: there is no user eve, mallory\n"
        );
        let removed = place.remove("users alice").done();
        assert!(
            removed.starts_with("user alice: 2 tokens, 1 access key\n1 user; "),
            "{removed}"
        );
        let audit = place.audit();
        let outcomes: Vec<_> = audit
            .iter()
            .map(|line| line[2].as_str().expect("an outcome"))
            .collect();
        assert_eq!(outcomes, ["refused", "refused", "done"], "{audit:?}");
    });
}

#[test]
fn tokens_are_read_from_stdin_and_no_output_shows_one() {
    let place = Place::sqlite();
    let audit = place.file("audit.jsonl");
    let run = |input: &str| {
        let mut remove = command(&[
            ("BACKUP_SHARE_DATABASE", &place.database),
            ("BACKUP_SHARE_AUDIT", named(&audit)),
        ]);
        let remove = remove.args(["catalog", "remove", "tokens", "-"]);
        let mut child = remove
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(input.as_bytes())
            .expect("written");
        let output = child.wait_with_output().expect("it ended");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Ran {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    };
    let mut all = run("demo-owner\nno-such-token\n").failed(1);
    assert!(all.contains("there is no token sha256:"), "{all}");
    all += &run("demo-owner\r\n\nspare\nspare").done();
    assert!(all.contains("2 tokens; removed from "), "{all}");
    let hash = backup_share::store::TokenHash::of("demo-member").to_hex();
    all += &place.remove(&format!("token sha256:{hash}")).done();
    all += &fs::read_to_string(&audit).expect("an audit");
    for secret in ["demo-owner", "spare", "demo-member", "no-such-token", &hash] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    assert!(run("").failed(2).contains("there are no ids on stdin"));
    place.remove("keys AK").done();
}

#[test]
fn no_store_is_made_and_none_of_an_older_version_is_brought_up_to_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("store.db");
    let remove = |line: &str| {
        run_with(
            &[],
            &format!("catalog remove {line} --database sqlite:{}", named(&file)),
        )
    };
    for line in ["user alice", "user alice --dry-run"] {
        let refused = remove(line).failed(1);
        assert_eq!(
            refused,
            format!("backup-share: there is no file {}\n", named(&file))
        );
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    for line in ["backups 5", "projects a/b", "user", "secrets x"] {
        assert_eq!(remove(line).code, Some(2), "{line}");
    }
    let older = "CREATE TABLE refinery_schema_history (version INTEGER); INSERT INTO refinery_schema_history VALUES (1)";
    rusqlite::Connection::open(&file)
        .and_then(|store| store.execute_batch(older))
        .expect("an older store");
    let before = fs::read(&file).expect("a file");
    assert!(
        remove("user alice")
            .failed(1)
            .contains("it has the schema 1, and ")
    );
    assert_eq!(fs::read(&file).expect("a file"), before);
}

#[test]
fn nothing_is_done_that_cannot_be_written_down() {
    let place = Place::sqlite();
    fs::create_dir(place.file("audit.jsonl")).expect("a folder in its place");
    let refused = place.remove("user alice").failed(1);
    assert!(refused.contains("audit: cannot write to "), "{refused}");
    let planned = place.remove("user alice --dry-run").done();
    assert!(planned.starts_with("user alice: "), "{planned}");
    assert!(
        place
            .remove(&format!("project {OWNER} --dry-run"))
            .failed(1)
            .contains("user alice"),
        "she is still there"
    );
}

#[test]
fn the_help_says_how_soon_it_takes_effect_and_what_brings_records_back() {
    let help = run_with(&[], "catalog remove --help").done();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "within 5 seconds",
        "come back when a data file that has them is loaded again",
        "enabled: false",
    ] {
        assert!(help.contains(words), "{words}: {help}");
    }
}

#[test]
fn a_pipe_is_no_audit_and_nothing_is_removed() {
    let place = Place::sqlite();
    let said = place
        .remove_into_a_pipe(&format!("backups {BACKUP}"))
        .failed(1);
    assert!(said.contains("it is a pipe, not a file"), "{said}");
    assert!(
        place
            .remove(&format!("backups {BACKUP} --dry-run"))
            .done()
            .contains(BACKUP),
        "it is there still"
    );
}
