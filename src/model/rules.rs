//! The rules of the operations: from the facts of the store to what may be seen or done.
//! Pure functions; the order of the checks in each is part of the contract.

mod image;
mod show;

pub use self::{
    image::{ImageRefused, set_image},
    show::{listed_backup, show_backup, show_vault},
};
use super::{
    Backup, BackupStatus, Change, Error, Facts, Member, MemberStatus, ProjectId, ProtectType,
    Result, ShareId, Vault, VaultId, VaultStatus, facts::Capacity,
};
use crate::timestamp::Timestamp;

/// The caller's relation to a backup. There is no stranger: to a stranger the backup does not
/// exist.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    Owner,
    Member,
}

/// The backup, as far as the caller may know of it.
fn visible<'a>(facts: &'a Facts, caller: &ProjectId) -> Result<(&'a Backup, Relation)> {
    let backup = facts.backup.as_ref().ok_or(Error::NoSuchBackup)?;
    if backup.project_id == *caller {
        Ok((backup, Relation::Owner))
    } else if facts.members.iter().any(|m| m.dest_project_id == *caller) {
        Ok((backup, Relation::Member))
    } else {
        Err(Error::NoSuchBackup)
    }
}

/// The member that the path names, as far as the caller may know of it: members do not see each
/// other.
fn visible_member<'a>(
    facts: &'a Facts,
    caller: &ProjectId,
    member: &ProjectId,
) -> Result<(&'a Backup, Relation, &'a Member)> {
    let (backup, relation) = visible(facts, caller)?;
    let found = facts
        .members
        .iter()
        .find(|m| m.dest_project_id == *member)
        .ok_or(Error::NoSuchMember)?;
    if relation == Relation::Member && found.dest_project_id != *caller {
        return Err(Error::NoSuchMember);
    }
    Ok((backup, relation, found))
}

/// The members that the caller may see: all for the owner, its own for a member.
///
/// # Errors
/// [`Error::NoSuchBackup`].
pub fn list_members(facts: &Facts, caller: &ProjectId) -> Result<Vec<Member>> {
    let (_, relation) = visible(facts, caller)?;
    let seen = |m: &&Member| relation == Relation::Owner || m.dest_project_id == *caller;
    Ok(facts.members.iter().filter(seen).cloned().collect())
}

/// The member that the path names.
///
/// # Errors
/// [`Error::NoSuchBackup`], [`Error::NoSuchMember`].
pub fn show_member(facts: &Facts, caller: &ProjectId, member: &ProjectId) -> Result<Member> {
    visible_member(facts, caller, member).map(|(_, _, found)| found.clone())
}

/// A request to share a backup: with whom, under which record ids, and when.
#[derive(Clone, Debug)]
pub struct NewMembers {
    /// The projects, each once, each with the id that its record gets.
    pub members: Vec<(ProjectId, ShareId)>,
    /// Those of them that the identity service does not know.
    pub unknown: Vec<ProjectId>,
    /// How many members a backup may have in total.
    pub limit: usize,
    /// The present.
    pub now: Timestamp,
}

/// Shares a backup with more projects: all of them, or none.
///
/// # Errors
/// The first rule that fails, in the order of `add_member` in the contract.
pub fn add_member(facts: &Facts, caller: &ProjectId, new: &NewMembers) -> Result<Change> {
    let (backup, relation) = visible(facts, caller)?;
    if relation != Relation::Owner {
        return Err(Error::NotTheOwner);
    }
    may_be_shared(backup, facts.vault.as_ref())?;
    let mut projects = new.members.iter().map(|(project, _)| project);
    if projects
        .clone()
        .any(|project| *project == backup.project_id)
    {
        return Err(Error::SharedWithOwner(backup.project_id.clone()));
    }
    if !new.unknown.is_empty() {
        return Err(Error::UnknownProjects(new.unknown.clone()));
    }
    let is_member =
        |project: &&ProjectId| facts.members.iter().any(|m| m.dest_project_id == **project);
    let members: Vec<_> = projects.by_ref().filter(is_member).cloned().collect();
    if !members.is_empty() {
        return Err(Error::AlreadyShared(members));
    }
    if facts.members.len() + new.members.len() > new.limit {
        return Err(Error::TooManyMembers {
            there: facts.members.len(),
            new: new.members.len(),
            limit: new.limit,
        });
    }
    let pending = |(project, id): &(ProjectId, ShareId)| {
        Member::pending(*id, backup.id, project.clone(), new.now)
    };
    Ok(Change::Add(new.members.iter().map(pending).collect()))
}

