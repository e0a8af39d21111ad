//! Problems as errors of GraphQL: the same codes, statuses and faulty fields.

use std::mem;

use async_graphql::{
    Error, ErrorExtensionValues, ErrorExtensions, Pos, Response, ServerError, Value,
    dynamic::{FieldValue, ResolverContext},
};
use serde_json::Value as Json;

use super::shape::of_json;
use crate::http::{codes::Code, problem::Problem};

const INVALID: &Code = code!("graphql.invalid");

/// The value of a field, or null and the problem beside it, which leaves other fields alone.
/// `place` is that of [`of`].
pub(super) fn value_or_error(
    value: Result<FieldValue<'static>, Problem>,
    context: &ResolverContext<'_>,
    request_id: &str,
    place: impl Fn(&str) -> String,
) -> Option<FieldValue<'static>> {
    let problem = match value {
        Ok(value) => return Some(value),
        Err(problem) => problem,
    };
    let error = of(&problem, request_id, place).into_server_error(context.ctx.item.pos);
    context.ctx.add_error(context.ctx.set_error_path(error));
    None
}

/// A problem of one field. `place` says where a faulty value stands in its arguments, by where
/// it stands in the REST request.
fn of(problem: &Problem, request_id: &str, place: impl Fn(&str) -> String) -> Error {
    let mut members = problem.to_members(request_id);
    if let Some(errors) = members.get_mut("errors").and_then(Json::as_array_mut) {
        for error in errors {
            if let Some(pointer) = error.get_mut("pointer") {
                *pointer = Json::String(place(pointer.as_str().unwrap_or_default()));
            }
        }
    }
    let detail = members.get("detail").and_then(Json::as_str).unwrap_or_default();
    Error::new(detail).extend_with(|_, extensions| {
        for (name, extension) in [
            ("code", "code"),
            ("status", "status"),
            ("request_id", "requestId"),
            ("errors", "errors"),
        ] {
            if let Some(value) = members.get(name) {
                set(extensions, extension, value.clone());
            }
        }
        if let Some(seconds) = problem.retry_after() {
            set(extensions, "retryAfter", seconds.into());
        }
    })
}

fn set(extensions: &mut ErrorExtensionValues, name: &str, value: Json) {
    extensions.set(name, of_json(value));
}

/// An answer that says why nothing was begun.
pub(super) fn refusal(problem: &Problem, request_id: &str) -> Response {
    let error = of(problem, request_id, str::to_owned);
    let mut error = error.into_server_error(Pos::default());
    error.locations.clear();
    Response::from_errors(vec![error])
}

/// The library's own errors have no code: they say that the document does not fit the schema,
/// or that an answer of ours does not.
pub(super) fn with_codes(mut response: Response, request_id: &str) -> Response {
    for error in response.errors.iter_mut().filter(|error| code_of(error).is_none()) {
        if error.message.starts_with("internal:") {
            let problem = Problem::internal(mem::take(&mut error.message));
            let place = error.locations.first().copied().unwrap_or_default();
            let internal = of(&problem, request_id, str::to_owned).into_server_error(place);
            *error = ServerError { path: mem::take(&mut error.path), ..internal };
        } else {
            let extensions = error.extensions.get_or_insert_default();
            extensions.set("code", INVALID.name);
            extensions.set("status", INVALID.status);
            extensions.set("requestId", request_id);
        }
    }
    response
}

fn code_of(error: &ServerError) -> Option<&Value> {
    error.extensions.as_ref()?.get("code")
}
