//! Lists as streams, fetched page by page as they are read.

use futures::{
    future::BoxFuture,
    stream::{self, Stream, TryStreamExt},
};

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
struct Position<M> {
    /// How many items were read.
    read: i64,
    /// The id of the last one.
    last: M,
}

/// A call whose result comes in pages.
trait Paged: Clone + Sized {
    type Item;
    type Id: PartialEq;

    /// The page after a position.
    fn page<'c>(self, after: Option<&Position<Self::Id>>) -> BoxFuture<'c, Result<Vec<Self::Item>>>
    where
        Self: 'c;

    fn id(item: &Self::Item) -> Self::Id;
}

macro_rules! streams {
    ($($call:ident: $item:ident, $id:ident, $list:ident, by $position:ident($after:ident => $value:expr);)*) => {$(
        impl $call<'_> {
            /// All that this call selects, in its order, from page to page of its limit.
            pub fn stream(self) -> impl Stream<Item = Result<$item>> {
                walk(self)
            }
        }

        impl Paged for $call<'_> {
            type Item = $item;
            type Id = types::$id;

            fn page<'c>(
                self,
                after: Option<&Position<Self::Id>>,
            ) -> BoxFuture<'c, Result<Vec<$item>>>
            where
                Self: 'c,
            {
                let call = match after {
                    Some($after) => self.$position($value),
                    None => self,
                };
                Box::pin(async { Ok(call.send().await?.into_inner().$list) })
            }

            fn id(item: &$item) -> Self::Id {
                item.id.clone()
            }
        }
    )*};
}

streams! {
    ListMembers: Member, ShareId, members, by marker(after => after.last.clone());
    ListBackups: Backup, BackupId, backups, by marker(after => after.last.clone());
    ListVaults: Vault, VaultId, vaults, by offset(after => after.read);
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
    let page = call.clone().page(position.as_ref()).await?;
    let Some(last) = page.last().map(C::id) else {
        return Ok(None);
    };
    if position.as_ref().is_some_and(|before| before.last == last) {
        // A service that does not know markers: it would go on for ever.
        return Err(Error::Custom(
            "the service answers every marker with the same page".to_owned(),
        ));
    }
    let read = position.map_or(0, |before| before.read) + page.len() as i64;
    Ok(Some((page, (call, Some(Position { read, last })))))
}
