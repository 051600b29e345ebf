//! Lists as streams, fetched page by page as they are read.

use futures::stream::{self, Stream, TryStreamExt};

use super::{
    Client, Error,
    builder::ListMembers,
    types::{self, BackupId, Member, ProjectId, ShareId},
};

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
    ) -> impl Stream<Item = Result<Member, Error<types::Error>>> {
        let call = self.list_members().project_id(project_id);
        call.backup_id(backup_id).limit(page_size).stream()
    }
}

impl ListMembers<'_> {
    /// All members that this call selects, in its order, from page to page of its limit; as
    /// [`Client::members_stream`].
    pub fn stream(self) -> impl Stream<Item = Result<Member, Error<types::Error>>> {
        let pages = stream::try_unfold((self, None), |(call, marker)| next_page(call, marker));
        pages
            .map_ok(|page| stream::iter(page.into_iter().map(Ok)))
            .try_flatten()
    }
}

/// A page, and what the one after it is fetched with.
type FetchedPage<'c> = (Vec<Member>, (ListMembers<'c>, Option<ShareId>));

/// The page after `marker`, the last member that was read.
async fn next_page(
    call: ListMembers<'_>,
    marker: Option<ShareId>,
) -> Result<Option<FetchedPage<'_>>, Error<types::Error>> {
    let after = match &marker {
        Some(marker) => call.clone().marker(marker.clone()),
        None => call.clone(),
    };
    let page = after.send().await?.into_inner().members;
    let Some(last) = page.last().map(|member| member.id.clone()) else {
        return Ok(None);
    };
    if marker.as_ref() == Some(&last) {
        // A service that does not know markers: it would go on for ever.
        return Err(Error::Custom(
            "the service answers every marker with the same page".to_owned(),
        ));
    }
    Ok(Some((page, (call, Some(last)))))
}
