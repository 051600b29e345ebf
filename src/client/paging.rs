//! All members of a backup as one stream, fetched page by page as it is read.

use futures::stream::{self, Stream, TryStreamExt};

use super::{
    Client, Error,
    types::{self, BackupId, Member, ProjectId, ShareId},
};

impl Client {
    /// All members of a backup that this caller may see, in the service's default order (latest
    /// first).
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
        let walk = Walk {
            client: self,
            project_id,
            backup_id,
            page_size,
            marker: None,
        };
        let pages = stream::try_unfold(walk, Walk::next);
        pages
            .map_ok(|page| stream::iter(page.into_iter().map(Ok)))
            .try_flatten()
    }
}

/// A walk over pages, and how far it has come.
struct Walk<'c> {
    client: &'c Client,
    project_id: ProjectId,
    backup_id: BackupId,
    page_size: u32,
    /// The last member that was read.
    marker: Option<ShareId>,
}

impl Walk<'_> {
    async fn next(mut self) -> Result<Option<(Vec<Member>, Self)>, Error<types::Error>> {
        let mut call = self.client.list_members().limit(self.page_size);
        call = call
            .project_id(self.project_id.clone())
            .backup_id(self.backup_id.clone());
        if let Some(marker) = &self.marker {
            call = call.marker(marker.clone());
        }
        let page = call.send().await?.into_inner().members;
        let Some(last) = page.last().map(|member| member.id.clone()) else {
            return Ok(None);
        };
        if self.marker.as_ref() == Some(&last) {
            // A service that does not know markers: it would go on for ever.
            return Err(Error::Custom(
                "the service answers every marker with the same page".to_owned(),
            ));
        }
        self.marker = Some(last);
        Ok(Some((page, self)))
    }
}
