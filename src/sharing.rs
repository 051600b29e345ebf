//! The use cases. Each asks the store for the facts, asks the rules, and lets the store carry
//! out what they decide, in one transaction. Who the caller is, and whether its role allows the
//! operation, was settled before.

use std::sync::Arc;

use uuid::Uuid;

use crate::{
    clock::Clock,
    identity::Identity,
    model::{
        BackupId, BackupQuery, Change, Error, ImageId, Listing, Member, ProjectId, Result,
        Selection, ShareId, VaultId, VaultQuery, VaultRecord, VaultSelection, VisibleBackup,
        facts::MemberSelection,
        page::{Page, PageQuery},
        rules::{self, Decision, ImageRefused, NewMembers},
    },
    store::Store,
};

/// The use cases, over a store.
pub struct Sharing {
    store: Arc<dyn Store>,
    identity: Arc<dyn Identity>,
    clock: Arc<dyn Clock>,
    member_limit: usize,
}

/// Who calls, about which backup.
#[derive(Clone, Debug)]
pub struct Target {
    /// The caller's project.
    pub caller: ProjectId,
    /// The backup.
    pub backup_id: BackupId,
}

impl Target {
    fn all_members(&self, vault: VaultSelection) -> Selection {
        Selection {
            backup_id: self.backup_id,
            members: MemberSelection::All,
            vault,
        }
    }

    fn one_member(&self, member: &ProjectId, vault: VaultSelection) -> Selection {
        Selection {
            members: MemberSelection::Of {
                caller: self.caller.clone(),
                member: member.clone(),
            },
            ..self.all_members(vault)
        }
    }
}

impl Sharing {
    /// `member_limit`: how many members a backup may have.
    pub fn new(
        store: Arc<dyn Store>,
        identity: Arc<dyn Identity>,
        clock: Arc<dyn Clock>,
        member_limit: usize,
    ) -> Self {
        Self {
            store,
            identity,
            clock,
            member_limit,
        }
    }

    /// Shares a backup with these projects, which the caller has checked to be distinct. All are
    /// added, or none; the result keeps their order.
    ///
    /// # Errors
    /// Those of [`rules::add_member`]; [`Error::Store`]; [`Error::IdentityUnavailable`].
    pub async fn add_member(
        &self,
        target: Target,
        projects: Vec<ProjectId>,
    ) -> Result<Vec<Member>> {
        let new = NewMembers {
            unknown: self.unknown(&projects).await?,
            members: projects
                .into_iter()
                .map(|project| (project, new_share_id()))
                .collect(),
            limit: self.member_limit,
            now: self.clock.now(),
        };
        let selection = target.all_members(VaultSelection::OfBackup);
        let rule = move |facts: &_| rules::add_member(facts, &target.caller, &new);
        match self.store.change(selection, Box::new(rule)).await? {
            Change::Add(members) => Ok(members),
            other => Err(unexpected(&other)),
        }
    }

    /// The caller's page of a backup's members.
    ///
    /// # Errors
    /// Those of [`rules::list_members`] and [`PageQuery::cut`]; [`Error::Store`].
    pub async fn list_members(&self, target: Target, query: PageQuery) -> Result<Page> {
        let selection = target.all_members(VaultSelection::None);
        let facts = self.store.load(&selection).await?;
        query.cut(rules::list_members(&facts, &target.caller)?)
    }

    /// One member of a backup.
    ///
    /// # Errors
    /// Those of [`rules::show_member`]; [`Error::Store`].
    pub async fn show_member(&self, target: Target, member: ProjectId) -> Result<Member> {
        let selection = target.one_member(&member, VaultSelection::None);
        let facts = self.store.load(&selection).await?;
        rules::show_member(&facts, &target.caller, &member)
    }

