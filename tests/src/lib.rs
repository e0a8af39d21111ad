//! What the tests of the whole service share.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

pub mod app;
pub mod databases;
pub mod directory;
#[path = "../../crates/domain/examples/john_doe/mod.rs"]
pub mod example;
pub mod process;
mod statements;
