use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::TokenHash;

/// A device on which somebody has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDevice {
    /// The identity.
    pub id: Uuid,
    /// The user that signed in on it.
    pub user_id: UserId,
    /// What is stored of its token.
    pub token: TokenHash,
    /// When the first sign-in was.
    pub created_at: DateTime<Utc>,
    /// When it is a stranger again.
    pub expires_at: DateTime<Utc>,
}

/// A device that is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    /// The identity.
    pub id: Uuid,
    /// When the first sign-in was.
    pub created_at: DateTime<Utc>,
    /// When the last one was.
    pub last_used_at: DateTime<Utc>,
    /// When it is a stranger again.
    pub expires_at: DateTime<Utc>,
}

/// Known devices: each has five tries of its own ([`SignInRepository`](super::SignInRepository)).
pub trait DeviceRepository {
    /// Remembers a device. A user has ten at most: the one that was used longest ago goes.
    fn remember(&mut self, device: &NewDevice) -> Result<(), RepositoryError>;

    /// Whether the token is that of a device of this user that has not ended at `now`;
    /// it then lives on until `expires_at`.
    fn renew(
        &mut self,
        user_id: UserId,
        token: &TokenHash,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, RepositoryError>;

    /// The devices of a user that have not ended at `now`, the newest first.
    fn of_user(
        &mut self,
        user_id: UserId,
        now: DateTime<Utc>,
    ) -> Result<Vec<KnownDevice>, RepositoryError>;

    /// Forgets every device of a user.
    fn forget_all(&mut self, user_id: UserId) -> Result<(), RepositoryError>;
}
