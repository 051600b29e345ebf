//! Lists of backups and vaults: what must be in them, in which order, and how they are walked.

pub mod expected;
mod world;

use std::{collections::HashSet, sync::Arc};

use backup_share::{
    catalog,
    clock::{Clock, SystemClock},
    model::{
        BackupDetails, BackupId, BackupQuery, BackupRecord, BackupStatus, Change, Error, Listing,
        Member, MemberStatus, ObjectType, OfferedBackup, OwnType, Selection, VaultDetails,
        VaultQuery, VaultSelection,
        facts::{Capacity, MemberSelection},
        listing::BackupSortKey,
    },
    store::{Catalog, Loaded, Store},
    timestamp::Timestamp,
};
use uuid::Uuid;

use self::world::{ME, MY_VAULT, OTHER, accepted_by, me, time};
use super::suite::{Any, pending, project};

const OWN_TYPES: [OwnType; 3] = [OwnType::Private, OwnType::Shared, OwnType::AllGranted];

async fn with_world(store: &Any) -> Catalog {
    let catalog = world::catalog();
    store.load_catalog(catalog.clone()).await.expect("loaded");
    catalog
}

async fn list(store: &Any, query: &BackupQuery) -> Listing<OfferedBackup> {
    store.list_backups(&me(), query).await.expect("a list")
}

fn ids(listing: &Listing<OfferedBackup>) -> Vec<BackupId> {
    let ids = listing.items.iter().map(|item| item.record.backup.id);
    ids.collect()
}

async fn is_as_expected(store: &Any, catalog: &Catalog, query: &BackupQuery) -> u64 {
    let found = list(store, query).await;
    let expected = expected::list(catalog, &me(), query).expect("a good query");
    assert_eq!(found.total, expected.total, "{query:?}");
    assert_eq!(ids(&found), ids(&expected), "{query:?}");
    assert_eq!(found, expected, "{query:?}");
    expected.total
}

pub async fn a_backup_is_found_by_its_owner_and_by_those_it_is_shared_with(store: Any) {
    let catalog = with_world(&store).await;
    for record in &catalog.backups {
        let id = record.backup.id;
        for caller in [ME, OTHER, "carol", "mallory"] {
            let caller = project(caller);
            let share = catalog
                .members
                .iter()
                .find(|m| m.backup_id == id && m.dest_project_id == caller);
            let may_see = record.backup.project_id == caller || share.is_some();
            let found = store.find_backup(id, &caller).await.expect("a look");
            let expected = may_see.then(|| OfferedBackup {
                record: record.clone(),
                member: share.cloned(),
            });
            assert_eq!(found, expected, "{caller} looks for {id}");
        }
    }
    let none = store.find_backup(Uuid::max().into(), &me()).await;
    assert_eq!(none.expect("a look"), None);
}

pub async fn every_filter_finds_what_the_caller_may_see(store: Any) {
    let catalog = with_world(&store).await;
    for own_type in OWN_TYPES {
        for member_status in [
            None,
            Some(MemberStatus::Pending),
            Some(MemberStatus::Accepted),
            Some(MemberStatus::Rejected),
        ] {
            let query = BackupQuery {
                own_type,
                member_status,
                ..BackupQuery::default()
            };
            is_as_expected(&store, &catalog, &query).await;
            let mut found = 0;
            for filtered in world::filters(&query) {
                found += is_as_expected(&store, &catalog, &filtered).await;
            }
            assert!(
                found > 0 || own_type == OwnType::Private && member_status.is_some(),
                "the filters find something: {own_type} {member_status:?}"
            );
        }
        let nothing = BackupQuery {
            own_type,
            matches_none: true,
            ..BackupQuery::default()
        };
        assert_eq!(list(&store, &nothing).await, Listing::empty());
    }
}

/// Each key both ways, by itself and before another.
fn orders() -> Vec<String> {
    let terms: Vec<String> = BackupSortKey::WORDS
        .iter()
        .flat_map(|key| [format!("{key}:asc"), format!("{key}:desc")])
        .collect();
    let pairs = terms
        .iter()
        .flat_map(|first| terms.iter().map(move |second| format!("{first},{second}")));
    let three = "status:asc,name:desc,updated_at:asc,protected_at:desc".to_owned();
    terms.iter().cloned().chain(pairs).chain([three]).collect()
}

