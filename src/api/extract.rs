//! Out of a request: the ids of the path, the query, the body; each refuses with its place in our
//! error shape.

use std::str::FromStr;

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, header::CONTENT_LENGTH, header::CONTENT_TYPE, request::Parts},
};
use bytes::BytesMut;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::{app::App, body::Unread, connection::SMALL_BODY, problem::Problem, signed};
use crate::{
    contract::check::{self, SchemaCheck},
    model::{
        BackupId, Error, Operation, ProjectId, Result,
        page::{PageQuery, Sort},
    },
};

/// The `backup_id` of the path.
pub(super) struct BackupPath(pub BackupId);

/// The `backup_id` and the `member_id` of the path.
pub(super) struct MemberPath(pub BackupId, pub ProjectId);

/// The text of a path parameter, percent-decoded; `None` where the path has none of this name.
pub(super) fn named<'p>(path: &'p RawPathParams, name: &str) -> Option<&'p str> {
    path.iter()
        .find(|(key, _)| *key == name)
        .map(|(_, text)| text)
}

async fn path_id<T: FromStr<Err: ToString>>(parts: &mut Parts, name: &str) -> Result<T> {
    // The error of this extractor tells of missing or undecodable parameters: either way there is
    // no such text.
    let path = RawPathParams::from_request_parts(parts, &()).await.ok();
    let text = path
        .as_ref()
        .and_then(|path| named(path, name))
        .unwrap_or_default();
    text.parse()
        .map_err(|error: T::Err| Error::malformed(format!("path parameter {name}"), error))
}

impl FromRequestParts<App> for BackupPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> std::result::Result<Self, Problem> {
        Ok(Self(path_id(parts, "backup_id").await?))
    }
}

impl FromRequestParts<App> for MemberPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> std::result::Result<Self, Problem> {
        Ok(Self(
            path_id(parts, "backup_id").await?,
            path_id(parts, "member_id").await?,
        ))
    }
}

/// The query of `list_members`.
pub(super) struct ListQuery(pub PageQuery);

impl FromRequestParts<App> for ListQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> std::result::Result<Self, Problem> {
        let pairs = pairs(parts.uri.query().unwrap_or_default())?;
        if let Some(operation) = parts.extensions.get::<Operation>() {
            check::of(*operation).request.query(&pairs)?;
        }
        Ok(Self(page_query(&pairs)?))
    }
}

/// The largest page.
const LARGEST_PAGE: usize = 1000;

/// Names and texts, decoded.
pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs
        .map(|(name, text)| Ok((decoded(name)?, decoded(text)?)))
        .collect()
}

pub(super) fn page_query(pairs: &[(String, String)]) -> Result<PageQuery> {
    let (mut status, mut dest_project_id, mut vault_id, mut image_id) = (None, None, None, None);
    let (mut limit, mut offset, mut marker, mut sort) = (None, None, None, None);
    for (name, text) in pairs {
        match name.as_str() {
            "status" => once(&mut status, name, text)?,
            "dest_project_id" => once(&mut dest_project_id, name, text)?,
            "vault_id" => once(&mut vault_id, name, text)?,
            "image_id" => once(&mut image_id, name, text)?,
            "limit" => once::<Whole<1, { LARGEST_PAGE as u64 }>>(&mut limit, name, text)?,
            "offset" => once::<Whole<0, { i64::MAX as u64 }>>(&mut offset, name, text)?,
            "marker" => once(&mut marker, name, text)?,
            "sort" => once::<Sort>(&mut sort, name, text)?,
            _ => return Err(Error::malformed(place(name), "there is no such parameter")),
        }
    }
    Ok(PageQuery {
        status,
        dest_project_id,
        vault_id,
        image_id,
        limit: limit.map_or(LARGEST_PAGE, |limit| {
            usize::try_from(limit.0).unwrap_or(LARGEST_PAGE)
        }),
        offset: offset.map_or(0, |offset| offset.0),
        marker,
        sort: sort.unwrap_or_default(),
    })
}

fn place(name: &str) -> String {
    format!("query parameter {name}")
}

/// Query text as it was meant: `+` is a space, `%3A` a colon.
fn decoded(text: &str) -> Result<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded
        .map(Into::into)
        .map_err(|_| Error::malformed("query", "not UTF-8 in percent-encoding"))
}

fn once<T: FromStr<Err: ToString>>(slot: &mut Option<T>, name: &str, text: &str) -> Result<()> {
    if slot.is_some() {
        return Err(Error::malformed(place(name), "given twice"));
    }
    *slot = Some(
        text.parse()
            .map_err(|error: T::Err| Error::malformed(place(name), error))?,
    );
    Ok(())
}

/// A whole number in decimal digits, within bounds.
struct Whole<const LEAST: u64, const MOST: u64>(u64);

impl<const LEAST: u64, const MOST: u64> FromStr for Whole<LEAST, MOST> {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if digits { text.parse().ok() } else { None };
        let bounded = number.filter(|number| (LEAST..=MOST).contains(number));
        bounded
            .map(Self)
            .ok_or_else(|| format!("a whole number from {LEAST} to {MOST}"))
    }
}

/// A body, in JSON.
pub(super) struct JsonBody<T>(pub T);

/// What a body must meet beyond its types.
pub(super) trait Check {
    /// The place and the reason of the first thing that is wrong.
    fn check(&self) -> std::result::Result<(), (String, String)> {
        Ok(())
    }
}

