use userdom_domain::{Address, AddressId, ContactType, UserId};

use super::Changed;
use crate::{AppError, Command, Tx, policies::Operation, queries::AddressView};

/// Adds an address.
#[derive(Debug, Clone)]
pub struct AddAddress {
    /// Whose.
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
    /// Whose.
    pub user_id: UserId,
    /// Which.
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
    /// Whose.
    pub user_id: UserId,
    /// Which.
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
    /// Whose.
    pub user_id: UserId,
    /// Which.
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
