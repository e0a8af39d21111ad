//! The application over a store in memory: the contract that the store keeps,
//! and the use cases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

mod contract;
mod use_cases;
