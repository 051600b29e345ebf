//! Who calls, and that the caller may: the first extractor of every handler. A handler names the
//! permission it needs in its signature, so that none can be written without.

use std::{marker::PhantomData, net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{Extensions, HeaderMap, request::Parts},
};

use super::{
    app::App,
    audit::RequestNote,
    extract,
    http_service::ClientAddress,
    problem::Problem,
    signed::{self, HeldBody},
    throttle::network,
};
use crate::{
    contract::check,
    identity::{Caller, TOKEN_LIMIT},
    model::{Error, Operation, ProjectId, Result, VaultId},
    sharing::Target,
};

/// An operation as a type.
pub(super) trait Permission: Send {
    /// The operation whose action the caller needs.
    const OPERATION: Operation;
    /// Who calls, about what.
    type Target: PathTarget;
}

/// What an operation is about, by the path.
pub(super) trait PathTarget: Send + Sized {
    /// The parameters of the path were checked.
    fn read(caller: &ProjectId, path: &RawPathParams) -> Result<Self>;
}

impl PathTarget for Target {
    fn read(caller: &ProjectId, path: &RawPathParams) -> Result<Self> {
        Ok(Self {
            caller: caller.clone(),
            backup_id: extract::path_id(path, "backup_id")?,
        })
    }
}

/// Of what belongs to the caller's project.
impl PathTarget for ProjectId {
    fn read(caller: &ProjectId, _: &RawPathParams) -> Result<Self> {
        Ok(caller.clone())
    }
}

/// The caller's project, and the vault.
impl PathTarget for (ProjectId, VaultId) {
    fn read(caller: &ProjectId, path: &RawPathParams) -> Result<Self> {
        Ok((caller.clone(), extract::path_id(path, "vault_id")?))
    }
}

macro_rules! permissions {
    ($($name:ident: $target:ty),* $(,)?) => {
        $(
            /// Permission for the operation of this name.
            pub(super) struct $name;

            impl Permission for $name {
                const OPERATION: Operation = Operation::$name;
                type Target = $target;
            }
        )*

        /// An operation of the contract without a permission does not compile.
        const _: fn(Operation) = |operation| match operation { $(Operation::$name => ()),* };
    };
}

permissions! {
    AddMember: Target,
    ListMembers: Target,
    ShowMember: Target,
    UpdateMemberStatus: Target,
    DeleteMember: Target,
    ListBackups: ProjectId,
    ShowBackup: Target,
    ListVaults: ProjectId,
    ShowVault: (ProjectId, VaultId),
}

/// A caller with a good token (or signature) for the project in the path, and a role that allows
/// `P`.
pub(super) struct Permitted<P: Permission> {
    /// The caller's project, and what the path names.
    pub target: P::Target,
    note: Option<RequestNote>,
    permission: PhantomData<P>,
}

impl<P: Permission> Permitted<P> {
    /// Notes whom the backup is to be shared with.
    pub(super) fn note_members(&self, projects: &[ProjectId]) {
        if let Some(note) = &self.note {
            note.set_members(projects);
        }
    }
}

impl<P: Permission> FromRequestParts<App> for Permitted<P> {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> std::result::Result<Self, Problem> {
        let path = RawPathParams::from_request_parts(parts, &()).await;
        let note = parts.extensions.get::<RequestNote>().cloned();
        if let Some(note) = &note {
            let of_path = |name| {
                path.as_ref()
                    .ok()
                    .and_then(|path| extract::named(path, name))
            };
            note.begin(P::OPERATION, of_path).await?;
        }
        let caller = identify(parts, app).await?;
        if let Some(note) = &note {
            note.set_caller(&caller);
        }
        // Refusals below count as well: they are work that this project asks for.
        app.throttle.admit(&caller.project_id)?;
        // Without parameters, or with some that are no text, there is no project in the path.
        let path = path.map_err(|_| Error::NotAuthorized)?;
        // 403 and not 404: the path says nothing but which project the caller claims to be.
        if extract::named(&path, "project_id") != Some(caller.project_id.as_str()) {
            let named = extract::named(&path, "project_id");
            return Err(Error::OtherProject {
                path: named.and_then(|project| project.parse().ok()),
                own: caller.project_id.clone(),
            }
            .into());
        }
        app.policy.borrow().permit(&caller.roles, P::OPERATION)?;
        // Syntax comes after permission. The extractors behind this one check the rest by the
        // operation.
        let check = &check::of(P::OPERATION).request;
        check.path(|name| extract::named(&path, name))?;
        check.headers(|name| parts.headers.get(name)?.to_str().ok())?;
        parts.extensions.insert(P::OPERATION);
        Ok(Self {
            target: P::Target::read(&caller.project_id, &path)?,
            note,
            permission: PhantomData,
        })
    }
}

/// A caller with a good token (or signature), for routes that are not the contract's: no role is
/// needed to ask what the credentials are good for.
pub(super) struct Authenticated(pub Arc<Caller>);

impl FromRequestParts<App> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &App,
    ) -> std::result::Result<Self, Problem> {
        let caller = identify(parts, app).await?;
        app.throttle.admit(&caller.project_id)?;
        Ok(Self(caller))
    }
}

async fn identify(parts: &mut Parts, app: &App) -> std::result::Result<Arc<Caller>, Problem> {
    if let Some(held) = parts.extensions.remove::<HeldBody>() {
        // Boxed, as all that few requests need: the future of every request would be larger for it.
        return Box::pin(signed::identify(held, parts, app)).await;
    }
    Ok(authenticate(app, from(&parts.extensions), &parts.headers).await?)
}

/// Who has a token. A cached one is always looked up; only a request to another service is subject
/// to the rate limit of unauthenticated callers.
pub(super) async fn authenticate(
    app: &App,
    from: Option<IpAddr>,
    headers: &HeaderMap,
) -> Result<Arc<Caller>> {
    let find_out = async {
        app.identity
            .authenticate_from(token(headers)?, from.map(network))
            .await
    };
    if app.throttle.limits_unauthenticated() && needs_request(app, headers).await {
        return Box::pin(app.throttle.authenticate_at_cost(from, find_out)).await;
    }
    app.throttle.look_up(from, find_out).await
}

/// Whether the token of a request has to be validated by another service.
async fn needs_request(app: &App, headers: &HeaderMap) -> bool {
    match token(headers) {
        Ok(token) => app.identity.asks_about(token).await,
        Err(_) => false,
    }
}

/// Where a request comes from, where that is known.
pub(super) fn from(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ClientAddress>().map(|address| address.0)
}

/// The token of a request. One that no service could have issued is refused without asking one.
pub(super) fn token(headers: &HeaderMap) -> Result<&str> {
    let value = headers.get("x-auth-token").ok_or(Error::NoCredentials)?;
    let text = value.to_str().map_err(|_| Error::UnknownCredentials)?;
    match text.len() {
        0 => Err(Error::NoCredentials),
        1..=TOKEN_LIMIT => Ok(text),
        _ => Err(Error::UnknownCredentials),
    }
}
