//! All URLs: pages, GraphQL, and the endpoints of the API.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{self, header::ContentType},
    middleware::{Condition, from_fn},
    web,
};

use crate::{
    endpoints::ENDPOINTS,
    graphql::{GRAPHQL, GRAPHQL_BY_GET},
    http::{
        ApiState,
        dispatch::{answer, answer_in_parts},
        endpoint::{Endpoint, Handler, Method},
    },
    middleware, openapi,
    pages::{
        RESET_PASSWORD_PAGE, VERIFY_EMAIL_PAGE,
        docs::{DOCS_PAGE, DOCS_START, SWAGGER_UI_SCRIPT, SWAGGER_UI_STYLE},
        health::{LIVEZ, READYZ},
        page,
    },
};

/// Everything that the service answers: it is served from this list alone. The endpoints of one
/// path stand together.
pub static ROUTES: LazyLock<Vec<&'static Endpoint>> = LazyLock::new(|| {
    let health = [&LIVEZ, &READYZ];
    let docs = [&OPENAPI, &DOCS_PAGE, &DOCS_START, &SWAGGER_UI_SCRIPT, &SWAGGER_UI_STYLE];
    let pages = [&VERIFY_EMAIL_PAGE, &RESET_PASSWORD_PAGE];
    let graphql = [&GRAPHQL, &GRAPHQL_BY_GET];
    health
        .into_iter()
        .chain(docs)
        .chain(pages)
        .chain(graphql)
        .chain(ENDPOINTS.iter().copied())
        .collect()
});

/// The OpenAPI document, for a service without a configuration.
pub static DOCUMENT: LazyLock<String> =
    LazyLock::new(|| openapi::text(&ROUTES, "http://127.0.0.1:8080"));

/// The API for machines to read.
static OPENAPI: Endpoint = page("/openapi.json", || web::to(document));

async fn document(http: HttpRequest) -> HttpResponse {
    let write = |url: &str| openapi::text(&ROUTES, url);
    let state = http.app_data::<ApiState>();
    let document = state.map_or_else(|| DOCUMENT.clone().into(), |state| state.openapi(write));
    HttpResponse::Ok().content_type(ContentType::json()).body(document)
}

/// Serves all of [`ROUTES`].
pub fn routes(config: &mut web::ServiceConfig, state: ApiState) {
    let serves_other_origins = state.serves_other_origins();
    let cors = Condition::new(serves_other_origins, middleware::cors(&state.cors_origins));
    let mut all = web::scope("").wrap(cors).wrap(from_fn(middleware::around));
    for of_path in ROUTES.chunk_by(|a, b| a.path == b.path) {
        let Some(first) = of_path.first() else { continue };
        let mut resource = web::resource(first.path);
        for endpoint in of_path {
            resource = resource.route(served(endpoint).method(endpoint.method.into()));
            if endpoint.method == Method::Get {
                resource = resource.route(served(endpoint).method(http::Method::HEAD));
            }
        }
        all = all.service(resource);
    }
    config.app_data(state).service(all);
}

fn served(endpoint: &'static Endpoint) -> actix_web::Route {
    match endpoint.handler {
        Handler::Operation(_) => {
            web::to(move |http: HttpRequest, payload: web::Payload| answer(endpoint, http, payload))
        }
        Handler::Stream { streaming, .. } => {
            web::to(move |http: HttpRequest, payload: web::Payload| {
                answer_in_parts(endpoint, streaming, http, payload)
            })
        }
        Handler::Document(route) | Handler::Page(route) => route(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::endpoint::Access;

    #[test]
    fn the_routes_of_one_path_stand_together() {
        let paths: Vec<_> = ROUTES.chunk_by(|a, b| a.path == b.path).collect();
        let distinct: BTreeSet<_> = ROUTES.iter().map(|route| route.path).collect();
        assert_eq!(paths.len(), distinct.len());
    }

    #[test]
    fn r1_what_strangers_may_send_is_counted() {
        for route in ROUTES.iter().filter(|route| route.operation().is_some()) {
            let is_open = route.access != Access::Required && route.method != Method::Get;
            assert_eq!(route.limit.is_some(), is_open, "{route:?}");
        }
    }

    /// R31: an atomic batch holds one transaction, and takes what edits.
    #[test]
    fn r31_nothing_that_edits_hashes_a_password_or_counts_guesses() {
        for route in ROUTES.iter().filter(|route| route.edits) {
            assert!(!route.checks_a_secret(), "{route:?}");
        }
    }

    #[test]
    fn no_route_stands_there_twice() {
        let distinct: BTreeSet<_> =
            ROUTES.iter().map(|route| (route.method.as_str(), route.path)).collect();
        assert_eq!(distinct.len(), ROUTES.len());
    }
}
