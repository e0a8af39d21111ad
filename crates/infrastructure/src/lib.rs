//! The adapters of Userdom: what the application's ports are in the real world.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "a test that fails may panic"
    )
)]

pub mod external;
pub mod persistence;
pub mod security;
