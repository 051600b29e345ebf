//! Callers of the service, as persons with a token who use the typed client.

use backup_share::client::{Client, Error, ResponseValue, types};

use crate::fixture::backup;

/// Somebody with a token, using the typed client.
pub struct Caller {
    /// What they call with.
    pub client: Client,
    /// Whose project they call for.
    pub project: types::ProjectId,
}

/// What a call gives: the body of the response, or the error code.
pub type CallResult<T> = Result<T, String>;

fn outcome<T>(result: Result<ResponseValue<T>, Error<types::Error>>) -> CallResult<T> {
    match result {
        Ok(response) => Ok(response.into_inner()),
        Err(Error::ErrorResponse(error)) => Err(error.error_code.clone()),
        Err(other) => panic!("{other}"),
    }
}

impl Caller {
    /// Somebody with a token, for a project, at an endpoint.
    pub fn connect(endpoint: &str, token: &str, project: &str) -> Self {
        let client = Client::connect(endpoint, token.to_owned()).expect("a client");
        Self {
            client,
            project: project.parse().expect("a project id"),
        }
    }

    /// Shares a backup with projects.
    pub async fn shares(&self, number: u8, projects: &[&str]) -> CallResult<types::AddedMembers> {
        let members: Vec<types::ProjectId> = projects
            .iter()
            .map(|p| p.parse().expect("a project id"))
            .collect();
        let call = self
            .client
            .add_member()
            .project_id(self.project.clone())
            .backup_id(id(number));
        outcome(call.body_map(|body| body.members(members)).send().await)
    }

    /// Lists the members of a backup.
    pub async fn lists(&self, number: u8) -> CallResult<types::MemberList> {
        outcome(
            self.client
                .list_members()
                .project_id(self.project.clone())
                .backup_id(id(number))
                .send()
                .await,
        )
    }

    /// Shows one member.
    pub async fn shows(&self, number: u8, member: &str) -> CallResult<types::Member> {
        let call = self
            .client
            .show_member()
            .project_id(self.project.clone())
            .backup_id(id(number));
        outcome(call.member_id(member).send().await).map(|body| body.member)
    }

    /// Accepts a backup into a vault.
    pub async fn accepts(&self, number: u8, vault: &str) -> CallResult<types::Member> {
        let vault: types::VaultId = vault.parse().expect("a vault id");
        self.updates(number, types::MemberStatus::Accepted, Some(vault))
            .await
    }

    /// Rejects a backup.
    pub async fn rejects(&self, number: u8) -> CallResult<types::Member> {
        self.updates(number, types::MemberStatus::Rejected, None)
            .await
    }

    /// Goes back to `pending`.
    pub async fn postpones(&self, number: u8) -> CallResult<types::Member> {
        self.updates(number, types::MemberStatus::Pending, None)
            .await
    }

    async fn updates(
        &self,
        number: u8,
        status: types::MemberStatus,
        vault: Option<types::VaultId>,
    ) -> CallResult<types::Member> {
        let call = self
            .client
            .update_member_status()
            .project_id(self.project.clone())
            .backup_id(id(number));
        let call = call.member_id(self.project.clone()).body_map(|body| {
            let body = body.status(status);
            match vault {
                Some(vault) => body.vault_id(vault),
                None => body,
            }
        });
        outcome(call.send().await).map(|body| body.member)
    }

    /// Stops sharing a backup with one project.
    pub async fn revokes(&self, number: u8, member: &str) -> CallResult<()> {
        let call = self
            .client
            .delete_member()
            .project_id(self.project.clone())
            .backup_id(id(number));
        outcome(call.member_id(member).send().await)
    }
}

fn id(number: u8) -> types::BackupId {
    backup(number).parse().expect("a backup id")
}
