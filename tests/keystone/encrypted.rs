//! A Keystone behind TLS, with a certificate of an authority that the machine does not know.

use crate::{cloud::Cloud, house::members};

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
    let trusting = cloud.house(|config| {
        (config.keystone.user, config.keystone.ca_file) = (String::new(), authority)
    });
    let answer = trusting.await.get(&path, &token).await;
    assert_eq!(
        answer.refusal(),
        (404, "BackupService.6200".into()),
        "known, and nobody to this backup"
    );
    let doubting = cloud.house(|config| config.keystone.user.clear()).await;
    assert_eq!(
        doubting.get(&path, &token).await.refusal(),
        (503, "BackupService.9998".into())
    );
}
