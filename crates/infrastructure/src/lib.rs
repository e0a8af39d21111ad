//! The adapters of Userdom, which implement the application's ports.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::wildcard_enum_match_arm,
        reason = "a test that fails may panic"
    )
)]

pub mod external;
pub mod persistence;
pub mod security;
