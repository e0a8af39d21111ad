use actix_web::{
    HttpRequest,
    body::BoxBody,
    dev::ServiceResponse,
    http::header::{ALLOW, AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE},
};

use crate::{graphql, problem::Problem, rest};

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
    if problem.is_some_and(|problem| problem.code == "access.unauthenticated") {
        challenge(response.request(), rendered.headers_mut());
    }
    if let Some(allow) = response.headers().get(ALLOW) {
        rendered.headers_mut().insert(ALLOW, allow.clone());
    }
    response.into_response(rendered)
}

/// How to be known here (RFC 9110 §11.6.1): a token that was sent is not valid (RFC 6750 §3.1),
/// and some take HTTP Basic.
fn challenge(request: &HttpRequest, headers: &mut HeaderMap) {
    if request.headers().contains_key(AUTHORIZATION) {
        let refused = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        headers.insert(WWW_AUTHENTICATE, refused);
    }
    if rest::takes_basic(request) {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"userdom\""));
    }
}
