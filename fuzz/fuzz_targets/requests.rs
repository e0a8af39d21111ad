//! Any bytes as path, query, headers and body of every route, by nobody and by somebody who has
//! signed in: never a panic, never our own fault.

#![no_main]

use actix_web::{
    App as Server,
    http::header::{HeaderName, HeaderValue},
    rt::System,
    test,
};
use libfuzzer_sys::fuzz_target;
use userdom_api::{ROUTES, routes};
use userdom_fuzz::house;

const HEADERS: [&str; 6] = [
    "if-match",
    "if-none-match",
    "x-forwarded-for",
    "x-request-id",
    "authorization",
    "idempotency-key",
];

fuzz_target!(|input: (u8, bool, bool, u8, &str, &[u8], &[u8])| {
    let (route, signed_in, as_json, header, segment, value, body) = input;
    let route = &ROUTES[usize::from(route) % ROUTES.len()];
    let (state, token, [user_id, email_id]) = house();
    let segment: String = segment.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let path = route.path.replace("{id}", if header & 16 == 0 { "me" } else { &user_id });
    let path = path.replace("{email_id}", &email_id);
    let path = path.replace("{phone_id}", &segment).replace("{address_id}", &segment);
    let path = path.replace("{session_id}", &segment);
    let path = if header & 32 == 0 { path } else { format!("{path}?{segment}=1&cursor={segment}") };
    let Ok(uri) = path.parse::<actix_web::http::Uri>() else { return };

    System::new().block_on(async move {
        let server = Server::new().configure(|config| routes(config, state));
        let server = test::init_service(server).await;
        let mut request = test::TestRequest::with_uri(&uri.to_string());
        request = request.method(route.method.into()).set_payload(body.to_vec());
        if as_json {
            let kind = if route.method.as_str() == "PATCH" {
                "application/merge-patch+json"
            } else {
                "application/json"
            };
            request = request.insert_header(("content-type", kind));
        }
        if let Ok(value) = HeaderValue::from_bytes(value) {
            let name = HEADERS[usize::from(header) % HEADERS.len()];
            request = request.insert_header((HeaderName::from_static(name), value));
        }
        if signed_in {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        let reply = test::call_service(&server, request.to_request()).await;
        assert!(reply.status().as_u16() < 500, "{} {uri}: {}", route.method, reply.status());
    });
});
