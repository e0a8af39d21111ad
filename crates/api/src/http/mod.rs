//! What carries a request to an operation and its answer back.

#[macro_use]
pub(crate) mod codes;

pub(crate) mod bearer;
pub(crate) mod blocking;
pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod client_address;
pub(crate) mod dispatch;
pub(crate) mod endpoint;
pub(crate) mod etag;
pub(crate) mod export_body;
pub(crate) mod faults;
pub(crate) mod hashing_queue;
pub(crate) mod idempotency;
pub(crate) mod incoming;
pub(crate) mod kept_problem;
pub(crate) mod method;
pub(crate) mod parameters;
pub(crate) mod path;
pub(crate) mod prelude;
pub(crate) mod problem;
pub(crate) mod problem_schema;
pub(crate) mod reply;
pub(crate) mod response;
pub(crate) mod schema;
pub(crate) mod state;
pub(crate) mod tag;

pub use state::ApiState;

/// The id of a request, for whatever handles it.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);
