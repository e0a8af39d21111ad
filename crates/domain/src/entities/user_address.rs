use chrono::{DateTime, Utc};

use crate::{Address, AddressId, ContactType, value_objects::AsStored};

/// One postal address of a user.
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/john_doe/mod.rs")); }
/// let user = example::john();
/// assert_eq!(user.addresses()[0].address().postal_code(), "10001");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAddress {
    pub(crate) id: AddressId,
    pub(crate) address: Address,
    pub(crate) contact_type: AsStored<ContactType>,
    pub(crate) is_default: bool,
    pub(crate) created_at: DateTime<Utc>,
}

impl UserAddress {
    /// The identity (R3).
    pub const fn id(&self) -> AddressId {
        self.id
    }

    /// The address.
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// What it is for.
    pub const fn contact_type(&self) -> ContactType {
        self.contact_type.get()
    }

    /// What it is for, unless another application wrote it in its own way (R29).
    pub(crate) fn known_type(&self) -> Option<ContactType> {
        self.contact_type.known()
    }

    /// Whether it is the one to use for its type (R22).
    pub const fn is_default(&self) -> bool {
        self.is_default
    }

    /// When it was added.
    pub const fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }
}