pub async fn every_order_holds_both_ways_with_gaps_and_ties(store: Any) {
    let catalog = with_world(&store).await;
    for own_type in OWN_TYPES {
        for order in orders() {
            let query = BackupQuery {
                own_type,
                sort: order.parse().expect("an order"),
                ..BackupQuery::default()
            };
            is_as_expected(&store, &catalog, &query).await;
            // From the middle of it, and skipping some.
            let all = ids(&list(&store, &query).await);
            let middle = BackupQuery {
                marker: Some(all[all.len() / 2]),
                offset: 2,
                limit: 3,
                ..query.clone()
            };
            is_as_expected(&store, &catalog, &middle).await;
        }
    }
}

/// The ids of all pages, and how many pages there were.
async fn walked(store: &Any, query: &BackupQuery, by_marker: bool) -> Vec<BackupId> {
    let mut query = query.clone();
    let mut walked = vec![];
    loop {
        let page = ids(&list(store, &query).await);
        assert!(page.len() <= query.limit);
        let Some(last) = page.last() else {
            return walked;
        };
        match by_marker {
            true => query.marker = Some(*last),
            false => query.offset += page.len() as u64,
        }
        walked.extend(page);
    }
}

pub async fn both_walks_meet_each_item_once_and_end(store: Any) {
    let catalog = with_world(&store).await;
    for own_type in OWN_TYPES {
        for order in [
            "created_at",
            "created_at:asc",
            "updated_at,name:asc",
            "status:asc",
        ] {
            let query = BackupQuery {
                own_type,
                sort: order.parse().expect("an order"),
                ..BackupQuery::default()
            };
            let all = ids(&expected::list(&catalog, &me(), &query).expect("a good query"));
            let query = BackupQuery { limit: 7, ..query };
            assert_eq!(
                walked(&store, &query, true).await,
                all,
                "{order} by markers"
            );
            assert_eq!(
                walked(&store, &query, false).await,
                all,
                "{order} by offsets"
            );
        }
        for offset in [all_of(&catalog), u64::from(u32::MAX), u64::MAX] {
            let beyond = BackupQuery {
                own_type,
                offset,
                ..BackupQuery::default()
            };
            let page = list(&store, &beyond).await;
            assert!(page.items.is_empty(), "nothing is past the end");
            assert!(page.total > 0, "and the total is what it is");
        }
    }
}

fn all_of(catalog: &Catalog) -> u64 {
    catalog.backups.len() as u64
}

fn about(id: BackupId) -> Selection {
    Selection {
        backup_id: id,
        members: MemberSelection::All,
        vault: VaultSelection::None,
    }
}

async fn share(store: &dyn Store, member: Member) {
    let (id, change) = (member.backup_id, Change::Add(vec![member]));
    let add = store.change(about(id), Box::new(move |_| Ok(change.clone())));
    add.await.expect("shared");
}

async fn revoke(store: &dyn Store, member: Member) {
    let id = member.backup_id;
    let change = Change::Delete {
        before: member,
        capacity: Capacity::Same,
    };
    let delete = store.change(about(id), Box::new(move |_| Ok(change.clone())));
    delete.await.expect("revoked");
}

/// Those that are shared all the while are met once each, those that come and go at most once.
pub async fn a_walk_ends_while_shares_come_and_go(store: Any) {
    let catalog = world::shared_with_me(600);
    store.load_catalog(catalog.clone()).await.expect("loaded");
    let (coming, lasting) = catalog.members.split_at(100);
    let lasting: HashSet<_> = lasting.iter().map(|member| member.backup_id).collect();
    let changing = Arc::clone(&store);
    let coming = coming.to_vec();
    let (done, ended) = tokio::sync::watch::channel(false);
    let others = tokio::spawn(async move {
        let mut rounds = 0;
        while !*ended.borrow() {
            for member in &coming {
                revoke(changing.as_ref(), member.clone()).await;
            }
            for member in &coming {
                share(changing.as_ref(), member.clone()).await;
            }
            rounds += 1;
        }
        rounds
    });
    for order in ["created_at:desc", "name:asc"] {
        let query = BackupQuery {
            own_type: OwnType::Shared,
            sort: order.parse().expect("an order"),
            limit: 20,
            ..BackupQuery::default()
        };
        let met = walk_past_revoked(&store, &query).await;
        let once: HashSet<_> = met.iter().copied().collect();
        assert_eq!(once.len(), met.len(), "{order}: nothing is met twice");
        assert!(once.is_superset(&lasting), "{order}: what stays is met");
    }
    done.send(true).expect("it waits for that");
    assert!(others.await.expect("no panic") > 0, "shares came and went");
}

