use chrono::{DateTime, Utc};
use userdom_domain::UserAggregate;
use uuid::Uuid;

use super::SessionView;
use crate::{
    AppError, Tx,
    commit::Grant,
    ports::{SecretToken, Session, TokenKind},
    use_cases::UserView,
};

/// A session with its tokens, which are shown this once.
#[derive(Debug)]
pub struct OpenedSession {
    /// For every call; ends soon.
    pub access_token: SecretToken,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// For new tokens.
    pub refresh_token: SecretToken,
    /// For the next sign-in on this device; only a sign-in gives one.
    pub device_token: Option<SecretToken>,
    /// The session.
    pub session: SessionView,
    /// Its user.
    pub user: UserView,
}

impl Tx<'_> {
    /// Opens a session for a user that has just been authenticated.
    pub(super) fn open_session(&mut self, user: &UserAggregate) -> Result<OpenedSession, AppError> {
        let (id, now) = (self.new_uuid(), self.now);
        let mut session = self.renewed(Session {
            id,
            user_id: user.id(),
            seed: self.app.adapters.mint.seed(),
            generation: 0,
            rotated_at: now,
            access_token: crate::ports::TokenHash([0; 32]),
            access_expires_at: now,
            idle_expires_at: now,
            expires_at: now + self.app.settings.session_ttl,
            created_at: now,
            last_used_at: now,
            authenticated_at: now,
            user_agent: String::new(),
            ip_address: String::new(),
        })?;
        session.user_agent = self.caller.origin.user_agent.chars().take(255).collect();
        self.uow.sessions().insert(&session)?;
        Ok(self.shown(&session, user))
    }

    /// Gives a session that has proved anew whose it is tokens to which nothing from before
    /// leads; `None` when somebody else was faster. It skips a generation that nobody ever
    /// gets, or else the refresh token from before could be repeated for a while.
    pub(in crate::use_cases) fn rotate_session(
        &mut self,
        session: Session,
        authenticated_at: DateTime<Utc>,
        user: &UserAggregate,
    ) -> Result<Option<OpenedSession>, AppError> {
        let Some(skipped) = self.next_generation(Session { authenticated_at, ..session })? else {
            return Ok(None);
        };
        let session = self.next_generation(skipped)?;
        Ok(session.map(|session| self.shown(&session, user)))
    }

    /// Gives a session its next generation of tokens; `None` when somebody else was faster.
    pub(super) fn next_generation(
        &mut self,
        session: Session,
    ) -> Result<Option<Session>, AppError> {
        let generation = session.generation.saturating_add(1);
        let session = self.renewed(Session { generation, ..session })?;
        Ok(self.uow.sessions().rotate(&session)?.then_some(session))
    }

    /// The session with everything that its generation decides.
    fn renewed(&self, session: Session) -> Result<Session, AppError> {
        let (mint, settings, now) = (&self.app.adapters.mint, self.app.settings(), self.now);
        let access_token = mint.access(&session.seed, session.generation);
        Ok(Session {
            access_token: self.app.hash_of(TokenKind::Access, &access_token)?,
            access_expires_at: (now + settings.access_token_ttl).min(session.expires_at),
            idle_expires_at: (now + settings.session_idle_ttl).min(session.expires_at),
            rotated_at: now,
            last_used_at: now,
            ip_address: self.caller.origin.ip_address.clone(),
            ..session
        })
    }

    /// The session with its present tokens.
    pub(super) fn shown(&self, session: &Session, user: &UserAggregate) -> OpenedSession {
        let (user_id, session_id) = (session.user_id, session.id);
        self.commit.note_subject(user_id);
        self.commit.note_grant(Grant::Session { user_id, session_id });
        let mint = &self.app.adapters.mint;
        OpenedSession {
            access_token: mint.access(&session.seed, session.generation),
            expires_in: (session.access_expires_at - self.now).num_seconds(),
            refresh_token: mint.refresh(session.id, &session.seed, session.generation),
            device_token: None,
            session: SessionView::of(session, Some(session.id)),
            user: UserView::of(user, self.now),
        }
    }

    /// The session that asks, if it is still there.
    pub(in crate::use_cases) fn current_session(&mut self, id: Uuid) -> Result<Session, AppError> {
        self.uow.sessions().find(id, self.now)?.ok_or(AppError::Unauthenticated)
    }
}
