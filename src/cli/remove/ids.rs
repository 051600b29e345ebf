//! What is to be removed, as the command line and stdin name it.

use std::{collections::HashSet, io::BufRead, str::FromStr};

use clap::ValueEnum;
use uuid::Uuid;

use super::{CliError, words};
use crate::{
    model,
    store::{Removal, TokenHash},
};

/// The kinds, in the singular as well.
#[derive(Clone, Copy, ValueEnum)]
pub(super) enum RemovalKind {
    #[value(alias = "user")]
    Users,
    #[value(alias = "token")]
    Tokens,
    #[value(aliases = ["key", "access-key", "access-keys"])]
    Keys,
    #[value(alias = "project")]
    Projects,
    #[value(alias = "vault")]
    Vaults,
    #[value(alias = "backup")]
    Backups,
}

/// The ids, those from stdin in the place of `-`, each once.
pub(super) fn given(arguments: &[String]) -> Result<Vec<String>, CliError> {
    let mut ids = vec![];
    for argument in arguments {
        match argument.as_str() {
            "-" => {
                let lines = std::io::stdin()
                    .lock()
                    .lines()
                    .collect::<Result<Vec<_>, _>>();
                let lines = lines.map_err(|error| {
                    CliError::Usage(format!("cannot read ids from stdin: {error}"))
                })?;
                ids.extend(lines.into_iter().filter(|line| !line.is_empty()));
            }
            id => ids.push(id.to_owned()),
        }
    }
    let mut seen = HashSet::new();
    ids.retain(|id| seen.insert(id.clone()));
    match ids.is_empty() {
        true => Err(CliError::Usage("there are no ids on stdin".to_owned())),
        false => Ok(ids),
    }
}

impl RemovalKind {
    /// The records of this kind with these ids.
    pub(super) fn removal(self, ids: Vec<String>) -> Result<Removal, CliError> {
        let uuid =
            |id: String| words::uuid(&id).map_err(|why| CliError::Usage(format!("{id}: {why}")));
        Ok(match self {
            Self::Users => Removal::Users(ids),
            Self::Tokens => Removal::Tokens(ids.iter().map(|id| token(id)).collect()),
            Self::Keys => Removal::AccessKeys(ids),
            Self::Projects => {
                Removal::Projects(ids.iter().map(|id| project(id)).collect::<Result<_, _>>()?)
            }
            Self::Vaults => Removal::Vaults(
                ids.into_iter()
                    .map(|id| uuid(id).map(Uuid::into))
                    .collect::<Result<_, _>>()?,
            ),
            Self::Backups => Removal::Backups(
                ids.into_iter()
                    .map(|id| uuid(id).map(Uuid::into))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}

/// A token by itself, or by its hash.
fn token(id: &str) -> TokenHash {
    id.strip_prefix("sha256:")
        .and_then(TokenHash::from_hex)
        .unwrap_or_else(|| TokenHash::of(id))
}

fn project(id: &str) -> Result<model::ProjectId, CliError> {
    model::ProjectId::from_str(id).map_err(|error| CliError::Usage(format!("{id}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::{TokenHash, token};

    #[test]
    fn a_token_is_named_by_itself_or_by_its_hash() {
        let hash = TokenHash::of("secret");
        assert_eq!(token("secret"), hash);
        assert_eq!(token(&format!("sha256:{}", hash.to_hex())), hash);
        assert_eq!(
            token(&format!("sha256:{}", hash.to_hex().to_uppercase())),
            hash
        );
        assert_eq!(
            token("sha256:é"),
            TokenHash::of("sha256:é"),
            "what is no hash is a token"
        );
    }
}
