use std::fmt::Display;

use uuid::Uuid;

use super::snapshot::{
    AddressSnapshot, EmailSnapshot, PhoneSnapshot, ProfileSnapshot, UserSnapshot,
};
use crate::{
    Address, AddressDraft, AddressError, AddressErrors, AddressId, AvatarUrl, Bio, ContactType,
    DisplayName, EmailAddress, EmailId, Gender, LanguageTag, PasswordHash, PersonName, PhoneId,
    PhoneNumber, Preferences, StatusNote, TimeZoneName, User, UserAddress, UserAggregate,
    UserEmail, UserId, UserPhone, UserProfile, UserRole, UserStatus, Username,
};

/// Stored data that is no sound user: which part, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} {id} cannot be restored: {reason}")]
pub struct RestoreError {
    /// `user`, `profile`, `email`, `phone` or `address`.
    pub part: &'static str,
    /// The identity of that part; a profile has its user's.
    pub id: Uuid,
    /// What is wrong.
    pub reason: String,
}

/// Names the part in the error of reading one of its values.
fn of<T, E: Display>(part: &'static str, id: Uuid, read: Result<T, E>) -> Result<T, RestoreError> {
    read.map_err(|error| RestoreError { part, id, reason: error.to_string() })
}

impl UserAggregate {
    /// Reads a user back. Every value is checked again.
    ///
    /// What the seed's own models may leave behind is mended, and written with
    /// the next save: no default email, a default email that is not PRIMARY or
    /// not the verified one, flags that do not follow the contacts, a password
    /// hash that is no PHC string (nobody signs in with it), no role.
    pub fn restore(snapshot: UserSnapshot) -> Result<Self, RestoreError> {
        let version = snapshot.version;
        let id = snapshot.id;
        let profile = snapshot.profile.clone().map(|p| restore_profile(id, p)).transpose()?;
        let mut emails = all(&snapshot.emails, restore_email)?;
        emails.sort_by_key(|email| (email.created_at, email.id));
        let mut phones = all(&snapshot.phones, restore_phone)?;
        phones.sort_by_key(|phone| (phone.created_at, phone.id));
        let mut addresses = all(&snapshot.addresses, restore_address)?;
        addresses.sort_by_key(|entry| (entry.created_at, entry.id));
        let user = restore_user(snapshot)?;

        let mut aggregate =
            Self { user, profile, emails, phones, addresses, version, events: Vec::new() };
        aggregate.mend();
        // An empty contact book is legal in the seed's tables; anything else here is not.
        let broken = aggregate.validate().into_iter().find(|_| !aggregate.emails.is_empty());
        match broken {
            Some(violation) => {
                Err(RestoreError { part: "user", id, reason: violation.to_string() })
            }
            None => Ok(aggregate),
        }
    }

    /// The user as plain data.
    pub fn snapshot(&self) -> UserSnapshot {
        let user = &self.user;
        UserSnapshot {
            id: user.id.as_uuid(),
            username: user.username.to_string(),
            password_hash: user.password_hash.as_str().to_owned(),
            status: user.status.to_string(),
            status_reason: user.status_note.as_ref().map(|note| note.reason().to_owned()),
            status_actor: user.status_note.as_ref().map(|note| note.actor().as_uuid()),
            status_until: user.status_note.as_ref().and_then(StatusNote::until),
            status_before: user.status_before_deletion.map(|status| status.to_string()),
            roles: user.roles.iter().map(ToString::to_string).collect(),
            email_verified: user.email_verified,
            phone_verified: user.phone_verified,
            two_factor_enabled: user.two_factor_enabled,
            failed_login_attempts: user.failed_login_attempts,
            account_locked_until: user.account_locked_until,
            created_at: user.created_at,
            updated_at: user.updated_at,
            last_login_at: user.last_login_at,
            password_changed_at: user.password_changed_at,
            preferences: user.preferences.entries(),
            version: self.version,
            profile: self.profile.as_ref().map(profile_snapshot),
            emails: self.emails.iter().map(email_snapshot).collect(),
            phones: self.phones.iter().map(phone_snapshot).collect(),
            addresses: self.addresses.iter().map(address_snapshot).collect(),
        }
    }

