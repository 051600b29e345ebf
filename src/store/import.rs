//! A store written from end to end, with records as another one had them.

use async_trait::async_trait;

use super::{Export, Record};
use crate::model::Result;

/// A store that takes records as they are. While a copy into it is unfinished no server starts on
/// it.
#[async_trait]
pub trait Import: Send + Sync {
    /// The same store, to be read.
    fn written(&self) -> &dyn Export;

    /// Whether a copy was begun and has not been finished.
    async fn is_unfinished(&self) -> Result<bool>;

    /// Notes that a copy has begun. Once more changes nothing.
    async fn begin(&self) -> Result<()>;

    /// Writes records, all or none of them, durable when it returns. What they refer to must be there
    /// already, or come before them. A record whose key is taken is left out, so that this may be
    /// repeated.
    async fn insert(&self, records: Vec<Record>) -> Result<()>;

    /// Deletes every record.
    async fn clear(&self) -> Result<()>;

    /// Notes that the copy is whole.
    async fn finish(&self) -> Result<()>;
}
