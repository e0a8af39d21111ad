//! The repositories of one unit of work: one file a port.

mod accounts;
mod api_keys;
pub(crate) mod audit;
mod devices;
mod directory;
mod erasures;
mod idempotency;
mod json_rows;
mod load_user;
pub(crate) mod outbox;
mod register_user;
mod save_user;
mod second_factors;
mod sessions;
mod sign_ins;
mod tokens;
mod users;

pub(crate) use directory::plan;
pub(crate) use register_user::Registration;
