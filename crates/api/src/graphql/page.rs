use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ACCEPT, CONTENT_SECURITY_POLICY, ContentType},
};

use crate::http::ApiState;

const HTML: &str = include_str!("graphiql.html");
/// Its script comes from elsewhere, pinned by hash: for development alone.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' https://unpkg.com; \
    style-src 'self' 'unsafe-inline' https://unpkg.com; img-src 'self' data:; \
    font-src 'self' data: https://unpkg.com; worker-src blob:; frame-ancestors 'none'";

/// Whether a browser wants the explorer `GraphiQL`, where it is turned on.
pub(super) fn is_wanted(http: &HttpRequest) -> bool {
    let is_on = http.app_data::<ApiState>().is_some_and(|state| state.shows_graphiql);
    let accepted = http.headers().get(ACCEPT).and_then(|line| line.to_str().ok());
    let asks_nothing = !http.query_string().split('&').any(|part| part.starts_with("query="));
    is_on && asks_nothing && accepted.is_some_and(|line| line.contains("text/html"))
}

/// The explorer.
pub(super) fn show() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(HTML)
}
