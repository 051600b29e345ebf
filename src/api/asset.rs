//! A file that never changes while the server runs: with an ETag, and compressed once.

use std::io::Write;

use axum::{
    body::{Body, Bytes},
    http::{
        HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
        header::{
            ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
            VARY,
        },
    },
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use tokio::{sync::OnceCell, task::spawn_blocking};

use super::problem::Problem;
use crate::hex;

/// The file, and what is made of it for its first request.
pub(super) struct Asset {
    content_type: HeaderValue,
    plain: Bytes,
    representation: OnceCell<Representation>,
}

struct Representation {
    /// Weak: it is that of the compressed file as well.
    etag: HeaderValue,
    /// Where that is shorter.
    compressed: Option<Bytes>,
}

impl Asset {
    pub(super) fn new(content_type: &str, plain: Bytes) -> Self {
        let unknown = HeaderValue::from_static("application/octet-stream");
        let content_type = HeaderValue::from_str(content_type).unwrap_or(unknown);
        Self {
            content_type,
            plain,
            representation: OnceCell::new(),
        }
    }

    /// The file as this request accepts it, or that the client has it already.
    pub(super) async fn response(&self, request: &HeaderMap) -> Result<Response<Body>, Problem> {
        let representation = self
            .representation
            .get_or_try_init(|| prepare(self.plain.clone()))
            .await?;
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(ETAG, representation.etag.clone());
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if has(request, &representation.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return Ok(response);
        }
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        let compressed = representation
            .compressed
            .as_ref()
            .filter(|_| accepts_gzip(request));
        if compressed.is_some() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        *response.body_mut() = compressed.unwrap_or(&self.plain).clone().into();
        Ok(response)
    }
}

/// Not on the threads that serve: a megabyte takes tens of milliseconds.
async fn prepare(plain: Bytes) -> Result<Representation, Problem> {
    let prepared = spawn_blocking(move || {
        let digest = hex::encode(&Sha256::digest(&plain)[..16]);
        let etag =
            HeaderValue::try_from(format!("W/\"{digest}\"")).map_err(|_| Problem::Panicked)?;
        Ok(Representation {
            etag,
            compressed: compressed(&plain).filter(|bytes| bytes.len() < plain.len()),
        })
    });
    prepared.await.unwrap_or(Err(Problem::Panicked))
}

fn compressed(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(vec![], Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// The members of a header that is a list.
fn members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn has(request: &HeaderMap, etag: &HeaderValue) -> bool {
    // RFC 9110 13.1.2: `W/` makes no difference here.
    let opaque = |tag: &str| tag.trim_start_matches("W/").to_owned();
    let ours = etag.to_str().map(opaque).unwrap_or_default();
    members(request, IF_NONE_MATCH).any(|tag| tag == "*" || opaque(tag) == ours)
}

fn accepts_gzip(request: &HeaderMap) -> bool {
    members(request, ACCEPT_ENCODING).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        let never = |weight: &str| {
            weight
                .strip_prefix("q=")
                .is_some_and(|q| q.trim_matches(['0', '.']).is_empty())
        };
        named && !parts.any(never)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::http::{HeaderMap, HeaderName, header};
    use flate2::read::GzDecoder;
    use http_body_util::BodyExt;

    use super::{Asset, Body, Bytes, Response};

    async fn ask(asset: &Asset, headers: &[(HeaderName, &str)]) -> Response<Body> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().expect("a value")));
        asset
            .response(&headers.collect::<HeaderMap>())
            .await
            .unwrap_or_else(|problem| panic!("{problem:?}"))
    }

    async fn bytes(response: Response<Body>) -> Bytes {
        response
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes()
    }

    #[tokio::test]
    async fn a_file_comes_compressed_to_those_who_can_read_it() {
        let text = "the same again and again; ".repeat(100);
        let asset = Asset::new("text/plain", text.clone().into());
        for coding in ["gzip, deflate, br, zstd", "br;q=1.0, GZIP;q=0.5"] {
            let response = ask(&asset, &[(header::ACCEPT_ENCODING, coding)]).await;
            assert_eq!(
                response.headers()[header::CONTENT_ENCODING],
                "gzip",
                "{coding}"
            );
            let compressed = bytes(response).await;
            assert!(compressed.len() < text.len() / 10, "{}", compressed.len());
            let mut read = String::new();
            GzDecoder::new(compressed.as_ref())
                .read_to_string(&mut read)
                .expect("gzip");
            assert_eq!(read, text);
        }
        for coding in ["identity", "gzip;q=0", "gzip; q=0.000", "xgzip"] {
            let response = ask(&asset, &[(header::ACCEPT_ENCODING, coding)]).await;
            assert!(
                !response.headers().contains_key(header::CONTENT_ENCODING),
                "{coding}"
            );
            assert_eq!(bytes(response).await, text, "{coding}");
        }
        let short = Asset::new("text/plain", "a".into());
        let response = ask(&short, &[(header::ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(bytes(response).await, "a", "it would only become longer");
    }

    #[tokio::test]
    async fn a_file_that_the_client_has_is_not_sent_again() {
        let asset = Asset::new("text/plain", "a file".into());
        let etag = ask(&asset, &[]).await.headers()[header::ETAG]
            .to_str()
            .expect("text")
            .to_owned();
        let strong = etag.trim_start_matches("W/").to_owned();
        for tags in [
            etag.clone(),
            strong.clone(),
            format!("\"x\", {etag}"),
            "*".into(),
        ] {
            let response = ask(&asset, &[(header::IF_NONE_MATCH, &tags)]).await;
            assert_eq!(response.status(), 304, "{tags}");
            assert_eq!(response.headers()[header::ETAG], etag);
            assert!(bytes(response).await.is_empty());
        }
        let other = Asset::new("text/plain", "another".into());
        assert_eq!(
            ask(&other, &[(header::IF_NONE_MATCH, &etag)])
                .await
                .status(),
            200
        );
    }
}
