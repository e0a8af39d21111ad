//! Signing in, and the sessions that it opens.

mod authentication;
mod introspection;
mod opened;
mod reauthentication;
mod sign_in;

use chrono::{DateTime, Utc};
use serde::Serialize;
use userdom_domain::UserId;
use uuid::Uuid;

use super::json::time;
use crate::{
    App, AppError, Caller, Command, Request, Resource, SignedInUser, Tx, UseCase,
    policies::Operation,
    ports::{Outcome, Session},
};
pub use introspection::Introspection;
pub use opened::OpenedSession;
pub(super) use reauthentication::prove;
pub use reauthentication::{Proof, Reauthenticate};
pub(super) use sign_in::record_failure;
pub use sign_in::{SignIn, SignInStep};

impl App {
    /// The open sessions of a user, the newest first.
    pub fn list_sessions(
        &self,
        caller: &Caller,
        user_id: UserId,
    ) -> Result<Vec<SessionView>, AppError> {
        let mut reader = self.adapters.store.read()?;
        Self::readable(&mut *reader, caller, Operation::ViewSessions, user_id)?;
        let current = caller.signed_in().map(|user| user.session_id).ok();
        let sessions = reader.sessions().of_user(user_id, self.now(), None, Session::MOST)?;
        Ok(sessions.iter().map(|session| SessionView::of(session, current)).collect())
    }
}

/// Gives a session new tokens. An old refresh token ends the session: somebody else has it. Only
/// the one before the present one may be repeated for ten seconds, by a client that lost the
/// answer, and gets the same successor.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the token is secret")]
pub struct RefreshSession {
    /// The refresh token.
    pub refresh_token: String,
}

impl UseCase for RefreshSession {
    type Output = OpenedSession;

    fn run(&self, request: &Request<'_>) -> Result<OpenedSession, AppError> {
        let named = request.app.adapters.mint.read_refresh(&self.refresh_token);
        let (session_id, generation) = named.ok_or(AppError::Unauthenticated)?;
        let refreshed = request.transaction(|tx| self.refresh(tx, session_id, generation))?;
        refreshed.ok_or(AppError::Unauthenticated)
    }
}

impl RefreshSession {
    /// `None` when the token is good for nothing; what that ends must still be committed.
    fn refresh(
        &self,
        tx: &mut Tx<'_>,
        session_id: Uuid,
        generation: u32,
    ) -> Result<Option<OpenedSession>, AppError> {
        let Some(session) = tx.uow.sessions().find(session_id, tx.now)? else {
            return Ok(None);
        };
        let mut mints = tx.app.adapters.mint.of_all_keys();
        let is_own = mints.any(|mint| {
            mint.refresh(session.id, &session.seed, generation).is(&self.refresh_token)
        });
        if !is_own {
            return Ok(None);
        }
        let user = tx.uow.users().find_by_id(session.user_id)?;
        let Some(user) = user.filter(|user| user.lets_in(tx.now)) else {
            return Ok(None);
        };
        if generation == session.generation {
            let renewed = tx.next_generation(session)?;
            // Another refresh was faster: the next try finds its successor.
            let renewed = renewed.ok_or(AppError::Contended)?;
            return Ok(Some(tx.shown(&renewed, &user)));
        }
        let is_repeat = generation.checked_add(1) == Some(session.generation)
            && tx.now <= session.rotated_at + tx.app.settings().refresh_grace;
        if is_repeat {
            return Ok(Some(tx.shown(&session, &user)));
        }
        let (user_id, session_id) = (session.user_id, session.id);
        tx.uow.sessions().end(user_id, session_id)?;
        let (user_id, session_id) = (Some(user_id), Some(session_id));
        tx.audit("session.refresh_reused", Outcome::Failure, user_id, session_id)?;
        Ok(None)
    }
}

/// Ends the session of the token that was sent.
#[derive(Debug, Clone)]
pub struct SignOut;

impl Command for SignOut {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let SignedInUser { user_id, session_id, .. } = *tx.caller.signed_in()?;
        if !tx.uow.sessions().end(user_id, session_id)? {
            return Ok(());
        }
        tx.audit("session.ended", Outcome::Success, Some(user_id), Some(session_id))
    }
}

/// Ends one session of a user.
#[derive(Debug, Clone)]
pub struct EndSession {
    /// The user.
    pub user_id: UserId,
    /// The session.
    pub session_id: Uuid,
}

impl Command for EndSession {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.user_for(Operation::EndSessions, self.user_id)?;
        if !tx.uow.sessions().end(self.user_id, self.session_id)? {
            return Err(AppError::NotFound(Resource::Session));
        }
        let (user_id, session_id) = (self.user_id, self.session_id);
        tx.audit("session.ended", Outcome::Success, Some(user_id), Some(session_id))
    }
}

/// Ends every session of a user, the caller's own included.
#[derive(Debug, Clone)]
pub struct EndSessions {
    /// The user.
    pub user_id: UserId,
}

impl Command for EndSessions {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.user_for(Operation::EndSessions, self.user_id)?;
        tx.uow.sessions().end_all(self.user_id, None)?;
        tx.audit("session.all_ended", Outcome::Success, Some(self.user_id), None)
    }
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct SessionView {
    pub id: Uuid,
    pub user_agent: String,
    pub ip_address: String,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub last_used_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub authenticated_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

impl SessionView {
    /// A session, as it is seen from the session `current`.
    pub fn of(session: &Session, current: Option<Uuid>) -> Self {
        Self {
            id: session.id,
            user_agent: session.user_agent.clone(),
            ip_address: session.ip_address.clone(),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            authenticated_at: session.authenticated_at,
            expires_at: session.idle_expires_at.min(session.expires_at),
            is_current: current == Some(session.id),
        }
    }
}
