//! The application of Userdom: what can be done, by whom, in which order.
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
mod error;
pub mod policies;
pub mod ports;
pub mod queries;
pub mod services;
#[cfg(feature = "testing")]
pub mod testing;
pub mod use_cases;

pub use app::{Adapters, App, Command, Settings, Tx};
pub use caller::{Actor, Caller, NoneOf, Origin, Service, SignedInUser};
pub use error::{AppError, Fault, FaultKind, Faults};
