//! What happened to a user, told after the fact.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{AddressId, EmailAddress, EmailId, PhoneId};

/// Something that happened to a user (R26). Events carry identities only, never
/// an address, a number or a name: they outlive erasure.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/john_doe/mod.rs")); }
/// use userdom_domain::DomainEvent;
///
/// let user = example::john();
/// assert_eq!(user.events()[0].event, DomainEvent::UserRegistered);
/// assert_eq!(DomainEvent::UserRegistered.kind(), "user.registered");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "kind"))]
#[expect(missing_docs, reason = "each variant says what happened")]
pub enum DomainEvent {
    #[cfg_attr(feature = "serde", serde(rename = "user.registered"))]
    UserRegistered,
    #[cfg_attr(feature = "serde", serde(rename = "user.activated"))]
    UserActivated,
    #[cfg_attr(feature = "serde", serde(rename = "user.suspended"))]
    UserSuspended,
    #[cfg_attr(feature = "serde", serde(rename = "user.reinstated"))]
    UserReinstated,
    #[cfg_attr(feature = "serde", serde(rename = "user.banned"))]
    UserBanned,
    #[cfg_attr(feature = "serde", serde(rename = "user.unbanned"))]
    UserUnbanned,
    #[cfg_attr(feature = "serde", serde(rename = "user.deleted"))]
    UserDeleted,
    #[cfg_attr(feature = "serde", serde(rename = "user.restored"))]
    UserRestored,
    #[cfg_attr(feature = "serde", serde(rename = "user.username_changed"))]
    UsernameChanged,
    #[cfg_attr(feature = "serde", serde(rename = "user.roles_changed"))]
    RolesChanged,
    #[cfg_attr(feature = "serde", serde(rename = "user.preferences_changed"))]
    PreferencesChanged,
    #[cfg_attr(feature = "serde", serde(rename = "user.password_changed"))]
    PasswordChanged,
    #[cfg_attr(feature = "serde", serde(rename = "user.password_reset"))]
    PasswordReset,
    #[cfg_attr(feature = "serde", serde(rename = "user.unlocked"))]
    AccountUnlocked,
    #[cfg_attr(feature = "serde", serde(rename = "two_factor.enabled"))]
    TwoFactorEnabled,
    #[cfg_attr(feature = "serde", serde(rename = "two_factor.disabled"))]
    TwoFactorDisabled,
    #[cfg_attr(feature = "serde", serde(rename = "user.login_succeeded"))]
    LoginSucceeded,
    #[cfg_attr(feature = "serde", serde(rename = "user.login_failed"))]
    LoginFailed,
    #[cfg_attr(feature = "serde", serde(rename = "profile.changed"))]
    ProfileChanged,
    #[cfg_attr(feature = "serde", serde(rename = "email.added"))]
    EmailAdded { email_id: EmailId },
    #[cfg_attr(feature = "serde", serde(rename = "email.removed"))]
    EmailRemoved { email_id: EmailId },
    #[cfg_attr(feature = "serde", serde(rename = "email.verified"))]
    EmailVerified { email_id: EmailId },
    #[cfg_attr(feature = "serde", serde(rename = "email.default_changed"))]
    DefaultEmailChanged { email_id: EmailId },
    #[cfg_attr(feature = "serde", serde(rename = "email.type_changed"))]
    EmailTypeChanged { email_id: EmailId },
    #[cfg_attr(feature = "serde", serde(rename = "email.verification_requested"))]
    EmailVerificationRequested { email_id: EmailId, token_id: Uuid },
    #[cfg_attr(feature = "serde", serde(rename = "phone.added"))]
    PhoneAdded { phone_id: PhoneId },
    #[cfg_attr(feature = "serde", serde(rename = "phone.removed"))]
    PhoneRemoved { phone_id: PhoneId },
    #[cfg_attr(feature = "serde", serde(rename = "phone.verified"))]
    PhoneVerified { phone_id: PhoneId },
    #[cfg_attr(feature = "serde", serde(rename = "phone.verification_requested"))]
    PhoneVerificationRequested { phone_id: PhoneId, token_id: Uuid },
    #[cfg_attr(feature = "serde", serde(rename = "phone.default_changed"))]
    DefaultPhoneChanged { phone_id: PhoneId },
    #[cfg_attr(feature = "serde", serde(rename = "phone.type_changed"))]
    PhoneTypeChanged { phone_id: PhoneId },
    #[cfg_attr(feature = "serde", serde(rename = "address.added"))]
    AddressAdded { address_id: AddressId },
    #[cfg_attr(feature = "serde", serde(rename = "address.changed"))]
    AddressChanged { address_id: AddressId },
    #[cfg_attr(feature = "serde", serde(rename = "address.removed"))]
    AddressRemoved { address_id: AddressId },
    #[cfg_attr(feature = "serde", serde(rename = "address.default_changed"))]
    DefaultAddressChanged { address_id: AddressId },
    /// One address is to be told; the address as it was when it happened.
    #[cfg_attr(feature = "serde", serde(rename = "notice.due"))]
    NoticeDue { notice: Notice, to: EmailAddress },
}

