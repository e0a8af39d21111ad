//! An operation as every door carries it out: REST, a batch, GraphQL.

use userdom_application::Caller;

use crate::{
    http::{call::Call, idempotency, problem::Answer},
    routes::{Hashes, Keys, Operation, Route},
};

/// An `Idempotency-Key`, with what it stands for.
pub(crate) struct Key<'a> {
    pub(crate) text: &'a str,
    /// Whoever sent it.
    pub(crate) owner: &'a Caller,
    /// All that makes the request that one.
    pub(crate) request: &'a [&'a [u8]],
}

/// Counts the request, and carries the operation out: with a key once, however often it is sent.
pub(crate) fn dispatch(
    route: &Route,
    operation: Operation,
    call: &Call<'_>,
    key: Option<&Key<'_>>,
) -> Answer {
    let was_counted = call.is_counted && route.hashes != Hashes::Nothing;
    if let Some(limit) = route.limit.filter(|_| !was_counted) {
        call.app.count_request(call.caller, limit)?;
    }
    let Some(key) = key else {
        return operation(&Call { key: None, ..*call });
    };
    match route.keys {
        Keys::KeepAnswer => {
            idempotency::answer(call.app, key, |app| operation(&Call { app, key: None, ..*call }))
        }
        Keys::EachOperation => operation(&Call { key: Some(key.text), ..*call }),
        Keys::Ignore => operation(&Call { key: None, ..*call }),
    }
}
