//! The HTTP door of Userdom. `rest/mod.rs` lists all URLs; `docs/api.md` says
//! what a client may rely on.
//!
//! A handler reads a [`call::Call`], makes one hop to a blocking thread, where the
//! token is checked, the body is read and the use case runs, and shows the result.
//! What goes wrong is a [`problem::Problem`] everywhere.

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

mod answers;
mod bearer;
mod blocking;
mod body;
mod call;
mod client_address;
mod codes;
mod etag;
mod filter;
mod middleware;
mod problem;
mod rest;
mod server;
mod state;
#[cfg(test)]
mod tests;

pub use codes::CODES;
pub use rest::{Access, ROUTES, Route, routes};
pub use server::{Limits, server};
pub use state::ApiState;
