use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{Password, RepositoryError, UserId};
use uuid::Uuid;

use super::{OpenedSession, sign_in::ClaimAttempt};
use crate::{
    App, AppError, Caller, Command, SignedInUser, Tx,
    policies::Operation,
    ports::{Credentials, Limit, Login, Outcome, Session, UnitOfWork},
    queries::SessionView,
};

/// What somebody who has signed in proves it with anew.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "all of it is secret")]
pub enum Proof {
    /// The password.
    Password(Password),
    /// A code of the authenticator app.
    Totp(String),
}

impl App {
    /// Gives a session new tokens. An old refresh token ends the session: somebody else
    /// has it. Only the one before the present one may be repeated for ten seconds, by a
    /// client that lost the answer, and gets the same successor.
    pub fn refresh_session(
        &self,
        caller: &Caller,
        presented: &str,
    ) -> Result<OpenedSession, AppError> {
        let named = self.adapters.mint.read_refresh(presented);
        let (session_id, generation) = named.ok_or(AppError::Unauthenticated)?;
        let refreshed = self.execute(caller, &Refresh { presented, session_id, generation })?;
        refreshed.ok_or(AppError::Unauthenticated)
    }

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

    /// Proves anew who has signed in: a wrong proof counts like a wrong sign-in. The
    /// session gets new tokens.
    pub fn reauthenticate(
        &self,
        caller: &Caller,
        proof: &Proof,
    ) -> Result<OpenedSession, AppError> {
        let user = caller.signed_in()?;
        self.prove(caller, user.user_id, proof)?;
        self.execute(caller, &Renew { user })
    }

    /// Checks a proof of somebody who has signed in.
    pub(super) fn prove(
        &self,
        caller: &Caller,
        user_id: UserId,
        proof: &Proof,
    ) -> Result<(), AppError> {
        self.adapters.limiter.check(Limit::CodeUser, &user_id.to_string())?;
        match proof {
            Proof::Password(password) => self.prove_by_password(caller, user_id, password),
            Proof::Totp(code) => self.prove_by_totp(caller, user_id, code),
        }
    }

    fn prove_by_password(
        &self,
        caller: &Caller,
        user_id: UserId,
        password: &Password,
    ) -> Result<(), AppError> {
        let login = Some(Login::Id(user_id));
        let claimed = self.execute_step(caller, &ClaimAttempt { login, device: None })?;
        match (self.check_password(caller, claimed.as_ref(), password)?, claimed) {
            (Some(_), Some(credentials)) => {
                self.execute_step(caller, &Clear { credentials: &credentials })
            }
            (None, _) | (Some(_), None) => Err(AppError::ProofRefused),
        }
    }
}

struct Clear<'a> {
    credentials: &'a Credentials,
}

impl Command for Clear<'_> {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let Credentials { user_id, device_id, .. } = *self.credentials;
        Ok(tx.uow.sign_ins().clear_attempts(user_id, device_id)?)
    }
}

struct Refresh<'a> {
    presented: &'a str,
    session_id: Uuid,
    generation: u32,
}

impl Command for Refresh<'_> {
    /// `None` when the token is good for nothing; what that ends must still be committed.
    type Output = Option<OpenedSession>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let Some(session) = tx.uow.sessions().find(self.session_id, tx.now)? else {
            return Ok(None);
        };
        let is_own = tx.app.adapters.mint.of_all_keys().any(|mint| {
            mint.refresh(session.id, &session.seed, self.generation).is(self.presented)
        });
        if !is_own {
            return Ok(None);
        }
        let user = tx.uow.users().find_by_id(session.user_id)?;
        let Some(user) = user.filter(|user| user.lets_in(tx.now)) else {
            return Ok(None);
        };
        if self.generation == session.generation {
            let renewed = tx.next_generation(session)?;
            // Another refresh was faster: the next try finds its successor.
            let renewed = renewed.ok_or(AppError::Contended)?;
            return Ok(Some(tx.shown(&renewed, &user)));
        }
        let is_repeat = self.generation.checked_add(1) == Some(session.generation)
            && tx.now <= session.rotated_at + tx.app.settings().refresh_grace;
        if is_repeat {
            return Ok(Some(tx.shown(&session, &user)));
        }
        tx.uow.sessions().end(session.user_id, session.id)?;
        tx.audit(
            "session.refresh_reused",
            Outcome::Failure,
            Some(session.user_id),
            Some(session.id),
        )?;
        Ok(None)
    }
}

struct Renew<'a> {
    user: &'a SignedInUser,
}

impl Command for Renew<'_> {
    type Output = OpenedSession;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<OpenedSession, AppError> {
        let user = tx.uow.users().find_by_id(self.user.user_id)?;
        let user = user.filter(|user| user.lets_in(tx.now)).ok_or(AppError::Unauthenticated)?;
        let session = tx.current_session(self.user.session_id)?;
        let renewed = tx.rotate_session(session, tx.now, &user)?.ok_or(AppError::Contended)?;
        let (user_id, session_id) = (self.user.user_id, self.user.session_id);
        tx.audit("session.reauthenticated", Outcome::Success, Some(user_id), Some(session_id))?;
        Ok(renewed)
    }
}

/// Ends one session of a user.
#[derive(Debug, Clone)]
pub struct EndSession {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub session_id: Uuid,
}

impl Command for EndSession {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.user_for(Operation::EndSessions, self.user_id)?;
        if !tx.uow.sessions().end(self.user_id, self.session_id)? {
            return Err(AppError::NotFound("session"));
        }
        let (user_id, session_id) = (self.user_id, self.session_id);
        tx.audit("session.ended", Outcome::Success, Some(user_id), Some(session_id))
    }
}

/// Ends every session of a user, the caller's own included.
#[derive(Debug, Clone)]
pub struct EndSessions {
    /// Whose.
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

/// How far a last use may be off: a write at each call would cost too much.
const LAST_USE: TimeDelta = TimeDelta::minutes(5);

impl App {
    /// Notes that something is in use, every few minutes. A failure costs nobody the call.
    pub(crate) fn note_use(
        &self,
        last: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        touch: impl FnOnce(&mut dyn UnitOfWork) -> Result<(), RepositoryError>,
    ) {
        if last.is_some_and(|last| now - last < LAST_USE) {
            return;
        }
        let noted = self.adapters.store.begin().and_then(|mut uow| {
            touch(&mut *uow)?;
            uow.commit()
        });
        if let Err(error) = noted {
            tracing::debug!(error = &error as &dyn std::error::Error, "last use not noted");
        }
    }
}
