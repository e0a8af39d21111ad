//! The rules of the aggregate, each named, and the properties that hold after any sequence.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

mod aggregate_properties;
mod emails;
#[path = "../../examples/john_doe/mod.rs"]
mod example;
mod phones_and_addresses;
mod restore;
mod status_and_sign_in;

use chrono::{DateTime, Utc};
use userdom_domain::{
    ContactType, EmailAddress, EmailId, PasswordHash, User, UserAggregate, UserId, Username,
};

fn now() -> DateTime<Utc> {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn email_id(n: u8) -> EmailId {
    EmailId::from_parts(now(), [n; 10])
}

fn account() -> User {
    User::new(
        UserId::from_parts(now(), [1; 10]),
        Username::parse("ada").unwrap(),
        PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA").unwrap(),
        now(),
    )
}

/// A user with emails `e1@example.org`, `e2@…` of these types; the first is the default.
fn user_with_emails(types: &[ContactType]) -> UserAggregate {
    let mut user = UserAggregate::register(account(), None, now());
    for (n, contact_type) in (1..).zip(types) {
        let email = EmailAddress::parse(&format!("e{n}@example.org")).unwrap();
        user.add_email(email_id(n), email, *contact_type, false, now()).unwrap();
    }
    user
}

fn default_of(user: &UserAggregate) -> EmailId {
    user.default_email().unwrap().id()
}
