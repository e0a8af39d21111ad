use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// A user as plain data: what a store keeps, and all it needs to keep.
///
/// With [`UserAggregate::snapshot`](crate::UserAggregate::snapshot) and
/// [`UserAggregate::restore`](crate::UserAggregate::restore) it is the only door
/// to the inside of an aggregate; `restore` takes every value as it stands (R29).
///
/// ```
/// # mod example { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/john_doe/mod.rs")); }
/// use userdom_domain::UserAggregate;
///
/// let user = example::john();
/// let mut snapshot = user.snapshot();
/// snapshot.emails[0].email = "not an address".to_owned();
/// let odd = UserAggregate::restore(snapshot.clone());
/// assert_eq!(odd.snapshot(), snapshot);
/// assert_eq!(odd.validate()[0].to_string(), "Invalid email format: not an address");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSnapshot {
    /// The identity.
    pub id: Uuid,
    /// As typed.
    pub username: String,
    /// A PHC string.
    pub password_hash: String,
    /// One of the five names.
    pub status: String,
    /// Why suspended or banned.
    pub status_reason: Option<String>,
    /// The identity of the user who did it.
    pub status_actor: Option<String>,
    /// Until when.
    pub status_until: Option<DateTime<Utc>>,
    /// What a deleted user was before.
    pub status_before: Option<String>,
    /// Names of roles.
    pub roles: Vec<String>,
    /// The default email is verified.
    pub email_verified: bool,
    /// Any phone is verified.
    pub phone_verified: bool,
    /// Signing in asks for a second factor.
    pub two_factor_enabled: bool,
    /// In a row.
    pub failed_login_attempts: u32,
    /// The end of the lock.
    pub account_locked_until: Option<DateTime<Utc>>,
    /// When the user registered.
    pub created_at: DateTime<Utc>,
    /// When anything changed last.
    pub updated_at: DateTime<Utc>,
    /// When the user signed in last.
    pub last_login_at: Option<DateTime<Utc>>,
    /// When the password was set.
    pub password_changed_at: DateTime<Utc>,
    /// The text of a JSON object.
    pub preferences: String,
    /// How often the user has been saved.
    pub version: i64,
    /// The profile.
    pub profile: Option<ProfileSnapshot>,
    /// In any order.
    pub emails: Vec<EmailSnapshot>,
    /// In any order.
    pub phones: Vec<PhoneSnapshot>,
    /// In any order.
    pub addresses: Vec<AddressSnapshot>,
}

/// A profile as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of UserProfile")]
pub struct ProfileSnapshot {
    pub first_name: String,
    pub last_name: String,
    pub display_name: Option<String>,
    pub date_of_birth: Option<NaiveDate>,
    pub gender: Option<String>,
    pub preferred_language: String,
    pub timezone: String,
    pub bio: Option<String>,
    pub avatar_url: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// An email as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of UserEmail")]
pub struct EmailSnapshot {
    pub id: Uuid,
    pub email: String,
    pub provider: Option<String>,
    pub contact_type: String,
    pub is_verified: bool,
    pub is_default: bool,
    pub created_at: DateTime<Utc>,
    pub verified_at: Option<DateTime<Utc>>,
}

/// A phone as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of UserPhone")]
pub struct PhoneSnapshot {
    pub id: Uuid,
    pub phone_number: String,
    pub country_code: Option<String>,
    pub formatted_number: Option<String>,
    pub contact_type: String,
    pub is_verified: bool,
    pub is_default: bool,
    pub created_at: DateTime<Utc>,
    pub verified_at: Option<DateTime<Utc>>,
}

/// An address as plain data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of Address and UserAddress")]
pub struct AddressSnapshot {
    pub id: Uuid,
    pub street_line1: String,
    pub street_line2: Option<String>,
    pub city: String,
    pub state: String,
    pub postal_code: String,
    pub country: String,
    pub contact_type: String,
    pub is_default: bool,
    pub created_at: DateTime<Utc>,
}
