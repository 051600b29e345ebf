//! One record, the share of one backup with one project, as clients see it when they come one after
//! the other. The capacity of vaults spans records and is left out: the vaults of these histories
//! have room for everything.

use serde_json::Value;

/// What a client can ask of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    Add,
    /// Into one of the member's two vaults.
    Accept(u8),
    Reject,
    Postpone,
    Delete,
    ShowToOwner,
    ShowToMember,
    /// The member lists what is shared with it.
    ListToMember,
}

/// What it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Response {
    Member(Seen),
    Deleted,
    Refused(String),
    /// Whether the backup is in the list, and in which vault of the member's.
    Listed(Option<Option<String>>),
}

/// A record in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub id: String,
    pub status: String,
    pub vault_id: Option<String>,
    pub updated_at: Option<String>,
}

impl Seen {
    pub fn read(member: &Value) -> Self {
        let text = |key: &str| member[key].as_str().map(str::to_owned);
        Self {
            id: text("id").expect("an id"),
            status: text("status").expect("a status"),
            vault_id: text("vault_id"),
            updated_at: text("updated_at"),
        }
    }
}

/// A request, and the response where there was one.
#[derive(Clone, Debug)]
pub struct Call {
    pub request: Request,
    pub response: Option<Response>,
}

/// What the service makes up itself: not known until a response shows it, and from then on always
/// the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Made<T> {
    Unseen,
    Seen(T),
}

impl<T: Clone + PartialEq> Made<T> {
    fn meets(&mut self, seen: &T) -> bool {
        match self {
            Self::Seen(known) => known == seen,
            Self::Unseen => {
                *self = Self::Seen(seen.clone());
                true
            }
        }
    }
}

/// The record, where there is one.
pub type State = Option<Share>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Share {
    id: Made<String>,
    status: &'static str,
    vault: Option<u8>,
    updated_at: Made<Option<String>>,
}

/// The member's vault of this number.
pub fn vault_id(project: usize, vault: u8) -> String {
    format!("b{project}000000-0000-4000-8000-00000000000{vault}")
}

/// The outcome of a request, whether or not the client learns it.
enum Outcome {
    Shown,
    Listed(Option<Option<u8>>),
    Deleted,
    Refused(&'static str),
}

fn outcome(state: &State, request: Request) -> (Outcome, State) {
    let fresh = || Share {
        id: Made::Unseen,
        status: "pending",
        vault: None,
        updated_at: Made::Seen(None),
    };
    let Some(share) = state else {
        // Without a record its member is a stranger, to whom the backup does not exist.
        return match request {
            Request::Add => (Outcome::Shown, Some(fresh())),
            Request::Delete | Request::ShowToOwner => {
                (Outcome::Refused("BackupService.6705"), None)
            }
            Request::ListToMember => (Outcome::Listed(None), None),
            _ => (Outcome::Refused("BackupService.6200"), None),
        };
    };
    let changed = |status, vault| match (share.status, share.vault) == (status, vault) {
        true => share.clone(),
        false => Share {
            id: share.id.clone(),
            status,
            vault,
            updated_at: Made::Unseen,
        },
    };
    let same = || Some(share.clone());
    match request {
        Request::Add => (Outcome::Refused("BackupService.6703"), same()),
        Request::Delete => (Outcome::Deleted, None),
        Request::ShowToOwner | Request::ShowToMember => (Outcome::Shown, same()),
        Request::ListToMember => {
            let listed = (share.status != "rejected").then_some(share.vault);
            (Outcome::Listed(listed), same())
        }
        Request::Reject => (Outcome::Shown, Some(changed("rejected", None))),
        Request::Postpone => (Outcome::Shown, Some(changed("pending", None))),
        Request::Accept(vault) if share.vault.is_some_and(|other| other != vault) => {
            (Outcome::Refused("BackupService.6708"), same())
        }
        Request::Accept(vault) => (Outcome::Shown, Some(changed("accepted", Some(vault)))),
    }
}

/// The state after a call, where the record can have given its response; `project` is the member's
/// number.
pub fn step(project: usize, state: &State, call: &Call) -> Option<State> {
    let (outcome, mut after) = outcome(state, call.request);
    let given = match (outcome, &call.response) {
        (_, None) => true,
        (Outcome::Refused(code), Some(Response::Refused(told))) => code == told,
        (Outcome::Deleted, Some(Response::Deleted)) => true,
        (Outcome::Listed(listed), Some(Response::Listed(told))) => {
            listed.map(|vault| vault.map(|vault| vault_id(project, vault))) == *told
        }
        (Outcome::Shown, Some(Response::Member(seen))) => after.as_mut().is_some_and(|share| {
            share.status == seen.status
                && share.vault.map(|vault| vault_id(project, vault)) == seen.vault_id
                && share.id.meets(&seen.id)
                && share.updated_at.meets(&seen.updated_at)
        }),
        _ => false,
    };
    given.then_some(after)
}
