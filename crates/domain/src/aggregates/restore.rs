use std::collections::BTreeSet;

use super::snapshot::{
    AddressSnapshot, EmailSnapshot, PhoneSnapshot, ProfileSnapshot, UserSnapshot,
};
use crate::{
    Address, AddressDraft, AddressId, AvatarUrl, Bio, ContactType, DisplayName, EmailAddress,
    EmailId, Gender, LanguageTag, Lockout, PasswordHash, PersonName, PhoneId, Preferences,
    StatusNote, TimeZoneName, User, UserAddress, UserAggregate, UserEmail, UserId, UserPhone,
    UserProfile, UserRole, UserStatus, Username,
    entities::{IncompleteNote, KeptNumber},
    value_objects::AsStored,
};

impl UserAggregate {
    /// Reads a user back, each value as it stands (R29): a rule guards what comes in, and
    /// [`UserAggregate::validate`] says what another application wrote against one.
    pub fn restore(mut snapshot: UserSnapshot) -> Self {
        let version = snapshot.version;
        let profile = snapshot.profile.take().map(restore_profile);
        let emails = std::mem::take(&mut snapshot.emails).into_iter().map(restore_email);
        let phones = std::mem::take(&mut snapshot.phones).into_iter().map(restore_phone);
        let addresses = std::mem::take(&mut snapshot.addresses).into_iter().map(restore_address);
        let user = restore_user(snapshot);
        let mut emails: Vec<_> = emails.collect();
        emails.sort_by_key(|email| (email.created_at, email.id));
        let mut phones: Vec<_> = phones.collect();
        phones.sort_by_key(|phone| (phone.created_at, phone.id));
        let mut addresses: Vec<_> = addresses.collect();
        addresses.sort_by_key(|entry| (entry.created_at, entry.id));
        Self { user, profile, emails, phones, addresses, version, events: Vec::new() }
    }

