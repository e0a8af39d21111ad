//! What holds for every call.

use serde_json::json;
use userdom_tests::{
    app::{Client, TestApp, given},
    on_both,
};

use super::shown::assert_shown;

const JSON: &str = "application/json";

/// Every call that takes a body, for somebody who has signed in.
const BODIES: [(&str, &str); 11] = [
    ("POST", "/v1/users"),
    ("POST", "/v1/sessions"),
    ("POST", "/v1/email-verifications"),
    ("PATCH", "/v1/users/me"),
    ("PATCH", "/v1/users/me/profile"),
    ("POST", "/v1/users/me/emails"),
    ("PATCH", "/v1/users/me/emails/019b79da-0000-7000-8000-000000000000"),
    ("POST", "/v1/users/me/phones"),
    ("PATCH", "/v1/users/me/phones/019b79da-0000-7000-8000-000000000000"),
    ("POST", "/v1/users/me/addresses"),
    ("PUT", "/v1/users/me/addresses/019b79da-0000-7000-8000-000000000000"),
];

fn signed_in(app: &TestApp) -> Client {
    given::a_verified_user(app).signed_in().client
}

/// Bytes that are no JSON object, or not one that means one thing.
fn malformed() -> Vec<Vec<u8>> {
    let texts = [
        "",
        " ",
        "{",
        "}",
        "[]",
        "null",
        "7",
        "\"text\"",
        "{}{}",
        "{} x",
        "{'a':1}",
        "{a:1}",
        "{\"a\":1,}",
        "{\"a\":01}",
        "{\"a\":NaN}",
        "{\"a\":1e999}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "\u{feff}{}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":{\"b\":1,\"\\u0062\":2}}",
        "{\"token\":\"\\ud800\"}",
        "{\"token\":\"\\udc00\\ud800\"}",
        "{\"token\":\"\\ud800x\"}",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push(b"{\"a\":\"\xff\"}".to_vec());
    all.push(b"{\"token\":\"\xed\xa0\x80\"}".to_vec());
    all.push(vec![0; 100]);
    all.push(format!("{{\"a\":{}", "[".repeat(60_000)).into_bytes());
    all
}

/// A call on a child answers with a missing child before it reads the body.
fn names_a_child(path: &str) -> bool {
    path.ends_with("000000000000")
}

fn malformed_json_is_400_on_every_call(app: &TestApp) {
    let client = signed_in(app);
    for (method, path) in BODIES.into_iter().filter(|(_, path)| !names_a_child(path)) {
        for body in malformed() {
            println!("{method} {path} {:?}", String::from_utf8_lossy(&body[..body.len().min(80)]));
            client.send(method, path, JSON, &body).expect_problem(400, "request.malformed");
        }
    }
    assert_shown("malformed", &client.send("POST", "/v1/sessions", JSON, b"{\"login\": }"));
}

fn another_media_type_is_415_on_every_call(app: &TestApp) {
    let client = signed_in(app);
    for (method, path) in BODIES {
        for media_type in
            ["text/plain", "application/x-www-form-urlencoded", "application/xml", "json", "é"]
        {
            let reply = client.send(method, path, media_type, b"{}");
            reply.expect_problem(415, "request.unsupported_media_type");
        }
        client.ask(method, path).expect_problem(415, "request.unsupported_media_type");
        let reply = client.send(method, path, "Application/JSON; charset=utf-8", b"{");
        assert_ne!(reply.status, 415, "{path}");
    }
    let patch = "application/merge-patch+json";
    client.send("PATCH", "/v1/users/me", patch, b"{}").expect(200);
    client
        .send("POST", "/v1/sessions", patch, b"{}")
        .expect_problem(415, "request.unsupported_media_type");
}

fn a_body_above_64_kib_is_413_on_every_call(app: &TestApp) {
    let client = signed_in(app);
    let body = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size - 8)).into_bytes();
    for (method, path) in BODIES {
        let reply = client.send(method, path, JSON, &body(64 * 1024 + 1));
        reply.expect_problem(413, "request.too_large");
        let fits = client.send(method, path, JSON, &body(64 * 1024));
        assert_ne!(fits.status, 413, "{path}");
    }
}

fn r5_an_endless_body_is_cut_off(app: &TestApp) {
    let mut request =
        b"POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                        connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    for _ in 0..70 {
        request.extend_from_slice(b"400\r\n");
        request.extend_from_slice(&[b' '; 1024]);
        request.extend_from_slice(b"\r\n");
    }
    let answer = app.client().raw(&request);
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("\"code\":\"request.too_large\""), "{answer}");
}

