//! What a list must be, worked out on values: all that there is, as its caller may see it.

use std::cmp::Ordering;

use backup_share::{
    model::{
        BackupQuery, BackupRecord, BackupStatus, Listing, Member, MemberStatus, OfferedBackup,
        ProjectId, Result, listing::BackupSortKey, page::SortDirection,
    },
    store::Catalog,
};

/// The list of a project.
pub fn list(
    catalog: &Catalog,
    caller: &ProjectId,
    query: &BackupQuery,
) -> Result<Listing<OfferedBackup>> {
    let mut all: Vec<_> = catalog
        .backups
        .iter()
        .filter_map(|record| offered(catalog, record, caller))
        .filter(|backup| meets(backup, query))
        .collect();
    all.sort_by(|a, b| ordered(a, b, query));
    let total = all.len() as u64;
    let named = |id| {
        let named = catalog.backups.iter().find(|b| b.backup.id == id)?;
        let listed = |backup: &OfferedBackup| match &backup.member {
            None => query.own_type.has_own(),
            Some(_) => query.own_type.has_shared(),
        };
        offered(catalog, named, caller).filter(listed)
    };
    let marker = match query.marker.map(named) {
        Some(None) => return Err(BackupQuery::unknown_marker()),
        marker => marker.flatten(),
    };
    let behind = |backup: &OfferedBackup| {
        marker
            .as_ref()
            .is_none_or(|marker| ordered(backup, marker, query).is_gt())
    };
    let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
    let items = all.into_iter().filter(behind).skip(offset);
    Ok(Listing {
        items: items.take(query.limit).collect(),
        total,
    })
}

fn offered(catalog: &Catalog, record: &BackupRecord, caller: &ProjectId) -> Option<OfferedBackup> {
    let is_own = record.backup.project_id == *caller;
    let mine = |member: &&Member| {
        member.backup_id == record.backup.id && member.dest_project_id == *caller
    };
    let member = catalog.members.iter().find(mine).cloned();
    let record = record.clone();
    (is_own || member.is_some()).then_some(OfferedBackup { record, member })
}

/// Whether all of it is shown: what is not, meets no filter.
fn is_whole(backup: &OfferedBackup) -> bool {
    let status = backup.member.as_ref().map(|member| member.status);
    matches!(status, None | Some(MemberStatus::Accepted))
}

/// A status of an older version is shown as the one that stands for it.
fn shown(status: BackupStatus) -> BackupStatus {
    match status {
        BackupStatus::Unavailable => BackupStatus::Error,
        other => other,
    }
}

fn meets(backup: &OfferedBackup, query: &BackupQuery) -> bool {
    let (own, details) = (&backup.record.backup, &backup.record.details);
    let share = backup.member.as_ref();
    let is_asked_for = match share {
        None => query.own_type.has_own() && query.member_status.is_none(),
        Some(share) => {
            query.own_type.has_shared()
                && match query.member_status {
                    None => share.status != MemberStatus::Rejected,
                    Some(status) => share.status == status,
                }
        }
    };
    let is = |asked: &Option<String>, has: &str| asked.as_ref().is_none_or(|asked| asked == has);
    let shown = is(&query.name, &own.name)
        && is(&query.resource_type, &own.resource_type)
        && (query.status.is_empty() || query.status.contains(&shown(own.status)))
        && query
            .start_time
            .is_none_or(|from| details.created_at.is_some_and(|at| at >= from))
        && query
            .end_time
            .is_none_or(|to| details.created_at.is_some_and(|at| at <= to));
    is_asked_for && shown && !query.matches_none && meets_hidden(backup, query)
}

fn meets_hidden(backup: &OfferedBackup, query: &BackupQuery) -> bool {
    let details = &backup.record.details;
    let whole = is_whole(backup);
    let vault = match &backup.member {
        None => Some(backup.record.backup.vault_id),
        Some(share) => share.vault_id,
    };
    let project = details.enterprise_project_id.as_deref().unwrap_or("0");
    let asks = [
        query.vault_id.map(|asked| vault == Some(asked)),
        query
            .checkpoint_id
            .map(|asked| details.checkpoint_id == Some(asked)),
        query
            .parent_id
            .map(|asked| details.parent_id == Some(asked)),
        query
            .resource_id
            .as_ref()
            .map(|asked| details.resource_id.as_ref() == Some(asked)),
        query
            .resource_name
            .as_ref()
            .map(|asked| details.resource_name.as_ref() == Some(asked)),
        query
            .image_type
            .as_ref()
            .map(|asked| details.image_type.as_ref() == Some(asked)),
        query
            .enterprise_project_id
            .as_ref()
            .map(|asked| project == asked),
    ];
    asks.into_iter().flatten().all(|met| met && whole)
}

fn ordered(a: &OfferedBackup, b: &OfferedBackup, query: &BackupQuery) -> Ordering {
    let keys = query.sort.keys().iter();
    let orders = keys.map(|(key, direction)| match direction {
        SortDirection::Ascending => by(*key, a, b),
        SortDirection::Descending => by(*key, b, a),
    });
    orders
        .into_iter()
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn by(key: BackupSortKey, a: &OfferedBackup, b: &OfferedBackup) -> Ordering {
    let of = |backup: &OfferedBackup| {
        let (own, details) = (&backup.record.backup, &backup.record.details);
        let whole = is_whole(backup);
        // What is absent comes before everything.
        match key {
            BackupSortKey::CreatedAt => (details.created_at, String::new()),
            BackupSortKey::UpdatedAt => (details.updated_at.filter(|_| whole), String::new()),
            BackupSortKey::ProtectedAt => (details.protected_at.filter(|_| whole), String::new()),
            BackupSortKey::Name => (None, own.name.clone()),
            BackupSortKey::Status => (None, shown(own.status).to_string()),
            BackupSortKey::Id => (None, own.id.to_string()),
        }
    };
    of(a).cmp(&of(b))
}
