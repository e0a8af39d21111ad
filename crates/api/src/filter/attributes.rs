use userdom_domain::{TextTest, TimeRange, UserTest};

/// What a field of a user is, and so what it can be compared with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Attribute {
    Id,
    Status,
    Role,
    Text(fn(TextTest) -> UserTest),
    Flag(UserFlag),
    Moment(fn(TimeRange) -> UserTest),
    Email(EmailPart),
    Phone(PhonePart),
    Address(AddressPart),
    /// The list as a whole, of which only `pr` can be asked.
    Addresses,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum UserFlag {
    VerifiedEmail,
    VerifiedPhone,
    TwoFactor,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum EmailPart {
    Value,
    Domain,
    Type,
    Verified,
    Default,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum PhonePart {
    Number,
    Type,
    Verified,
    Default,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum AddressPart {
    City,
    PostalCode,
    Country,
    Type,
    Default,
}

/// The fields of a user under the names that its representation has, and SCIM's beside them.
const FIELDS: &[(&str, Attribute)] = &[
    ("id", Attribute::Id),
    ("username", Attribute::Text(UserTest::Username)),
    ("status", Attribute::Status),
    ("role", Attribute::Role),
    ("roles", Attribute::Role),
    ("email_verified", Attribute::Flag(UserFlag::VerifiedEmail)),
    ("phone_verified", Attribute::Flag(UserFlag::VerifiedPhone)),
    ("two_factor_enabled", Attribute::Flag(UserFlag::TwoFactor)),
    ("created_at", Attribute::Moment(UserTest::Created)),
    ("meta.created", Attribute::Moment(UserTest::Created)),
    ("updated_at", Attribute::Moment(UserTest::Updated)),
    ("meta.lastModified", Attribute::Moment(UserTest::Updated)),
    ("last_login_at", Attribute::Moment(UserTest::LastLogin)),
    ("first_name", Attribute::Text(UserTest::FirstName)),
    ("profile.first_name", Attribute::Text(UserTest::FirstName)),
    ("name.givenName", Attribute::Text(UserTest::FirstName)),
    ("last_name", Attribute::Text(UserTest::LastName)),
    ("profile.last_name", Attribute::Text(UserTest::LastName)),
    ("name.familyName", Attribute::Text(UserTest::LastName)),
    ("display_name", Attribute::Text(UserTest::DisplayName)),
    ("profile.display_name", Attribute::Text(UserTest::DisplayName)),
    ("preferred_language", Attribute::Text(UserTest::Language)),
    ("profile.preferred_language", Attribute::Text(UserTest::Language)),
    ("timezone", Attribute::Text(UserTest::TimeZone)),
    ("profile.timezone", Attribute::Text(UserTest::TimeZone)),
    ("email", Attribute::Email(EmailPart::Value)),
    ("email_domain", Attribute::Email(EmailPart::Domain)),
    ("phone", Attribute::Phone(PhonePart::Number)),
    ("city", Attribute::Address(AddressPart::City)),
    ("postal_code", Attribute::Address(AddressPart::PostalCode)),
    ("country", Attribute::Address(AddressPart::Country)),
];

/// What `emails[…]` knows.
pub(super) const EMAIL: &[(&str, EmailPart)] = &[
    ("email", EmailPart::Value),
    ("value", EmailPart::Value),
    ("domain", EmailPart::Domain),
    ("contact_type", EmailPart::Type),
    ("type", EmailPart::Type),
    ("is_verified", EmailPart::Verified),
    ("is_default", EmailPart::Default),
    ("primary", EmailPart::Default),
];

/// What `phones[…]` knows.
pub(super) const PHONE: &[(&str, PhonePart)] = &[
    ("phone_number", PhonePart::Number),
    ("e164", PhonePart::Number),
    ("value", PhonePart::Number),
    ("contact_type", PhonePart::Type),
    ("type", PhonePart::Type),
    ("is_verified", PhonePart::Verified),
    ("is_default", PhonePart::Default),
];

/// What `addresses[…]` knows.
pub(super) const ADDRESS: &[(&str, AddressPart)] = &[
    ("city", AddressPart::City),
    ("locality", AddressPart::City),
    ("postal_code", AddressPart::PostalCode),
    ("country", AddressPart::Country),
    ("contact_type", AddressPart::Type),
    ("type", AddressPart::Type),
    ("is_default", AddressPart::Default),
];

/// A name without regard to case and underscores: `created_at` is `createdAt`.
pub(super) fn plain_name(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// The field of a user with this plain name.
pub(super) fn of_user(name: &str) -> Option<Attribute> {
    if let Some((list, part)) = name.split_once('.') {
        let found = match list {
            "emails" => find(EMAIL, part).map(Attribute::Email),
            "phones" => find(PHONE, part).map(Attribute::Phone),
            "addresses" => find(ADDRESS, part).map(Attribute::Address),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    match name {
        "emails" => Some(Attribute::Email(EmailPart::Value)),
        "phones" => Some(Attribute::Phone(PhonePart::Number)),
        "addresses" => Some(Attribute::Addresses),
        name => find(FIELDS, name),
    }
}

pub(super) fn find<T: Copy>(known: &[(&str, T)], name: &str) -> Option<T> {
    known.iter().find(|(known, _)| plain_name(known) == name).map(|(_, part)| *part)
}

impl UserFlag {
    pub(super) fn test(self) -> UserTest {
        match self {
            Self::VerifiedEmail => UserTest::VerifiedEmail,
            Self::VerifiedPhone => UserTest::VerifiedPhone,
            Self::TwoFactor => UserTest::TwoFactor,
        }
    }
}