/// By markers. One that was revoked meanwhile is refused; the one before it is tried then, as a
/// client does.
async fn walk_past_revoked(store: &Any, query: &BackupQuery) -> Vec<BackupId> {
    let mut query = query.clone();
    let mut met: Vec<BackupId> = vec![];
    let mut back = 0;
    loop {
        query.marker = met.len().checked_sub(1 + back).map(|at| met[at]);
        match store.list_backups(&me(), &query).await {
            Ok(page) if page.items.is_empty() => return met,
            Ok(page) => {
                met.truncate(met.len() - back);
                met.extend(ids(&page));
                back = 0;
            }
            Err(Error::Malformed { .. }) => back += 1,
            Err(error) => panic!("{error}"),
        }
    }
}

pub async fn a_marker_from_elsewhere_is_refused(store: Any) {
    let catalog = with_world(&store).await;
    let first = |own_type| {
        let query = BackupQuery {
            own_type,
            ..BackupQuery::default()
        };
        ids(&expected::list(&catalog, &me(), &query).expect("a good query"))[0]
    };
    let is_foreign = |record: &&BackupRecord| {
        let mut members = catalog.members.iter();
        let is_mine = |m: &Member| m.backup_id == record.backup.id && m.dest_project_id == me();
        record.backup.project_id != me() && !members.any(is_mine)
    };
    let stranger = catalog.backups.iter().find(is_foreign);
    let stranger = stranger
        .expect("a backup that is not shared with me")
        .backup
        .id;
    let (own, theirs) = (first(OwnType::Private), first(OwnType::Shared));
    for (own_type, markers) in [
        (OwnType::Private, vec![theirs, stranger, Uuid::max().into()]),
        (OwnType::Shared, vec![own, stranger, Uuid::max().into()]),
        (OwnType::AllGranted, vec![stranger, Uuid::max().into()]),
    ] {
        for marker in markers {
            let query = BackupQuery {
                own_type,
                marker: Some(marker),
                ..BackupQuery::default()
            };
            let refused = store.list_backups(&me(), &query).await;
            let refused = refused.expect_err("a marker of another list").to_string();
            let expected = BackupQuery::unknown_marker().to_string();
            assert_eq!(refused, expected, "it does not say what there is elsewhere");
            assert!(refused.starts_with("query parameter marker: "), "{refused}");
        }
    }
}

/// Who accepts what it walks over is not thrown out of its walk.
pub async fn a_marker_that_meets_the_filters_no_more_is_still_a_place(store: Any) {
    let catalog = with_world(&store).await;
    let accepted = catalog
        .members
        .iter()
        .find(|m| m.dest_project_id == me() && m.status == MemberStatus::Accepted);
    let query = BackupQuery {
        own_type: OwnType::Shared,
        member_status: Some(MemberStatus::Pending),
        marker: Some(accepted.expect("an accepted share").backup_id),
        ..BackupQuery::default()
    };
    is_as_expected(&store, &catalog, &query).await;
}

pub async fn ten_thousand_shares_are_walked_to_the_end(store: Any) {
    const MANY: usize = 10_000;
    let catalog = world::shared_with_me(MANY);
    store.load_catalog(catalog.clone()).await.expect("loaded");
    for (own_type, caller) in [
        (OwnType::Shared, me()),
        (OwnType::AllGranted, me()),
        (OwnType::Private, project(OTHER)),
    ] {
        for by_marker in [true, false] {
            let mut query = BackupQuery {
                own_type,
                ..BackupQuery::default()
            };
            let mut met = HashSet::new();
            let mut last = None;
            loop {
                let page = store.list_backups(&caller, &query).await.expect("a page");
                assert_eq!(page.total, MANY as u64);
                let Some(item) = page.items.last() else { break };
                match by_marker {
                    true => query.marker = Some(item.record.backup.id),
                    false => query.offset += page.items.len() as u64,
                }
                for item in &page.items {
                    let place = (item.record.details.created_at, item.record.backup.id);
                    assert!(last.is_none_or(|last| last > place), "the youngest first");
                    last = Some(place);
                }
                met.extend(ids(&page));
            }
            assert_eq!(met.len(), MANY, "{own_type}, by markers: {by_marker}");
        }
    }
}