fn may_be_shared(backup: &Backup, vault: Option<&Vault>) -> Result<()> {
    if backup.object_type().is_none() {
        return Err(Error::ResourceTypeNotShareable(
            backup.resource_type.clone(),
        ));
    }
    if backup.status != BackupStatus::Available {
        return Err(Error::BackupNotAvailable(backup.status));
    }
    if backup.encrypted {
        return Err(Error::BackupEncrypted);
    }
    // A backup whose vault is gone is as little to be shared as one whose vault is going.
    if !vault.is_some_and(Vault::lets_share) {
        return Err(Error::VaultNotUsable {
            vault: backup.vault_id,
            status: vault.map(|vault| vault.status),
        });
    }
    Ok(())
}

/// What a member decides.
#[derive(Clone, Copy, Debug)]
pub enum Decision {
    /// Take the backup into this vault; `None` where the request names none.
    Accept(Option<VaultId>),
    /// Decline it, or let go of it.
    Reject,
    /// Leave it open (again).
    Postpone,
}

/// Moves a share to the state that its member decided on.
///
/// # Errors
/// The first rule that fails, in the order of `update_member_status` in the contract.
pub fn update_member_status(
    facts: &Facts,
    caller: &ProjectId,
    member: &ProjectId,
    decision: Decision,
    now: Timestamp,
) -> Result<Change> {
    let (backup, relation, before) = visible_member(facts, caller, member)?;
    // The owner may see the member, so the decision is not its own to make: 403, not 404.
    if relation == Relation::Owner {
        return Err(Error::MemberDecides {
            member: member.clone(),
        });
    }
    match decision {
        Decision::Accept(vault) => accept(facts, backup, before, vault, now),
        Decision::Reject => release(backup, before, MemberStatus::Rejected, now),
        Decision::Postpone => release(backup, before, MemberStatus::Pending, now),
    }
}

fn accept(
    facts: &Facts,
    backup: &Backup,
    before: &Member,
    vault: Option<VaultId>,
    now: Timestamp,
) -> Result<Change> {
    let named = vault.ok_or(Error::VaultNotNamed)?;
    // Repeated: whatever became of the vault meanwhile, the backup is in it.
    if before.vault_id == Some(named) {
        return Ok(Change::Keep(before.clone()));
    }
    let own = |v: &&Vault| v.project_id == before.dest_project_id;
    let vault = facts.vault.as_ref().filter(own).ok_or(Error::NoSuchVault)?;
    takes(vault, backup)?;
    if let Some(other) = before.vault_id {
        return Err(Error::AcceptedElsewhere(other));
    }
    if !vault.has_room_for(backup.megabytes()) {
        return Err(Error::VaultFull {
            vault: vault.id,
            free: vault.free(),
            needed: backup.megabytes(),
        });
    }
    let capacity = Capacity::Take(vault.id, backup.megabytes());
    Ok(Change::Update {
        before: before.clone(),
        after: before.accepted(vault.id, now),
        capacity,
    })
}

/// Whether a vault is made for such backups, and can be used.
fn takes(vault: &Vault, backup: &Backup) -> Result<()> {
    let is_of_type = backup.object_type() == Some(vault.object_type);
    if vault.protect_type != ProtectType::Backup || !is_of_type {
        return Err(Error::VaultTypeDiffers {
            vault: vault.id,
            object_type: vault.object_type,
            protect_type: vault.protect_type,
            resource_type: backup.resource_type.clone(),
        });
    }
    if vault.status != VaultStatus::Available {
        return Err(Error::VaultNotUsable {
            vault: vault.id,
            status: Some(vault.status),
        });
    }
    Ok(())
}

fn release(
    backup: &Backup,
    before: &Member,
    status: MemberStatus,
    now: Timestamp,
) -> Result<Change> {
    if before.status == status {
        return Ok(Change::Keep(before.clone()));
    }
    let after = before.released(status, now)?;
    Ok(Change::Update {
        before: before.clone(),
        after,
        capacity: freed(backup, before),
    })
}

/// Stops sharing with a member.
///
/// # Errors
/// The first rule that fails, in the order of `delete_member` in the contract.
pub fn delete_member(facts: &Facts, caller: &ProjectId, member: &ProjectId) -> Result<Change> {
    let (backup, relation, before) = visible_member(facts, caller, member)?;
    if relation != Relation::Owner {
        return Err(Error::OwnerRevokes);
    }
    before.may_let_go()?;
    Ok(Change::Delete {
        before: before.clone(),
        capacity: freed(backup, before),
    })
}

fn freed(backup: &Backup, before: &Member) -> Capacity {
    match before.vault_id {
        Some(vault) => Capacity::Free(vault, backup.megabytes()),
        None => Capacity::Same,
    }
}
