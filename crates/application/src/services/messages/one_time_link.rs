use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::UserId;
use uuid::Uuid;

use crate::{
    App, AppError, Caller, Command, Tx,
    ports::{SecretToken, TokenKind, UsedToken},
};

/// The token that belongs to an id, for a link that works for so long after it was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct LinkToken {
    pub(super) id: Uuid,
    pub(super) kind: TokenKind,
    pub(super) ttl: TimeDelta,
}

impl LinkToken {
    /// When a link ends whose time counts from when it was asked for: the same at every try.
    pub(super) fn ends_at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        made_at(self.id).unwrap_or(now) + self.ttl
    }

    /// What it is about, if it is still good. It was perhaps issued under an earlier key.
    pub(super) fn find(self, app: &App) -> Result<Option<LiveLink>, AppError> {
        let mut reader = app.adapters.store.read()?;
        for mint in app.adapters.mint.of_all_keys() {
            let token = mint.derived(self.kind, self.id);
            let hash = app.hash_of(self.kind, &token)?;
            if let Some(about) = reader.tokens().peek(self.kind, &hash, app.now())? {
                return Ok(Some(LiveLink { about, token }));
            }
        }
        Ok(None)
    }

    /// Issues it, or finds the one that an earlier try has issued. `None` when that has
    /// been used or replaced since, or its time is over.
    pub(super) fn issue(
        self,
        app: &App,
        user_id: UserId,
        target_id: Uuid,
        ends_at: DateTime<Utc>,
    ) -> Result<Option<LiveLink>, AppError> {
        if let Some(earlier) = self.find(app)? {
            return Ok(Some(earlier));
        }
        match app.execute(&Caller::default(), &Issue { token: self, user_id, target_id, ends_at }) {
            Ok(true) => self.find(app),
            Ok(false) | Err(AppError::Taken(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A link that works.
pub(super) struct LiveLink {
    /// What its token is about.
    pub(super) about: UsedToken,
    token: SecretToken,
}

impl LiveLink {
    /// Where it leads.
    pub(super) fn url(&self, page: &str) -> String {
        format!("{page}#token={}", self.token.expose())
    }
}

struct Issue {
    token: LinkToken,
    user_id: UserId,
    target_id: Uuid,
    ends_at: DateTime<Utc>,
}

impl Command for Issue {
    /// `false` when its time is over.
    type Output = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<bool, AppError> {
        let LinkToken { id, kind, .. } = self.token;
        let left = self.ends_at - tx.now;
        if left <= TimeDelta::zero() {
            return Ok(false);
        }
        let token = tx.derived_token(kind, id, self.user_id, self.target_id, left)?;
        tx.uow.tokens().issue(&token)?;
        Ok(true)
    }
}

/// When this `UUIDv7` was made, in whole milliseconds.
pub(super) fn made_at(id: Uuid) -> Option<DateTime<Utc>> {
    let (seconds, nanoseconds) = id.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
}