/// What the owner of an account is told, so that nobody takes it over in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[expect(missing_docs, reason = "each variant says what is told")]
pub enum Notice {
    PasswordChanged,
    PasswordReset,
    EmailVerified,
    DefaultEmailChanged,
    EmailRemoved,
    TwoFactorEnabled,
    TwoFactorDisabled,
    RecoveryCodesReplaced,
}

impl DomainEvent {
    /// The stable name that consumers see.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UserRegistered => "user.registered",
            Self::UserActivated => "user.activated",
            Self::UserSuspended => "user.suspended",
            Self::UserReinstated => "user.reinstated",
            Self::UserBanned => "user.banned",
            Self::UserUnbanned => "user.unbanned",
            Self::UserDeleted => "user.deleted",
            Self::UserRestored => "user.restored",
            Self::UsernameChanged => "user.username_changed",
            Self::RolesChanged => "user.roles_changed",
            Self::PreferencesChanged => "user.preferences_changed",
            Self::PasswordChanged => "user.password_changed",
            Self::PasswordReset => "user.password_reset",
            Self::AccountUnlocked => "user.unlocked",
            Self::TwoFactorEnabled => "two_factor.enabled",
            Self::TwoFactorDisabled => "two_factor.disabled",
            Self::LoginSucceeded => "user.login_succeeded",
            Self::LoginFailed => "user.login_failed",
            Self::ProfileChanged => "profile.changed",
            Self::EmailAdded { .. } => "email.added",
            Self::EmailRemoved { .. } => "email.removed",
            Self::EmailVerified { .. } => "email.verified",
            Self::DefaultEmailChanged { .. } => "email.default_changed",
            Self::EmailTypeChanged { .. } => "email.type_changed",
            Self::EmailVerificationRequested { .. } => "email.verification_requested",
            Self::PhoneAdded { .. } => "phone.added",
            Self::PhoneRemoved { .. } => "phone.removed",
            Self::PhoneVerified { .. } => "phone.verified",
            Self::PhoneVerificationRequested { .. } => "phone.verification_requested",
            Self::DefaultPhoneChanged { .. } => "phone.default_changed",
            Self::PhoneTypeChanged { .. } => "phone.type_changed",
            Self::AddressAdded { .. } => "address.added",
            Self::AddressChanged { .. } => "address.changed",
            Self::AddressRemoved { .. } => "address.removed",
            Self::DefaultAddressChanged { .. } => "address.default_changed",
            Self::NoticeDue { .. } => "notice.due",
        }
    }
}

/// An event with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// What happened.
    pub event: DomainEvent,
    /// When.
    pub occurred_at: DateTime<Utc>,
}
