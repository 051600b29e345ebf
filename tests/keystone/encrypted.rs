//! A Keystone behind TLS, with a certificate of an authority that the machine does not know.

use testkit::fixture::members;

use crate::cloud::Cloud;

#[tokio::test]
async fn an_authority_is_trusted_where_it_is_named_and_nowhere_else() {
    let cloud = Cloud::bare(true).await;
    let token = cloud.token("admin", "admin").await;
    let project = cloud
        .api("GET", "/projects?name=admin", serde_json::Value::Null)
        .await;
    let path = members(project["projects"][0]["id"].as_str().expect("an id"), 1);
    let authority = cloud.folder().join("certificate.pem");
    // Without an account: the administrator's token speaks for itself.
    let trusting = cloud.server(|config| {
        (config.keystone.user, config.keystone.ca_file) = (String::new(), authority)
    });
    let response = trusting.await.get(&path, &token).await;
    assert_eq!(
        response.error(),
        (404, "BackupService.6200".into()),
        "known, and a stranger to this backup"
    );
    let doubting = cloud.server(|config| config.keystone.user.clear()).await;
    assert_eq!(
        doubting.get(&path, &token).await.error(),
        (503, "BackupService.9998".into())
    );
}
