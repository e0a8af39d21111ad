//! The domain of Userdom: what a user is, and what may happen to one.
//!
//! Pure: no I/O, no clock, no randomness, no environment (R1). Behaviour that
//! needs the time takes `now`; new identities are built from randomness that the
//! caller brings. Rule numbers (R4, R19, …) are those of `docs/domain-model.md`.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use userdom_domain::{
//!     ContactType, EmailAddress, EmailId, PasswordHash, User, UserAggregate, UserId, Username,
//! };
//!
//! let now: DateTime<Utc> = "2026-01-01T12:00:00Z".parse()?;
//! let account = User::new(
//!     UserId::from_parts(now, [1; 10]),
//!     Username::parse("ada")?,
//!     PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")?,
//!     now,
//! );
//! let mut ada = UserAggregate::register(account, None, now);
//! let id = EmailId::from_parts(now, [2; 10]);
//! ada.add_email(id, EmailAddress::parse("ada@example.org")?, ContactType::Home, false, now)?;
//! ada.verify_email(id, now)?;
//! ada.activate(now)?;
//! assert!(ada.can_login(now));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where to look: [`UserAggregate`] for what may happen, [`EmailAddress`] and its
//! neighbours for what is accepted as a value, [`UserRepository`] for keeping
//! users, [`UserSpecification`] for finding them.
//!
//! Features: `serde` reads and writes values as the text that they are.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::wildcard_enum_match_arm,
        reason = "a test that fails may panic"
    )
)]
#![warn(missing_docs)]

// What the example of the tests calls this crate.
#[cfg(test)]
extern crate self as userdom_domain;

mod aggregates;
mod as_typed;
mod entities;
mod error_code;
mod events;
#[cfg(test)]
#[path = "../examples/john_doe/mod.rs"]
mod example;
mod repositories;
#[cfg(feature = "serde")]
mod serde_support;
mod specifications;
mod value_objects;

pub use aggregates::{
    AddressSnapshot, EmailSnapshot, PhoneSnapshot, ProfileSnapshot, UserAggregate, UserError,
    UserSnapshot, Violation,
};
pub use as_typed::{one_time_code, trimmed};
pub use entities::{
    BirthDateError, Lockout, Patch, ProfileChanges, StatusNote, StatusNoteError, User, UserAddress,
    UserEmail, UserPhone, UserProfile, UserRole, UserStatus,
};
pub use error_code::{ErrorCode, ErrorKind};
pub use events::{DomainEvent, RecordedEvent};
pub use repositories::{EmailRepository, RepositoryError, UniqueKey, UserRepository};
pub use specifications::{
    AddressTest, EmailTest, PhoneTest, Specification, TextOperator, TextTest, TimeRange,
    UserSpecification, UserTest, folded, plain, sortable,
};
pub use value_objects::*;
