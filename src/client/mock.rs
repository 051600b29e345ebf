//! Typed mocks of the operations, for tests of programs that use the client: a
//! [`MockServer`](httpmock::MockServer) gets a method for each operation, which accepts
//! and responds with the contract's types only.

pub use made::{MockServerExt, operations};

/// What progenitor made of the contract: not ours to lint.
#[allow(
    missing_docs,
    unused,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used
)]
mod made {
    include!(concat!(env!("OUT_DIR"), "/mock.rs"));
}

#[cfg(test)]
mod tests {
    use httpmock::MockServer;

    use super::MockServerExt;
    use crate::client::{Client, types::MemberList};

    #[tokio::test]
    async fn a_mock_answers_what_the_contract_says() {
        let server = MockServer::start_async().await;
        let page = MemberList {
            members: vec![],
            count: Some(0),
        };
        let project = "0605767b5780d5762fc5c0118072a564".parse().expect("an id");
        let mock = server.list_members(|when, then| {
            when.project_id(&project);
            then.ok(&page);
        });
        let client = Client::connect(&server.base_url(), "token").expect("a mock's address");
        let backup = "a5200268-74a5-4806-acc6-95793ab0228b";
        let call = client
            .list_members()
            .project_id(project.clone())
            .backup_id(backup)
            .send()
            .await;
        assert_eq!(call.expect("mocked").into_inner(), page);
        mock.assert_calls(1);
    }
}
