use chrono::{DateTime, TimeDelta, Utc};

/// The count of failed sign-ins in a row, and the lock after the fifth one (R17).
///
/// A user has one, and so has each device that a user has signed in on.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use userdom_domain::Lockout;
///
/// let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;
/// let mut lockout = Lockout::default();
/// for _ in 0..Lockout::MAX_FAILURES {
///     assert!(!lockout.is_locked(now));
///     lockout = lockout.after_failure(now).ok_or("locked")?;
/// }
/// assert!(lockout.is_locked(now));
/// assert_eq!(lockout.after_failure(now), None, "while it lasts nothing is counted");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lockout {
    failed_attempts: u32,
    locked_until: Option<DateTime<Utc>>,
}

impl Lockout {
    /// How many failures in a row lock the account.
    pub const MAX_FAILURES: u32 = 5;
    /// How long a lock lasts.
    pub const DURATION: TimeDelta = TimeDelta::minutes(15);

    /// As it is stored.
    pub const fn stored(failed_attempts: u32, locked_until: Option<DateTime<Utc>>) -> Self {
        Self { failed_attempts, locked_until }
    }

    /// Failures in a row.
    pub const fn failed_attempts(self) -> u32 {
        self.failed_attempts
    }

    /// The end of the lock, which may have passed.
    pub const fn locked_until(self) -> Option<DateTime<Utc>> {
        self.locked_until
    }

    /// Whether the lock lasts at `now`.
    pub fn is_locked(self, now: DateTime<Utc>) -> bool {
        self.locked_until.is_some_and(|end| end > now)
    }

    /// One failure more. After a lock the count starts anew; while it lasts nothing is counted:
    /// `None`.
    pub fn after_failure(self, now: DateTime<Utc>) -> Option<Self> {
        if self.is_locked(now) {
            return None;
        }
        let before = if self.locked_until.is_some() { 0 } else { self.failed_attempts };
        let failed_attempts = before.saturating_add(1);
        let locks = failed_attempts >= Self::MAX_FAILURES;
        Some(Self { failed_attempts, locked_until: locks.then(|| now + Self::DURATION) })
    }

    /// One failure fewer, and no lock: the last attempt was not checked after all.
    #[must_use]
    pub const fn without_last_failure(self) -> Self {
        Self { failed_attempts: self.failed_attempts.saturating_sub(1), locked_until: None }
    }
}
