//! The whole service, on both databases. One binary, one file a subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "a test that fails may panic"
)]

mod http;
mod proofs;
mod security;
mod store_contract;
