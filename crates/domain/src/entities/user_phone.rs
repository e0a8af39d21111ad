use std::sync::OnceLock;

use chrono::{DateTime, Utc};

use crate::{ContactType, PhoneId, PhoneNumber, value_objects::AsStored};

/// One phone of a user.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/john_doe/mod.rs")); }
/// let user = example::john();
/// assert_eq!(user.phones()[0].phone().e164(), Some("+15551234567"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPhone {
    pub(crate) id: PhoneId,
    pub(crate) phone: KeptNumber,
    pub(crate) contact_type: AsStored<ContactType>,
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
    pub fn phone(&self) -> &PhoneNumber {
        self.phone.get()
    }

    /// What it is for.
    pub const fn contact_type(&self) -> ContactType {
        self.contact_type.get()
    }

    /// What it is for, unless another application wrote it in its own way (R29).
    pub(crate) fn known_type(&self) -> Option<ContactType> {
        self.contact_type.known()
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

/// A number, and the three columns that it is stored in. A stored one is read by the metadata
/// when somebody asks, which most that load a user never do.
#[derive(Debug, Clone)]
pub(crate) struct KeptNumber {
    pub(crate) text: String,
    pub(crate) calling_code: Option<String>,
    pub(crate) formatted: Option<String>,
    read: OnceLock<PhoneNumber>,
}

impl KeptNumber {
    pub(crate) fn from_stored(
        text: String,
        calling_code: Option<String>,
        formatted: Option<String>,
    ) -> Self {
        Self { text, calling_code, formatted, read: OnceLock::new() }
    }

    pub(crate) fn get(&self) -> &PhoneNumber {
        self.read.get_or_init(|| PhoneNumber::from_stored(&self.text, self.calling_code.as_deref()))
    }
}

impl From<PhoneNumber> for KeptNumber {
    fn from(number: PhoneNumber) -> Self {
        Self {
            text: number.as_str().to_owned(),
            calling_code: Some(number.calling_code().to_owned()),
            formatted: Some(number.national().to_owned()),
            read: number.into(),
        }
    }
}

/// Whether they are stored alike; somebody may have asked for the one and not for the other.
impl PartialEq for KeptNumber {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.calling_code, &self.formatted)
            == (&other.text, &other.calling_code, &other.formatted)
    }
}

impl Eq for KeptNumber {}
