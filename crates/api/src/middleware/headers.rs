use actix_web::{
    dev::ServiceResponse,
    http::header::{
        CACHE_CONTROL, HeaderName, HeaderValue, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};

use super::request_id;
use crate::ApiState;

const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// The headers of every answer.
pub(super) fn add<B>(response: &mut ServiceResponse<B>, id: &str) {
    let state = response.request().app_data::<ApiState>();
    let serves_other_origins = state.is_some_and(|state| !state.cors_origins.is_empty());
    let headers = response.headers_mut();
    if serves_other_origins && !headers.contains_key(VARY) {
        headers.insert(VARY, HeaderValue::from_static("Origin"));
    }
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(request_id::HEADER, id);
    }
}