pub async fn each_acknowledged_write_is_in_the_next_list(store: Any) {
    let catalog = world::shared_with_me(64);
    store.load_catalog(catalog.clone()).await.expect("loaded");
    let each = catalog.members.into_iter().map(|member| {
        let store = Arc::clone(&store);
        async move {
            let query = BackupQuery {
                own_type: OwnType::Shared,
                name: Some(world::name_of(&member)),
                ..BackupQuery::default()
            };
            for _ in 0..10 {
                revoke(store.as_ref(), member.clone()).await;
                assert_eq!(list(&store, &query).await, Listing::empty(), "revoked");
                share(store.as_ref(), member.clone()).await;
                let found = list(&store, &query).await;
                let shares: Vec<_> = found.items.into_iter().map(|item| item.member).collect();
                assert_eq!(shares, [Some(member.clone())], "shared");
            }
        }
    });
    futures::future::join_all(each).await;
}

pub async fn a_data_file_changes_the_order_and_loaded_twice_nothing(store: Any) {
    let mut catalog = with_world(&store).await;
    let all = catalog.projects.len()
        + catalog.vaults.len()
        + catalog.backups.len()
        + catalog.members.len();
    let again = store.load_catalog(catalog.clone()).await.expect("loaded");
    let unchanged = Loaded {
        unchanged: all,
        ..Loaded::default()
    };
    assert_eq!(again, unchanged, "details and all");
    // The other way round, and some without a time.
    for (at, record) in catalog.backups.iter_mut().enumerate() {
        let moved = record.details.created_at.map(Timestamp::as_micros);
        let moved = moved.map(|micros| time(-micros / 1_000_000));
        record.details.created_at = moved.filter(|_| at % 7 != 0);
    }
    let changed = store.load_catalog(catalog.clone()).await.expect("loaded");
    assert!(changed.changed > 0 && changed.added == 0, "{changed:?}");
    for own_type in OWN_TYPES {
        for order in ["created_at:desc", "created_at:asc"] {
            let query = BackupQuery {
                own_type,
                sort: order.parse().expect("an order"),
                ..BackupQuery::default()
            };
            is_as_expected(&store, &catalog, &query).await;
        }
    }
    // What a file does not say any more is reset.
    for record in &mut catalog.backups {
        record.details = Default::default();
    }
    store.load_catalog(catalog.clone()).await.expect("loaded");
    let query = BackupQuery {
        own_type: OwnType::AllGranted,
        ..BackupQuery::default()
    };
    is_as_expected(&store, &catalog, &query).await;
}

/// Both notations of a time, and every field.
const DETAILS: &str = "
projects: [{id: owner, name: owner}]
vaults:
- {id: 00000000-0000-0000-0000-000000000002, project_id: owner, name: v, object_type: turbo,
   protect_type: backup, status: available, size: 9, description: vd, enterprise_project_id: ve,
   created_at: '2020-02-21T08:07:25.114+01:00'}
backups:
- {id: 00000000-0000-0000-0000-000000000001, project_id: owner, name: b, resource_size: 1,
   vault_id: 00000000-0000-0000-0000-000000000002, resource_type: 'OS::Nova::Server',
   status: waiting_restore, description: bd, created_at: '2020-02-21T07:07:25.114',
   updated_at: 2020-02-21T07:07:26Z, protected_at: '2020-02-21T07:07:27+00:00',
   expired_at: 2020-02-21T07:07:28.000001, resource_id: ri, resource_name: rn, image_type: it,
   checkpoint_id: 00000000-0000-0000-0000-000000000003, enterprise_project_id: be,
   parent_id: 00000000-0000-0000-0000-000000000004}
