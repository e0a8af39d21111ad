//! The account, as the root shows it: [`User`] has the rules.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    Lockout, PasswordHash, Preferences, StatusNote, User, UserAggregate, UserId, UserRole,
    UserStatus, Username,
};

impl UserAggregate {
    /// The identity.
    pub const fn id(&self) -> UserId {
        self.user.id()
    }

    /// [`User::username`].
    pub const fn username(&self) -> &Username {
        self.user.username()
    }

    /// [`User::password_hash`].
    pub const fn password_hash(&self) -> &PasswordHash {
        self.user.password_hash()
    }

    /// [`User::status`]: as it was set.
    pub const fn status(&self) -> UserStatus {
        self.user.status()
    }

    /// [`User::status_at`]: what counts at `now`.
    pub fn status_at(&self, now: DateTime<Utc>) -> UserStatus {
        self.user.status_at(now)
    }

    /// [`User::status_note`].
    pub const fn status_note(&self) -> Option<&StatusNote> {
        self.user.status_note()
    }

    /// [`User::roles`].
    pub const fn roles(&self) -> &BTreeSet<UserRole> {
        self.user.roles()
    }

    /// [`User::highest_role`].
    pub fn highest_role(&self) -> UserRole {
        self.user.highest_role()
    }

    /// [`User::has_role`].
    pub fn has_role(&self, role: UserRole) -> bool {
        self.user.has_role(role)
    }

    /// [`User::email_verified`].
    pub const fn email_verified(&self) -> bool {
        self.user.email_verified()
    }

    /// [`User::phone_verified`].
    pub const fn phone_verified(&self) -> bool {
        self.user.phone_verified()
    }

    /// [`User::two_factor_enabled`].
    pub const fn two_factor_enabled(&self) -> bool {
        self.user.two_factor_enabled()
    }

    /// [`User::lockout`].
    pub const fn lockout(&self) -> Lockout {
        self.user.lockout()
    }

    /// [`User::is_locked`].
    pub fn is_locked(&self, now: DateTime<Utc>) -> bool {
        self.user.is_locked(now)
    }

    /// [`User::is_active`].
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.user.is_active(now)
    }

    /// [`User::can_login`].
    pub fn can_login(&self, now: DateTime<Utc>) -> bool {
        self.user.can_login(now)
    }

    /// Whether a right password may open the account: it is active, and has a verified email, the
    /// default one or another (R16, R29). The lock is not asked: an attempt is counted by the
    /// account or by a known device, each with its own [`Lockout`].
    pub fn lets_in(&self, now: DateTime<Utc>) -> bool {
        self.status_at(now) == UserStatus::Active && self.has_verified_email()
    }

    /// [`User::created_at`].
    pub const fn created_at(&self) -> DateTime<Utc> {
        self.user.created_at()
    }

    /// [`User::updated_at`].
    pub const fn updated_at(&self) -> DateTime<Utc> {
        self.user.updated_at()
    }

    /// [`User::last_login_at`].
    pub const fn last_login_at(&self) -> Option<DateTime<Utc>> {
        self.user.last_login_at()
    }

    /// [`User::password_changed_at`].
    pub const fn password_changed_at(&self) -> DateTime<Utc> {
        self.user.password_changed_at()
    }

    /// [`User::preferences`].
    pub const fn preferences(&self) -> &Preferences {
        self.user.preferences()
    }

    /// The account on its own.
    pub const fn user(&self) -> &User {
        &self.user
    }
}