impl<T: DeserializeOwned + Check> FromRequest<App> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> std::result::Result<Self, Problem> {
        let rule = rule(&request)?;
        let bytes = signed::body(request, app).await?;
        rule.map_or(Ok(()), |rule| rule.check_json(&bytes))?;
        Ok(Self(typed(&bytes)?))
    }
}

/// What the contract asks of a body of this media type; nothing where the route is not the
/// contract's.
fn rule(request: &Request) -> std::result::Result<Option<&'static SchemaCheck>, Problem> {
    let media_type = media_type(request.headers());
    match request.extensions().get::<Operation>() {
        Some(operation) => match check::of(*operation).request.body(media_type) {
            Some(rule) => Ok(Some(rule)),
            None => Err(Problem::UnsupportedMediaType),
        },
        None if media_type.eq_ignore_ascii_case("application/json") => Ok(None),
        None => Err(Problem::UnsupportedMediaType),
    }
}

/// Without its parameters.
fn media_type(headers: &HeaderMap) -> &str {
    let text = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim()
}

/// The body as its type.
pub(super) fn typed<T: DeserializeOwned + Check>(bytes: &[u8]) -> Result<T> {
    // A derived type would read a list of its fields as well.
    if bytes
        .trim_ascii_start()
        .first()
        .is_some_and(|byte| *byte == b'[')
    {
        return Err(Error::malformed("body", "it must be of type object"));
    }
    let value: T = serde_json::from_slice(bytes).map_err(|_| json_error::<T>(bytes))?;
    value
        .check()
        .map_err(|(place, reason)| Error::malformed(place, reason))?;
    Ok(value)
}

pub(super) fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body as a whole: at most so many bytes, within the time that its connection gives it.
pub(super) async fn read(body: Body, limit: usize) -> std::result::Result<Bytes, Problem> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = BytesMut::with_capacity(announced.min(limit).min(SMALL_BODY));
    let mut body = Limited::new(body, limit);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| unread(error.as_ref(), limit))?;
        // Copied: a frame of one byte keeps all of the buffer that it was read into.
        if let Some(data) = frame.data_ref() {
            bytes.extend_from_slice(data);
        }
    }
    Ok(bytes.freeze())
}

/// Why a body was not read to its end.
fn unread(error: &(dyn std::error::Error + 'static), limit: usize) -> Problem {
    if error.is::<LengthLimitError>() {
        return Problem::BodyTooLarge(limit);
    }
    match Unread::behind(error) {
        Some(Unread::Late(seconds)) => Problem::BodyTooSlow(*seconds),
        Some(Unread::Busy) => Error::Busy("large bodies").into(),
        _ => Error::malformed("body", "it broke off").into(),
    }
}

/// Reads a bad body once more, slower, to find the place.
fn json_error<T: DeserializeOwned>(bytes: &[u8]) -> Error {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Err(error) => Error::malformed(pointer(error.path()), unquoted(error.inner())),
        Ok(_) => Error::malformed("body", "there is more after the JSON value"),
    }
}

/// Without what was sent, which may be a secret: serde quotes it before it says what it expected.
fn unquoted(error: &serde_json::Error) -> String {
    let message = error.to_string();
    if !error.is_data() {
        return message;
    }
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(message, _)| message);
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if expected.starts_with("struct ") => "it must be an object".to_owned(),
        Some((_, expected)) => format!("it must be {expected}"),
        None => message.to_owned(),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{key}")),
        Segment::Enum { variant } => Some(format!("/{variant}")),
        // Not even the key could be read.
        Segment::Unknown => None,
    };
    let pointer: Option<String> = path.iter().map(step).collect();
    pointer
        .filter(|pointer| !pointer.is_empty())
        .unwrap_or_else(|| "body".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{PageQuery, Result, pairs};

    fn page_query(query: &str) -> Result<PageQuery> {
        super::page_query(&pairs(query)?)
    }

    #[test]
    fn a_query_is_read_as_existing_clients_write_it() {
        let query = page_query("limit=2&offset=4&sort=created_at%3Adesc&status=pending")
            .expect("a good query");
        assert_eq!((query.limit, query.offset), (2, 4));
        assert!(page_query("").is_ok() && page_query("&").is_ok());
    }

    #[test]
    fn a_bad_query_is_refused_with_the_place() {
        for (query, place) in [
            (
                "limit=0",
                "query parameter limit: a whole number from 1 to 1000",
            ),
            ("limit=1001", "query parameter limit"),
            ("limit=+1", "query parameter limit"),
            ("limit=1&limit=1", "query parameter limit: given twice"),
            ("offset=-1", "query parameter offset"),
            ("offset=9223372036854775808", "query parameter offset"),
            ("status=gone", "query parameter status: a status is one of"),
            ("sort=name", "query parameter sort: a key is one of"),
            ("marker=1", "query parameter marker: an id looks like"),
            ("vault_id=", "query parameter vault_id"),
            ("dest_project_id=a%20b", "query parameter dest_project_id"),
            ("page=1", "query parameter page: there is no such parameter"),
            ("status=%ff", "query: not UTF-8"),
        ] {
            let refused = page_query(query).expect_err(query).to_string();
            assert!(refused.starts_with(place), "{query}: {refused}");
        }
    }
}
