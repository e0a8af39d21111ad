use std::time::Duration;

use actix_web::{HttpMessage, dev::ServiceResponse};

use crate::http::call::KnownAs;

/// One line a request. It names the route and never the path: paths hold
/// identities, and whatever strangers type.
pub(super) fn write<B>(response: &ServiceResponse<B>, request_id: &str, took: Duration) {
    let request = response.request();
    let (user, api_key) = match request.extensions().get() {
        Some(KnownAs::User(id)) => (Some(id.to_string()), None),
        Some(KnownAs::Service(id)) => (None, Some(id.to_string())),
        None => (None, None),
    };
    tracing::info!(
        target: "http",
        method = request.method().as_str(),
        route = request.match_pattern().as_deref().unwrap_or("unmatched"),
        status = response.status().as_u16(),
        duration_ms = took.as_secs_f64() * 1000.0,
        request.id = request_id,
        user.id = user,
        api_key.id = api_key,
        "request"
    );
}
