//! Who calls, and that the caller may: the first extractor of every handler. A handler names the permission it needs in
//! its signature, so that none can be written without.

use std::{marker::PhantomData, sync::Arc};

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{HeaderMap, request::Parts},
};

use super::{app::App, extract, problem::Problem};
use crate::{
    contract::check,
    identity::{Caller, TOKEN_LIMIT, signature::SignedRequest},
    model::{BackupId, Error, Operation, Result},
    sharing::Target,
};

/// An operation as a type.
pub(super) trait Permission: Send {
    /// The operation whose action the caller needs.
    const OPERATION: Operation;
}

macro_rules! permissions {
    ($($name:ident),*) => {
        $(
            #[doc = concat!("Permission for the operation of this name.")]
            pub(super) struct $name;

            impl Permission for $name {
                const OPERATION: Operation = Operation::$name;
            }
        )*

        /// An operation of the contract without a permission does not compile.
        const _: fn(Operation) = |operation| match operation { $(Operation::$name => ()),* };
    };
}

permissions!(AddMember, ListMembers, ShowMember, UpdateMemberStatus, DeleteMember);

/// A caller with a good token (or signature) for the project in the path, and a role that allows `P`.
pub(super) struct Permitted<P> {
    caller: Arc<Caller>,
    permission: PhantomData<P>,
}

impl<P> Permitted<P> {
    /// What the caller asks about.
    pub(super) fn about(&self, backup_id: BackupId) -> Target {
        Target { caller: self.caller.project_id.clone(), backup_id }
    }
}

impl<P: Permission> FromRequestParts<App> for Permitted<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> std::result::Result<Self, Problem> {
        let caller = match parts.extensions.get::<SignedRequest>() {
            Some(signed) => app.identity.verify(signed).await?,
            None => app.identity.authenticate(token(&parts.headers)?).await?,
        };
        // Without parameters, or with some that are no text, there is no project of anybody in the path.
        let path = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Error::NotAuthorized)?;
        // 403 and not 404: the path says nothing but which project the caller claims to be.
        if extract::named(&path, "project_id") != Some(caller.project_id.as_str()) {
            return Err(Error::NotAuthorized.into());
        }
        app.policy.permit(&caller.roles, P::OPERATION)?;
        app.throttle.admit(&caller.project_id)?;
        // Syntax comes after permission. The extractors behind this one check the rest by the operation.
        let check = &check::of(P::OPERATION).request;
        check.path(|name| extract::named(&path, name))?;
        check.headers(|name| parts.headers.get(name)?.to_str().ok())?;
        parts.extensions.insert(P::OPERATION);
        Ok(Self { caller, permission: PhantomData })
    }
}

/// The token of a request. One that nobody could have issued is refused without asking anyone.
pub(super) fn token(headers: &HeaderMap) -> Result<&str> {
    let value = headers.get("x-auth-token").ok_or(Error::NoCredentials)?;
    let text = value.to_str().map_err(|_| Error::UnknownCredentials)?;
    match text.len() {
        0 => Err(Error::NoCredentials),
        1..=TOKEN_LIMIT => Ok(text),
        _ => Err(Error::UnknownCredentials),
    }
}
