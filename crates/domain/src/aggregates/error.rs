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

impl UserError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::EmailAlreadyExists(_) => "email.already_exists",
            Self::EmailNotFound(_) => "email.not_found",
            Self::CannotRemoveOnlyEmail => "email.only_one",
            Self::DefaultEmailIsPrimary => "email.default_is_primary",
            Self::DefaultEmailMustBeVerified => "email.default_must_be_verified",
            Self::EmailAlreadyVerified => "email.already_verified",
            Self::PhoneAlreadyExists(_) => "phone.already_exists",
            Self::PhoneAlreadyVerified => "phone.already_verified",
            Self::PhoneNotReachable => "phone.not_reachable",
            Self::PhoneNotFound(_) => "phone.not_found",
            Self::AddressNotFound(_) => "address.not_found",
            Self::DefaultOfTypeExists(_) => "contact.default_of_type_exists",
            Self::TooMany { .. } => "contact.too_many",
            Self::ProfileNotInitialized => "profile.not_initialized",
            Self::BirthDate(error) => error.code(),
            Self::CannotActivate { .. } | Self::InvalidTransition { .. } => {
                "status.invalid_transition"
            }
            Self::NoRole => "role.none",
            Self::LastAdmin => "role.last_admin",
        }
    }
}
