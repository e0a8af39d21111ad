use userdom_domain::{ContactType, PhoneId, PhoneNumber, UserId};

use super::Changed;
use crate::{AppError, Command, Tx, policies::Operation, queries::PhoneView};

/// Adds a phone.
#[derive(Debug, Clone)]
pub struct AddPhone {
    /// Whose.
    pub user_id: UserId,
    /// The number.
    pub phone: PhoneNumber,
    /// What it is for.
    pub contact_type: ContactType,
    /// Whether it becomes the default of its type.
    pub is_default: bool,
}

impl Command for AddPhone {
    type Output = Changed<PhoneView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        let id = tx.new_phone_id();
        user.add_phone(id, self.phone.clone(), self.contact_type, self.is_default, tx.now)?;
        tx.save(&mut user)?;
        Changed::phone(&user, id)
    }
}

/// Says what a phone is for.
#[derive(Debug, Clone)]
pub struct ChangePhoneType {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub phone_id: PhoneId,
    /// What it is for now; `None` leaves it.
    pub contact_type: Option<ContactType>,
}

impl Command for ChangePhoneType {
    type Output = Changed<PhoneView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.phone(self.phone_id)?;
        if let Some(contact_type) = self.contact_type {
            user.set_phone_type(self.phone_id, contact_type, tx.now)?;
            tx.save(&mut user)?;
        }
        Changed::phone(&user, self.phone_id)
    }
}

/// Makes a phone the default of its type.
#[derive(Debug, Clone)]
pub struct SetDefaultPhone {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub phone_id: PhoneId,
}

impl Command for SetDefaultPhone {
    type Output = Changed<PhoneView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.set_default_phone(self.phone_id, tx.now)?;
        tx.save(&mut user)?;
        Changed::phone(&user, self.phone_id)
    }
}

/// Removes a phone; a code on its way to it ends.
#[derive(Debug, Clone)]
pub struct RemovePhone {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub phone_id: PhoneId,
}

impl Command for RemovePhone {
    type Output = Changed<()>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.remove_phone(self.phone_id, tx.now)?;
        tx.save(&mut user)?;
        tx.uow.tokens().end_for(self.user_id, self.phone_id.as_uuid(), tx.now)?;
        Ok(Changed { value: (), version: user.version() })
    }
}
