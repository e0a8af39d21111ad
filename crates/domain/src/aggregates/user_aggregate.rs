use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    DomainEvent, PasswordHash, Preferences, RecordedEvent, StatusNote, User, UserAddress,
    UserEmail, UserError, UserPhone, UserProfile, UserRole, Username,
};

/// A user with everything that hangs on it: the consistency boundary, and the
/// only way to change anything of a user.
///
/// Each accepted change records a [`DomainEvent`]; a refused one changes nothing.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use userdom_domain::{
///     ContactType, EmailAddress, EmailId, PasswordHash, User, UserAggregate, UserId, Username,
/// };
///
/// let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;
/// let account = User::new(
///     UserId::from_parts(now, [1; 10]),
///     Username::parse("john_doe")?,
///     PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")?,
///     now,
/// );
/// let mut user = UserAggregate::register(account, None, now);
/// let email = EmailAddress::parse("john.doe@gmail.com")?;
/// user.add_email(EmailId::from_parts(now, [2; 10]), email, ContactType::Work, false, now)?;
///
/// assert!(user.default_email().is_some_and(|email| email.contact_type() == ContactType::Primary));
/// assert!(user.validate().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAggregate {
    pub(crate) user: User,
    pub(crate) profile: Option<UserProfile>,
    pub(crate) emails: Vec<UserEmail>,
    pub(crate) phones: Vec<UserPhone>,
    pub(crate) addresses: Vec<UserAddress>,
    pub(crate) version: i64,
    pub(crate) events: Vec<RecordedEvent>,
}

impl UserAggregate {
    /// The most emails a user can have (R23).
    pub const MAX_EMAILS: usize = 20;
    /// The most phones a user can have (R23).
    pub const MAX_PHONES: usize = 20;
    /// The most addresses a user can have (R23).
    pub const MAX_ADDRESSES: usize = 50;

    /// A new user, who has no contacts yet; the first email is to follow.
    pub fn register(user: User, profile: Option<UserProfile>, now: DateTime<Utc>) -> Self {
        let mut aggregate = Self {
            user,
            profile,
            emails: Vec::new(),
            phones: Vec::new(),
            addresses: Vec::new(),
            version: 0,
            events: Vec::new(),
        };
        aggregate.record(DomainEvent::UserRegistered, now);
        aggregate
    }

    /// The profile, if there is one.
    pub const fn profile(&self) -> Option<&UserProfile> {
        self.profile.as_ref()
    }

    /// The emails, oldest first.
    pub fn emails(&self) -> &[UserEmail] {
        &self.emails
    }

    /// The phones, oldest first.
    pub fn phones(&self) -> &[UserPhone] {
        &self.phones
    }

    /// The addresses, oldest first.
    pub fn addresses(&self) -> &[UserAddress] {
        &self.addresses
    }

    /// How often the user has been saved; 0 before the first time (R26).
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// What has happened since the last save, oldest first (R26).
    pub fn events(&self) -> &[RecordedEvent] {
        &self.events
    }

    /// For a repository that has just stored the user: raises the version by
    /// one and hands over the events (R26).
    pub fn mark_saved(&mut self) -> Vec<RecordedEvent> {
        self.version += 1;
        std::mem::take(&mut self.events)
    }

    /// Takes another username; that nobody else has it, the repository decides.
    pub fn rename(&mut self, username: Username, now: DateTime<Utc>) {
        if self.user.username != username {
            self.user.username = username;
            self.record(DomainEvent::UsernameChanged, now);
        }
    }

    /// Replaces the preferences (R13).
    pub fn set_preferences(&mut self, preferences: Preferences, now: DateTime<Utc>) {
        if self.user.preferences != preferences {
            self.user.preferences = preferences;
            self.record(DomainEvent::PreferencesChanged, now);
        }
    }

    /// Pending → active (R14).
    pub fn activate(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        self.user.activate(now)?;
        self.record(DomainEvent::UserActivated, now);
        Ok(())
    }

    /// Active → suspended (R14).
    pub fn suspend(&mut self, note: StatusNote, now: DateTime<Utc>) -> Result<(), UserError> {
        self.user.suspend(note, now)?;
        self.record(DomainEvent::UserSuspended, now);
        Ok(())
    }

    /// Suspended → active (R14).
    pub fn reinstate(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        self.user.reinstate(now)?;
        self.record(DomainEvent::UserReinstated, now);
        Ok(())
    }

    /// Pending, active or suspended → banned (R14).
    pub fn ban(&mut self, note: StatusNote, now: DateTime<Utc>) -> Result<(), UserError> {
        self.user.ban(note, now)?;
        self.record(DomainEvent::UserBanned, now);
        Ok(())
    }

    /// Banned → active (R14).
    pub fn unban(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        self.user.unban(now)?;
        self.record(DomainEvent::UserUnbanned, now);
        Ok(())
    }

    /// Any other status → deleted (R14); the rows stay until they are erased.
    pub fn delete(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        self.user.delete(now)?;
        self.record(DomainEvent::UserDeleted, now);
        Ok(())
    }

    /// Deleted → the status before it (R14).
    pub fn restore_account(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        self.user.restore_account(now)?;
        self.record(DomainEvent::UserRestored, now);
        Ok(())
    }

    /// Gives the user these roles and no others that are known here (R15, R29).
    pub fn set_roles(
        &mut self,
        roles: BTreeSet<UserRole>,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        self.user.set_roles(roles, now)?;
        self.record(DomainEvent::RolesChanged, now);
        Ok(())
    }

    /// Sets a new password (R18); ending the sessions is the caller's part.
    pub fn change_password(&mut self, hash: PasswordHash, now: DateTime<Utc>) {
        self.user.change_password(hash, now);
        self.record(DomainEvent::PasswordChanged, now);
    }

    /// Sets a new password for a user that has lost the old one: the account is
    /// unlocked too (R17, R18). The second factor stays.
    pub fn reset_password(&mut self, hash: PasswordHash, now: DateTime<Utc>) {
        self.user.change_password(hash, now);
        self.user.unlock(now);
        self.record(DomainEvent::PasswordReset, now);
    }

    /// Forgets failed sign-ins and the lock (R17).
    pub fn unlock(&mut self, now: DateTime<Utc>) {
        self.user.unlock(now);
        self.record(DomainEvent::AccountUnlocked, now);
    }

    /// Says whether a second factor is asked for at sign-in.
    pub fn set_two_factor(&mut self, is_enabled: bool, now: DateTime<Utc>) {
        if self.user.two_factor_enabled == is_enabled {
            return;
        }
        self.user.two_factor_enabled = is_enabled;
        let event =
            if is_enabled { DomainEvent::TwoFactorEnabled } else { DomainEvent::TwoFactorDisabled };
        self.record(event, now);
    }

    /// Notes that the user got new recovery codes.
    pub fn record_new_recovery_codes(&mut self, now: DateTime<Utc>) {
        self.record(DomainEvent::RecoveryCodesReplaced, now);
    }

    /// A sign-in succeeded (R17).
    pub fn record_login(&mut self, now: DateTime<Utc>) {
        self.user.record_login(now);
        self.record(DomainEvent::LoginSucceeded, now);
    }

    /// A sign-in failed (R17).
    pub fn record_failed_login(&mut self, now: DateTime<Utc>) {
        self.user.record_failed_login(now);
        self.record(DomainEvent::LoginFailed, now);
    }

    pub(crate) fn record(&mut self, event: DomainEvent, now: DateTime<Utc>) {
        self.user.touch(now);
        self.events.push(RecordedEvent { event, occurred_at: now });
    }
}