fn what_is_not_there_is_404_and_405(app: &TestApp) {
    let client = signed_in(app);
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/users/me/",
        "/v1//users",
        "/v2/users/me",
        "/v1/users/me/x",
        "/V1/users/me",
        "/verify-email/x",
        "/.git/config",
        "/v1/users/a/b/c/d/e",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        println!("{path}");
        client.get(path).expect_problem(404, "route.not_found");
    }
    let reply = client.ask("PUT", "/v1/users/me").expect_problem(405, "method.not_allowed");
    assert_shown("method_not_allowed", &reply);
    for (method, path) in [
        ("PUT", "/v1/users"),
        ("GET", "/v1/sessions"),
        ("DELETE", "/v1/users/me/profile"),
        ("POST", "/livez"),
        ("TRACE", "/v1/users/me"),
        ("OPTIONS", "/v1/users"),
    ] {
        println!("{method} {path}");
        client.ask(method, path).expect_problem(405, "method.not_allowed");
    }
}

fn an_unknown_query_parameter_is_400(app: &TestApp) {
    let client = signed_in(app);
    for path in [
        "/v1/users/me?x=1",
        "/v1/users/me?fields",
        "/v1/users/me/emails?limit=5",
        "/v1/users/me/profile?type=home",
        "/v1/users/me?%00=%00",
        "/v1/users/me?%ff",
    ] {
        client.get(path).expect_problem(400, "query.unknown_parameter");
    }
    let reply = client.post("/v1/sessions?debug=1", &json!({}));
    reply.expect_problem(400, "query.unknown_parameter");
    for empty in ["/v1/users/me?", "/v1/users/me?&"] {
        client.get(empty).expect(200);
    }
}

fn an_id_of_a_request_is_echoed_or_made(app: &TestApp) {
    let client = app.client();
    let echoed = client.header("x-request-id", "abc-1.2_3").get("/livez");
    assert_eq!(echoed.header("x-request-id"), "abc-1.2_3");
    for unsound in ["", "a b", "a\"b", "<script>", "\u{1b}[31m", "é", &"x".repeat(65)] {
        let Some(client) = client.header_bytes("x-request-id", unsound.as_bytes()) else {
            continue;
        };
        let made = client.get("/livez");
        let id = made.header("x-request-id");
        assert_eq!(
            (id.len(), made.headers.get_all("x-request-id").iter().count()),
            (36, 1),
            "{id}"
        );
    }
    let made = [client.get("/livez"), client.get("/livez")];
    assert_ne!(made[0].header("x-request-id"), made[1].header("x-request-id"));
}

fn every_answer_has_the_headers_of_safety(app: &TestApp) {
    let client = signed_in(app);
    let answers = [
        client.get("/v1/users/me"),
        client.get("/nowhere"),
        client.ask("PUT", "/v1/users/me"),
        client.get("/verify-email"),
        client.get("/livez"),
        client.delete("/v1/sessions/current"),
        client.get("/v1/users/me"),
    ];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{}", answer.status);
        assert_eq!(answer.header("cache-control"), "no-store", "{}", answer.status);
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{}", answer.status);
        for header in ["server", "x-powered-by", "set-cookie", "access-control-allow-origin"] {
            assert_eq!(answer.header(header), "", "{header}");
        }
    }
}

fn v7_broken_requests_get_no_insides(app: &TestApp) {
    for request in [
        "GARBAGE\r\n\r\n",
        "GET /v1/users/me HTTP/9.9\r\n\r\n",
        "GET /v1/users/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\nbroken header\r\n\r\n",
        "POST /v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: -1\r\n\r\n",
        "POST /v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n",
    ] {
        let answer = app.client().raw(request.as_bytes());
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{request:?}: {answer}");
        let body = answer.to_lowercase();
        for inside in ["panicked", ".rs", "actix", "parseerror"] {
            assert!(!body.contains(inside), "{request:?}: {answer}");
        }
    }
    app.client().get("/livez").expect(200);
}

on_both!(
    malformed_json_is_400_on_every_call,
    another_media_type_is_415_on_every_call,
    a_body_above_64_kib_is_413_on_every_call,
    r5_an_endless_body_is_cut_off,
    what_is_not_there_is_404_and_405,
    an_unknown_query_parameter_is_400,
    an_id_of_a_request_is_echoed_or_made,
    every_answer_has_the_headers_of_safety,
    v7_broken_requests_get_no_insides,
);
