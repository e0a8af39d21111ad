use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{
    Lockout, PasswordHash, Preferences, StatusNote, UserError, UserId, UserRole, UserStatus,
    Username, value_objects::AsStored,
};

/// The account alone: identity, sign-in and status.
///
/// Emails, phones, addresses and the profile hang on [`UserAggregate`](crate::UserAggregate),
/// which is also the only way to change a stored user.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use userdom_domain::{PasswordHash, User, UserId, UserStatus, Username};
///
/// let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;
/// let mut user = User::new(
///     UserId::parse("0193b7f2-6c1e-7a3b-9d4e-5f60718293a4")?,
///     Username::parse("john_doe")?,
///     PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")?,
///     now,
/// );
/// assert_eq!(user.status(), UserStatus::Pending);
/// user.activate(now)?;
/// assert_eq!(
///     user.activate(now).unwrap_err().to_string(),
///     "Cannot activate from status: active"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub(crate) id: UserId,
    pub(crate) username: Username,
    pub(crate) password_hash: PasswordHash,
    pub(crate) status: AsStored<UserStatus>,
    pub(crate) status_note: Option<StatusNote>,
    pub(crate) incomplete_note: Option<IncompleteNote>,
    pub(crate) status_before_deletion: Option<AsStored<UserStatus>>,
    pub(crate) roles: BTreeSet<UserRole>,
    /// Those of another application, which give no right here and stay (R29).
    pub(crate) unknown_roles: Vec<String>,
    pub(crate) email_verified: bool,
    pub(crate) phone_verified: bool,
    pub(crate) two_factor_enabled: bool,
    pub(crate) lockout: Lockout,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) last_login_at: Option<DateTime<Utc>>,
    pub(crate) password_changed_at: DateTime<Utc>,
    pub(crate) preferences: Preferences,
}

/// What another application wrote of a status and is no [`StatusNote`] (R29).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IncompleteNote {
    pub(crate) reason: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) until: Option<DateTime<Utc>>,
}

