use chrono::{DateTime, Utc};
use serde::Serialize;
use userdom_domain::{Address, AddressId, ContactType, UserAddress, UserId};
use uuid::Uuid;

use super::{Changed, json::time};
use crate::{AppError, Command, Tx, policies::Operation};

/// Adds an address.
#[derive(Debug, Clone)]
pub struct AddAddress {
    /// The user.
    pub user_id: UserId,
    /// The address.
    pub address: Address,
    /// What it is for.
    pub contact_type: ContactType,
    /// Whether it becomes the default of its type.
    pub is_default: bool,
}

impl Command for AddAddress {
    type Output = Changed<AddressView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        let id = tx.new_address_id();
        user.add_address(id, self.address.clone(), self.contact_type, self.is_default, tx.now)?;
        tx.save(&mut user)?;
        Changed::address(&user, id)
    }
}

/// Writes an address anew.
#[derive(Debug, Clone)]
pub struct ReplaceAddress {
    /// The user.
    pub user_id: UserId,
    /// The address.
    pub address_id: AddressId,
    /// The address as it is now.
    pub address: Address,
    /// What it is for now; `None` leaves it.
    pub contact_type: Option<ContactType>,
}

impl Command for ReplaceAddress {
    type Output = Changed<AddressView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        let now_for = user.address(self.address_id)?.contact_type();
        let contact_type = self.contact_type.unwrap_or(now_for);
        user.replace_address(self.address_id, self.address.clone(), contact_type, tx.now)?;
        tx.save(&mut user)?;
        Changed::address(&user, self.address_id)
    }
}

/// Makes an address the default of its type.
#[derive(Debug, Clone)]
pub struct SetDefaultAddress {
    /// The user.
    pub user_id: UserId,
    /// The address.
    pub address_id: AddressId,
}

impl Command for SetDefaultAddress {
    type Output = Changed<AddressView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.set_default_address(self.address_id, tx.now)?;
        tx.save(&mut user)?;
        Changed::address(&user, self.address_id)
    }
}

/// Removes an address.
#[derive(Debug, Clone)]
pub struct RemoveAddress {
    /// The user.
    pub user_id: UserId,
    /// The address.
    pub address_id: AddressId,
}

impl Command for RemoveAddress {
    type Output = Changed<()>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.remove_address(self.address_id, tx.now)?;
        tx.save(&mut user)?;
        Ok(Changed { value: (), version: user.version() })
    }
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct AddressView {
    pub id: Uuid,
    pub street_line1: String,
    pub street_line2: Option<String>,
    pub city: String,
    pub state: String,
    pub postal_code: String,
    pub country: String,
    pub formatted: String,
    pub contact_type: String,
    pub is_default: bool,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
}

impl AddressView {
    /// The address as it is.
    pub fn of(entry: &UserAddress) -> Self {
        let address = entry.address();
        Self {
            id: entry.id().as_uuid(),
            street_line1: address.street_line1().to_owned(),
            street_line2: address.street_line2().map(str::to_owned),
            city: address.city().to_owned(),
            state: address.state().to_owned(),
            postal_code: address.postal_code().to_owned(),
            country: address.country_text().to_owned(),
            formatted: address.full_address(),
            contact_type: entry.contact_type().to_string(),
            is_default: entry.is_default(),
            created_at: entry.created_at(),
        }
    }
}
