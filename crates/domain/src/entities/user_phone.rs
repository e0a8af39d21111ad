use chrono::{DateTime, Utc};

use crate::{ContactType, PhoneId, PhoneNumber};

/// One phone of a user.
///
/// ```
/// # use userdom_domain::example;
/// let user = example::john();
/// assert_eq!(user.phones()[0].phone().e164(), Some("+15551234567"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPhone {
    pub(crate) id: PhoneId,
    pub(crate) phone: PhoneNumber,
    pub(crate) contact_type: ContactType,
    pub(crate) is_verified: bool,
    pub(crate) is_default: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) verified_at: Option<DateTime<Utc>>,
}

impl UserPhone {
    /// The identity (R3).
    pub const fn id(&self) -> PhoneId {
        self.id
    }

    /// The number.
    pub const fn phone(&self) -> &PhoneNumber {
        &self.phone
    }

    /// What it is for.
    pub const fn contact_type(&self) -> ContactType {
        self.contact_type
    }

    /// Whether the user has shown that the phone is theirs.
    pub const fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// Whether it is the one to use for its type (R22).
    pub const fn is_default(&self) -> bool {
        self.is_default
    }

    /// When it was added.
    pub const fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    /// When it was verified.
    pub const fn verified_at(&self) -> Option<DateTime<Utc>> {
        self.verified_at
    }
}
