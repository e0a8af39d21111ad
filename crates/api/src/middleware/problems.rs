use actix_web::{body::BoxBody, dev::ServiceResponse, http::header::ALLOW};

use crate::{graphql, problem::Problem};

/// Writes every failure as a problem, the framework's own ones included.
pub(super) fn render(response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    // GraphQL tells its errors in a form of its own.
    if !is_failure || graphql::is_answer(response.headers()) {
        return response;
    }
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
    let mut rendered = match problem {
        Some(problem) => problem.respond(id),
        None => Problem::of_status(status).respond(id),
    };
    if let Some(allow) = response.headers().get(ALLOW) {
        rendered.headers_mut().insert(ALLOW, allow.clone());
    }
    response.into_response(rendered)
}
