use chrono::{DateTime, Utc};

use crate::{ContactType, EmailAddress, EmailId, value_objects::AsStored};

/// One email of a user.
///
/// Made and changed by [`UserAggregate`](crate::UserAggregate) only.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/john_doe/mod.rs")); }
/// let user = example::john();
/// let email = user.default_email().expect("John has one");
/// assert_eq!(email.email().as_str(), "john.doe@gmail.com");
/// assert!(!email.is_verified());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEmail {
    pub(crate) id: EmailId,
    pub(crate) email: EmailAddress,
    /// As it is stored: for display everybody reads it from the address.
    pub(crate) provider: Option<String>,
    pub(crate) contact_type: AsStored<ContactType>,
    pub(crate) is_default: bool,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) verified_at: Option<DateTime<Utc>>,
    pub(crate) is_verified: bool,
}

impl UserEmail {
    /// The identity (R3).
    pub const fn id(&self) -> EmailId {
        self.id
    }

    /// The address.
    pub const fn email(&self) -> &EmailAddress {
        &self.email
    }

    /// What it is for; the default is always [`ContactType::Primary`] (R19).
    pub const fn contact_type(&self) -> ContactType {
        self.contact_type.get()
    }

    /// What it is for, unless another application wrote it in its own way (R29).
    pub(crate) fn known_type(&self) -> Option<ContactType> {
        self.contact_type.known()
    }

    /// Whether the user has shown that the mailbox is theirs.
    pub const fn is_verified(&self) -> bool {
        self.is_verified
    }

    /// Whether mail goes here.
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

    pub(crate) fn mark_as_verified(&mut self, now: DateTime<Utc>) {
        self.is_verified = true;
        self.verified_at = Some(now);
    }

    pub(crate) fn set_as_default(&mut self) {
        self.is_default = true;
        self.contact_type = ContactType::Primary.into();
    }
}
