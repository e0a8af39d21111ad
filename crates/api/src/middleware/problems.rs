use actix_cors::CorsError;
use actix_web::{
    HttpMessage, HttpRequest,
    body::BoxBody,
    dev::ServiceResponse,
    http::header::{
        ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, HeaderMap, HeaderName,
        HeaderValue, VARY, WWW_AUTHENTICATE,
    },
};

use crate::{
    graphql,
    http::{bearer, endpoint::Endpoint, problem::Problem},
};

/// What a failure keeps of the headers that it had: without those of CORS no script could read it.
const KEPT: [HeaderName; 4] =
    [ALLOW, VARY, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS];

/// Writes every failure as a problem, the framework's own ones included.
pub(super) fn render(response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    let status = response.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    // GraphQL tells its errors in a form of its own.
    if !is_failure || graphql::is_answer(response.headers()) {
        return response;
    }
    let error = response.response().error();
    let problem = error.and_then(|error| error.as_error::<Problem>());
    let refused = error.and_then(|error| error.as_error::<CorsError>());
    let mut rendered = match (problem, refused) {
        (Some(problem), _) => problem.respond(id),
        (None, Some(refused)) => of_cors(refused).respond(id),
        (None, None) => Problem::of_status(status).respond(id),
    };
    if problem.is_some_and(|problem| problem.code == code!("access.unauthenticated")) {
        challenge(response.request(), rendered.headers_mut());
    }
    for name in KEPT {
        for value in response.headers().get_all(&name) {
            rendered.headers_mut().append(name.clone(), value.clone());
        }
    }
    response.into_response(rendered)
}

/// How to be known here (RFC 9110 §11.6.1): a token that was sent is not valid (RFC 6750 §3.1),
/// and some take HTTP Basic.
fn challenge(request: &HttpRequest, headers: &mut HeaderMap) {
    headers
        .insert(WWW_AUTHENTICATE, HeaderValue::from_static(bearer::challenge(request.headers())));
    let endpoint = request.extensions().get::<&'static Endpoint>().copied();
    if endpoint.is_some_and(|endpoint| endpoint.takes_basic) {
        headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"userdom\""));
    }
}

fn of_cors(refused: &CorsError) -> Problem {
    Problem::new(code!("cors.not_allowed")).with_detail(refused.to_string())
}
