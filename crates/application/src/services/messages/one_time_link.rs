use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::UserId;
use uuid::Uuid;

use crate::{
    App, AppError, Caller, Command, Tx,
    ports::{TokenKind, UsedToken},
};

/// The token that belongs to an id, for a link that works for so long after it was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkToken {
    pub(super) id: Uuid,
    pub(super) kind: TokenKind,
    pub(super) ttl: TimeDelta,
}

impl LinkToken {
    /// When its link ends: the same at every try, as the mail says it.
    pub(super) fn ends_at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        made_at(self.id).unwrap_or(now) + self.ttl
    }

    /// What it is about, if it is still good.
    pub(super) fn find(self, app: &App) -> Result<Option<UsedToken>, AppError> {
        let hash = app.hash_of(self.kind, &app.adapters.mint.derived(self.kind, self.id))?;
        Ok(app.adapters.store.read()?.tokens().peek(self.kind, &hash, app.now())?)
    }

    /// Issues it, or finds the one that an earlier try has issued. `None` when that has
    /// been used or replaced since, or its time is over.
    pub(super) fn issue(
        self,
        app: &App,
        user_id: UserId,
        target_id: Uuid,
    ) -> Result<Option<UsedToken>, AppError> {
        if let Some(earlier) = self.find(app)? {
            return Ok(Some(earlier));
        }
        match app.execute(&Caller::default(), &Issue { token: self, user_id, target_id }) {
            Ok(true) => Ok(Some(UsedToken { id: self.id, user_id, target_id })),
            Ok(false) | Err(AppError::Taken(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where the link leads.
    pub(super) fn url(self, app: &App, page: &str) -> String {
        format!("{page}#token={}", app.adapters.mint.derived(self.kind, self.id).expose())
    }
}

struct Issue {
    token: LinkToken,
    user_id: UserId,
    target_id: Uuid,
}

impl Command for Issue {
    /// `false` when its time is over.
    type Output = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<bool, AppError> {
        let LinkToken { id, kind, .. } = self.token;
        let left = self.token.ends_at(tx.now) - tx.now;
        if left <= TimeDelta::zero() {
            return Ok(false);
        }
        let token = tx.derived_token(kind, id, self.user_id, self.target_id, left)?;
        tx.uow.tokens().issue(&token)?;
        Ok(true)
    }
}

/// When whoever gave this `UUIDv7` gave it, in whole milliseconds.
pub(super) fn made_at(id: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
}
