use crate::{AddressId, BirthDateError, ContactType, EmailAddress, EmailId, PhoneId, UserStatus};

/// Why an operation on a user is refused: one variant for each rule that it would break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UserError {
    /// R19: no two emails of a user are equal.
    #[error("Email {0} already exists")]
    EmailAlreadyExists(EmailAddress),
    /// R19.
    #[error("Email {0} not found")]
    EmailNotFound(EmailId),
    /// R19: a user keeps one email at least.
    #[error("Cannot remove the only email address")]
    CannotRemoveOnlyEmail,
    /// R19: the default is PRIMARY and stays so.
    #[error("The default email is PRIMARY; make another one the default first")]
    DefaultEmailIsPrimary,
    /// R20: a verified email is preferred.
    #[error("Default email must be verified")]
    DefaultEmailMustBeVerified,
    /// The email is verified already.
    #[error("Email is already verified")]
    EmailAlreadyVerified,
    /// R22: no two phones of a user are equal.
    #[error("Phone {0} already exists")]
    PhoneAlreadyExists(String),
    /// The phone is verified already.
    #[error("Phone is already verified")]
    PhoneAlreadyVerified,
    /// No text message can reach a number whose calling code is unknown.
    #[error("The calling code of this phone is unknown")]
    PhoneNotReachable,
    /// R22.
    #[error("Phone {0} not found")]
    PhoneNotFound(PhoneId),
    /// R22.
    #[error("Address {0} not found")]
    AddressNotFound(AddressId),
    /// R22: one default of each type.
    #[error("There is a default of type {0} already")]
    DefaultOfTypeExists(ContactType),
    /// R23.
    #[error("At most {max} {what} are allowed")]
    TooMany {
        /// Which kind of contact.
        what: &'static str,
        /// The bound.
        max: usize,
    },
    /// R24.
    #[error("Profile not initialized")]
    ProfileNotInitialized,
    /// R11.
    #[error(transparent)]
    BirthDate(#[from] BirthDateError),
    /// R14.
    #[error("Cannot activate from status: {from}")]
    CannotActivate {
        /// The status at that time.
        from: UserStatus,
    },
    /// R14.
    #[error("Cannot go from status {from} to {to}")]
    InvalidTransition {
        /// The status at that time.
        from: UserStatus,
        /// The status asked for.
        to: UserStatus,
    },
    /// R15.
    #[error("User must have at least one role")]
    NoRole,
    /// R15.
    #[error("The last admin cannot lose the role, be banned or be deleted")]
    LastAdmin,
}

crate::error_codes! {
    UserError {
        Self::EmailAlreadyExists(_) =>
            Conflict("email.already_exists", "The user has this email already");
        Self::EmailNotFound(_) => Missing("email.not_found", "There is no such email");
        Self::CannotRemoveOnlyEmail => Rule("email.only_one", "The only email cannot be removed");
        Self::DefaultEmailIsPrimary =>
            Rule("email.default_is_primary", "The default email is primary");
        Self::DefaultEmailMustBeVerified =>
            Rule("email.default_must_be_verified", "The default email must be verified");
        Self::EmailAlreadyVerified =>
            Rule("email.already_verified", "The email is verified already");
        Self::PhoneAlreadyExists(_) =>
            Conflict("phone.already_exists", "The user has this phone already");
        Self::PhoneAlreadyVerified =>
            Rule("phone.already_verified", "The phone is verified already");
        Self::PhoneNotReachable =>
            Rule("phone.not_reachable", "The calling code of the phone is unknown");
        Self::PhoneNotFound(_) => Missing("phone.not_found", "There is no such phone");
        Self::AddressNotFound(_) => Missing("address.not_found", "There is no such address");
        Self::DefaultOfTypeExists(_) =>
            Rule("contact.default_of_type_exists", "There is a default of this type already");
        Self::TooMany { .. } => Rule("contact.too_many", "There are too many of them");
        Self::ProfileNotInitialized =>
            Rule("profile.not_initialized", "The user has no profile yet; send both names");
        Self::CannotActivate { .. } | Self::InvalidTransition { .. } =>
            Rule("status.invalid_transition", "The status does not allow this");
        Self::NoRole => Rule("role.none", "A user must have a role");
        Self::LastAdmin => Rule("role.last_admin", "The installation keeps one admin");
    }
    else { Self::BirthDate(error) => error.code() }
}
