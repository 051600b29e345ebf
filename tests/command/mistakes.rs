//! What the command says of mistakes in its settings and in data files, all of them in one place.

use std::fs;

use crate::{
    process::{named, run, run_with},
    transcript::Transcript,
};

/// A configuration, and what a start says of it.
const SETTINGS: [&str; 8] = [
    "listen = 8799",
    "lisen = '127.0.0.1:0'",
    "[limits]\nbody_kilobytes = 1",
    "[limits]\nbody_bytes = -1",
    "[identity]\nmode = 'ldap'",
    "[identity]\nmode = 'keystone'",
    "[roles]\nmember = '/nowhere/member.json'",
    "trusted_proxies = ['10.0.0.0/33']",
];

/// Variables of the environment, likewise.
const VARIABLES: [(&str, &str); 4] = [
    ("BACKUP_SHARE_LISTN", "127.0.0.1:0"),
    ("BACKUP_SHARE_LIMITS_BODY_BYTES", "many"),
    ("BACKUP_SHARE_IDENTITY_MODE", "ldap"),
    ("BACKUP_SHARE_TRUSTED_PROXIES", "10.0.0.0/33"),
];

/// A start that fails in any case: a mistake that is none does not leave a server.
const SERVE: &str = "serve --listen 127.0.0.1:0 --data /nowhere/data.yaml";
const BACKUP: &str = "id: d2000000-0000-4000-8000-000000000000, project_id: p, name: b, \
                      vault_id: b2000000-0000-4000-8000-000000000000, \
                      resource_type: 'OS::Nova::Server'";

#[test]
fn mistakes_of_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    let mut transcript = Transcript::default().redact(named(folder.path()), "FOLDER");
    for text in SETTINGS {
        fs::write(&config, text).expect("written");
        let ran = run(&format!("{SERVE} --config {}", named(&config)));
        assert_eq!(ran.code, Some(2), "{text}: {ran:?}");
        transcript.add_with(text, "serve --config config.toml", &ran);
    }
    fs::write(&config, SETTINGS[1]).expect("written");
    let line = "catalog load none.yaml --config";
    let ran = run(&format!("{line} {}", named(&config)));
    transcript.add_with(SETTINGS[1], &format!("{line} config.toml"), &ran);
    for (name, value) in VARIABLES {
        let ran = run_with(&[(name, value)], SERVE);
        assert_eq!(ran.code, Some(2), "{name}: {ran:?}");
        transcript.add(&format!("{name}={value} serve"), &ran);
    }
    insta::assert_snapshot!(transcript.text());
}

#[test]
fn mistakes_of_data_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("data.yaml");
    let mut transcript = Transcript::default().redact(named(folder.path()), "FOLDER");
    let sound = format!("{{{BACKUP}, resource_size: 1, status: available}}");
    for text in [
        "secrets: []".to_owned(),
        "backups: {}".to_owned(),
        "backups: [{id: ".to_owned(),
        "backups: [{id: 5}]".to_owned(),
        "projects: [{id: p}, {id: 'a b', name: n}]".to_owned(),
        "users: [{name: a, project_id: p, roles: member}]".to_owned(),
        format!("backups: [{{{BACKUP}, resource_size: -1, status: available}}]"),
        format!("backups: [{{{BACKUP}, resource_size: 1, status: ready}}]"),
        format!("backups: [{sound}]"),
        format!("backups:\n- {sound}\n- {sound}"),
        "members: [{backup_id: d2000000-0000-4000-8000-000000000000, dest_project_id: p}]".into(),
    ] {
        fs::write(&file, &text).expect("written");
        let ran = run(&format!("catalog check {}", named(&file)));
        assert_eq!(ran.code, Some(1), "{text}: {ran:?}");
        transcript.add_with(&text, "catalog check data.yaml", &ran);
    }
    insta::assert_snapshot!(transcript.text());
}