impl User {
    /// A pending user with the role `user` and the default preferences.
    pub fn new(
        id: UserId,
        username: Username,
        password_hash: PasswordHash,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            username,
            password_hash,
            status: UserStatus::Pending.into(),
            status_note: None,
            incomplete_note: None,
            status_before_deletion: None,
            roles: BTreeSet::from([UserRole::User]),
            unknown_roles: Vec::new(),
            email_verified: false,
            phone_verified: false,
            two_factor_enabled: false,
            lockout: Lockout::default(),
            created_at: now,
            updated_at: now,
            last_login_at: None,
            password_changed_at: now,
            preferences: Preferences::default(),
        }
    }

    /// The identity.
    pub const fn id(&self) -> UserId {
        self.id
    }

    /// The name that the user signs in with.
    pub const fn username(&self) -> &Username {
        &self.username
    }

    /// The stored hash of the password.
    pub const fn password_hash(&self) -> &PasswordHash {
        &self.password_hash
    }

    /// The status as it was set; see [`User::status_at`] for timed ones. One that another
    /// application wrote and nobody knows counts as suspended: it lets nobody in (R29).
    pub const fn status(&self) -> UserStatus {
        self.status.get()
    }

    /// The status that counts at `now`: a suspension or ban whose end has come is over (R14).
    pub fn status_at(&self, now: DateTime<Utc>) -> UserStatus {
        let ended =
            self.status_note.as_ref().and_then(StatusNote::until).is_some_and(|end| end <= now);
        let is_known = self.status.known().is_some();
        match self.status() {
            UserStatus::Suspended | UserStatus::Banned if ended && is_known => UserStatus::Active,
            status @ (UserStatus::Pending
            | UserStatus::Active
            | UserStatus::Suspended
            | UserStatus::Banned
            | UserStatus::Deleted) => status,
        }
    }

    /// The same, unless another application wrote a status that nobody knows (R29).
    pub(crate) fn known_status_at(&self, now: DateTime<Utc>) -> Option<UserStatus> {
        self.status.known().map(|_| self.status_at(now))
    }

    /// Why the user is suspended or banned; `None` in any other status.
    pub const fn status_note(&self) -> Option<&StatusNote> {
        self.status_note.as_ref()
    }

    /// What the user may do: one role at least (R15), unless another application gave only roles
    /// that nobody knows (R29).
    pub const fn roles(&self) -> &BTreeSet<UserRole> {
        &self.roles
    }

    /// The greatest of the roles.
    pub fn highest_role(&self) -> UserRole {
        self.roles.last().copied().unwrap_or(UserRole::Guest)
    }

    /// Whether the user has the role (R16).
    pub fn has_role(&self, role: UserRole) -> bool {
        self.roles.contains(&role)
    }

    /// True exactly while the default email is verified (R16).
    pub const fn email_verified(&self) -> bool {
        self.email_verified
    }

    /// True exactly while any phone is verified (R16).
    pub const fn phone_verified(&self) -> bool {
        self.phone_verified
    }

    /// Whether signing in asks for a second factor.
    pub const fn two_factor_enabled(&self) -> bool {
        self.two_factor_enabled
    }

    /// Failed sign-ins in a row and their lock (R17); each known device has its own beside it.
    pub const fn lockout(&self) -> Lockout {
        self.lockout
    }

    /// When the user registered.
    pub const fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// When anything of the user changed last.
    pub const fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    /// When the user signed in last.
    pub const fn last_login_at(&self) -> Option<DateTime<Utc>> {
        self.last_login_at
    }

    /// When the password was set.
    pub const fn password_changed_at(&self) -> DateTime<Utc> {
        self.password_changed_at
    }

    /// What the user likes (R13).
    pub const fn preferences(&self) -> &Preferences {
        &self.preferences
    }

    /// Locked out after too many failures, at `now` (R16, R17).
    pub fn is_locked(&self, now: DateTime<Utc>) -> bool {
        self.lockout.is_locked(now)
    }

    /// Active, with a verified default email, and not locked (R16).
    pub fn is_active(&self, now: DateTime<Utc>) -> bool {
        self.status_at(now) == UserStatus::Active && self.email_verified && !self.is_locked(now)
    }

    /// Whether a sign-in may succeed at `now` (R16).
    pub fn can_login(&self, now: DateTime<Utc>) -> bool {
        self.is_active(now)
    }

    /// Pending → active (R14).
    pub fn activate(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        if self.status() != UserStatus::Pending {
            return Err(UserError::CannotActivate { from: self.status() });
        }
        self.enter(UserStatus::Active, None, now);
        Ok(())
    }

    /// Active → suspended (R14).
    pub fn suspend(&mut self, note: StatusNote, now: DateTime<Utc>) -> Result<(), UserError> {
        self.require(&[UserStatus::Active], UserStatus::Suspended, now)?;
        self.enter(UserStatus::Suspended, Some(note), now);
        Ok(())
    }

    /// Suspended → active (R14).
    pub fn reinstate(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        if self.status() != UserStatus::Suspended {
            return Err(UserError::InvalidTransition {
                from: self.status(),
                to: UserStatus::Active,
            });
        }
        self.enter(UserStatus::Active, None, now);
        Ok(())
    }

    /// Pending, active or suspended → banned (R14).
    pub fn ban(&mut self, note: StatusNote, now: DateTime<Utc>) -> Result<(), UserError> {
        let from = [UserStatus::Pending, UserStatus::Active, UserStatus::Suspended];
        self.require(&from, UserStatus::Banned, now)?;
        self.enter(UserStatus::Banned, Some(note), now);
        Ok(())
    }

    /// Banned → active (R14).
    pub fn unban(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        if self.status() != UserStatus::Banned {
            return Err(UserError::InvalidTransition {
                from: self.status(),
                to: UserStatus::Active,
            });
        }
        self.enter(UserStatus::Active, None, now);
        Ok(())
    }

    /// Any other status → deleted; the one before is remembered with its reason (R14).
    pub fn delete(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        if self.status() == UserStatus::Deleted {
            return Err(UserError::InvalidTransition {
                from: self.status(),
                to: UserStatus::Deleted,
            });
        }
        self.status_before_deletion = Some(self.status.clone());
        self.status = UserStatus::Deleted.into();
        self.touch(now);
        Ok(())
    }

    /// Deleted → the status before it (R14).
    pub fn restore_account(&mut self, now: DateTime<Utc>) -> Result<(), UserError> {
        if self.status() != UserStatus::Deleted {
            return Err(UserError::InvalidTransition {
                from: self.status(),
                to: UserStatus::Active,
            });
        }
        // A row that another application marked as deleted does not say what it was before.
        let before = self.status_before_deletion.take().unwrap_or(UserStatus::Pending.into());
        self.status = before;
        self.touch(now);
        Ok(())
    }

    /// Gives the user these roles and no others (R15); what another application gave and nobody
    /// knows here is that application's to take away (R29).
    pub fn set_roles(
        &mut self,
        roles: BTreeSet<UserRole>,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        if roles.is_empty() {
            return Err(UserError::NoRole);
        }
        self.roles = roles;
        self.touch(now);
        Ok(())
    }

    /// A sign-in succeeded: the failures are forgotten (R17).
    pub fn record_login(&mut self, now: DateTime<Utc>) {
        self.last_login_at = Some(now);
        self.lockout = Lockout::default();
        self.touch(now);
    }

    /// A sign-in failed. The fifth failure in a row locks for 15 minutes; while
    /// locked nothing is counted; after the lock the count starts anew (R17).
    pub fn record_failed_login(&mut self, now: DateTime<Utc>) {
        if let Some(counted) = self.lockout.after_failure(now) {
            self.lockout = counted;
            self.touch(now);
        }
    }

    /// Sets a new password (R18).
    pub fn change_password(&mut self, hash: PasswordHash, now: DateTime<Utc>) {
        self.password_hash = hash;
        self.password_changed_at = now;
        self.touch(now);
    }

    /// Forgets failed sign-ins and the lock (R17).
    pub fn unlock(&mut self, now: DateTime<Utc>) {
        self.lockout = Lockout::default();
        self.touch(now);
    }

    pub(crate) fn touch(&mut self, now: DateTime<Utc>) {
        self.updated_at = now;
    }

    fn require(
        &self,
        from: &[UserStatus],
        to: UserStatus,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        // Out of a status that nobody knows every known one is a way (R29).
        if self.status.known().is_none() || from.contains(&self.status_at(now)) {
            Ok(())
        } else {
            Err(UserError::InvalidTransition { from: self.status(), to })
        }
    }

    fn enter(&mut self, status: UserStatus, note: Option<StatusNote>, now: DateTime<Utc>) {
        self.status = status.into();
        self.status_note = note;
        self.incomplete_note = None;
        self.touch(now);
    }
}