    fn mend(&mut self) {
        let defaults = self.emails.iter().filter(|email| email.is_default).count();
        let unverified_default = self.default_email().is_some_and(|email| !email.is_verified)
            && self.has_verified_email();
        if (defaults == 0 || (defaults == 1 && unverified_default))
            && let Some(heir) = self.heir()
        {
            for email in &mut self.emails {
                email.is_default = email.id == heir;
            }
        }
        for email in self.emails.iter_mut().filter(|email| email.is_default) {
            email.contact_type = ContactType::Primary;
        }
        self.refresh_verified_flags();
    }
}

fn all<S, T>(
    snapshots: &[S],
    restore: impl Fn(&S) -> Result<T, RestoreError>,
) -> Result<Vec<T>, RestoreError> {
    snapshots.iter().map(restore).collect()
}

fn restore_user(s: UserSnapshot) -> Result<User, RestoreError> {
    let id = s.id;
    let status = |name: &str| {
        of("user", id, UserStatus::parse(name).ok_or_else(|| format!("unknown status {name:?}")))
    };
    let mut roles = s
        .roles
        .iter()
        .map(|name| {
            of("user", id, UserRole::parse(name).ok_or_else(|| format!("unknown role {name:?}")))
        })
        .collect::<Result<std::collections::BTreeSet<_>, _>>()?;
    if roles.is_empty() {
        roles.insert(UserRole::User);
    }
    let status_note = match (s.status_reason, s.status_actor) {
        (Some(reason), Some(actor)) => Some(of(
            "user",
            id,
            StatusNote::new(&reason, UserId::from_uuid(actor), s.status_until),
        )?),
        _ => None,
    };
    let preferences = Preferences::stored(s.preferences).map_err(|errors| RestoreError {
        part: "user",
        id,
        reason: errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    })?;
    Ok(User {
        id: UserId::from_uuid(id),
        username: of("user", id, Username::parse(&s.username))?,
        password_hash: PasswordHash::stored(s.password_hash),
        status: status(&s.status)?,
        status_note,
        status_before_deletion: s.status_before.as_deref().map(status).transpose()?,
        roles,
        email_verified: s.email_verified,
        phone_verified: s.phone_verified,
        two_factor_enabled: s.two_factor_enabled,
        failed_login_attempts: s.failed_login_attempts,
        account_locked_until: s.account_locked_until,
        created_at: s.created_at,
        updated_at: s.updated_at,
        last_login_at: s.last_login_at,
        password_changed_at: s.password_changed_at,
        preferences,
    })
}

fn restore_profile(user: Uuid, s: ProfileSnapshot) -> Result<UserProfile, RestoreError> {
    fn optional<T, E>(
        text: Option<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        // Empty text in a nullable column means the same as NULL.
        text.filter(|text| !text.is_empty()).map(|text| parse(&text)).transpose()
    }
    Ok(UserProfile {
        first_name: of("profile", user, PersonName::parse(&s.first_name))?,
        last_name: of("profile", user, PersonName::parse(&s.last_name))?,
        display_name: of("profile", user, optional(s.display_name, DisplayName::parse))?,
        date_of_birth: s.date_of_birth,
        gender: of("profile", user, optional(s.gender, Gender::parse))?,
        preferred_language: of("profile", user, LanguageTag::parse(&s.preferred_language))?,
        timezone: of("profile", user, TimeZoneName::parse(&s.timezone))?,
        bio: of("profile", user, optional(s.bio, Bio::parse))?,
        avatar_url: of("profile", user, optional(s.avatar_url, AvatarUrl::parse))?,
        created_at: s.created_at,
        updated_at: s.updated_at,
    })
}

