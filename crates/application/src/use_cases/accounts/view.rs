use chrono::{DateTime, Utc};
use serde::Serialize;
use userdom_domain::{UserAggregate, UserStatus};
use uuid::Uuid;

use crate::use_cases::{
    AddressView, EmailView, PhoneView, ProfileView,
    json::{maybe_time, raw_entries, time},
};

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
