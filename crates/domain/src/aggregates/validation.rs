use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use crate::{
    Address, AvatarUrl, Bio, BirthDateError, ContactType, ContactTypeError, DisplayName,
    EmailAddress, EmailProvider, Gender, LanguageTag, PersonName, PhoneNumber, TimeZoneName,
    UserAggregate, UserEmail, UserProfile, Username, value_objects::AsStored,
};

/// A rule that a user breaks (R25). No sequence of accepted operations leads to one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// R19.
    #[error("User must have at least one email")]
    NoEmail,
    /// R19.
    #[error("User must have exactly one default email (found {0})")]
    DefaultEmails(usize),
    /// R19.
    #[error("Default email must be PRIMARY contact type")]
    DefaultEmailNotPrimary,
    /// R20.
    #[error("Default email must be verified")]
    DefaultEmailNotVerified,
    /// R19.
    #[error("Duplicate email addresses found")]
    DuplicateEmails,
    /// R22.
    #[error("Duplicate phone numbers found")]
    DuplicatePhones,
    /// R22.
    #[error("More than one default {what} of type {contact_type}")]
    DefaultsOfType {
        /// `phone` or `address`.
        what: &'static str,
        /// The type that has them.
        contact_type: ContactType,
    },
    /// R23.
    #[error("Too many {0}")]
    TooMany(&'static str),
    /// R16.
    #[error("The verified flags do not follow the contacts")]
    FlagsOutOfStep,
    /// R14.
    #[error("Unknown status: {0}")]
    UnknownStatus(String),
    /// R15.
    #[error("Unknown role: {0}")]
    UnknownRole(String),
    /// R5.
    #[error("Unknown email provider: {0}")]
    UnknownProvider(String),
    /// A stored value that its constructor would refuse, in the words of that one (R29).
    #[error("{fault}")]
    Value {
        /// The name of its field.
        field: &'static str,
        /// What is wrong with it.
        fault: String,
    },
}

impl UserAggregate {
    /// Every rule that the user breaks as it is; empty for a sound user (R25).
    pub fn validate(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        self.validate_emails(&mut found);
        let keys: BTreeSet<_> = self.phones.iter().map(|phone| phone.phone().key()).collect();
        if keys.len() != self.phones.len() {
            found.push(Violation::DuplicatePhones);
        }
        let phones =
            self.phones.iter().filter(|p| p.is_default).filter_map(crate::UserPhone::known_type);
        one_default_each("phone", phones, &mut found);
        let addresses = self
            .addresses
            .iter()
            .filter(|a| a.is_default)
            .filter_map(crate::UserAddress::known_type);
        one_default_each("address", addresses, &mut found);
        for (what, count, max) in [
            ("emails", self.emails.len(), Self::MAX_EMAILS),
            ("phones", self.phones.len(), Self::MAX_PHONES),
            ("addresses", self.addresses.len(), Self::MAX_ADDRESSES),
        ] {
            if count > max {
                found.push(Violation::TooMany(what));
            }
        }
        let email = self.default_email().is_some_and(UserEmail::is_verified);
        let phone = self.phones.iter().any(|phone| phone.is_verified);
        if (self.user.email_verified, self.user.phone_verified) != (email, phone) {
            found.push(Violation::FlagsOutOfStep);
        }
        self.validate_account(&mut found);
        if let Some(profile) = &self.profile {
            validate_profile(profile, &mut found);
        }
        self.validate_contacts(&mut found);
        found
    }

    fn validate_account(&self, found: &mut Vec<Violation>) {
        let user = &self.user;
        value("username", Username::parse(user.username.as_str()), found);
        for status in [Some(&user.status), user.status_before_deletion.as_ref()] {
            let odd = status.and_then(AsStored::odd_text);
            found.extend(odd.map(|text| Violation::UnknownStatus(text.to_owned())));
        }
        found.extend(user.unknown_roles.iter().cloned().map(Violation::UnknownRole));
        for fault in user.preferences.faults() {
            found.push(Violation::Value { field: "preferences", fault: fault.to_string() });
        }
    }

