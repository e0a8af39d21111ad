//! What happened to a user, as facts.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{AddressId, EmailId, PhoneId};

/// Declares each event once: its name, the contact that it is about, and the stable name that
/// consumers see.
macro_rules! events {
    ($($name:ident $({ $target:ident: $id:ty })? = $kind:literal,)+) => {
        /// Something that happened to a user (R26). Events carry identities only, never an address,
        /// a number or a name: they outlive erasure.
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
            $(#[cfg_attr(feature = "serde", serde(rename = $kind))] $name $({ $target: $id })?,)+
        }

        impl DomainEvent {
            /// The stable name that consumers see.
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name $({ $target: _ })? => $kind,)+
                }
            }

            /// The contact that the event is about; `None` for the user as a whole.
            pub const fn target_id(&self) -> Option<Uuid> {
                match self {
                    $(Self::$name $({ $target })? => events!(@target $($target)?),)+
                }
            }
        }
    };
    (@target) => { None };
    (@target $target:ident) => { Some($target.as_uuid()) };
}

events! {
    UserRegistered = "user.registered",
    UserActivated = "user.activated",
    UserSuspended = "user.suspended",
    UserReinstated = "user.reinstated",
    UserBanned = "user.banned",
    UserUnbanned = "user.unbanned",
    UserDeleted = "user.deleted",
    UserRestored = "user.restored",
    UsernameChanged = "user.username_changed",
    RolesChanged = "user.roles_changed",
    PreferencesChanged = "user.preferences_changed",
    PasswordChanged = "user.password_changed",
    PasswordReset = "user.password_reset",
    AccountUnlocked = "user.unlocked",
    TwoFactorEnabled = "two_factor.enabled",
    TwoFactorDisabled = "two_factor.disabled",
    RecoveryCodesReplaced = "two_factor.recovery_codes_replaced",
    LoginSucceeded = "user.login_succeeded",
    LoginFailed = "user.login_failed",
    ProfileChanged = "profile.changed",
    EmailAdded { email_id: EmailId } = "email.added",
    EmailRemoved { email_id: EmailId } = "email.removed",
    EmailVerified { email_id: EmailId } = "email.verified",
    DefaultEmailChanged { email_id: EmailId } = "email.default_changed",
    EmailTypeChanged { email_id: EmailId } = "email.type_changed",
    EmailVerificationRequested { email_id: EmailId } = "email.verification_requested",
    PhoneAdded { phone_id: PhoneId } = "phone.added",
    PhoneRemoved { phone_id: PhoneId } = "phone.removed",
    PhoneVerified { phone_id: PhoneId } = "phone.verified",
    PhoneVerificationRequested { phone_id: PhoneId } = "phone.verification_requested",
    DefaultPhoneChanged { phone_id: PhoneId } = "phone.default_changed",
    PhoneTypeChanged { phone_id: PhoneId } = "phone.type_changed",
    AddressAdded { address_id: AddressId } = "address.added",
    AddressChanged { address_id: AddressId } = "address.changed",
    AddressRemoved { address_id: AddressId } = "address.removed",
    DefaultAddressChanged { address_id: AddressId } = "address.default_changed",
}

/// An event with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// What happened.
    pub event: DomainEvent,
    /// When.
    pub occurred_at: DateTime<Utc>,
}
