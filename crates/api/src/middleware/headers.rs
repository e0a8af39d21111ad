use actix_web::http::header::{
    CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};

const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Adds the headers of every answer.
pub(crate) fn add(headers: &mut HeaderMap, request_id: &str, serves_other_origins: bool) {
    if serves_other_origins && !headers.contains_key(VARY) {
        headers.insert(VARY, HeaderValue::from_static("Origin"));
    }
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(super::request_id::HEADER, id);
    }
}
