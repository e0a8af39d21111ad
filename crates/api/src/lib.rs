//! The HTTP door of Userdom. `rest/mod.rs` lists all URLs; `docs/api.md` says
//! what a client may rely on.
//!
//! [`door`] reads a request, makes one hop to a blocking thread, where the token is checked
//! and [`dispatch`] runs the route's operation, and shows the [`reply::Reply`]. An operation is a plain
//! function of a [`call::Call`]; it knows nothing of the connection. What goes wrong is a
//! [`problem::Problem`] everywhere.

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

mod bearer;
mod blocking;
mod body;
mod call;
mod client_address;
mod codes;
mod dispatch;
mod door;
mod etag;
mod export_body;
mod filter;
mod graphql;
mod middleware;
mod once;
mod openapi;
mod path;
mod problem;
mod reply;
mod rest;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod turns;

pub use codes::CODES;
pub use graphql::SDL as GRAPHQL_SCHEMA;
pub use openapi::DOCUMENT as OPENAPI;
pub use rest::{Access, ROUTES, Route, Verb, routes};
pub use server::{Limits, server};
pub use state::ApiState;
