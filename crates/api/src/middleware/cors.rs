use actix_cors::Cors;
use actix_web::http::{
    Method,
    header::{
        AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, IF_NONE_MATCH, LOCATION,
        RETRY_AFTER,
    },
};

use super::request_id;

/// What a page may send.
const SENT: [HeaderName; 9] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    IF_MATCH,
    IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    request_id::HEADER,
    // What libraries of browsers add by themselves.
    HeaderName::from_static("x-requested-with"),
];

/// What a page may read, apart from the few headers that every page may read.
const EXPOSED: [HeaderName; 7] = [
    ETAG,
    LOCATION,
    RETRY_AFTER,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    request_id::HEADER,
    HeaderName::from_static("idempotency-replayed"),
];

/// How long a browser need not ask again, in seconds: Chromium takes no more than two hours.
const MAX_AGE: usize = 7200;

/// Lets pages of these origins use the API. Never with credentials: tokens are sent in a header,
/// by the page itself.
pub(crate) fn cors(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allowed_headers(SENT)
        .expose_headers(EXPOSED)
        .max_age(MAX_AGE);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
