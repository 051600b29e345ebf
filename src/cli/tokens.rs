//! Tokens that were issued before, in the user's cache folder, so that not every command logs in. A
//! file for each account and project, which nobody else can read. What cannot be read or written is
//! as good as not there.

use std::{
    env, fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    time::SystemTime,
};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{client::types::ProjectId, hex, timestamp::Timestamp};

/// A token that ends within this many seconds is not begun with.
const AHEAD: i64 = 30;

/// Where one account's token for one project is kept.
pub(super) struct Place(Option<PathBuf>);

/// A token, and what came with it.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    token: String,
    pub(super) project: ProjectId,
    /// Where the catalog says the service is.
    pub(super) endpoint: Option<String>,
    expires_at: String,
}

impl Kept {
    pub(super) fn new(
        token: &SecretString,
        project: ProjectId,
        endpoint: Option<String>,
        expires_at: String,
    ) -> Self {
        Self {
            token: token.expose_secret().to_owned(),
            project,
            endpoint,
            expires_at,
        }
    }

    pub(super) fn token(&self) -> SecretString {
        self.token.as_str().into()
    }

    /// A token without a readable end is not kept for long: it is good until a service says
    /// otherwise.
    fn is_current(&self) -> bool {
        let Ok(end) = self.expires_at.parse::<Timestamp>() else {
            return true;
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "a command has no clock: it is over before one matters"
        )]
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_secs()).is_ok_and(|now| now + AHEAD < end.as_seconds())
    }
}

impl Place {
    /// `identity`: who logs in, where, and for what, without any secret.
    pub(super) fn of(identity: &str) -> Self {
        let home = || env::home_dir().map(|home| home.join(".cache"));
        let cache = env::var_os("XDG_CACHE_HOME")
            .filter(|folder| !folder.is_empty())
            .map(PathBuf::from)
            .or_else(home);
        let name = hex::encode(&Sha256::digest(identity));
        Self(cache.map(|cache| cache.join("backup-share").join(name).with_extension("json")))
    }

    /// For a token that is not to be kept.
    pub(super) fn nowhere() -> Self {
        Self(None)
    }

    pub(super) fn read(&self) -> Option<Kept> {
        let text = fs::read(self.0.as_ref()?).ok()?;
        serde_json::from_slice(&text).ok().filter(Kept::is_current)
    }

    pub(super) fn write(&self, kept: &Kept) {
        if let Some(place) = &self.0 {
            let _ = write(place, kept);
        }
    }

    pub(super) fn forget(&self) {
        if let Some(place) = &self.0 {
            let _ = fs::remove_file(place);
        }
    }
}

/// Beside and moved there, so that nobody reads half of it; readable for its owner alone from the
/// start.
fn write(place: &PathBuf, kept: &Kept) -> std::io::Result<()> {
    if let Some(folder) = place.parent() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let beside = place.with_extension(std::process::id().to_string());
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    file.write_all(&serde_json::to_vec(kept)?)?;
    fs::rename(beside, place)
}
