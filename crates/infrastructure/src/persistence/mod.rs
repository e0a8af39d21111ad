//! Users in a relational database: Postgres or SQLite, one code for both.
//!
//! Start at [`Database`]; a [`UnitOfWork`](userdom_application::ports::UnitOfWork)
//! is in `unit_of_work`, the tables are in `schema`, one file a table in `models`.

mod config;
mod connection;
mod conversions;
mod copies;
mod database;
mod database_clock;
mod deadline;
mod errors;
mod json_column;
mod keys;
mod lenient;
mod migrations;
mod models;
mod outbox;
mod prepared;
mod repositories;
mod schema;
mod search;
mod sessions;
mod sql;
mod unit_of_work;

pub use config::{DatabaseUrl, DatabaseUrlError};
pub use copies::{CopyError, CopyReport, back_up, restore};
pub use database::{Database, OpenError};
pub use database_clock::DatabaseClock;
pub use migrations::{MigrationError, MigrationReport};
pub use sessions::SessionError;
