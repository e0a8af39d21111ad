use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;
use userdom_domain::{UserAddress, UserAggregate, UserEmail, UserPhone, UserProfile, UserStatus};
use uuid::Uuid;

use crate::ports::{ApiKey, AuditEvent, Scope, Session};

/// A user, as every endpoint shows it. Never with the password hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct UserView {
    pub id: Uuid,
    pub username: String,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "maybe_time")]
    pub status_until: Option<DateTime<Utc>>,
    pub roles: Vec<String>,
    pub email_verified: bool,
    pub phone_verified: bool,
    pub two_factor_enabled: bool,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub updated_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_time")]
    pub last_login_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "time")]
    pub password_changed_at: DateTime<Utc>,
    #[serde(serialize_with = "raw_entries")]
    pub preferences: Vec<(String, String)>,
    pub profile: Option<ProfileView>,
    pub emails: Vec<EmailView>,
    pub phones: Vec<PhoneView>,
    pub addresses: Vec<AddressView>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub security: Option<SecurityView>,
    pub version: i64,
}

/// The sign-in counters, for moderators and up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct SecurityView {
    pub failed_login_attempts: u32,
    #[serde(serialize_with = "maybe_time")]
    pub account_locked_until: Option<DateTime<Utc>>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct ProfileView {
    pub first_name: String,
    pub last_name: String,
    pub full_name: String,
    pub display_name: String,
    pub date_of_birth: Option<NaiveDate>,
    pub age: Option<i32>,
    pub gender: Option<String>,
    pub preferred_language: String,
    pub timezone: String,
    pub bio: Option<String>,
    pub avatar_url: Option<String>,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub updated_at: DateTime<Utc>,
}

/// An email.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct EmailView {
    pub id: Uuid,
    pub email: String,
    pub provider: String,
    pub contact_type: String,
    pub is_verified: bool,
    pub is_default: bool,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_time")]
    pub verified_at: Option<DateTime<Utc>>,
}

/// A phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct PhoneView {
    pub id: Uuid,
    pub phone_number: String,
    pub e164: Option<String>,
    pub country_code: String,
    pub formatted_number: String,
    pub contact_type: String,
    pub is_verified: bool,
    pub is_default: bool,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_time")]
    pub verified_at: Option<DateTime<Utc>>,
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct AddressView {
    pub id: Uuid,
    pub street_line1: String,
    pub street_line2: Option<String>,
    pub city: String,
    pub state: String,
    pub postal_code: String,
    pub country: String,
    pub formatted: String,
    pub contact_type: String,
    pub is_default: bool,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct SessionView {
    pub id: Uuid,
    pub user_agent: String,
    pub ip_address: String,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub last_used_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub authenticated_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub expires_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// The key of another service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct ApiKeyView {
    pub id: Uuid,
    pub name: String,
    pub scopes: Vec<&'static str>,
    pub created_by: Uuid,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_time")]
    pub expires_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "maybe_time")]
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct EventView {
    pub id: Uuid,
    #[serde(serialize_with = "time")]
    pub occurred_at: DateTime<Utc>,
    pub kind: String,
    pub outcome: &'static str,
    pub actor_id: Option<Uuid>,
    pub api_key_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub target_id: Option<Uuid>,
    pub ip_address: String,
    pub user_agent: String,
    pub request_id: String,
}

impl UserView {
    /// The user as it is at `now`, without the sign-in counters.
    pub fn of(user: &UserAggregate, now: DateTime<Utc>) -> Self {
        let account = user.user();
        let status = account.status_at(now);
        let note = account
            .status_note()
            .filter(|_| matches!(status, UserStatus::Suspended | UserStatus::Banned));
        Self {
            id: user.id().as_uuid(),
            username: account.username().to_string(),
            status: status.to_string(),
            status_reason: note.map(|note| note.reason().to_owned()),
            status_until: note.and_then(userdom_domain::StatusNote::until),
            roles: account.roles().iter().map(ToString::to_string).collect(),
            email_verified: account.email_verified(),
            phone_verified: account.phone_verified(),
            two_factor_enabled: account.two_factor_enabled(),
            created_at: account.created_at(),
            updated_at: account.updated_at(),
            last_login_at: account.last_login_at(),
            password_changed_at: account.password_changed_at(),
            preferences: account.preferences().entries(),
            profile: user.profile().map(|profile| ProfileView::of(profile, now)),
            emails: user.emails().iter().map(EmailView::of).collect(),
            phones: user.phones().iter().map(PhoneView::of).collect(),
            addresses: user.addresses().iter().map(AddressView::of).collect(),
            security: None,
            version: user.version(),
        }
    }

    /// With the sign-in counters.
    #[must_use]
    pub fn with_security(self, user: &UserAggregate) -> Self {
        let security = SecurityView {
            failed_login_attempts: user.lockout().failed_attempts(),
            account_locked_until: user.lockout().locked_until(),
        };
        Self { security: Some(security), ..self }
    }
}

