use chrono::{DateTime, Utc};

use crate::{ContactType, DomainEvent, PhoneId, PhoneNumber, UserAggregate, UserError, UserPhone};

/// Phones (R22).
impl UserAggregate {
    /// Adds a phone, not verified; as the default of its type when asked.
    pub fn add_phone(
        &mut self,
        id: PhoneId,
        phone: PhoneNumber,
        contact_type: ContactType,
        set_as_default: bool,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        if self.phones.iter().any(|other| other.phone().key() == phone.key()) {
            return Err(UserError::PhoneAlreadyExists(phone.as_str().to_owned()));
        }
        if self.phones.len() >= Self::MAX_PHONES {
            return Err(UserError::TooMany { what: "phones", max: Self::MAX_PHONES });
        }
        self.phones.push(UserPhone {
            id,
            phone: phone.into(),
            contact_type: contact_type.into(),
            is_verified: false,
            is_default: false,
            created_at: now,
            verified_at: None,
        });
        self.phones.sort_by_key(|phone| (phone.created_at, phone.id));
        self.record(DomainEvent::PhoneAdded { phone_id: id }, now);
        if set_as_default {
            self.make_default_phone(id, contact_type, now);
        }
        Ok(())
    }

    /// Removes a phone; no other takes its place as the default.
    pub fn remove_phone(&mut self, id: PhoneId, now: DateTime<Utc>) -> Result<(), UserError> {
        self.phone(id)?;
        self.phones.retain(|phone| phone.id != id);
        self.record(DomainEvent::PhoneRemoved { phone_id: id }, now);
        self.refresh_verified_flags();
        Ok(())
    }

    /// Makes a phone the default of its type.
    pub fn set_default_phone(&mut self, id: PhoneId, now: DateTime<Utc>) -> Result<(), UserError> {
        let contact_type = self.phone(id)?.contact_type();
        let is_only_default =
            self.phones_by_type(contact_type).all(|other| other.is_default == (other.id == id));
        if !is_only_default {
            self.make_default_phone(id, contact_type, now);
        }
        Ok(())
    }

    /// Marks a phone as verified (R16).
    pub fn verify_phone(&mut self, id: PhoneId, now: DateTime<Utc>) -> Result<(), UserError> {
        if self.phone(id)?.is_verified {
            return Ok(());
        }
        for phone in self.phones.iter_mut().filter(|phone| phone.id == id) {
            phone.is_verified = true;
            phone.verified_at = Some(now);
        }
        self.record(DomainEvent::PhoneVerified { phone_id: id }, now);
        self.refresh_verified_flags();
        Ok(())
    }

    /// Asks for the text message that verifies a phone; refused for one whose calling
    /// code is unknown, since no message can reach it.
    pub fn request_phone_verification(
        &mut self,
        id: PhoneId,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        let phone = self.phone(id)?;
        if phone.is_verified {
            return Err(UserError::PhoneAlreadyVerified);
        }
        if phone.phone().e164().is_none() {
            return Err(UserError::PhoneNotReachable);
        }
        self.record(DomainEvent::PhoneVerificationRequested { phone_id: id }, now);
        Ok(())
    }

    /// Says what a phone is for. A default stays one, unless its new type has one already.
    pub fn set_phone_type(
        &mut self,
        id: PhoneId,
        contact_type: ContactType,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        let phone = self.phone(id)?;
        if phone.known_type() == Some(contact_type) {
            return Ok(());
        }
        let taken = self.phones.iter().any(|other| {
            other.id != id && other.is_default && other.contact_type() == contact_type
        });
        if phone.is_default && taken {
            return Err(UserError::DefaultOfTypeExists(contact_type));
        }
        for phone in self.phones.iter_mut().filter(|phone| phone.id == id) {
            phone.contact_type = contact_type.into();
        }
        self.record(DomainEvent::PhoneTypeChanged { phone_id: id }, now);
        Ok(())
    }

    /// The phone with this identity.
    pub fn phone(&self, id: PhoneId) -> Result<&UserPhone, UserError> {
        self.phones.iter().find(|phone| phone.id == id).ok_or(UserError::PhoneNotFound(id))
    }

    /// The phones of one type.
    pub fn phones_by_type(&self, contact_type: ContactType) -> impl Iterator<Item = &UserPhone> {
        self.phones.iter().filter(move |phone| phone.contact_type() == contact_type)
    }

    fn make_default_phone(&mut self, id: PhoneId, contact_type: ContactType, now: DateTime<Utc>) {
        for phone in self.phones.iter_mut().filter(|phone| phone.contact_type() == contact_type) {
            phone.is_default = phone.id == id;
        }
        self.record(DomainEvent::DefaultPhoneChanged { phone_id: id }, now);
    }
}
