use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{RepositoryError, UserStatus};

use crate::{
    Actor, App, AppError, Service, SignedInUser,
    ports::{SessionOwner, TokenKind, UnitOfWork},
};

/// How far a last use may be off: a write at each call would cost too much.
const LAST_USE: TimeDelta = TimeDelta::minutes(5);

impl App {
    /// The actor behind this: the access token of a session, or a key. Anything that is no
    /// live one of an actor that may use it is refused alike.
    pub fn authenticate(&self, presented: &str) -> Result<Actor, AppError> {
        if let Some(hash) = self.adapters.mint.hash(TokenKind::Access, presented) {
            let now = self.now();
            let owner = self.adapters.store.read()?.sessions().find_owner(&hash, now)?;
            let owner = owner.filter(|owner| may_come_in(owner, now));
            let owner = owner.ok_or(AppError::Unauthenticated)?;
            self.note_use(Some(owner.last_used_at), now, |uow| {
                uow.sessions().touch(owner.session_id, now)
            });
            return Ok(Actor::User(SignedInUser {
                user_id: owner.user_id,
                session_id: owner.session_id,
                roles: owner.roles,
                authenticated_at: owner.authenticated_at,
            }));
        }
        let hash = self.adapters.mint.hash(TokenKind::ApiKey, presented);
        let hash = hash.ok_or(AppError::Unauthenticated)?;
        let now = self.now();
        let key = self.adapters.store.read()?.api_keys().find_live(&hash, now)?;
        let key = key.ok_or(AppError::Unauthenticated)?;
        self.note_use(key.last_used_at, now, |uow| uow.api_keys().touch(key.id, now));
        Ok(Actor::Service(Service { key_id: key.id, scopes: key.scopes }))
    }

    /// Notes that something is in use, every few minutes. A failure costs nobody the call.
    fn note_use(
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

/// Whether the account stands so that its tokens work.
pub(super) fn may_come_in(owner: &SessionOwner, now: DateTime<Utc>) -> bool {
    match owner.status {
        UserStatus::Pending | UserStatus::Active => true,
        UserStatus::Suspended | UserStatus::Banned => {
            owner.status_until.is_some_and(|end| end <= now)
        }
        UserStatus::Deleted => false,
    }
}
