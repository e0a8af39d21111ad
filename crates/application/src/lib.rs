//! The application of Userdom: the use cases, which callers may run them, and their steps.
//!
//! Synchronous, and free of any database, network or framework: all of that
//! comes in through [`ports`].

#![cfg_attr(
    any(test, feature = "testing"),
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::wildcard_enum_match_arm,
        reason = "a test that fails may panic"
    )
)]

mod app;
mod caller;
mod commit;
mod error;
pub mod policies;
pub mod ports;
pub mod services;
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod transaction;
pub mod use_cases;

pub use app::{Adapters, App};
pub use caller::{Actor, Caller, NoneOf, Origin, Service, SignedInUser};
pub use commit::{Commit, Pending};
pub use error::{AppError, Fault, Faults, Field, Resource};
pub use settings::Settings;
pub use transaction::{Command, Request, Tx, UseCase};
