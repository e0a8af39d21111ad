use chrono::{DateTime, Utc};

use crate::{ContactType, DomainEvent, EmailAddress, EmailId, UserAggregate, UserEmail, UserError};

/// Emails (R19–R21).
impl UserAggregate {
    /// Adds an email, not verified. The first one becomes the default.
    pub fn add_email(
        &mut self,
        id: EmailId,
        email: EmailAddress,
        contact_type: ContactType,
        set_as_default: bool,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        if self.email_by_address(&email).is_some() {
            return Err(UserError::EmailAlreadyExists(email));
        }
        if self.emails.len() >= Self::MAX_EMAILS {
            return Err(UserError::TooMany { what: "emails", max: Self::MAX_EMAILS });
        }
        let becomes_default = set_as_default || self.emails.is_empty();
        if becomes_default && self.has_verified_email() {
            return Err(UserError::DefaultEmailMustBeVerified);
        }
        self.emails.push(UserEmail {
            id,
            provider: Some(email.provider().to_string()),
            email,
            contact_type: contact_type.into(),
            is_default: false,
            created_at: now,
            verified_at: None,
            is_verified: false,
        });
        self.emails.sort_by_key(|email| (email.created_at, email.id));
        self.record(DomainEvent::EmailAdded { email_id: id }, now);
        if becomes_default {
            self.make_default_email(id, now);
        }
        Ok(())
    }

    /// Removes an email. When it was the default, the best of the others takes
    /// its place: a verified PRIMARY one, a verified one, a PRIMARY one, the oldest.
    pub fn remove_email(&mut self, id: EmailId, now: DateTime<Utc>) -> Result<(), UserError> {
        self.email(id)?;
        let was_default = self.default_email().is_some_and(|email| email.id == id);
        if self.emails.len() == 1 {
            return Err(UserError::CannotRemoveOnlyEmail);
        }
        self.emails.retain(|email| email.id != id);
        self.record(DomainEvent::EmailRemoved { email_id: id }, now);
        if was_default && let Some(heir) = self.heir() {
            self.make_default_email(heir, now);
        }
        self.refresh_verified_flags();
        Ok(())
    }

    /// Makes an email the default, and so PRIMARY. While any email is verified
    /// the default must be.
    pub fn set_default_email(&mut self, id: EmailId, now: DateTime<Utc>) -> Result<(), UserError> {
        let email = self.email(id)?;
        let is_only_default = self.emails.iter().all(|other| other.is_default == (other.id == id));
        if is_only_default && email.contact_type() == ContactType::Primary {
            return Ok(());
        }
        if !email.is_verified && self.has_verified_email() {
            return Err(UserError::DefaultEmailMustBeVerified);
        }
        self.make_default_email(id, now);
        Ok(())
    }

    /// Marks an email as verified; that no other account has verified the
    /// address, the repository decides (R21). The first verified email becomes
    /// the default when the default is not verified.
    pub fn verify_email(&mut self, id: EmailId, now: DateTime<Utc>) -> Result<(), UserError> {
        if self.email(id)?.is_verified {
            return Ok(());
        }
        for email in self.emails.iter_mut().filter(|email| email.id == id) {
            email.mark_as_verified(now);
        }
        self.record(DomainEvent::EmailVerified { email_id: id }, now);
        if self.default_email().is_none_or(|email| !email.is_verified) {
            self.make_default_email(id, now);
        }
        self.refresh_verified_flags();
        Ok(())
    }

    /// Says what an email is for. The default stays PRIMARY.
    pub fn set_email_type(
        &mut self,
        id: EmailId,
        contact_type: ContactType,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        let email = self.email(id)?;
        if email.known_type() == Some(contact_type) {
            return Ok(());
        }
        if email.is_default && contact_type != ContactType::Primary {
            return Err(UserError::DefaultEmailIsPrimary);
        }
        for email in self.emails.iter_mut().filter(|email| email.id == id) {
            email.contact_type = contact_type.into();
        }
        self.record(DomainEvent::EmailTypeChanged { email_id: id }, now);
        Ok(())
    }

    /// Asks for the mail that verifies an email.
    pub fn request_email_verification(
        &mut self,
        id: EmailId,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        if self.email(id)?.is_verified {
            return Err(UserError::EmailAlreadyVerified);
        }
        self.record(DomainEvent::EmailVerificationRequested { email_id: id }, now);
        Ok(())
    }

    /// The default email. Where another application has left none it is the one that would take
    /// the place of a removed one (R29).
    pub fn default_email(&self) -> Option<&UserEmail> {
        let marked = self.emails.iter().find(|email| email.is_default);
        marked.or_else(|| self.email(self.heir()?).ok())
    }

    /// The email with this address.
    pub fn email_by_address(&self, address: &EmailAddress) -> Option<&UserEmail> {
        // A stored address may have capitals (R29).
        let is_same =
            |email: &&UserEmail| email.email.as_str().eq_ignore_ascii_case(address.as_str());
        self.emails.iter().find(is_same)
    }

    /// The email with this identity.
    pub fn email(&self, id: EmailId) -> Result<&UserEmail, UserError> {
        self.emails.iter().find(|email| email.id == id).ok_or(UserError::EmailNotFound(id))
    }

    /// Whether any email is verified; then the default is (R20).
    pub fn has_verified_email(&self) -> bool {
        self.emails.iter().any(|email| email.is_verified)
    }

    pub(crate) fn heir(&self) -> Option<EmailId> {
        let rank = |email: &&UserEmail| {
            let primary = email.contact_type() == ContactType::Primary;
            (!email.is_verified, !primary, email.created_at, email.id)
        };
        self.emails.iter().min_by_key(rank).map(|email| email.id)
    }

    fn make_default_email(&mut self, id: EmailId, now: DateTime<Utc>) {
        for email in &mut self.emails {
            email.is_default = false;
            if email.id == id {
                email.set_as_default();
            }
        }
        self.record(DomainEvent::DefaultEmailChanged { email_id: id }, now);
        self.refresh_verified_flags();
    }

    /// The two flags follow the contacts (R16).
    pub(crate) fn refresh_verified_flags(&mut self) {
        self.user.email_verified = self.default_email().is_some_and(UserEmail::is_verified);
        self.user.phone_verified = self.phones.iter().any(|phone| phone.is_verified);
    }
}
