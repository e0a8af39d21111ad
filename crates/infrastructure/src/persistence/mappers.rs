//! Rows to snapshots and back. Times are UTC without a zone; a user's identities are text.

use chrono::{DateTime, NaiveDateTime, Utc};
use userdom_domain::{
    AddressSnapshot, EmailSnapshot, PhoneSnapshot, ProfileSnapshot, RepositoryError, UserId,
    UserRole, UserSnapshot, sortable,
};
use uuid::Uuid;

use super::{
    errors::corrupt_value,
    json_column::Json,
    keys,
    models::{AddressRow, EmailRow, PhoneRow, ProfileRow, UserRow},
};

/// All rows of one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserRows {
    pub(crate) user: UserRow,
    pub(crate) profile: Option<ProfileRow>,
    pub(crate) emails: Vec<EmailRow>,
    pub(crate) phones: Vec<PhoneRow>,
    pub(crate) addresses: Vec<AddressRow>,
}

/// Reads an identity, which is written in one way only: another one would be found by none.
pub(crate) fn read_uuid(table: &'static str, text: &str) -> Result<Uuid, RepositoryError> {
    let id = Uuid::parse_str(text).map_err(|error| corrupt_value(table, text, error))?;
    if id.to_string() == text {
        return Ok(id);
    }
    Err(corrupt_value(table, text, NotCanonical))
}

/// The identity of a user; one that cannot be read is left out, with a warning (R29).
pub(crate) fn readable_id(table: &'static str, text: &str) -> Option<UserId> {
    match read_uuid(table, text) {
        Ok(id) => Some(UserId::from_uuid(id)),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "a user that cannot be read");
            None
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("an identity is a UUID of 36 characters in lower case")]
struct NotCanonical;

