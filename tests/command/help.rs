//! The help of every command, as people read it.

use crate::process::run_with;

/// The names under `Commands:`; lines that go on are indented further.
fn subcommands(help: &str) -> impl Iterator<Item = &str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !["", "help"].contains(name))
}

/// The help of a command and of all below it, each in a snapshot.
fn compare(command: &str) {
    let help = run_with(&[("COLUMNS", "100")], &format!("{command} --help")).done();
    let name = format!("help{}", command.replace(' ', "-"));
    insta::assert_snapshot!(name, help);
    for subcommand in subcommands(&help) {
        compare(&format!("{command} {subcommand}"));
    }
}

#[test]
fn the_help_of_every_command_is_reviewed() {
    compare("");
}

#[test]
fn help_shows_no_secret() {
    let secrets = [
        ("BACKUP_SHARE_TOKEN", "tell-nobody"),
        ("BACKUP_SHARE_PASSWORD", "tell-nobody"),
    ];
    for command in [
        "",
        "inbox",
        "backups",
        "vaults",
        "show",
        "shares",
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
    }
}
