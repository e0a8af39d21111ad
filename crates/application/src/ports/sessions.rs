use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId, UserRole, UserStatus};
use uuid::Uuid;

use super::TokenHash;

/// A session, as it is opened and as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The identity.
    pub id: Uuid,
    /// The user.
    pub user_id: UserId,
    /// Random, and never shown: its tokens are made of it and the service's secret key,
    /// so that neither of both alone makes one.
    pub seed: [u8; 32],
    /// How often its tokens have been renewed.
    pub generation: u32,
    /// When that was last; the opening counts.
    pub rotated_at: DateTime<Utc>,
    /// What is stored of the present access token.
    pub access_token: TokenHash,
    /// When the access token ends.
    pub access_expires_at: DateTime<Utc>,
    /// When the session ends unless it is renewed before.
    pub idle_expires_at: DateTime<Utc>,
    /// When it ends in any case.
    pub expires_at: DateTime<Utc>,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When it was last used, give or take five minutes.
    pub last_used_at: DateTime<Utc>,
    /// When the user was last authenticated.
    pub authenticated_at: DateTime<Utc>,
    /// The client's own name for itself, 255 characters at most.
    pub user_agent: String,
    /// Where the client called from when it was opened or renewed last.
    pub ip_address: String,
}

/// The owner of an access token that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOwner {
    /// The session.
    pub session_id: Uuid,
    /// The user.
    pub user_id: UserId,
    /// The username, for introspection.
    pub username: String,
    /// What the user may do now.
    pub roles: BTreeSet<UserRole>,
    /// Where the account stands now.
    pub status: UserStatus,
    /// When a timed suspension or ban ends.
    pub status_until: Option<DateTime<Utc>>,
    /// When the user was last authenticated.
    pub authenticated_at: DateTime<Utc>,
    /// When the session was last used.
    pub last_used_at: DateTime<Utc>,
    /// When the token was made.
    pub issued_at: DateTime<Utc>,
    /// When the token ends.
    pub access_expires_at: DateTime<Utc>,
}

impl Session {
    /// How many a user may have: so whatever lists or ends them has little to do.
    pub const MOST: u32 = 200;
}

/// Sessions.
pub trait SessionRepository {
    /// Opens a session. A user has [`Session::MOST`]: the one that was used longest ago ends.
    fn insert(&mut self, session: &Session) -> Result<(), RepositoryError>;

    /// The session of this access token, if neither has ended at `now`.
    fn find_owner(
        &mut self,
        access_token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, RepositoryError>;

    /// A session that has not ended at `now`.
    fn find(
        &mut self,
        session_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, RepositoryError>;

    /// Up to `limit` sessions of a user that have not ended at `now`, the newest first;
    /// `before` is the id of the last one of the page before.
    fn of_user(
        &mut self,
        user_id: UserId,
        now: DateTime<Utc>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Session>, RepositoryError>;

    /// Stores everything that changes when a session is renewed (`session` has the next
    /// generation), in one atomic statement; `false` when the stored generation is not the one before it.
    fn rotate(&mut self, session: &Session) -> Result<bool, RepositoryError>;

    /// The session was used at `now`.
    fn touch(&mut self, session_id: Uuid, now: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// Ends one session of a user; `false` when there was none.
    fn end(&mut self, user_id: UserId, session_id: Uuid) -> Result<bool, RepositoryError>;

    /// Ends every session of a user but `except`; says how many.
    fn end_all(&mut self, user_id: UserId, except: Option<Uuid>) -> Result<u64, RepositoryError>;
}
