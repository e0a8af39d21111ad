use std::fmt;

use chrono::{DateTime, Utc};

use crate::UserId;

/// Where an account stands (R14).
///
/// ```
/// use userdom_domain::UserStatus;
///
/// assert_eq!(UserStatus::parse("active"), Some(UserStatus::Active));
/// assert_eq!(UserStatus::Banned.to_string(), "banned");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UserStatus {
    /// Registered, no email verified yet.
    Pending,
    /// In use.
    Active,
    /// Shut out for a while.
    Suspended,
    /// Shut out.
    Banned,
    /// Deleted, and restorable inside the retention time.
    Deleted,
}

impl UserStatus {
    /// All five.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Active, Self::Suspended, Self::Banned, Self::Deleted];

    /// Reads the name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Banned => "banned",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for UserStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The reason of a suspension or ban, the user that decided it, and the end (R14).
///
/// ```
/// use userdom_domain::{StatusNote, UserId};
///
/// let actor = UserId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4").unwrap();
/// let note = StatusNote::new("spam", actor, None)?;
/// assert_eq!(note.reason(), "spam");
/// assert!(StatusNote::new("  ", actor, None).is_err());
/// # Ok::<(), userdom_domain::StatusNoteError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusNote {
    reason: String,
    actor: UserId,
    until: Option<DateTime<Utc>>,
}

/// The reason is blank, longer than 500 characters, or has control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("A reason of 1 to 500 characters without control characters is required")]
pub struct StatusNoteError;

crate::error_codes! {
    StatusNoteError {
        Self => Rule("status.reason_invalid", "The reason is not accepted");
    }
}

impl StatusNote {
    /// A reason of 1 to 500 characters, the user that acts, and the end, if there is one.
    pub fn new(
        reason: &str,
        actor: UserId,
        until: Option<DateTime<Utc>>,
    ) -> Result<Self, StatusNoteError> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > 500 || reason.chars().any(char::is_control)
        {
            return Err(StatusNoteError);
        }
        Ok(Self { reason: reason.to_owned(), actor, until })
    }

    /// A stored note as it stands (R29).
    pub(crate) const fn from_stored(
        reason: String,
        actor: UserId,
        until: Option<DateTime<Utc>>,
    ) -> Self {
        Self { reason, actor, until }
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The user that decided it.
    pub const fn actor(&self) -> UserId {
        self.actor
    }

    /// Until when; `None` has no end.
    pub const fn until(&self) -> Option<DateTime<Utc>> {
        self.until
    }
}
