//! The rows of the tables, one file a table: its columns, and the mappings to the domain.
//!
//! A column of the shared tables stands in `schema.rs` and in the list of its row here
//! ([`columns!`]); select lists, inserts and changesets are made of the row.

mod api_key;
mod audit_event;
mod columns;
mod known_device;
mod one_time_token;
mod outbox_event;
mod second_factor;
mod session;
mod user;
mod user_address;
mod user_email;
mod user_phone;
mod user_profile;

pub(crate) use api_key::ApiKeyRow;
pub(crate) use audit_event::AuditRow;
pub(crate) use columns::Row;
pub(crate) use known_device::DeviceRow;
pub(crate) use one_time_token::TokenRow;
pub(crate) use outbox_event::OutboxRow;
pub(crate) use second_factor::{RecoveryCodeRow, TotpRow};
pub(crate) use session::SessionRow;
pub(crate) use user::{UserRow, UserRows, roles};
pub(crate) use user_address::AddressRow;
pub(crate) use user_email::EmailRow;
pub(crate) use user_phone::PhoneRow;
pub(crate) use user_profile::ProfileRow;

use columns::columns;
