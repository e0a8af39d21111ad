use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::TokenHash;

/// What a key of another service opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "`as_str` is what docs/api.md explains")]
pub enum Scope {
    UsersRead,
    UsersWrite,
    Introspect,
    Scim,
    Events,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::UsersRead, Self::UsersWrite, Self::Introspect, Self::Scim, Self::Events];

    /// The scope of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// The name on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::Introspect => "introspect",
            Self::Scim => "scim",
            Self::Events => "events",
        }
    }
}

/// A key of another service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The identity.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What is stored of it.
    pub token: TokenHash,
    /// What it opens.
    pub scopes: BTreeSet<Scope>,
    /// The admin who made it: it works only as long as this is an active admin.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends; `None` is never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, give or take five minutes.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Keys of other services.
pub trait ApiKeyRepository {
    /// Stores a key.
    fn insert(&mut self, key: &ApiKey) -> Result<(), RepositoryError>;

    /// All keys, the newest first.
    fn all(&mut self) -> Result<Vec<ApiKey>, RepositoryError>;

    /// Up to `limit` keys that a user made, the newest first; `before` is the id of the last
    /// one of the page before.
    fn made_by(
        &mut self,
        user_id: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, RepositoryError>;

    /// The key of this token, if it has not ended at `now` and whoever made it is an
    /// admin whose status is active then.
    fn find_live(
        &mut self,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<ApiKey>, RepositoryError>;

    /// The key was used at `now`.
    fn touch(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// Removes a key; `false` when there is none.
    fn remove(&mut self, id: Uuid) -> Result<bool, RepositoryError>;
}