/// The names in the JSON of `users.roles`. What is no list of texts gives none (R29).
pub(crate) fn role_names(stored: &Json) -> Vec<String> {
    let items: Vec<serde_json::Value> = serde_json::from_str(&stored.0).unwrap_or_default();
    items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

pub(crate) fn utc(moment: NaiveDateTime) -> DateTime<Utc> {
    moment.and_utc()
}

pub(crate) fn maybe_utc(moment: Option<NaiveDateTime>) -> Option<DateTime<Utc>> {
    moment.map(utc)
}

pub(crate) fn naive(moment: Option<DateTime<Utc>>) -> Option<NaiveDateTime> {
    moment.map(|moment| moment.naive_utc())
}

impl UserRows {
    pub(crate) fn into_snapshot(self) -> Result<UserSnapshot, RepositoryError> {
        let user = self.user;
        Ok(UserSnapshot {
            id: read_uuid("users", &user.id)?,
            roles: role_names(&user.roles),
            preferences: user.preferences.0,
            status_actor: user.status_actor,
            username: user.username,
            password_hash: user.password_hash,
            status: or_default(user.status, "pending"),
            status_reason: user.status_reason,
            status_until: maybe_utc(user.status_until),
            status_before: user.status_before,
            email_verified: user.email_verified,
            phone_verified: user.phone_verified,
            two_factor_enabled: user.two_factor_enabled,
            failed_login_attempts: u32::try_from(user.failed_login_attempts).unwrap_or(0),
            account_locked_until: maybe_utc(user.account_locked_until),
            created_at: utc(user.created_at),
            updated_at: utc(user.updated_at),
            last_login_at: maybe_utc(user.last_login_at),
            password_changed_at: utc(user.password_changed_at),
            version: user.version,
            profile: self.profile.map(profile_snapshot),
            emails: self.emails.into_iter().map(email_snapshot).collect::<Result<_, _>>()?,
            phones: self.phones.into_iter().map(phone_snapshot).collect::<Result<_, _>>()?,
            addresses: self
                .addresses
                .into_iter()
                .map(address_snapshot)
                .collect::<Result<_, _>>()?,
        })
    }

    /// With the roles of `before` as they are written, where they say the same (R29).
    pub(crate) fn keep_json(&mut self, before: &UserRow) {
        let sorted = |roles: &Json| {
            let mut names = role_names(roles);
            names.sort_unstable();
            names.dedup();
            if names.is_empty() { vec![UserRole::User.as_str().to_owned()] } else { names }
        };
        if sorted(&before.roles) == sorted(&self.user.roles) {
            self.user.roles = before.roles.clone();
        }
    }

    pub(crate) fn of(s: UserSnapshot) -> Self {
        let user_id = s.id.to_string();
        let [first_name_key, last_name_key, display_name_key] = match &s.profile {
            Some(profile) => keys::of_names(
                &profile.first_name,
                &profile.last_name,
                profile.display_name.as_deref(),
            ),
            None => keys::OF_NO_NAMES,
        }
        .map(Some);
        Self {
            profile: s.profile.map(|profile| profile_row(&user_id, profile)),
            emails: s.emails.into_iter().map(|email| email_row(&user_id, email)).collect(),
            phones: s.phones.into_iter().map(|phone| phone_row(&user_id, phone)).collect(),
            addresses: s.addresses.into_iter().map(|a| address_row(&user_id, a)).collect(),
            user: UserRow {
                id: user_id,
                username: s.username,
                password_hash: s.password_hash,
                status: s.status,
                roles: Json(serde_json::Value::from(s.roles).to_string()),
                email_verified: s.email_verified,
                phone_verified: s.phone_verified,
                two_factor_enabled: s.two_factor_enabled,
                failed_login_attempts: i32::try_from(s.failed_login_attempts).unwrap_or(i32::MAX),
                account_locked_until: naive(s.account_locked_until),
                created_at: s.created_at.naive_utc(),
                updated_at: s.updated_at.naive_utc(),
                last_login_at: naive(s.last_login_at),
                password_changed_at: s.password_changed_at.naive_utc(),
                preferences: Json(s.preferences),
                version: s.version,
                status_reason: s.status_reason,
                status_actor: s.status_actor,
                status_until: naive(s.status_until),
                status_before: s.status_before,
                first_name_key,
                last_name_key,
                display_name_key,
            },
        }
    }
}

/// What is missing reads as the default of its column (R29).
fn or_default(text: String, default: &str) -> String {
    if text.is_empty() { default.to_owned() } else { text }
}

fn profile_snapshot(row: ProfileRow) -> ProfileSnapshot {
    ProfileSnapshot {
        first_name: row.first_name,
        last_name: row.last_name,
        display_name: row.display_name,
        date_of_birth: row.date_of_birth,
        gender: row.gender,
        preferred_language: or_default(row.preferred_language, "en"),
        timezone: or_default(row.timezone, "UTC"),
        bio: row.bio,
        avatar_url: row.avatar_url,
        created_at: utc(row.created_at),
        updated_at: utc(row.updated_at),
    }
}

fn profile_row(user_id: &str, s: ProfileSnapshot) -> ProfileRow {
    ProfileRow {
        user_id: user_id.to_owned(),
        first_name: s.first_name,
        last_name: s.last_name,
        display_name: s.display_name,
        date_of_birth: s.date_of_birth,
        gender: s.gender,
        preferred_language: s.preferred_language,
        timezone: s.timezone,
        bio: s.bio,
        avatar_url: s.avatar_url,
        created_at: s.created_at.naive_utc(),
        updated_at: s.updated_at.naive_utc(),
    }
}

fn email_snapshot(row: EmailRow) -> Result<EmailSnapshot, RepositoryError> {
    Ok(EmailSnapshot {
        id: read_uuid("user_emails", &row.uid)?,
        email: row.email,
        provider: row.provider,
        contact_type: or_default(row.contact_type, "primary"),
        is_verified: row.is_verified,
        is_default: row.is_default,
        created_at: utc(row.created_at),
        verified_at: maybe_utc(row.verified_at),
    })
}

fn email_row(user_id: &str, s: EmailSnapshot) -> EmailRow {
    EmailRow {
        user_id: user_id.to_owned(),
        uid: s.id.to_string(),
        email: s.email,
        provider: s.provider,
        contact_type: s.contact_type,
        is_verified: s.is_verified,
        is_default: s.is_default,
        created_at: s.created_at.naive_utc(),
        verified_at: naive(s.verified_at),
    }
}

fn phone_snapshot(row: PhoneRow) -> Result<PhoneSnapshot, RepositoryError> {
    Ok(PhoneSnapshot {
        id: read_uuid("user_phones", &row.uid)?,
        phone_number: row.phone_number,
        country_code: row.country_code,
        formatted_number: row.formatted_number,
        contact_type: or_default(row.contact_type, "mobile"),
        is_verified: row.is_verified,
        is_default: row.is_default,
        created_at: utc(row.created_at),
        verified_at: maybe_utc(row.verified_at),
    })
}

fn phone_row(user_id: &str, s: PhoneSnapshot) -> PhoneRow {
    PhoneRow {
        user_id: user_id.to_owned(),
        uid: s.id.to_string(),
        number_key: Some(keys::of_number(&s.phone_number, s.country_code.as_deref())),
        phone_number: s.phone_number,
        country_code: s.country_code,
        formatted_number: s.formatted_number,
        contact_type: s.contact_type,
        is_verified: s.is_verified,
        is_default: s.is_default,
        created_at: s.created_at.naive_utc(),
        verified_at: naive(s.verified_at),
    }
}

fn address_snapshot(row: AddressRow) -> Result<AddressSnapshot, RepositoryError> {
    Ok(AddressSnapshot {
        id: read_uuid("user_addresses", &row.uid)?,
        street_line1: row.street_line1,
        street_line2: row.street_line2,
        city: row.city,
        state: row.state,
        postal_code: row.postal_code,
        country: or_default(row.country, "USA"),
        contact_type: or_default(row.contact_type, "home"),
        is_default: row.is_default,
        created_at: utc(row.created_at),
    })
}

fn address_row(user_id: &str, s: AddressSnapshot) -> AddressRow {
    AddressRow {
        user_id: user_id.to_owned(),
        uid: s.id.to_string(),
        city_key: Some(sortable(&s.city)),
        street_line1: s.street_line1,
        street_line2: s.street_line2,
        city: s.city,
        state: s.state,
        postal_code: s.postal_code,
        country: s.country,
        contact_type: s.contact_type,
        is_default: s.is_default,
        created_at: s.created_at.naive_utc(),
    }
}
