//! Logging in as OpenStack's clients do: `clouds.yaml`, the variables `OS_*`, and the token that is
//! cached meanwhile.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use httpmock::{Mock, prelude::*};
use serde_json::{Value, json};
use testkit::demo::{BACKUP, OWNER};

use crate::process::{Ran, named, run_with};

/// A Keystone that issues tokens, and the service that its catalog names.
struct Cloud {
    keystone: MockServer,
    service: MockServer,
    home: tempfile::TempDir,
}

impl Cloud {
    fn open() -> Self {
        Self {
            keystone: MockServer::start(),
            service: MockServer::start(),
            home: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Issues a token for a request with this body.
    fn issues(&self, token: &str, body: &Value) -> Mock<'_> {
        let url = format!("{}/v3/{OWNER}", self.service.base_url());
        let endpoints = json!([{"interface": "public", "region": "r1", "url": url}]);
        let catalog = json!([{"type": "cbr", "endpoints": endpoints}]);
        let issued = json!({"token": {"project": {"id": OWNER, "name": "o"}, "catalog": catalog,
            "expires_at": "2999-01-01T00:00:00.000000Z"}});
        self.keystone.mock(|when, then| {
            when.method(POST)
                .path("/v3/auth/tokens")
                .json_body(body.clone());
            then.status(201)
                .header("X-Subject-Token", token)
                .json_body(issued);
        })
    }

    /// Accepts this token, and refuses all others.
    fn lets_in(&self, token: &str) -> (Mock<'_>, Mock<'_>) {
        let members = format!("/v3/{OWNER}/backups/{BACKUP}/members");
        let welcome = self.service.mock(|when, then| {
            when.method(GET)
                .path(&members)
                .header("X-Auth-Token", token);
            then.status(200)
                .json_body(json!({"members": [], "count": 0}));
        });
        let refusal = self.service.mock(|when, then| {
            when.method(GET)
                .path(&members)
                .header_missing("X-Auth-Token");
            then.status(401).json_body(
                json!({"error_code": "APIGW.0307", "error_msg": "The token must be updated."}),
            );
        });
        (welcome, refusal)
    }

    fn writes(&self, file: &str, text: &str) {
        let folder = self.home.path().join(".config/openstack");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(file), text).expect("written");
    }

    fn members(&self, environment: &[(&str, &str)], rest: &str) -> Ran {
        let mut environment = environment.to_vec();
        environment.push(("HOME", named(self.home.path())));
        run_with(&environment, &format!("members {BACKUP} -o json {rest}"))
    }

    /// The file of the one cached token.
    fn cached(&self) -> std::path::PathBuf {
        let folder = self.home.path().join(".cache/backup-share");
        let files: Vec<_> = fs::read_dir(&folder)
            .expect("a cache")
            .map(|file| file.expect("a file").path())
            .collect();
        assert_eq!(files.len(), 1, "{files:?}");
        files[0].clone()
    }
}

fn mode(file: &Path) -> u32 {
    fs::metadata(file)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

fn by_password() -> Value {
    let user = json!({"name": "alice", "domain": {"name": "acme"}, "password": "secret"});
    let scope = json!({"project": {"name": "owner", "domain": {"id": "default"}}});
    json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}})
}

fn clouds_yaml(cloud: &Cloud) -> String {
    format!(
        "clouds:\n  acme:\n    auth:\n      auth_url: {}/v3\n      username: alice\n      user_domain_name: acme\n      \
         project_name: owner\n    region_name: r1\n",
        cloud.keystone.base_url()
    )
}

#[test]
fn a_cloud_of_clouds_yaml_logs_in_once_and_its_token_is_cached_in_a_private_file() {
    let cloud = Cloud::open();
    cloud.writes("clouds.yaml", &clouds_yaml(&cloud));
    cloud.writes("secure.yaml", "clouds: {acme: {auth: {password: secret}}}");
    let (issued, (welcome, _)) = (
        cloud.issues("first", &by_password()),
        cloud.lets_in("first"),
    );
    assert_eq!(cloud.members(&[], "--os-cloud acme").done(), "[]\n");
    assert_eq!(cloud.members(&[("OS_CLOUD", "acme")], "").done(), "[]\n");
    issued.assert_calls(1);
    welcome.assert_calls(2);
    let cached = cloud.cached();
    assert_eq!(
        (mode(&cached), mode(cached.parent().expect("a folder"))),
        (0o600, 0o700)
    );
    let text = fs::read_to_string(cached).expect("a token");
    assert!(text.contains("first") && !text.contains("secret"), "{text}");
}

