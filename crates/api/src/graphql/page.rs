use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ALLOW, CONTENT_SECURITY_POLICY, ContentType},
};

use crate::ApiState;

const HTML: &str = include_str!("graphiql.html");
/// Its script comes from elsewhere, pinned by hash: for development alone.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline' https://unpkg.com; \
    style-src 'self' 'unsafe-inline' https://unpkg.com; img-src 'self' data:; \
    font-src 'self' data: https://unpkg.com; worker-src blob:; frame-ancestors 'none'";

/// `GET /graphql`: the explorer `GraphiQL`, where it is turned on.
pub(crate) async fn graphiql(http: HttpRequest) -> HttpResponse {
    let state = http.app_data::<ApiState>();
    if !state.is_some_and(|state| state.shows_graphiql) {
        return HttpResponse::MethodNotAllowed().insert_header((ALLOW, "POST")).finish();
    }
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(HTML)
}