fn restore_email(s: &EmailSnapshot) -> Result<UserEmail, RestoreError> {
    Ok(UserEmail {
        id: EmailId::from_uuid(s.id),
        email: of("email", s.id, EmailAddress::parse(&s.email).map_err(|error| error.code()))?,
        contact_type: of("email", s.id, ContactType::parse(&s.contact_type))?,
        is_default: s.is_default,
        created_at: s.created_at,
        verified_at: s.verified_at,
        is_verified: s.is_verified,
    })
}

fn restore_phone(s: &PhoneSnapshot) -> Result<UserPhone, RestoreError> {
    let phone = PhoneNumber::restore(&s.phone_number, s.country_code.as_deref());
    Ok(UserPhone {
        id: PhoneId::from_uuid(s.id),
        phone: of("phone", s.id, phone.map_err(|error| error.code()))?,
        contact_type: of("phone", s.id, ContactType::parse(&s.contact_type))?,
        is_verified: s.is_verified,
        is_default: s.is_default,
        created_at: s.created_at,
        verified_at: s.verified_at,
    })
}

fn restore_address(s: &AddressSnapshot) -> Result<UserAddress, RestoreError> {
    let draft = AddressDraft {
        street_line1: s.street_line1.clone(),
        street_line2: s.street_line2.clone(),
        city: s.city.clone(),
        state: s.state.clone(),
        postal_code: s.postal_code.clone(),
        country: Some(s.country.clone()),
    };
    Ok(UserAddress {
        id: AddressId::from_uuid(s.id),
        address: of("address", s.id, Address::parse(&draft).map_err(|errors| codes(&errors)))?,
        contact_type: of("address", s.id, ContactType::parse(&s.contact_type))?,
        is_default: s.is_default,
        created_at: s.created_at,
    })
}

/// Addresses of people have no business in a log, so an error names codes only.
fn codes(errors: &AddressErrors) -> String {
    errors.faults().iter().map(AddressError::code).collect::<Vec<_>>().join(", ")
}

fn profile_snapshot(profile: &UserProfile) -> ProfileSnapshot {
    ProfileSnapshot {
        first_name: profile.first_name.to_string(),
        last_name: profile.last_name.to_string(),
        display_name: profile.display_name.as_ref().map(ToString::to_string),
        date_of_birth: profile.date_of_birth,
        gender: profile.gender.as_ref().map(ToString::to_string),
        preferred_language: profile.preferred_language.to_string(),
        timezone: profile.timezone.to_string(),
        bio: profile.bio.as_ref().map(ToString::to_string),
        avatar_url: profile.avatar_url.as_ref().map(ToString::to_string),
        created_at: profile.created_at,
        updated_at: profile.updated_at,
    }
}

fn email_snapshot(email: &UserEmail) -> EmailSnapshot {
    EmailSnapshot {
        id: email.id.as_uuid(),
        email: email.email.to_string(),
        provider: email.email.provider().to_string(),
        contact_type: email.contact_type.to_string(),
        is_verified: email.is_verified,
        is_default: email.is_default,
        created_at: email.created_at,
        verified_at: email.verified_at,
    }
}

fn phone_snapshot(phone: &UserPhone) -> PhoneSnapshot {
    PhoneSnapshot {
        id: phone.id.as_uuid(),
        phone_number: phone.phone.as_str().to_owned(),
        country_code: Some(phone.phone.calling_code().to_owned()),
        formatted_number: Some(phone.phone.national().to_owned()),
        contact_type: phone.contact_type.to_string(),
        is_verified: phone.is_verified,
        is_default: phone.is_default,
        created_at: phone.created_at,
        verified_at: phone.verified_at,
    }
}

fn address_snapshot(entry: &UserAddress) -> AddressSnapshot {
    let draft = entry.address.to_draft();
    AddressSnapshot {
        id: entry.id.as_uuid(),
        street_line1: draft.street_line1,
        street_line2: draft.street_line2,
        city: draft.city,
        state: draft.state,
        postal_code: draft.postal_code,
        country: entry.address.country().as_str().to_owned(),
        contact_type: entry.contact_type.to_string(),
        is_default: entry.is_default,
        created_at: entry.created_at,
    }
}
