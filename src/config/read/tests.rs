//! Which of flag, environment, file and default wins, and how mistakes are named.

use std::io::Write;

use secrecy::ExposeSecret;

use crate::config::{CheckMode, Config, LogFormat};

fn read(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    let mut toml = tempfile::NamedTempFile::new().expect("a file");
    toml.write_all(file.as_bytes()).expect("written");
    let environment = environment
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    Config::read(Some(toml.path()), environment).map_err(|error| error.to_string())
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "listen = '127.0.0.1:1'\n[limits]\nbody_bytes = 10\nmembers_per_backup = 3";
    let environment = [
        ("BACKUP_SHARE_LIMITS_BODY_BYTES", "20"),
        ("BACKUP_SHARE_LOG_FORMAT", "json"),
        ("HOME", "/"),
    ];
    let config = read(file, &environment).expect("good settings");
    assert_eq!(
        (config.limits.body_bytes, config.limits.members_per_backup),
        (20, 3)
    );
    assert_eq!(
        (config.listen.as_str(), config.log.format),
        ("127.0.0.1:1", LogFormat::Json)
    );
    assert_eq!(config.limits.header_seconds, 10);
}

#[test]
fn the_check_of_responses_is_set_like_everything_else() {
    let file = "check_responses = { mode = 'log', one_in = 7 }";
    let config =
        read(file, &[("BACKUP_SHARE_CHECK_RESPONSES_MODE", "off")]).expect("good settings");
    assert_eq!(
        (config.check_responses.mode, config.check_responses.one_in),
        (CheckMode::Off, 7)
    );
    assert!(read("[check_responses]\nmode = 'never'", &[]).is_err());
}

#[test]
fn a_key_that_was_renamed_is_refused_with_its_present_name() {
    for (file, variable) in [
        ("check_answers = { mode = 'log' }", None),
        ("[keystone]\nrefusal_seconds = 1", None),
        ("", Some("BACKUP_SHARE_CHECK_ANSWERS_ONE_IN")),
        ("", Some("BACKUP_SHARE_KEYSTONE_REFUSAL_SECONDS")),
    ] {
        let environment: Vec<_> = variable.iter().map(|name| (*name, "1")).collect();
        let refused = read(file, &environment).expect_err("an old name");
        let present = [
            "`check_responses` now",
            "`keystone.negative_cache_seconds` now",
            "BACKUP_SHARE_CHECK_RESPONSES_ONE_IN now",
            "BACKUP_SHARE_KEYSTONE_NEGATIVE_CACHE_SECONDS now",
        ];
        assert!(present.iter().any(|it| refused.contains(it)), "{refused}");
    }
}

#[test]
fn an_unknown_key_is_named() {
    let refused = read("[limits]\nbody_kilobytes = 1", &[]).expect_err("no such key");
    assert!(refused.contains("body_kilobytes"), "{refused}");
    let refused = read("", &[("BACKUP_SHARE_LISTN", "x")]).expect_err("no such variable");
    assert!(refused.contains("BACKUP_SHARE_LISTN"), "{refused}");
    let refused = read("", &[("BACKUP_SHARE_KEYSTONE_REFUSAL_SECONDS", "1")]);
    let refused = refused.expect_err("it was renamed");
    let renamed = "BACKUP_SHARE_KEYSTONE_NEGATIVE_CACHE_SECONDS now";
    assert!(refused.ends_with(renamed), "{refused}");
}

#[test]
fn no_password_is_shown() {
    let database = "database = 'postgres://user:hunter2@h/db?password=hunter2'";
    let config = read(database, &[]).expect("good settings");
    assert!(config.database.expose().contains("hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"));
    let refused =
        read("database = 'postgres://user:hunter2@h/db", &[]).expect_err("no closing quote");
    assert!(
        refused.contains("line 1: ") && !refused.contains("hunter2"),
        "{refused}"
    );
}

#[test]
fn a_number_beyond_its_bounds_is_refused_with_its_origin_its_key_and_its_bounds() {
    let must = "limits.header_seconds: 9223372036854775807: a whole number from 1 to 3600";
    let refused =
        read("[limits]\nheader_seconds = 9223372036854775807", &[]).expect_err("too large");
    assert!(
        refused.ends_with(&format!(": {must}")) && refused.starts_with('/'),
        "{refused}"
    );
    for text in ["9223372036854775807", "99999999999999999999", "0"] {
        let refused = read("", &[("BACKUP_SHARE_LIMITS_HEADER_SECONDS", text)]).expect_err(text);
        let must = must.replace("9223372036854775807", text);
        assert_eq!(
            refused,
            format!("BACKUP_SHARE_LIMITS_HEADER_SECONDS: {must}")
        );
    }
    assert!(read("[limits]\nheader_seconds = 3600", &[]).is_ok());
}

#[test]
fn a_bad_value_is_refused_with_its_origin() {
    let refused = read("", &[("BACKUP_SHARE_LIMITS_BODY_BYTES", "many")]).expect_err("no number");
    assert!(
        refused.starts_with("BACKUP_SHARE_LIMITS_BODY_BYTES"),
        "{refused}"
    );
    assert!(read("listen = 5", &[]).is_err());
}

#[test]
fn a_secret_is_taken_as_it_is_and_never_shown() {
    let config = read(
        "[keystone]\nuser = 'cbr'",
        &[("BACKUP_SHARE_KEYSTONE_PASSWORD", "12345")],
    );
    assert_eq!(
        config
            .expect("good settings")
            .keystone
            .password
            .expose_secret(),
        "12345"
    );
    for file in [
        "[keystone]\npassword = 12345",
        "[keystone]\npassword = 'ab12345\n",
    ] {
        let refused = read(file, &[]).expect_err("no text");
        assert!(!refused.contains("12345"), "{refused}");
    }
    let refused = read("[keystone]\npassword = 'ab12345\n", &[]).expect_err("no end");
    assert!(refused.contains("line 2"), "{refused}");
}

#[test]
fn the_environment_sets_switches_too() {
    let config =
        read("", &[("BACKUP_SHARE_KEYSTONE_CHECK_PROJECTS", "true")]).expect("good settings");
    assert!(config.keystone.check_projects);
    assert!(read("", &[("BACKUP_SHARE_KEYSTONE_CHECK_PROJECTS", "perhaps")]).is_err());
}

#[test]
fn the_clients_variables_are_left_alone() {
    assert!(
        read(
            "",
            &[
                ("BACKUP_SHARE_TOKEN", "secret"),
                ("BACKUP_SHARE_ENDPOINT", "http://127.0.0.1:1")
            ]
        )
        .is_ok()
    );
}
