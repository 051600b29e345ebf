//! Lists as streams, fetched page by page as they are read.

use futures::{
    future::BoxFuture,
    stream::{self, Stream, TryStreamExt},
};

use reqwest::StatusCode;

use super::{
    Client, Error,
    builder::{ListBackups, ListMembers, ListVaults},
    types::{self, Backup, BackupId, Member, ProjectId, Vault},
};

type Result<T> = std::result::Result<T, Error<types::Error>>;

impl Client {
    /// All members of a backup that this caller may see, in the service's default order (latest
    /// first). [`ListMembers::stream`] does the same with filters and another order.
    ///
    /// Fetches `page_size` members at a time (1 to 1000), the next page when the one before was
    /// read; ends with an empty page, or with the first error. Members that are added meanwhile may
    /// be missed, none comes twice.
    pub fn members_stream(
        &self,
        project_id: ProjectId,
        backup_id: BackupId,
        page_size: u32,
    ) -> impl Stream<Item = Result<Member>> {
        let call = self.list_members().project_id(project_id);
        call.backup_id(backup_id).limit(page_size).stream()
    }

    /// All backups that the project owns, as [`Client::members_stream`]. [`ListBackups::stream`]
    /// does the same with filters, such as for those that are shared with the project.
    pub fn backups_stream(
        &self,
        project_id: ProjectId,
        page_size: u32,
    ) -> impl Stream<Item = Result<Backup>> {
        let call = self.list_backups().project_id(project_id);
        call.limit(page_size).stream()
    }

    /// All vaults of the project, as [`Client::members_stream`]; but a vault may come twice where
    /// others are made meanwhile. [`ListVaults::stream`] does the same with filters.
    pub fn vaults_stream(
        &self,
        project_id: ProjectId,
        page_size: u32,
    ) -> impl Stream<Item = Result<Vault>> {
        let call = self.list_vaults().project_id(project_id);
        call.limit(page_size).stream()
    }
}

/// How far a walk has come.
struct Position<I> {
    /// How many items were read.
    read: i64,
    /// The ids of the page that was read last, which is never empty.
    page: Vec<I>,
}

/// A call whose result comes in pages.
trait Paged: Clone + Sized {
    type Item;
    type Id: PartialEq + Clone;
    /// Whether a page is asked for by the id before it; else by how many items are before it.
    const BY_MARKER: bool;

    /// The first page.
    fn first(self) -> Self;

    /// The page after an item, which so many items were read up to.
    fn after(self, id: Self::Id, read: i64) -> Self;

    fn fetch<'c>(self) -> BoxFuture<'c, Result<Vec<Self::Item>>>
    where
        Self: 'c;

    fn id(item: &Self::Item) -> Self::Id;
}

macro_rules! streams {
    ($($call:ident: $item:ident, $id:ident, $list:ident, by $by:ident;)*) => {$(
        impl $call<'_> {
            /// All that the filters of this call select, in its order, from page to page of its
            /// limit. It begins with the first: an offset of the call is not used.
            pub fn stream(self) -> impl Stream<Item = Result<$item>> {
                walk(self)
            }
        }

        impl Paged for $call<'_> {
            type Item = $item;
            type Id = types::$id;
            const BY_MARKER: bool = streams!(@is_marker $by);

            fn first(self) -> Self {
                self.offset(0_i64)
            }

            fn after(self, id: Self::Id, read: i64) -> Self {
                streams!(@after $by, self, id, read)
            }

            fn fetch<'c>(self) -> BoxFuture<'c, Result<Vec<$item>>>
            where
                Self: 'c,
            {
                Box::pin(async { Ok(self.send().await?.into_inner().$list) })
            }

            fn id(item: &$item) -> Self::Id {
                item.id.clone()
            }
        }
    )*};
    (@is_marker marker) => { true };
    (@is_marker offset) => { false };
    (@after marker, $call:ident, $id:ident, $read:ident) => {{
        let _ = $read;
        $call.offset(0_i64).marker($id)
    }};
    (@after offset, $call:ident, $id:ident, $read:ident) => {{
        let _ = $id;
        $call.offset($read)
    }};
}

streams! {
    ListMembers: Member, ShareId, members, by marker;
    ListBackups: Backup, BackupId, backups, by marker;
    ListVaults: Vault, VaultId, vaults, by offset;
}

fn walk<C: Paged>(call: C) -> impl Stream<Item = Result<C::Item>> {
    let pages = stream::try_unfold((call, None), |(call, position)| next_page(call, position));
    pages
        .map_ok(|page| stream::iter(page.into_iter().map(Ok)))
        .try_flatten()
}

/// A page, and what the one after it is fetched with.
type FetchedPage<C> = (
    Vec<<C as Paged>::Item>,
    (C, Option<Position<<C as Paged>::Id>>),
);

async fn next_page<C: Paged>(
    call: C,
    position: Option<Position<C::Id>>,
) -> Result<Option<FetchedPage<C>>> {
    let mut page = match &position {
        None => call.clone().first().fetch().await?,
        Some(before) => fetch_after(&call, before).await?,
    };
    let ids: Vec<C::Id> = page.iter().map(C::id).collect();
    let Some(last) = ids.last() else {
        return Ok(None);
    };
    let mut read = page.len() as i64;
    if let Some(before) = position {
        if before.page.last() == Some(last) {
            // A service that does not know markers: it would go on for ever.
            return Err(Error::Custom(
                "the service answers every marker with the same page".to_owned(),
            ));
        }
        read += before.read;
        if C::BY_MARKER {
            // After a step back.
            page.retain(|item| !before.page.contains(&C::id(item)));
        }
    }
    Ok(Some((page, (call, Some(Position { read, page: ids })))))
}

/// The page after another. Its last item may be gone since, and is no marker then: so the one
/// before it is tried, then the second before that one, and so on in longer steps.
async fn fetch_after<C: Paged>(call: &C, before: &Position<C::Id>) -> Result<Vec<C::Item>> {
    let mut steps = 0;
    loop {
        let at = before.page.len().saturating_sub(1 + steps);
        let Some(id) = before.page.get(at) else {
            return Ok(vec![]);
        };
        match call.clone().after(id.clone(), before.read).fetch().await {
            Err(error) if C::BY_MARKER && at > 0 && is_refused(&error) => steps = 2 * steps + 1,
            outcome => return outcome,
        }
    }
}

/// Whether the service refused what was asked: of a walk, whose first page it gave, only the marker
/// can be meant.
fn is_refused(error: &Error<types::Error>) -> bool {
    error.status() == Some(StatusCode::BAD_REQUEST)
}
