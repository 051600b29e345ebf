//! Out of the head of a request: the ids of the path, and the texts of the query. Bounds are the
//! contract's, whose check precedes the reading of each; what each query means is in `queries`.

use std::str::FromStr;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use percent_encoding::percent_decode_str;

use super::{app::App, problem::Problem};
use crate::{
    contract::check::{self, Breach},
    model::{Error, Operation, ProjectId, Result},
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

/// The query of a list.
pub(super) struct ListQuery<Q>(pub Q);

impl<Q: ReadQuery> FromRequestParts<App> for ListQuery<Q> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> std::result::Result<Self, Problem> {
        let query = QueryText::decode(parts.uri.query().unwrap_or_default())?;
        query.check(Q::OPERATION)?;
        Ok(Self(Q::read(&query)?))
    }
}

/// The query of a route that is not the contract's.
impl FromRequestParts<App> for QueryText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> std::result::Result<Self, Problem> {
        Ok(Self::decode(parts.uri.query().unwrap_or_default())?)
    }
}

/// What a query means to an operation.
pub(super) trait ReadQuery: Sized {
    /// The operation, by which the query was checked before it is read.
    const OPERATION: Operation;

    /// Reads it.
    fn read(query: &QueryText) -> Result<Self>;
}

/// The names and texts of a query, decoded.
pub(super) struct QueryText(Vec<(String, String)>);

impl QueryText {
    pub(super) fn decode(query: &str) -> Result<Self> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let pairs = pairs.map(|(name, text)| Ok((decoded(name)?, decoded(text)?)));
        pairs.collect::<Result<_>>().map(Self)
    }

    /// Holds it against the contract.
    pub(super) fn check(&self, operation: Operation) -> std::result::Result<(), Breach> {
        check::of(operation).request.query(&self.0)
    }

    /// Whether there is such a parameter.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| given == name)
    }

    /// The value of a parameter.
    pub(super) fn value<T: FromStr<Err: ToString>>(&self, name: &str) -> Result<Option<T>> {
        self.all(name).map(|values| values.into_iter().next())
    }

    /// The values of a parameter that may come several times.
    pub(super) fn all<T: FromStr<Err: ToString>>(&self, name: &str) -> Result<Vec<T>> {
        let texts = self.0.iter().filter(|(given, _)| given == name);
        let values = texts.map(|(_, text)| text.parse());
        values
            .collect::<std::result::Result<_, _>>()
            .map_err(|error: T::Err| Error::malformed(format!("query parameter {name}"), error))
    }
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
    use super::QueryText;

    #[test]
    fn a_query_is_read_as_existing_clients_write_it() {
        let query = "limit=2&sort=created_at%3Adesc&name=a+b&status=x&status=y";
        let query = QueryText::decode(query).expect("a good query");
        let texts = |name| query.all::<String>(name).expect("texts");
        assert_eq!(query.value::<u32>("limit").expect("a number"), Some(2));
        assert_eq!(texts("sort"), ["created_at:desc"]);
        assert_eq!(texts("name"), ["a b"]);
        assert_eq!(texts("status"), ["x", "y"]);
        for empty in ["", "&"] {
            assert!(!QueryText::decode(empty).expect("no query").has("limit"));
        }
    }

    #[test]
    fn a_query_that_is_no_text_is_refused() {
        let refused = QueryText::decode("status=%ff").err().expect("not UTF-8");
        assert_eq!(refused.to_string(), "query: not UTF-8 in percent-encoding");
    }
}
