//! The rows as they lie in the tables: one file a table, fields in the order of `schema.rs`.

mod outbox_event;
mod session;
mod user;
mod user_address;
mod user_email;
mod user_phone;
mod user_profile;

pub(crate) use outbox_event::OutboxRow;
pub(crate) use session::{SessionRow, TokenRow};
pub(crate) use user::UserRow;
pub(crate) use user_address::AddressRow;
pub(crate) use user_email::EmailRow;
pub(crate) use user_phone::PhoneRow;
pub(crate) use user_profile::ProfileRow;
