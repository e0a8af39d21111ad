//! The HTTP API of Userdom. `routes.rs` lists all URLs; `docs/api.md` says what a client may
//! rely on.
//!
//! [`http`] reads a request, makes one hop to a blocking thread, where the token is checked and
//! the operation of the endpoint runs, and sends the answer. An operation is a plain function of
//! a [`http::call::Call`]; it knows nothing of the connection. Whatever goes wrong is a
//! [`http::problem::Problem`].

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

#[macro_use]
mod http;

mod batch;
mod endpoints;
mod filter;
mod graphql;
mod middleware;
mod openapi;
mod pages;
mod routes;
mod server;
#[cfg(test)]
mod tests;

pub use graphql::SDL as GRAPHQL_SCHEMA;
pub use http::{
    ApiState,
    codes::DOCUMENT as ERRORS,
    endpoint::{Access, Endpoint, Method},
};
pub use routes::{DOCUMENT as OPENAPI, ROUTES, routes};
pub use server::{Limits, server};