";

pub async fn a_data_file_says_all_that_is_shown(store: Any) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let load = catalog::load_text("details.yaml", DETAILS, store.as_ref(), &clock);
    assert_eq!(load.await.expect("loaded").added, 3);
    let made = 1_582_268_845_114_000;
    let later = |micros: i64| Timestamp::from_micros(made + micros);
    let (owner, some) = (project("owner"), |text: &str| Some(text.to_owned()));
    let found = store.find_backup(Uuid::from_u128(1).into(), &owner).await;
    let record = found.expect("a look").expect("a backup").record;
    assert_eq!(record.backup.status, BackupStatus::WaitingRestore);
    let expected = BackupDetails {
        description: some("bd"),
        created_at: later(0),
        updated_at: later(886_000),
        protected_at: later(1_886_000),
        expired_at: later(2_886_001),
        resource_id: some("ri"),
        resource_name: some("rn"),
        image_type: some("it"),
        checkpoint_id: Some(Uuid::from_u128(3)),
        parent_id: Some(Uuid::from_u128(4)),
        enterprise_project_id: some("be"),
    };
    assert_eq!(record.details, expected);
    let found = store.find_vault(Uuid::from_u128(2).into()).await;
    let record = found.expect("a look").expect("a vault");
    assert_eq!(record.vault.object_type, ObjectType::Turbo);
    let expected = VaultDetails {
        description: some("vd"),
        created_at: later(0),
        enterprise_project_id: some("ve"),
    };
    assert_eq!(record.details, expected);
}

pub async fn vaults_are_listed_with_what_shares_take_of_them(store: Any) {
    let catalog = with_world(&store).await;
    let taken = |vault| accepted_by(&catalog, vault);
    let mut mine: Vec<_> = catalog
        .vaults
        .iter()
        .filter(|record| record.vault.project_id == me())
        .cloned()
        .collect();
    for record in &mut mine {
        record.vault.used += taken(record.vault.id);
    }
    assert!(
        taken(Uuid::from_u128(MY_VAULT).into()) > 0,
        "something is accepted"
    );
    mine.sort_by_key(|record| std::cmp::Reverse((record.details.created_at, record.vault.id)));
    let all = store.list_vaults(&me(), &VaultQuery::default()).await;
    let all = all.expect("a list");
    assert_eq!((all.total, &all.items), (mine.len() as u64, &mine));
    for record in &mine {
        let found = store.find_vault(record.vault.id).await.expect("a look");
        assert_eq!(found.as_ref(), Some(record));
    }
    for query in world::vault_filters() {
        let found = store.list_vaults(&me(), &query).await.expect("a list");
        let expected = mine.iter().filter(|record| world::meets(record, &query));
        let expected: Vec<_> = expected.cloned().collect();
        assert_eq!(found.total, expected.len() as u64, "{query:?}");
        assert_eq!(found.items, expected, "{query:?}");
    }
    for offset in 0..=mine.len() {
        let query = VaultQuery {
            offset: offset as u64,
            limit: 2,
            ..VaultQuery::default()
        };
        let found = store.list_vaults(&me(), &query).await.expect("a list");
        let expected: Vec<_> = mine.iter().skip(offset).take(2).cloned().collect();
        assert_eq!((found.total, found.items), (mine.len() as u64, expected));
    }
    let nothing = VaultQuery {
        matches_none: true,
        ..VaultQuery::default()
    };
    let found = store.list_vaults(&me(), &nothing).await.expect("a list");
    assert_eq!(found, Listing::empty());
    let stranger = store
        .list_vaults(&project("mallory"), &VaultQuery::default())
        .await;
    assert_eq!(stranger.expect("a list"), Listing::empty());
    let none = store.find_vault(Uuid::max().into()).await.expect("a look");
    assert_eq!(none, None);
}

/// A share that `shared` makes, for `world`.
fn pending_share(number: u128, backup: BackupId, dest: &str) -> Member {
    Member {
        backup_id: backup,
        ..pending(number, dest)
    }
}

/// All statuses that a store can hold.
fn statuses() -> impl Iterator<Item = BackupStatus> {
    BackupStatus::WORDS
        .iter()
        .map(|word| word.parse().expect("a status"))
}
