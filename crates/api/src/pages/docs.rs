//! `/docs`: the OpenAPI document, shown by Swagger UI (ADR 36).

use actix_web::{
    HttpResponse,
    http::header::{CONTENT_SECURITY_POLICY, ContentType},
    mime::{APPLICATION_JAVASCRIPT_UTF_8, Mime, TEXT_CSS_UTF_8},
    web,
};

use super::page;
use crate::http::endpoint::Endpoint;

const HTML: &str = include_str!("docs.html");

/// Files of this service alone, and requests to it alone. Swagger UI has its icons in its style.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The API for people to read and to try.
pub(crate) static DOCS_PAGE: Endpoint = page("/docs", || {
    web::to(async || {
        HttpResponse::Ok()
            .content_type(ContentType::html())
            .insert_header((CONTENT_SECURITY_POLICY, POLICY))
            .body(HTML)
    })
});

pub(crate) static DOCS_START: Endpoint = page("/docs/start.js", || {
    web::to(async || file(APPLICATION_JAVASCRIPT_UTF_8, include_str!("docs.js")))
});

pub(crate) static SWAGGER_UI_SCRIPT: Endpoint = page("/docs/swagger-ui-bundle.js", || {
    let script = include_str!("../../assets/swagger-ui/swagger-ui-bundle.js");
    web::to(async || file(APPLICATION_JAVASCRIPT_UTF_8, script))
});

pub(crate) static SWAGGER_UI_STYLE: Endpoint = page("/docs/swagger-ui.css", || {
    let style = include_str!("../../assets/swagger-ui/swagger-ui.css");
    web::to(async || file(TEXT_CSS_UTF_8, style))
});

fn file(media_type: Mime, text: &'static str) -> HttpResponse {
    HttpResponse::Ok().content_type(media_type).body(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_nothing_inline_and_nothing_from_elsewhere() {
        for refused in ["<style", "style=", "onclick=", "<script>", "//"] {
            assert!(!HTML.contains(refused), "{refused}");
        }
    }

    #[test]
    fn each_file_that_the_page_names_is_served() {
        for file in [&SWAGGER_UI_STYLE, &SWAGGER_UI_SCRIPT, &DOCS_START] {
            assert!(HTML.contains(&format!("\"{}\"", file.path.trim_start_matches('/'))));
        }
        assert_eq!(HTML.matches("\"docs/").count(), 3);
    }
}