impl ProfileView {
    /// The profile as it is at `now`.
    pub fn of(profile: &UserProfile, now: DateTime<Utc>) -> Self {
        Self {
            first_name: profile.first_name().to_string(),
            last_name: profile.last_name().to_string(),
            full_name: profile.full_name(),
            display_name: profile.display_name(),
            date_of_birth: profile.date_of_birth(),
            age: profile.age(now),
            gender: profile.gender().map(ToString::to_string),
            preferred_language: profile.preferred_language().to_string(),
            timezone: profile.timezone().to_string(),
            bio: profile.bio().map(ToString::to_string),
            avatar_url: profile.avatar_url().map(ToString::to_string),
            created_at: profile.created_at(),
            updated_at: profile.updated_at(),
        }
    }
}

impl EmailView {
    /// The email as it is.
    pub fn of(email: &UserEmail) -> Self {
        Self {
            id: email.id().as_uuid(),
            email: email.email().to_string(),
            provider: email.email().provider().to_string(),
            contact_type: email.contact_type().to_string(),
            is_verified: email.is_verified(),
            is_default: email.is_default(),
            created_at: email.created_at(),
            verified_at: email.verified_at(),
        }
    }
}

impl PhoneView {
    /// The phone as it is.
    pub fn of(phone: &UserPhone) -> Self {
        let number = phone.phone();
        Self {
            id: phone.id().as_uuid(),
            phone_number: number.as_str().to_owned(),
            e164: number.e164().map(str::to_owned),
            country_code: number.calling_code().to_owned(),
            formatted_number: number.national().to_owned(),
            contact_type: phone.contact_type().to_string(),
            is_verified: phone.is_verified(),
            is_default: phone.is_default(),
            created_at: phone.created_at(),
            verified_at: phone.verified_at(),
        }
    }
}

impl AddressView {
    /// The address as it is.
    pub fn of(entry: &UserAddress) -> Self {
        let address = entry.address();
        Self {
            id: entry.id().as_uuid(),
            street_line1: address.street_line1().to_owned(),
            street_line2: address.street_line2().map(str::to_owned),
            city: address.city().to_owned(),
            state: address.state().to_owned(),
            postal_code: address.postal_code().to_owned(),
            country: address.country_text().to_owned(),
            formatted: address.full_address(),
            contact_type: entry.contact_type().to_string(),
            is_default: entry.is_default(),
            created_at: entry.created_at(),
        }
    }
}

impl SessionView {
    /// A session, as it is seen from the session `current`.
    pub fn of(session: &Session, current: Option<Uuid>) -> Self {
        Self {
            id: session.id,
            user_agent: session.user_agent.clone(),
            ip_address: session.ip_address.clone(),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            authenticated_at: session.authenticated_at,
            expires_at: session.idle_expires_at.min(session.expires_at),
            is_current: current == Some(session.id),
        }
    }
}

impl ApiKeyView {
    /// A key without what opens anything.
    pub fn of(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.clone(),
            scopes: key.scopes.iter().copied().map(Scope::as_str).collect(),
            created_by: key.created_by.as_uuid(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        }
    }
}

impl EventView {
    /// A line of the audit trail.
    pub fn of(event: &AuditEvent) -> Self {
        Self {
            id: event.id,
            occurred_at: event.occurred_at,
            kind: event.kind.clone(),
            outcome: event.outcome.as_str(),
            actor_id: event.actor_id.map(|id| id.as_uuid()),
            api_key_id: event.api_key_id,
            user_id: event.user_id.map(|id| id.as_uuid()),
            target_id: event.target_id,
            ip_address: event.ip_address.clone(),
            user_agent: event.user_agent.clone(),
            request_id: event.request_id.clone(),
        }
    }
}

/// RFC 3339 in UTC, with as many decimals as the moment has. Its years have four digits: what
/// lies beyond, another application wrote (R29).
fn time<S: Serializer>(moment: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let moment = match moment.year() {
        ..0 => return serializer.serialize_str("0000-01-01T00:00:00Z"),
        10_000.. => return serializer.serialize_str("9999-12-31T23:59:59Z"),
        0..=9999 => moment,
    };
    serializer.collect_str(&moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
fn maybe_time<S: Serializer>(
    moment: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => time(moment, serializer),
        None => serializer.serialize_none(),
    }
}

/// Keys with the texts of their values, in their order.
fn raw_entries<S: Serializer>(
    entries: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(entries.len()))?;
    for (key, json) in entries {
        // What many readers of JSON do not take, such as half a surrogate pair, is shown as text.
        if serde_json::from_str::<serde_json::Value>(json).is_ok() {
            map.serialize_entry(key, &serde_json::from_str::<&RawValue>(json).ok())?;
        } else {
            map.serialize_entry(key, json)?;
        }
    }
    map.end()
}