#[test]
fn a_cached_token_that_the_service_refuses_is_renewed_once() {
    let cloud = Cloud::open();
    cloud.writes("clouds.yaml", &clouds_yaml(&cloud));
    cloud.writes("secure.yaml", "clouds: {acme: {auth: {password: secret}}}");
    let mut first = cloud.issues("first", &by_password());
    let (mut welcome, mut refusal) = cloud.lets_in("first");
    cloud.members(&[], "--os-cloud acme").done();
    first.delete();
    welcome.delete();
    refusal.delete();
    let issued = cloud.issues("second", &by_password());
    let refused = cloud.service.mock(|when, then| {
        when.method(GET).header("X-Auth-Token", "first");
        then.status(401).json_body(
            json!({"error_code": "APIGW.0307", "error_msg": "The token must be updated."}),
        );
    });
    let (mut welcome, _) = cloud.lets_in("second");
    assert_eq!(cloud.members(&[], "--os-cloud acme").done(), "[]\n");
    issued.assert_calls(1);
    refused.assert_calls(1);
    welcome.delete();
    let refused = cloud.service.mock(|when, then| {
        when.method(GET).header("X-Auth-Token", "second");
        then.status(401)
            .json_body(json!({"error_code": "APIGW.0301", "error_msg": "Incorrect."}));
    });
    assert!(
        cloud
            .members(&[], "--os-cloud acme")
            .failed(1)
            .contains("APIGW.0301")
    );
    issued.assert_calls(2);
    refused.assert_calls(2);
}

#[test]
fn the_variables_of_openstacks_clients_log_in() {
    let cloud = Cloud::open();
    cloud.issues("first", &by_password());
    cloud.lets_in("first");
    let keystone = cloud.keystone.base_url();
    let variables = [
        ("OS_AUTH_URL", keystone.as_str()),
        ("OS_USERNAME", "alice"),
        ("OS_PASSWORD", "secret"),
        ("OS_USER_DOMAIN_NAME", "acme"),
        ("OS_PROJECT_NAME", "owner"),
    ];
    assert_eq!(cloud.members(&variables, "").done(), "[]\n");
    let without = cloud.members(&variables[..2], "").failed(2);
    assert!(
        without.contains("The variables OS_*: password is missing."),
        "{without}"
    );
    let elsewhere = [&variables[..], &[("OS_REGION_NAME", "r2")]].concat();
    assert!(
        cloud
            .members(&elsewhere, "")
            .failed(2)
            .contains("--endpoint"),
        "the service is in no such region"
    );
}

#[test]
fn an_application_credential_logs_in() {
    let cloud = Cloud::open();
    let credential = json!({"id": "i1", "secret": "s1"});
    let identity =
        json!({"methods": ["application_credential"], "application_credential": credential});
    cloud.issues("first", &json!({"auth": {"identity": identity}}));
    cloud.lets_in("first");
    let keystone = cloud.keystone.base_url();
    let variables = [
        ("OS_AUTH_TYPE", "v3applicationcredential"),
        ("OS_AUTH_URL", keystone.as_str()),
        ("OS_APPLICATION_CREDENTIAL_ID", "i1"),
        ("OS_APPLICATION_CREDENTIAL_SECRET", "s1"),
    ];
    assert_eq!(cloud.members(&variables, "").done(), "[]\n");
}

#[test]
fn what_is_wrong_with_clouds_yaml_is_said_with_the_file_and_no_secret() {
    let cloud = Cloud::open();
    for (text, said) in [
        (
            "clouds: {other: {}}",
            "cloud acme: there is none of this name.",
        ),
        (
            "clouds: {acme: {auth: {password: hidden}}}",
            "cloud acme: auth_url is missing.",
        ),
        ("clouds: [password: hidden", "this is no YAML."),
        (
            "clouds: {acme: {auth: {auth_url: u, password: [hidden]}}}",
            "it must be a string",
        ),
    ] {
        cloud.writes("clouds.yaml", text);
        let refused = cloud.members(&[], "--os-cloud acme").failed(2);
        assert!(
            refused.contains(said) && refused.contains("clouds.yaml"),
            "{refused}"
        );
        assert!(!refused.contains("hidden"), "{refused}");
    }
}
