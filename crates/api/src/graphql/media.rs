//! How GraphQL answers over HTTP: in which media type, with which status, and what is left out.

use actix_web::{
    HttpRequest, HttpResponse,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
};
use async_graphql::{Response, ServerError, Value};
use serde::Serialize;

use crate::http::bearer;

const JSON: &str = "application/json";
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";

/// All that it answers in.
pub(crate) const MEDIA_TYPES: [&str; 2] = [JSON, GRAPHQL_RESPONSE];

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MediaType {
    /// The older one, for clients that ask for anything or for nothing: 200 for every request
    /// that could be read.
    Json,
    /// GraphQL's own, where the status tells whether anything was begun.
    GraphqlResponse,
}

/// A response without the members that have nothing to say. Without `data` nothing was begun.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
}

impl<'a> Shown<'a> {
    fn of(response: &'a Response) -> Self {
        let data = Some(&response.data).filter(|data| **data != Value::Null);
        Self { data, errors: &response.errors }
    }
}

/// The answer to a request that could be read.
pub(super) fn answered(http: &HttpRequest, response: &Response) -> HttpResponse {
    let is_begun = response.data != Value::Null;
    let status = match MediaType::accepted(http.headers()) {
        MediaType::GraphqlResponse if !is_begun => status_of(response),
        MediaType::GraphqlResponse | MediaType::Json => StatusCode::OK,
    };
    with_status(http, status, response)
}

/// The same with this status, whatever the client asks for.
pub(super) fn with_status(
    http: &HttpRequest,
    status: StatusCode,
    response: &Response,
) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    if status == StatusCode::UNAUTHORIZED {
        answer.insert_header((header::WWW_AUTHENTICATE, bearer::challenge(http.headers())));
    }
    answer.content_type(MediaType::accepted(http.headers()).as_str()).json(Shown::of(response))
}

/// The same in place of the body of another answer, whose status and headers stay.
pub(super) fn with_headers_of(
    http: &HttpRequest,
    mut answer: HttpResponse,
    response: &Response,
) -> HttpResponse {
    let kind = HeaderValue::from_static(MediaType::accepted(http.headers()).as_str());
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    let body = serde_json::to_string(&Shown::of(response)).unwrap_or_default();
    answer.set_body(BoxBody::new(body))
}

/// The status of what was refused.
fn status_of(response: &Response) -> StatusCode {
    let extensions = response.errors.first().and_then(|error| error.extensions.as_ref());
    let status = match extensions.and_then(|extensions| extensions.get("status")) {
        Some(Value::Number(status)) => status.as_u64().and_then(|it| u16::try_from(it).ok()),
        _ => None,
    };
    status.and_then(|it| StatusCode::from_u16(it).ok()).unwrap_or(StatusCode::BAD_REQUEST)
}

/// Whether an answer is one of GraphQL's, by its headers.
pub(crate) fn is_answer(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    content_type.is_some_and(|it| MEDIA_TYPES.iter().any(|known| it == known.as_bytes()))
}

impl MediaType {
    /// GraphQL's own one must be named; what is as welcome as any other is JSON.
    fn accepted(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT).filter_map(|line| line.to_str().ok());
        let ranges = lines.collect::<Vec<_>>().join(",");
        let (own, is_named) = weight(&ranges, GRAPHQL_RESPONSE);
        let (json, _) = weight(&ranges, JSON);
        let is_wanted = own > 0.0 && if is_named { own >= json } else { own > json };
        if is_wanted { Self::GraphqlResponse } else { Self::Json }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::GraphqlResponse => GRAPHQL_RESPONSE,
        }
    }
}

/// How welcome a media type is, and whether it is named: of the ranges in which it lies the
/// narrowest one counts (RFC 9110 §12.5.1).
fn weight(ranges: &str, wanted: &str) -> (f32, bool) {
    let of = |range: &str| {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let narrowness = match parts.next()?.as_str() {
            "*/*" => 0,
            "application/*" => 1,
            name if name == wanted => 2,
            _ => return None,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=").map(str::to_owned));
        let quality = quality.map_or(1.0, |text| text.trim().parse::<f32>().unwrap_or_default());
        Some((narrowness, quality))
    };
    let narrowest = ranges.split(',').filter_map(of).max_by_key(|(narrowness, _)| *narrowness);
    narrowest.map_or((0.0, false), |(narrowness, quality)| (quality, narrowness == 2))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn accepted(line: &str) -> &'static str {
        let request = TestRequest::default().insert_header((header::ACCEPT, line));
        MediaType::accepted(request.to_http_request().headers()).as_str()
    }

    #[test]
    fn f4_graphqls_own_media_type_is_for_who_names_it() {
        assert_eq!(MediaType::accepted(&HeaderMap::new()), MediaType::Json);
        for line in [
            "",
            "*/*",
            "application/*",
            "application/json",
            "text/html",
            "application/json; charset=utf-8",
            "application/graphql-response+json;q=0",
            "application/graphql-response+json;q=0, */*",
            "application/graphql-response+json;q=0.5, application/json",
            "application/graphql-response+json;q=0.5, */*",
            "application/graphql-response+jsonp",
        ] {
            assert_eq!(accepted(line), JSON, "{line}");
        }
        for line in [
            "application/graphql-response+json",
            "Application/GraphQL-Response+JSON; charset=utf-8",
            "application/graphql-response+json, application/json",
            "application/json, application/graphql-response+json",
            "application/json;q=0.9, application/graphql-response+json",
            "*/*, application/graphql-response+json",
            "application/graphql-response+json;q=0.5, application/json;Q=0.1, */*;q=0.2",
            "application/json;q=0, */*",
        ] {
            assert_eq!(accepted(line), GRAPHQL_RESPONSE, "{line}");
        }
        let request = TestRequest::default()
            .append_header((header::ACCEPT, "text/html"))
            .append_header((header::ACCEPT, GRAPHQL_RESPONSE));
        let request = request.to_http_request();
        assert_eq!(MediaType::accepted(request.headers()), MediaType::GraphqlResponse);
    }
}
