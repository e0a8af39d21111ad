//! Pages of other origins.

use super::*;

/// The origin of a page that may use the API.
const PAGE: &str = "https://app.example.org";

fn open_to_a_page() -> ApiState {
    state().with_cors_origins(vec!["http://localhost:5173".to_owned(), PAGE.to_owned()])
}

fn of_page(request: test::TestRequest) -> test::TestRequest {
    request.insert_header((header::ORIGIN, PAGE))
}

/// Whether a script of the page can read the answer, and no other one.
#[track_caller]
fn can_be_read(answer: &Answer, at: &str) {
    assert_eq!(answer.header("access-control-allow-origin"), PAGE, "{at}");
    assert_eq!(answer.header("access-control-allow-credentials"), "", "{at}");
    assert!(answer.header("vary").contains("Origin"), "{at}: {}", answer.header("vary"));
    let exposed = answer.header("access-control-expose-headers").to_lowercase();
    let mut exposed: Vec<_> = exposed.split(',').map(str::trim).collect();
    exposed.sort_unstable();
    let expected = [
        "etag",
        "idempotency-replayed",
        "location",
        "ratelimit",
        "ratelimit-policy",
        "retry-after",
        "x-request-id",
    ];
    assert_eq!(exposed, expected, "{at}");
}

#[test]
fn f3_a_page_can_read_every_answer() {
    for route in ROUTES.iter() {
        let path = route.path.replace(['{', '}'], "");
        let request = test::TestRequest::with_uri(&path).method(route.method.into());
        let answer = send_to(open_to_a_page(), of_page(request));
        can_be_read(&answer, &format!("{route:?}: {}", answer.status));
    }
    let large = post("/v1/sessions/refresh", &json!({"refresh_token": "x".repeat(1 << 20)}));
    let limited = post("/v1/sessions", &json!({"login": "?", "password": "x"}))
        .peer_addr("192.0.2.1:4711".parse().unwrap());
    let refused = [
        (get("/nowhere"), 404),
        (test::TestRequest::put().uri("/v1/users/me"), 405),
        (get("/v1/users/me"), 401),
        (get("/v1/users/me").insert_header(("authorization", "Bearer ud_at_1")), 503),
        (post("/v1/users", &registration()), 500),
        (post("/v1/users", &json!({})), 400),
        (test::TestRequest::post().uri("/v1/sessions").set_payload("x"), 415),
        (large, 413),
        (limited, 429),
        (get("/openapi.json"), 200),
    ];
    for (request, status) in refused {
        let answer = send_to(open_to_a_page(), of_page(request));
        assert_eq!(answer.status, status);
        can_be_read(&answer, &status.to_string());
    }
}

fn preflight(path: &str, method: &str, headers: &str) -> test::TestRequest {
    of_page(test::TestRequest::with_uri(path).method(Method::OPTIONS))
        .insert_header((header::ACCESS_CONTROL_REQUEST_METHOD, method))
        .insert_header((header::ACCESS_CONTROL_REQUEST_HEADERS, headers))
        // Nobody may come from there.
        .peer_addr("192.0.2.1:4711".parse().unwrap())
}

const WANTED: &str = "authorization,content-type,idempotency-key,if-match,if-none-match,\
    traceparent,x-request-id";

#[test]
fn f3_a_preflight_needs_neither_a_token_nor_room() {
    for route in ROUTES.iter() {
        let path = route.path.replace(['{', '}'], "");
        let request = preflight(&path, route.method.as_str(), WANTED);
        let answer = send_to(open_to_a_page(), request);
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""), "{route:?}");
        assert_eq!(answer.header("access-control-allow-origin"), PAGE);
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert_eq!(answer.header("access-control-max-age"), "7200");
        assert!(answer.header("vary").contains("Origin"));
        assert!(!answer.header("x-request-id").is_empty());
        let methods = answer.header("access-control-allow-methods");
        assert!(methods.contains(route.method.as_str()), "{methods}");
        let headers = answer.header("access-control-allow-headers").to_lowercase();
        assert!(WANTED.split(',').all(|name| headers.contains(name)), "{headers}");
    }
}

/// Exact ones alone: no part, no other case, port or scheme, and not `null`.
#[test]
fn f3_other_origins_get_nothing() {
    for origin in [
        "https://app.example.org.evil.example",
        "https://evil-app.example.org",
        "https://x.app.example.org",
        "https://example.org",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://APP.example.org",
        "https://app.example.org/",
        "null",
        "*",
    ] {
        let answer = send_to(open_to_a_page(), get("/livez").insert_header(("origin", origin)));
        assert_eq!(answer.status, 200, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        assert!(answer.header("vary").contains("Origin"), "{origin}");
        let asked = preflight("/v1/users/me", "GET", "authorization");
        let answer = send_to(open_to_a_page(), asked.insert_header(("origin", origin)));
        assert_eq!(answer.problem(), problem("cors.not_allowed", 403), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        assert!(answer.header("vary").contains("Origin"), "{origin}");
    }
    for (method, headers) in [("TRACE", "authorization"), ("GET", "x-forwarded-for")] {
        let answer = send_to(open_to_a_page(), preflight("/v1/users/me", method, headers));
        assert_eq!(answer.problem(), problem("cors.not_allowed", 403), "{method} {headers}");
    }
    // Clients that are no browsers notice nothing but that caches must look at the origin.
    let answer = send_to(open_to_a_page(), get("/livez"));
    assert_eq!((answer.status.as_u16(), answer.header("access-control-allow-origin")), (200, ""));
    assert!(answer.header("vary").contains("Origin"));
}

#[test]
fn f3_without_origins_nothing_is_said_to_other_pages() {
    for request in [get("/livez"), get("/nowhere"), get("/v1/users/me")] {
        let answer = send(of_page(request));
        let mut names = answer.headers.keys().map(header::HeaderName::as_str);
        assert!(!names.any(|name| name.starts_with("access-control") || name == "vary"));
    }
    let answer = send(preflight("/v1/users/me", "GET", "authorization"));
    assert_eq!(answer.problem(), problem("method.not_allowed", 405));
}
