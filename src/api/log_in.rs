//! The body of a login, in Keystone's wire form. It is not part of our contract: its own types say
//! what it must be. Read straight into them, so that no copy of the password is left behind.

use axum::extract::{FromRequest, Request};
use secrecy::SecretString;
use serde::Deserialize;

use super::{app::App, json_body::media_type, problem::Problem, signed};
use crate::{
    identity::{DomainName, LoginScope, ProjectName, UserName},
    model::{Error, Result},
};

/// Keystone's names of the methods that are offered.
pub(super) const PASSWORD: &str = "password";
const TOKEN: &str = "token";

/// A proof of who logs in, and what the token is to be for.
pub(super) struct LogIn {
    pub proof: Proof,
    pub scope: LoginScope,
}

/// What a login is by: Keystone's method.
pub(super) enum Proof {
    Password {
        user: UserName,
        password: SecretString,
    },
    Token(SecretString),
}

impl Proof {
    /// Keystone's name for it.
    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Password { .. } => PASSWORD,
            Self::Token(_) => TOKEN,
        }
    }
}

#[derive(Deserialize)]
struct LogInBody {
    auth: AuthBody,
}

#[derive(Deserialize)]
struct AuthBody {
    identity: IdentityBody,
    #[serde(default)]
    scope: Option<ScopeBody>,
}

#[derive(Deserialize)]
struct IdentityBody {
    methods: Vec<String>,
    password: Option<PasswordBody>,
    token: Option<TokenBody>,
}

#[derive(Deserialize)]
struct PasswordBody {
    user: UserBody,
}

#[derive(Deserialize)]
struct UserBody {
    id: Option<String>,
    name: Option<String>,
    domain: Option<DomainName>,
    password: SecretString,
}

#[derive(Deserialize)]
struct TokenBody {
    id: SecretString,
}

/// Keystone offers more: the whole system, trusts. `unscoped` asks for no project, and a user has
/// one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeBody {
    project: Option<ProjectName>,
    domain: Option<DomainName>,
    #[serde(rename = "unscoped")]
    _unscoped: Option<serde::de::IgnoredAny>,
}

impl FromRequest<App> for LogIn {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> std::result::Result<Self, Problem> {
        if !media_type(request.headers()).eq_ignore_ascii_case("application/json") {
            return Err(Problem::UnsupportedMediaType);
        }
        let bytes = signed::body(request, app).await?;
        Ok(read(&bytes)?.try_into()?)
    }
}

impl TryFrom<LogInBody> for LogIn {
    type Error = Error;

    fn try_from(LogInBody { auth }: LogInBody) -> Result<Self> {
        Ok(Self {
            proof: auth.identity.try_into()?,
            scope: auth.scope.map_or(Ok(LoginScope::Own), TryInto::try_into)?,
        })
    }
}

impl TryFrom<IdentityBody> for Proof {
    type Error = Error;

    fn try_from(identity: IdentityBody) -> Result<Self> {
        let IdentityBody {
            methods,
            password,
            token,
        } = identity;
        let methods: Vec<_> = methods.iter().map(String::as_str).collect();
        match (methods.as_slice(), password, token) {
            ([PASSWORD], Some(PasswordBody { user }), _) => user.try_into(),
            ([TOKEN], _, Some(TokenBody { id })) => Ok(Self::Token(id)),
            ([PASSWORD | TOKEN], _, _) => {
                let reason = format!("{} is missing", methods[0]);
                Err(Error::malformed("/auth/identity", reason))
            }
            _ => {
                let reason = "one of the methods password and token is offered at a time";
                Err(Error::malformed("/auth/identity/methods", reason))
            }
        }
    }
}

impl TryFrom<UserBody> for Proof {
    type Error = Error;

    fn try_from(user: UserBody) -> Result<Self> {
        let unnamed = || {
            let reason = "it needs a name or an id";
            Error::malformed("/auth/identity/password/user", reason)
        };
        let name = user.id.or(user.name).ok_or_else(unnamed)?;
        Ok(Self::Password {
            user: UserName {
                name,
                domain: user.domain.unwrap_or_default(),
            },
            password: user.password,
        })
    }
}

impl TryFrom<ScopeBody> for LoginScope {
    type Error = Error;

    fn try_from(scope: ScopeBody) -> Result<Self> {
        Ok(match (scope.project, scope.domain) {
            (Some(_), Some(_)) => {
                let reason = "it names a project and a domain: a token is for one of them";
                return Err(Error::malformed("/auth/scope", reason));
            }
            (Some(project), None) => Self::Project(project),
            (None, Some(domain)) => Self::Domain(domain),
            (None, None) => Self::Own,
        })
    }
}

fn read(bytes: &[u8]) -> Result<LogInBody> {
    // A derived type would read a list of its fields as well.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Error::malformed("body", "it must be of type object"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let body = serde_path_to_error::deserialize(&mut json)
        .map_err(|error| Error::malformed(pointer(error.path()), unquoted(error.inner())))?;
    let more = |_| Error::malformed("body", "there is more after the JSON value");
    json.end().map_err(more).map(|()| body)
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
