//! The body of a login, in Keystone's wire form. It is not part of our contract: its own types say
//! what it must be. Read straight into them, so that no copy of the password is left behind.

use axum::extract::{FromRequest, Request};
use secrecy::SecretString;
use serde::Deserialize;

use super::{app::App, json_body::media_type, problem::Problem, signed};
use crate::{
    identity::ProjectScope,
    model::{Error, Result},
};

/// A user, its password, and the project that the token is to be for.
pub(super) struct PasswordLogIn {
    pub user_name: String,
    pub password: SecretString,
    pub scope: ProjectScope,
}

#[derive(Deserialize)]
struct LogInBody {
    auth: AuthBody,
}

#[derive(Deserialize)]
struct AuthBody {
    identity: IdentityBody,
    scope: Option<ScopeBody>,
}

#[derive(Deserialize)]
struct IdentityBody {
    methods: Vec<String>,
    password: Option<PasswordBody>,
}

#[derive(Deserialize)]
struct PasswordBody {
    user: UserBody,
}

#[derive(Deserialize)]
struct UserBody {
    name: String,
    password: SecretString,
}

#[derive(Deserialize)]
struct ScopeBody {
    project: Option<ProjectScope>,
}

impl FromRequest<App> for PasswordLogIn {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> std::result::Result<Self, Problem> {
        if !media_type(request.headers()).eq_ignore_ascii_case("application/json") {
            return Err(Problem::UnsupportedMediaType);
        }
        let bytes = signed::body(request, app).await?;
        Ok(read(&bytes)?.try_into()?)
    }
}

impl TryFrom<LogInBody> for PasswordLogIn {
    type Error = Error;

    fn try_from(LogInBody { auth }: LogInBody) -> Result<Self> {
        let IdentityBody { methods, password } = auth.identity;
        let offered = methods.iter().eq(["password"]);
        let PasswordBody { user } = password.filter(|_| offered).ok_or_else(|| {
            let reason = "only the method password is offered";
            Error::malformed("/auth/identity/methods", reason)
        })?;
        Ok(Self {
            user_name: user.name,
            password: user.password,
            scope: auth
                .scope
                .and_then(|scope| scope.project)
                .unwrap_or_default(),
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
