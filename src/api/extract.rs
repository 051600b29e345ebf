//! Out of the head of a request: the ids of the path, and the query. Bounds are the contract's,
//! whose check precedes the reading of each; here a text becomes a value of the model.

use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use percent_encoding::percent_decode_str;

use super::{app::App, problem::Problem};
use crate::{
    contract::check,
    model::{Error, Operation, ProjectId, Result, page::PageQuery},
};

/// The text of a path parameter, percent-decoded; `None` where the path has none of this name.
pub(super) fn named<'p>(path: &'p RawPathParams, name: &str) -> Option<&'p str> {
    path.iter()
        .find(|(key, _)| *key == name)
        .map(|(_, text)| text)
}

/// The id that the path has under a name.
pub(super) fn path_id<T: FromStr<Err: ToString>>(path: &RawPathParams, name: &str) -> Result<T> {
    let id = named(path, name).unwrap_or_default().parse();
    id.map_err(|error: T::Err| Error::malformed(format!("path parameter {name}"), error))
}

/// The `member_id` of the path.
pub(super) struct MemberId(pub ProjectId);

impl FromRequestParts<App> for MemberId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> std::result::Result<Self, Problem> {
        let path = RawPathParams::from_request_parts(parts, &()).await;
        // It was read before, for the permission.
        let path = path.map_err(|_| Error::NotAuthorized)?;
        Ok(Self(path_id(&path, "member_id")?))
    }
}

/// The query of `list_members`.
pub(super) struct ListQuery(pub PageQuery);

impl FromRequestParts<App> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> std::result::Result<Self, Problem> {
        let pairs = pairs(parts.uri.query().unwrap_or_default())?;
        check::of(Operation::ListMembers).request.query(&pairs)?;
        Ok(Self(page_query(&pairs)?))
    }
}

/// How many members a page has where the query does not say.
const DEFAULT_LIMIT: usize = 1000;

/// Names and texts, decoded.
fn pairs(query: &str) -> Result<Vec<(String, String)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs
        .map(|(name, text)| Ok((decoded(name)?, decoded(text)?)))
        .collect()
}

pub(super) fn page_query(pairs: &[(String, String)]) -> Result<PageQuery> {
    Ok(PageQuery {
        status: value(pairs, "status")?,
        dest_project_id: value(pairs, "dest_project_id")?,
        vault_id: value(pairs, "vault_id")?,
        image_id: value(pairs, "image_id")?,
        limit: value(pairs, "limit")?.unwrap_or(DEFAULT_LIMIT),
        offset: value(pairs, "offset")?.unwrap_or_default(),
        marker: value(pairs, "marker")?,
        sort: value(pairs, "sort")?.unwrap_or_default(),
    })
}

fn value<T: FromStr<Err: ToString>>(pairs: &[(String, String)], name: &str) -> Result<Option<T>> {
    let text = pairs.iter().find(|(given, _)| given == name);
    text.map(|(_, text)| text.parse())
        .transpose()
        .map_err(|error: T::Err| Error::malformed(format!("query parameter {name}"), error))
}

/// Query text as it was meant: `+` is a space, `%3A` a colon.
fn decoded(text: &str) -> Result<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded
        .map(Into::into)
        .map_err(|_| Error::malformed("query", "not UTF-8 in percent-encoding"))
}

#[cfg(test)]
mod tests {
    use super::{page_query, pairs};

    #[test]
    fn a_query_is_read_as_existing_clients_write_it() {
        let query = "limit=2&offset=4&sort=created_at%3Adesc&status=pending";
        let query = pairs(query).and_then(|pairs| page_query(&pairs));
        let query = query.expect("a good query");
        assert_eq!((query.limit, query.offset), (2, 4));
        for empty in ["", "&"] {
            let query = pairs(empty).and_then(|pairs| page_query(&pairs));
            assert_eq!(query.expect("all defaults").limit, 1000);
        }
    }

    #[test]
    fn a_query_that_is_no_text_is_refused() {
        let refused = pairs("status=%ff").expect_err("not UTF-8").to_string();
        assert_eq!(refused, "query: not UTF-8 in percent-encoding");
    }
}
