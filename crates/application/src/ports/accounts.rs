use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId, UserRole};
use uuid::Uuid;

/// What happens to accounts apart from their users' own doing.
pub trait AccountRepository {
    /// Removes a user for good, with every row that is about it: contacts, profile,
    /// sessions, devices, tokens, second factor and events on their way out. What the
    /// audit trail keeps loses the addresses and the names of devices. `false` when
    /// there is no such user.
    fn erase(&mut self, user_id: UserId) -> Result<bool, RepositoryError>;

    /// A user's version and roles, without anything else of it.
    fn stamp(&mut self, user_id: UserId) -> Result<Option<Stamp>, RepositoryError>;

    /// Pending users who registered before a moment and have verified no email,
    /// oldest first.
    fn never_verified(
        &mut self,
        registered_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError>;

    /// Users who were deleted softly before a moment, oldest first.
    fn deleted_before(
        &mut self,
        moment: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError>;

    /// Removes what has ended by time: sessions, one-time tokens, devices, and events that
    /// were processed before `processed_before`. Says how many rows.
    fn sweep(
        &mut self,
        now: DateTime<Utc>,
        processed_before: DateTime<Utc>,
    ) -> Result<u64, RepositoryError>;

    /// Puts a request that no signed-in user stands behind into the outbox. The same
    /// single row whether or not anybody is meant by it.
    fn enqueue(&mut self, request: &MailRequest) -> Result<(), RepositoryError>;
}

/// What tells whether a user is as somebody has seen it, and whose business it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The present version.
    pub version: i64,
    /// What the user may do.
    pub roles: BTreeSet<UserRole>,
}

/// Somebody asks for a mail, and must not learn whether there will be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRequest {
    /// The identity of its event.
    pub id: Uuid,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// Which mail.
    pub wish: MailWish,
}

/// Which mail somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailWish {
    /// A link that resets the password of whoever owns this verified address.
    PasswordReset {
        /// The address in canonical form.
        email: String,
    },
    /// The verification mail of an email again.
    Verification {
        /// Whose.
        user_id: Uuid,
        /// Which.
        email_id: Uuid,
        /// The user who has signed in and asks, or the key; anybody may ask for a pending
        /// account only.
        asked_by: Option<Uuid>,
    },
}
