use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId, UserRole};

/// What happens to accounts apart from their users' own doing.
pub trait AccountRepository {
    /// Removes a user of this version for good, with its contacts, profile and second factor.
    /// Nothing finds it or opens it any more; what may be many rows is left to
    /// [`wipe`](Self::wipe). `false` when there is no such user, or another version of it.
    fn erase(&mut self, user_id: UserId, version: i64) -> Result<bool, RepositoryError>;

    /// Wipes up to `most` rows of a removed user: sessions, devices, tokens, keys, events on
    /// their way out and kept answers go; what the audit trail keeps loses the addresses and the
    /// names of devices. `true` when nothing is left.
    fn wipe(&mut self, user: &str, most: u32) -> Result<bool, RepositoryError>;

    /// Identities of removed users with rows left to wipe, those after `after`.
    fn half_erased(&mut self, after: &str, limit: u32) -> Result<Vec<String>, RepositoryError>;

    /// Whether there is a row whose id is none that can be read, and is this text (R29).
    fn has_unreadable(&mut self, id: &str) -> Result<bool, RepositoryError>;

    /// Removes such a row with all that hangs on it; `false` when there is none.
    fn erase_unreadable(&mut self, id: &str) -> Result<bool, RepositoryError>;

    /// The ids of at most `limit` such rows that a sweep would remove if it could read them.
    fn unreadable_leftovers(
        &mut self,
        registered_before: DateTime<Utc>,
        deleted_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<String>, RepositoryError>;

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

    /// The version of a user that is such a leftover now. Nobody else changes its row before the
    /// end of the transaction.
    fn leftover_version(
        &mut self,
        user_id: UserId,
        leftover: Leftover,
    ) -> Result<Option<i64>, RepositoryError>;

    /// Removes up to `most` rows that had ended before or at `moment`; says how many.
    fn sweep(
        &mut self,
        what: Ended,
        moment: DateTime<Utc>,
        most: u32,
    ) -> Result<u64, RepositoryError>;
}

/// Accounts that nobody needs any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    /// What [`AccountRepository::never_verified`] finds.
    NeverVerified {
        /// The moment before which they registered.
        registered_before: DateTime<Utc>,
    },
    /// What [`AccountRepository::deleted_before`] finds.
    Deleted {
        /// The moment before which they were deleted.
        deleted_before: DateTime<Utc>,
    },
}

/// What ends by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Events that were worked on.
    Events,
    /// Answers that are kept for repeated requests.
    Answers,
    /// Sessions that nobody renewed.
    Sessions,
    /// One-time tokens.
    Tokens,
    /// Devices on which nobody signed in.
    Devices,
}

impl Ended {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Events, Self::Answers, Self::Sessions, Self::Tokens, Self::Devices];

    /// What the log calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Answers => "answers",
            Self::Sessions => "sessions",
            Self::Tokens => "tokens",
            Self::Devices => "devices",
        }
    }
}

/// What says whether a user is as a client has seen it, and which callers may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The present version.
    pub version: i64,
    /// What the user may do.
    pub roles: BTreeSet<UserRole>,
}