    /// The user as plain data.
    pub fn snapshot(&self) -> UserSnapshot {
        let user = &self.user;
        let note = match &user.status_note {
            Some(note) => IncompleteNote {
                reason: Some(note.reason().to_owned()),
                actor: Some(note.actor().to_string()),
                until: note.until(),
            },
            None => user.incomplete_note.clone().unwrap_or_default(),
        };
        let roles = user.roles.iter().map(ToString::to_string);
        UserSnapshot {
            id: user.id.as_uuid(),
            username: user.username.to_string(),
            password_hash: user.password_hash.as_str().to_owned(),
            status: status_text(&user.status),
            status_reason: note.reason,
            status_actor: note.actor,
            status_until: note.until,
            status_before: user.status_before_deletion.as_ref().map(status_text),
            roles: roles.chain(user.unknown_roles.iter().cloned()).collect(),
            email_verified: user.email_verified,
            phone_verified: user.phone_verified,
            two_factor_enabled: user.two_factor_enabled,
            failed_login_attempts: user.lockout.failed_attempts(),
            account_locked_until: user.lockout.locked_until(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            last_login_at: user.last_login_at,
            password_changed_at: user.password_changed_at,
            preferences: user.preferences.as_json().to_owned(),
            version: self.version,
            profile: self.profile.as_ref().map(profile_snapshot),
            emails: self.emails.iter().map(email_snapshot).collect(),
            phones: self.phones.iter().map(phone_snapshot).collect(),
            addresses: self.addresses.iter().map(address_snapshot).collect(),
        }
    }
}

fn status(text: &str) -> AsStored<UserStatus> {
    let status = UserStatus::parse(text).unwrap_or(UserStatus::Suspended);
    AsStored::read(text, status, status.as_str())
}

fn status_text(status: &AsStored<UserStatus>) -> String {
    status.odd_text().unwrap_or(status.get().as_str()).to_owned()
}

fn contact_type(text: &str) -> AsStored<ContactType> {
    let kind = ContactType::parse(text).unwrap_or(ContactType::Other);
    AsStored::read(text, kind, kind.as_str())
}

fn type_text(kind: &AsStored<ContactType>) -> String {
    kind.odd_text().unwrap_or(kind.get().as_str()).to_owned()
}

fn restore_user(s: UserSnapshot) -> User {
    let mut roles = BTreeSet::new();
    let mut unknown_roles = Vec::new();
    for name in s.roles {
        match UserRole::parse(&name) {
            Some(role) => drop(roles.insert(role)),
            None => unknown_roles.push(name),
        }
    }
    if roles.is_empty() && unknown_roles.is_empty() {
        roles.insert(UserRole::User);
    }
    let actor = s.status_actor.as_deref().and_then(|id| UserId::parse(id).ok());
    let status_note = match (&s.status_reason, actor) {
        (Some(reason), Some(actor)) => {
            Some(StatusNote::from_stored(reason.clone(), actor, s.status_until))
        }
        _ => None,
    };
    let incomplete =
        IncompleteNote { reason: s.status_reason, actor: s.status_actor, until: s.status_until };
    let is_incomplete = status_note.is_none() && incomplete != IncompleteNote::default();
    User {
        id: UserId::from_uuid(s.id),
        username: Username::from_stored(s.username),
        password_hash: PasswordHash::stored(s.password_hash),
        status: status(&s.status),
        status_note,
        incomplete_note: is_incomplete.then_some(incomplete),
        status_before_deletion: s.status_before.as_deref().map(status),
        roles,
        unknown_roles,
        email_verified: s.email_verified,
        phone_verified: s.phone_verified,
        two_factor_enabled: s.two_factor_enabled,
        lockout: Lockout::stored(s.failed_login_attempts, s.account_locked_until),
        created_at: s.created_at,
        updated_at: s.updated_at,
        last_login_at: s.last_login_at,
        password_changed_at: s.password_changed_at,
        preferences: Preferences::from_stored(s.preferences),
    }
}

fn restore_profile(s: ProfileSnapshot) -> UserProfile {
    UserProfile {
        first_name: PersonName::from_stored(s.first_name),
        last_name: PersonName::from_stored(s.last_name),
        display_name: s.display_name.map(DisplayName::from_stored),
        date_of_birth: s.date_of_birth,
        gender: s.gender.map(Gender::from_stored),
        preferred_language: LanguageTag::from_stored(s.preferred_language),
        timezone: TimeZoneName::from_stored(s.timezone),
        bio: s.bio.map(Bio::from_stored),
        avatar_url: s.avatar_url.map(AvatarUrl::from_stored),
        created_at: s.created_at,
        updated_at: s.updated_at,
    }
}

fn restore_email(s: EmailSnapshot) -> UserEmail {
    UserEmail {
        id: EmailId::from_uuid(s.id),
        email: EmailAddress::from_stored(s.email),
        provider: s.provider,
        contact_type: contact_type(&s.contact_type),
        is_default: s.is_default,
        created_at: s.created_at,
        verified_at: s.verified_at,
        is_verified: s.is_verified,
    }
}

fn restore_phone(s: PhoneSnapshot) -> UserPhone {
    UserPhone {
        id: PhoneId::from_uuid(s.id),
        phone: KeptNumber::from_stored(s.phone_number, s.country_code, s.formatted_number),
        contact_type: contact_type(&s.contact_type),
        is_verified: s.is_verified,
        is_default: s.is_default,
        created_at: s.created_at,
        verified_at: s.verified_at,
    }
}

fn restore_address(s: AddressSnapshot) -> UserAddress {
    let draft = AddressDraft {
        street_line1: s.street_line1,
        street_line2: s.street_line2,
        city: s.city,
        state: s.state,
        postal_code: s.postal_code,
        country: Some(s.country),
    };
    UserAddress {
        id: AddressId::from_uuid(s.id),
        address: Address::from_stored(draft),
        contact_type: contact_type(&s.contact_type),
        is_default: s.is_default,
        created_at: s.created_at,
    }
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
        provider: email.provider.clone(),
        contact_type: type_text(&email.contact_type),
        is_verified: email.is_verified,
        is_default: email.is_default,
        created_at: email.created_at,
        verified_at: email.verified_at,
    }
}

fn phone_snapshot(phone: &UserPhone) -> PhoneSnapshot {
    PhoneSnapshot {
        id: phone.id.as_uuid(),
        phone_number: phone.phone.text.clone(),
        country_code: phone.phone.calling_code.clone(),
        formatted_number: phone.phone.formatted.clone(),
        contact_type: type_text(&phone.contact_type),
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
        country: entry.address.country_text().to_owned(),
        contact_type: type_text(&entry.contact_type),
        is_default: entry.is_default,
        created_at: entry.created_at,
    }
}
