//! Every operation × every caller × every state of a share × a backup that exists or does not, by
//! Keystone's tokens.

use backup_share::model::Operation;
use reqwest::Method;
use serde_json::json;
use testkit::{
    caller::Caller,
    fixture::{backup, vault},
    http,
    server::TestServer,
};

use crate::cloud::{Cloud, Project};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Owner,
    Reader,
    Member,
    OtherMember,
    Stranger,
    Nobody,
}

/// Of bob's share of the backup; carol has one in any case.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Absent,
    Pending,
    Accepted,
    Rejected,
}

const CALLERS: [Who; 6] = [
    Who::Owner,
    Who::Reader,
    Who::Member,
    Who::OtherMember,
    Who::Stranger,
    Who::Nobody,
];
const STATES: [State; 4] = [
    State::Absent,
    State::Pending,
    State::Accepted,
    State::Rejected,
];
const MISSING: &str = "f0000000-0000-4000-8000-000000000009";

const GOOD: (u16, &str) = (200, "");
const NO_BACKUP: (u16, &str) = (404, "BackupService.6200");
const NO_MEMBER: (u16, &str) = (404, "BackupService.6705");
const NO_VAULT: (u16, &str) = (404, "BackupService.6105");
const FORBIDDEN: (u16, &str) = (403, "APIGW.0302");

/// The tables of who may do what, with bob in the path or the body.
fn expected(who: Who, operation: Operation, state: State, exists: bool) -> (u16, &'static str) {
    use Operation::{
        AddMember, DeleteMember, ListBackups, ListMembers, ListVaults, ShowBackup, ShowVault,
        UpdateMemberStatus,
    };
    let writes = matches!(operation, AddMember | UpdateMemberStatus | DeleteMember);
    let shared = state != State::Absent;
    match (who, operation) {
        (Who::Nobody, _) => (401, "APIGW.0301"),
        (Who::Reader, _) if writes => FORBIDDEN,
        (_, ListBackups | ListVaults) => GOOD,
        (Who::Member, ShowVault) if exists => GOOD,
        (_, ShowVault) => NO_VAULT,
        (Who::Member, ShowBackup) if state == State::Rejected => NO_BACKUP,
        _ if !exists => NO_BACKUP,
        (Who::Stranger, _) => NO_BACKUP,
        (Who::Member, _) if !shared => NO_BACKUP,
        (Who::Owner, AddMember) if shared => (400, "BackupService.6703"),
        (Who::Owner, AddMember) | (_, ListMembers | ShowBackup) => GOOD,
        (_, AddMember) => (400, "BackupService.6707"),
        (Who::OtherMember, _) => NO_MEMBER,
        _ if !shared => NO_MEMBER,
        (Who::Owner, DeleteMember) => (204, ""),
        (Who::Owner, UpdateMemberStatus) | (Who::Member, DeleteMember) => FORBIDDEN,
        _ => GOOD,
    }
}

/// A service, and everybody's token.
struct World {
    cloud: Cloud,
    server: TestServer,
    tokens: [String; 6],
}

impl World {
    async fn new() -> Self {
        let cloud = Cloud::start().await;
        let rita = cloud.founds("rita").await;
        cloud
            .assigns(
                "PUT",
                &Project {
                    id: cloud.alice.id.clone(),
                    user: rita.user,
                },
                "reader",
            )
            .await;
        let mut tokens = CALLERS.map(|_| "garbage".to_owned());
        let people = [
            ("alice", "alice"),
            ("rita", "alice"),
            ("bob", "bob"),
            ("carol", "carol"),
            ("mallory", "mallory"),
        ];
        for (token, (user, project)) in tokens.iter_mut().zip(people) {
            *token = cloud.token(user, project).await;
        }
        let server = cloud.server(|_| {}).await;
        Self {
            cloud,
            server,
            tokens,
        }
    }

    fn token(&self, who: Who) -> &str {
        &self.tokens[who as usize]
    }

    fn project(&self, who: Who) -> &str {
        match who {
            Who::Owner | Who::Reader | Who::Nobody => &self.cloud.alice.id,
            Who::Member => &self.cloud.bob.id,
            Who::OtherMember => &self.cloud.carol.id,
            Who::Stranger => &self.cloud.mallory.id,
        }
    }

    fn caller(&self, who: Who) -> Caller {
        self.server.caller(self.token(who), self.project(who))
    }

    /// Brings bob's share into a state, whatever it was in.
    async fn becomes(&self, state: State) {
        let (alice, bob) = (self.caller(Who::Owner), self.caller(Who::Member));
        // There may be none to revoke.
        let _ = alice.revokes(1, self.project(Who::Member)).await;
        if state != State::Absent {
            alice
                .shares(1, &[self.project(Who::Member)])
                .await
                .expect("shared");
        }
        match state {
            State::Accepted => drop(bob.accepts(1, &vault(1)).await.expect("accepted")),
            State::Rejected => drop(bob.rejects(1).await.expect("rejected")),
            State::Absent | State::Pending => {}
        }
    }

    /// Status, code and the whole body.
    async fn call(&self, who: Who, operation: Operation, backup: &str) -> ((u16, String), String) {
        let bob = self.project(Who::Member);
        let vault = vault(1);
        let path = operation
            .path()
            .replace("{project_id}", self.project(who))
            .replace("{backup_id}", backup)
            .replace(
                "{vault_id}",
                if backup == MISSING { MISSING } else { &vault },
            );
        let method: Method = operation.method().parse().expect("a method");
        let request = self.server.request(
            method,
            &path.replace("{member_id}", bob),
            Some(self.token(who)),
        );
        let request = request.header("X-Request-Id", "the-same-for-all");
        let response = http::send(match operation {
            Operation::AddMember => request.json(&json!({"members": [bob]})),
            Operation::UpdateMemberStatus => {
                request.json(&json!({"status": "accepted", "vault_id": vault}))
            }
            _ => request,
        });
        let response = response.await;
        let code = if response.status.is_success() {
            String::new()
        } else {
            response.code()
        };
        ((response.status.as_u16(), code), response.text)
    }
}

#[tokio::test]
async fn every_caller_is_told_what_the_tables_say_whatever_the_state() {
    let world = World::new().await;
    world
        .caller(Who::Owner)
        .shares(1, &[world.project(Who::OtherMember)])
        .await
        .expect("shared");
    let mut cases = 0;
    for state in STATES {
        for operation in Operation::ALL {
            for who in CALLERS {
                world.becomes(state).await;
                let (missing, as_missing) = world.call(who, operation, MISSING).await;
                let (told, text) = world.call(who, operation, &backup(1)).await;
                let case = format!("{} by {who:?}, {state:?}", operation.id());
                let expects = |exists| {
                    let (status, code) = expected(who, operation, state, exists);
                    (status, code.to_owned())
                };
                assert_eq!(told, expects(true), "{case}: {text}");
                assert_eq!(missing, expects(false), "{case}, missing: {as_missing}");
                let lists = matches!(operation, Operation::ListBackups | Operation::ListVaults);
                if told == missing && !lists {
                    assert_eq!(
                        text, as_missing,
                        "{case}: nobody can tell whether there is such a backup"
                    );
                }
                cases += 2;
            }
        }
    }
    println!("{cases} cases");
    assert_eq!(cases, 6 * 9 * 4 * 2);
}
