use chrono::{DateTime, Utc};

use crate::{Address, AddressId, ContactType, DomainEvent, UserAddress, UserAggregate, UserError};

/// Postal addresses (R22).
impl UserAggregate {
    /// Adds an address; as the default of its type when asked.
    pub fn add_address(
        &mut self,
        id: AddressId,
        address: Address,
        contact_type: ContactType,
        set_as_default: bool,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        if self.addresses.len() >= Self::MAX_ADDRESSES {
            return Err(UserError::TooMany { what: "addresses", max: Self::MAX_ADDRESSES });
        }
        self.addresses.push(UserAddress {
            id,
            address,
            contact_type: contact_type.into(),
            is_default: false,
            created_at: now,
        });
        self.addresses.sort_by_key(|entry| (entry.created_at, entry.id));
        self.record(DomainEvent::AddressAdded { address_id: id }, now);
        if set_as_default {
            self.make_default_address(id, contact_type, now);
        }
        Ok(())
    }

    /// Writes an address anew. A default stays one, unless its new type has one already.
    pub fn replace_address(
        &mut self,
        id: AddressId,
        address: Address,
        contact_type: ContactType,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        let old = self.address(id)?;
        if old.address == address && old.known_type() == Some(contact_type) {
            return Ok(());
        }
        let taken = self.addresses.iter().any(|other| {
            other.id != id && other.is_default && other.contact_type() == contact_type
        });
        if old.is_default && taken {
            return Err(UserError::DefaultOfTypeExists(contact_type));
        }
        if let Some(entry) = self.addresses.iter_mut().find(|entry| entry.id == id) {
            entry.address = address;
            entry.contact_type = contact_type.into();
        }
        self.record(DomainEvent::AddressChanged { address_id: id }, now);
        Ok(())
    }

    /// Removes an address; no other takes its place as the default.
    pub fn remove_address(&mut self, id: AddressId, now: DateTime<Utc>) -> Result<(), UserError> {
        self.address(id)?;
        self.addresses.retain(|entry| entry.id != id);
        self.record(DomainEvent::AddressRemoved { address_id: id }, now);
        Ok(())
    }

    /// Makes an address the default of its type.
    pub fn set_default_address(
        &mut self,
        id: AddressId,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        let contact_type = self.address(id)?.contact_type();
        let is_only_default =
            self.addresses_by_type(contact_type).all(|other| other.is_default == (other.id == id));
        if !is_only_default {
            self.make_default_address(id, contact_type, now);
        }
        Ok(())
    }

    /// The address with this identity.
    pub fn address(&self, id: AddressId) -> Result<&UserAddress, UserError> {
        self.addresses.iter().find(|entry| entry.id == id).ok_or(UserError::AddressNotFound(id))
    }

    /// The addresses of one type.
    pub fn addresses_by_type(
        &self,
        contact_type: ContactType,
    ) -> impl Iterator<Item = &UserAddress> {
        self.addresses.iter().filter(move |entry| entry.contact_type() == contact_type)
    }

    /// The default address of a type, or else the first of that type.
    pub fn default_address(&self, contact_type: ContactType) -> Option<&UserAddress> {
        self.addresses_by_type(contact_type)
            .find(|entry| entry.is_default)
            .or_else(|| self.addresses_by_type(contact_type).next())
    }

    fn make_default_address(
        &mut self,
        id: AddressId,
        contact_type: ContactType,
        now: DateTime<Utc>,
    ) {
        for entry in self.addresses.iter_mut().filter(|entry| entry.contact_type() == contact_type)
        {
            entry.is_default = entry.id == id;
        }
        self.record(DomainEvent::DefaultAddressChanged { address_id: id }, now);
    }
}