    fn validate_contacts(&self, found: &mut Vec<Violation>) {
        for email in &self.emails {
            let text = email.email.as_str();
            let read = EmailAddress::parse(text);
            let has_capitals = read.as_ref().is_ok_and(|read| read.as_str() != text);
            value("email", read, found);
            if has_capitals {
                let fault = "Email must be in lower case".to_owned();
                found.push(Violation::Value { field: "email", fault });
            }
            let provider = email.provider.as_deref().unwrap_or_default();
            if !provider.is_empty() && EmailProvider::parse(provider).is_none() {
                found.push(Violation::UnknownProvider(provider.to_owned()));
            }
            validate_type(&email.contact_type, found);
        }
        for phone in &self.phones {
            let kept = &phone.phone;
            let read = PhoneNumber::restore(&kept.text, kept.calling_code.as_deref());
            value("phone_number", read, found);
            validate_type(&phone.contact_type, found);
        }
        for entry in &self.addresses {
            let faults = Address::parse(&entry.address.to_draft()).err();
            for fault in faults.iter().flat_map(crate::AddressErrors::faults) {
                let (field, fault) = (fault.field(), fault.to_string());
                found.push(Violation::Value { field, fault });
            }
            validate_type(&entry.contact_type, found);
        }
    }

    fn validate_emails(&self, found: &mut Vec<Violation>) {
        if self.emails.is_empty() {
            found.push(Violation::NoEmail);
        }
        let defaults = self.emails.iter().filter(|email| email.is_default).count();
        if defaults != 1 {
            found.push(Violation::DefaultEmails(defaults));
        }
        if let Some(default) = self.default_email() {
            if default.is_default && default.contact_type() != ContactType::Primary {
                found.push(Violation::DefaultEmailNotPrimary);
            }
            if !default.is_verified && self.has_verified_email() {
                found.push(Violation::DefaultEmailNotVerified);
            }
        }
        let distinct: BTreeSet<_> = self.emails.iter().map(|email| email.email.as_str()).collect();
        if distinct.len() != self.emails.len() {
            found.push(Violation::DuplicateEmails);
        }
    }
}

fn one_default_each(
    what: &'static str,
    defaults: impl Iterator<Item = ContactType>,
    found: &mut Vec<Violation>,
) {
    let mut counts = BTreeMap::new();
    for contact_type in defaults {
        *counts.entry(contact_type).or_insert(0) += 1;
    }
    for (contact_type, _) in counts.into_iter().filter(|(_, count)| *count > 1) {
        found.push(Violation::DefaultsOfType { what, contact_type });
    }
}

fn validate_profile(profile: &UserProfile, found: &mut Vec<Violation>) {
    value("first_name", PersonName::parse(profile.first_name.as_str()), found);
    // A person with one name has no last one (R10).
    if !profile.last_name.as_str().is_empty() {
        value("last_name", PersonName::parse(profile.last_name.as_str()), found);
    }
    let chosen = profile.display_name.as_ref().map(DisplayName::as_str);
    if let Some(name) = chosen.filter(|name| !name.is_empty()) {
        value("display_name", DisplayName::parse(name), found);
    }
    let born = profile.date_of_birth;
    // The youngest is 13, so whatever the time zone a later day than the last change is wrong.
    let fault = born.and_then(|born| {
        UserProfile::check_birth_date(born, profile.updated_at.date_naive())
            .err()
            .filter(|error| *error != BirthDateError::TooYoung)
    });
    value("date_of_birth", fault.map_or(Ok(()), Err), found);
    value(
        "gender",
        profile.gender().map_or(Ok(()), |it| Gender::parse(it.as_str()).map(drop)),
        found,
    );
    value("preferred_language", LanguageTag::parse(profile.preferred_language.as_str()), found);
    value("timezone", TimeZoneName::parse(profile.timezone.as_str()), found);
    value("bio", profile.bio().map_or(Ok(()), |it| Bio::parse(it.as_str()).map(drop)), found);
    value(
        "avatar_url",
        profile.avatar_url().map_or(Ok(()), |it| AvatarUrl::parse(it.as_str()).map(drop)),
        found,
    );
}

fn validate_type(kind: &AsStored<ContactType>, found: &mut Vec<Violation>) {
    let is_known = kind.odd_text().is_none_or(|text| ContactType::parse(text).is_ok());
    value("contact_type", if is_known { Ok(()) } else { Err(ContactTypeError) }, found);
}

fn value<T, E: Display>(field: &'static str, read: Result<T, E>, found: &mut Vec<Violation>) {
    if let Err(error) = read {
        found.push(Violation::Value { field, fault: error.to_string() });
    }
}
