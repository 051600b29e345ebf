//! The command against the embedded identity of a real server, as OpenStack's clients log in: its
//! catalog says where the service is, so nobody names an endpoint.

use std::fs;

use testkit::demo::BACKUP;

use crate::process::{Server, named, run_with};

#[test]
fn a_cloud_whose_identity_is_the_service_needs_no_endpoint() {
    let server = Server::demo();
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/openstack");
    fs::create_dir_all(&folder).expect("a folder");
    let home = ("HOME", named(home.path()));
    for (auth_url, account) in [
        (
            server.endpoint.clone(),
            "username: alice, user_domain_name: Default",
        ),
        (format!("{}/v3", server.endpoint), "user_id: alice"),
    ] {
        let auth = format!("auth: {{auth_url: {auth_url}, password: alice, {account}}}");
        let cloud = format!("clouds: {{demo: {{{auth}, region_name: RegionOne}}}}");
        fs::write(folder.join("clouds.yaml"), cloud).expect("written");
        let line = format!("--os-cloud demo members {BACKUP} -o json");
        assert!(
            run_with(&[home], &line).done().contains(BACKUP),
            "{account}"
        );
    }
}

#[test]
fn the_variables_of_openstacks_clients_and_a_login_at_an_address_need_no_endpoint_either() {
    let server = Server::demo();
    let home = tempfile::tempdir().expect("a folder");
    let home = ("HOME", named(home.path()));
    let variables = [
        home,
        ("OS_AUTH_URL", server.endpoint.as_str()),
        ("OS_USERNAME", "alice"),
        ("OS_PASSWORD", "alice"),
        ("OS_PROJECT_NAME", "owner"),
    ];
    let members = format!("members {BACKUP} -o json");
    assert!(run_with(&variables, &members).done().contains(BACKUP));
    let login = format!(
        "--auth-url {} --user alice --password alice",
        server.endpoint
    );
    let said = run_with(&[home], &format!("{login} {members}"));
    assert!(said.done().contains(BACKUP));
}
