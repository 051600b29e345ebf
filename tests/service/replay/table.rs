//! The tables of recorded requests, as they are written. What their words mean is in `replay.rs`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Names and types of what a client reads of an object.
pub type Shapes = BTreeMap<String, BTreeMap<String, String>>;

/// One client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub client: String,
    /// The version whose source was read.
    pub version: String,
    /// The same, exactly.
    pub commit: String,
    /// Where that is.
    pub repository: String,
    /// The headers that it signs, where it sends them.
    pub signs: Vec<String>,
    /// What a signature does to the query on the wire.
    #[serde(default)]
    pub signed_query: SignedQuery,
    /// Types that `reads` may name.
    pub shapes: Shapes,
    /// What it is used for.
    pub flows: Vec<Flow>,
}

/// What a signature does to the query on the wire.
#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum SignedQuery {
    /// It is sent as it was.
    #[default]
    AsWritten,
    /// It is sent in the form that was signed.
    Sorted,
}

/// Requests that follow one another.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// What is done.
    pub flow: String,
    /// By what means.
    pub credentials: Vec<Credentials>,
    /// Why its requests are refused.
    pub refused: Option<String>,
    /// The requests, in order.
    pub requests: Vec<Request>,
}

/// How a request says who sends it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credentials {
    /// By a token.
    Token,
    /// By a signature.
    Signature,
    /// By both; the token is signed, too.
    Both,
    /// As the table spells it out.
    AsWritten,
}

impl Credentials {
    /// The lines of a head that a client sends with these.
    pub fn keep_lines(self, head: &str) -> String {
        let left_out: &[&str] = match self {
            Self::Token => &["Authorization", "X-Project-Id", "X-Sdk-Date"],
            Self::Signature => &["X-Auth-Token"],
            Self::Both | Self::AsWritten => &[],
        };
        let sent = |line: &&str| {
            let name = line.split(':').next().unwrap_or_default();
            !left_out.contains(&name)
        };
        head.lines().filter(sent).collect::<Vec<_>>().join("\n")
    }
}

/// One request, and what is expected of its response.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which step of the flow it is.
    pub does: String,
    /// Who sends it.
    pub by: Person,
    /// File and line that make it.
    pub source: String,
    /// The operation, or `none` of the contract's.
    pub operation: String,
    /// The headers that this one signs, where they are others.
    pub signs: Option<Vec<String>>,
    /// Request line and headers, in their order on the wire.
    pub head: String,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// The status.
    pub status: u16,
    /// The only array that the response may have, where the client takes whichever it meets.
    pub only_array: Option<String>,
    /// What the client reads: paths, and their types or values.
    #[serde(default)]
    pub reads: BTreeMap<String, String>,
    /// What later requests are made of: words, and their paths or headers.
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    /// What the client makes of it.
    #[expect(dead_code, reason = "for those who read the table")]
    then: Option<String>,
}

/// Who sends a request.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Person {
    /// Who owns the backups.
    Owner,
    /// With whom they are shared.
    Member,
}

impl Table {
    /// Reads one.
    pub fn read(text: &str) -> Self {
        serde_saphyr::from_str(text).expect("a table")
    }
}