    /// Moves a share to the state that its member decided on. Repeating it changes nothing.
    ///
    /// # Errors
    /// Those of [`rules::update_member_status`]; [`Error::Store`].
    pub async fn update_member_status(
        &self,
        target: Target,
        member: ProjectId,
        decision: Decision,
    ) -> Result<Member> {
        let vault = match decision {
            Decision::Accept(Some(vault)) => VaultSelection::Named(vault),
            Decision::Accept(None) | Decision::Reject | Decision::Postpone => VaultSelection::None,
        };
        let selection = target.one_member(&member, vault);
        let now = self.clock.now();
        let rule = move |facts: &_| {
            rules::update_member_status(facts, &target.caller, &member, decision, now)
        };
        match self.store.change(selection, Box::new(rule)).await? {
            Change::Keep(member) | Change::Update { after: member, .. } => Ok(member),
            other => Err(unexpected(&other)),
        }
    }

    /// Stops sharing with a member.
    ///
    /// # Errors
    /// Those of [`rules::delete_member`]; [`Error::Store`].
    pub async fn delete_member(&self, target: Target, member: ProjectId) -> Result<()> {
        let selection = target.one_member(&member, VaultSelection::None);
        let rule = move |facts: &_| rules::delete_member(facts, &target.caller, &member);
        self.store.change(selection, Box::new(rule)).await.map(drop)
    }

    /// The caller's page of its own backups, and of those that are shared with it.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a marker that is not in the list; [`Error::Store`].
    pub async fn list_backups(
        &self,
        caller: ProjectId,
        query: BackupQuery,
    ) -> Result<Listing<VisibleBackup>> {
        let page = self.store.list_backups(&caller, &query).await?;
        let seen = page.items.into_iter().map(rules::listed_backup);
        Ok(Listing {
            items: seen.collect(),
            total: page.total,
        })
    }

    /// A backup, as far as the caller may see it.
    ///
    /// # Errors
    /// Those of [`rules::show_backup`]; [`Error::Store`].
    pub async fn show_backup(&self, target: Target) -> Result<VisibleBackup> {
        let found = self.store.find_backup(target.backup_id, &target.caller);
        rules::show_backup(found.await?, &target.caller)
    }

    /// The project's page of its vaults.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn list_vaults(
        &self,
        owner: ProjectId,
        query: VaultQuery,
    ) -> Result<Listing<VaultRecord>> {
        self.store.list_vaults(&owner, &query).await
    }

    /// A vault of the caller's project.
    ///
    /// # Errors
    /// Those of [`rules::show_vault`]; [`Error::Store`].
    pub async fn show_vault(&self, caller: &ProjectId, id: VaultId) -> Result<VaultRecord> {
        rules::show_vault(self.store.find_vault(id).await?, caller)
    }

    /// Whether the store reads and writes at present.
    ///
    /// # Errors
    /// [`Error::StoreUnavailable`], [`Error::Store`].
    pub async fn ready(&self) -> Result<()> {
        self.store.ready().await
    }

    /// Those of the projects that the identity service does not know.
    async fn unknown(&self, projects: &[ProjectId]) -> Result<Vec<ProjectId>> {
        let mut unknown = vec![];
        for project in projects {
            if !self.identity.knows_project(project).await? {
                unknown.push(project.clone());
            }
        }
        Ok(unknown)
    }
}

/// Sets the image that was registered from an accepted share, or clears it. No operation of the API:
/// operators do this on the store itself, beside servers. Repeating it changes nothing.
///
/// # Errors
/// What fails in the store.
pub async fn set_image(
    store: &dyn Store,
    clock: &dyn Clock,
    backup_id: BackupId,
    member: ProjectId,
    image: Option<ImageId>,
) -> Result<std::result::Result<Change, ImageRefused>> {
    let target = Target {
        caller: member.clone(),
        backup_id,
    };
    let selection = target.one_member(&member, VaultSelection::None);
    let now = clock.now();
    let rule = move |facts: &_| rules::set_image(facts, &member, image, now).map_err(Error::store);
    match store.change(selection, Box::new(rule)).await {
        // What the rule says comes back as it is.
        Err(Error::Store(source)) => match source.downcast::<ImageRefused>() {
            Ok(refused) => Ok(Err(*refused)),
            Err(source) => Err(Error::Store(source)),
        },
        done => done.map(Ok),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "only this makes ids of share records"
)]
fn new_share_id() -> ShareId {
    Uuid::new_v4().into()
}

fn unexpected(change: &Change) -> Error {
    Error::store(format!(
        "the store returned another change than the rule made: {change:?}"
    ))
}
