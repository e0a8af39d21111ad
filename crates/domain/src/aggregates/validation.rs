use std::collections::{BTreeMap, BTreeSet};

use crate::{ContactType, UserAggregate, UserEmail};

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
}

impl UserAggregate {
    /// Every rule that the user breaks as it is; empty for a sound user (R25).
    pub fn validate(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        self.validate_emails(&mut found);
        let keys: BTreeSet<_> = self.phones.iter().map(|phone| phone.phone.key()).collect();
        if keys.len() != self.phones.len() {
            found.push(Violation::DuplicatePhones);
        }
        let phones = self.phones.iter().filter(|p| p.is_default).map(|p| p.contact_type);
        one_default_each("phone", phones, &mut found);
        let addresses = self.addresses.iter().filter(|a| a.is_default).map(|a| a.contact_type);
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
        found
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
            if default.contact_type != ContactType::Primary {
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
