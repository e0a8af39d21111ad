//! The consistency boundary: a user with all its contacts, changed as one.

mod account;
mod addresses;
mod emails;
mod error;
mod phones;
mod profile;
mod restore;
mod snapshot;
mod user_aggregate;
mod validation;

pub use error::UserError;
pub use snapshot::{AddressSnapshot, EmailSnapshot, PhoneSnapshot, ProfileSnapshot, UserSnapshot};
pub use user_aggregate::UserAggregate;
pub use validation::Violation;
