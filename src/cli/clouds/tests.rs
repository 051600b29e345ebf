//! Which parts of `clouds.yaml` and of `OS_*` are read, and which mistakes are named.

use secrecy::ExposeSecret;
use serde_json::json;

use super::{Cloud, CloudEntry, Domain, IdOrName, LoginCredentials, TokenScope, merge};

fn cloud(entry: serde_json::Value) -> Result<Cloud, String> {
    serde_json::from_value::<CloudEntry>(entry)
        .map_err(|error| error.to_string())?
        .cloud()
}

#[test]
fn a_user_with_a_password_logs_in_for_a_project() {
    let auth = json!({"auth_url": "http://k/v3", "username": "alice", "password": 12345, "project_name": "p",
        "user_domain_name": "d", "project_domain_id": "e"});
    let cloud = cloud(json!({"auth": auth, "region_name": "r", "interface": "internalURL"}))
        .expect("a cloud");
    let LoginCredentials::Password { user, password } = cloud.log_in.credentials else {
        panic!("a password is given")
    };
    assert_eq!(
        user,
        IdOrName::Name("alice".into(), Domain::Name("d".into()))
    );
    assert_eq!(password.expose_secret(), "12345");
    let project = IdOrName::Name("p".into(), Domain::Id("e".into()));
    assert!(matches!(cloud.log_in.scope, TokenScope::Project(named) if named == project));
    assert_eq!(
        (cloud.region.as_deref(), cloud.interface.as_str()),
        (Some("r"), "internal")
    );
}

#[test]
fn an_application_credential_is_for_its_own_project() {
    let auth = json!({"auth_url": "http://k", "application_credential_id": "i", "application_credential_secret": "s",
        "project_name": "ignored"});
    let given =
        cloud(json!({"auth": auth, "auth_type": "v3applicationcredential"})).expect("a cloud");
    assert!(matches!(
        given.log_in.credentials,
        LoginCredentials::Credential { .. }
    ));
    assert!(matches!(given.log_in.scope, TokenScope::Own));
}

#[test]
fn what_is_missing_or_not_offered_is_named() {
    for (entry, named) in [
        (json!({}), "auth_url"),
        (json!({"auth": {"auth_url": "u"}}), "username"),
        (
            json!({"auth": {"auth_url": "u", "username": "a"}}),
            "password",
        ),
        (
            json!({"auth": {"auth_url": "u"}, "auth_type": "v3applicationcredential"}),
            "application_credential_secret",
        ),
        (
            json!({"auth": {"auth_url": "u"}, "auth_type": "v3oidcpassword"}),
            "v3oidcpassword",
        ),
        (
            json!({"auth": {"auth_url": "u"}, "profile": "vexxhost"}),
            "vexxhost",
        ),
        (
            json!({"auth": {"auth_url": "u"}, "verify": false}),
            "cacert",
        ),
        (
            json!({"auth": {"auth_url": "u", "password": ["hidden"]}}),
            "it must be a string",
        ),
    ] {
        let refused = cloud(entry.clone())
            .err()
            .unwrap_or_else(|| panic!("{entry}"));
        assert!(
            refused.contains(named) && !refused.contains("hidden"),
            "{refused}"
        );
    }
}

#[test]
fn secrets_may_stand_in_a_file_of_their_own() {
    let mut clouds = json!({"clouds": {"one": {"auth": {"username": "a", "password": "old"}}}});
    merge(
        &mut clouds,
        json!({"clouds": {"one": {"auth": {"password": "new"}}}}),
    );
    assert_eq!(
        clouds,
        json!({"clouds": {"one": {"auth": {"username": "a", "password": "new"}}}})
    );
}
