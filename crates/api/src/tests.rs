//! The API alone, before an application whose store is down.

mod cors;
mod hashing;

use std::sync::Arc;

use actix_web::{
    App as Server,
    dev::Service,
    http::{Method, StatusCode, header},
    rt::System,
    test,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use userdom_application::{
    Adapters, App, Settings,
    ports::{
        Clock, Enrolment, Exceeded, HashingError, IdGenerator, Limit, OpenedSecret, PasswordHasher,
        PasswordStrength, RateLimiter, SecretBox, SecretToken, Store, TokenHash, TokenKind,
        TokenMint, Totp, UnitOfWork, Verification, WeakPassword,
    },
    services::Wake,
    testing::AnyStrength,
};
use userdom_domain::{Password, PasswordHash, RepositoryError, UserId, Username};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{Access, ROUTES, http::ApiState, routes};

/// Every port at once: the store is down, the hasher is busy, any text that starts
/// like a token is one, and the strength of a password is not there to be asked.
struct Down;

impl Store for Down {
    fn begin(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        Err(RepositoryError::Unavailable("connection refused by 10.0.0.7".into()))
    }
    fn read(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        self.begin()
    }
    fn ping(&self) -> Result<(), RepositoryError> {
        self.begin().map(drop)
    }
}

impl Clock for Down {
    fn now(&self) -> DateTime<Utc> {
        "2026-01-01T12:00:00Z".parse().unwrap()
    }
}

impl IdGenerator for Down {
    fn uuid_v7(&self, _: DateTime<Utc>) -> Uuid {
        Uuid::max()
    }
}

impl TokenMint for Down {
    fn random(&self, kind: TokenKind) -> SecretToken {
        SecretToken::new(kind.prefix().to_owned())
    }
    fn derived(&self, kind: TokenKind, _: Uuid) -> SecretToken {
        self.random(kind)
    }
    fn hash(&self, kind: TokenKind, presented: &str) -> Option<TokenHash> {
        presented.starts_with(kind.prefix()).then_some(TokenHash([0; 32]))
    }
    fn code(&self, _: Uuid) -> SecretToken {
        SecretToken::new("000000".to_owned())
    }
    fn access(&self, _: &[u8; 32], _: u32) -> SecretToken {
        self.random(TokenKind::Access)
    }
    fn refresh(&self, _: Uuid, _: &[u8; 32], _: u32) -> SecretToken {
        SecretToken::new("ud_rt_".to_owned())
    }
    fn read_refresh(&self, presented: &str) -> Option<(Uuid, u32)> {
        presented.starts_with("ud_rt_").then_some((Uuid::nil(), 0))
    }
    fn fingerprint(&self, _: &[&[u8]]) -> [u8; 32] {
        [0; 32]
    }
    fn cursor(&self, _: &str, _: &[u8]) -> String {
        "cursor".to_owned()
    }
    fn read_cursor(&self, _: &str, cursor: &str) -> Option<Vec<u8>> {
        (cursor == "cursor").then(Vec::new)
    }
    fn seed(&self) -> [u8; 32] {
        [0; 32]
    }
    fn recovery_code_hash(&self, _: UserId, _: &str) -> TokenHash {
        TokenHash([0; 32])
    }
    fn recovery_code(&self) -> SecretToken {
        self.random(TokenKind::RecoveryCode)
    }
}

impl PasswordHasher for Down {
    fn hash(&self, _: &Password) -> Result<PasswordHash, HashingError> {
        Err(HashingError::Busy)
    }
    fn verify(&self, _: &Password, _: Option<&PasswordHash>) -> Result<Verification, HashingError> {
        Err(HashingError::Busy)
    }
}

impl PasswordStrength for Down {
    fn assess(&self, _: &Password, _: &[&str]) -> Result<(), WeakPassword> {
        panic!("nobody home")
    }
}

impl SecretBox for Down {
    fn seal(&self, secret: &[u8], _: &[u8]) -> Vec<u8> {
        secret.to_vec()
    }
    fn open(&self, _: &[u8], _: &[u8]) -> Option<OpenedSecret> {
        None
    }
}

impl Totp for Down {
    fn new_secret(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::default()
    }
    fn step_of(&self, _: &[u8], _: &str, _: i64) -> Option<i64> {
        None
    }
    fn enrolment(&self, _: &[u8], _: &str, _: &Username) -> Enrolment {
        panic!("nobody home")
    }
}

impl RateLimiter for Down {
    /// Nobody may come from 192.0.2.1.
    fn check(&self, limit: Limit, key: &str) -> Result<(), Exceeded> {
        if key == "192.0.2.1" { Err(Exceeded { limit, retry_after: 17 }) } else { Ok(()) }
    }
    fn give_back(&self, _: Limit, _: &str) {}
}

/// An application that has everything but a store.
pub(crate) fn app(strength: Arc<dyn PasswordStrength>) -> App {
    app_with(strength, Arc::new(Down))
}

fn app_with(strength: Arc<dyn PasswordStrength>, hasher: Arc<dyn PasswordHasher>) -> App {
    let adapters = Adapters {
        store: Arc::new(Down),
        clock: Arc::new(Down),
        ids: Arc::new(Down),
        mint: Arc::new(Down),
        hasher,
        strength,
        secrets: Arc::new(Down),
        totp: Arc::new(Down),
        limiter: Arc::new(Down),
    };
    App::new(adapters, Settings::default(), Arc::new(Wake::default()))
}

fn state() -> ApiState {
    let app = app(Arc::new(Down));
    ApiState::new(app, Arc::new(Down), Arc::new(Down), 1)
}

struct Answer {
    status: StatusCode,
    headers: header::HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The code of the problem, after a look at all that every problem has.
    fn problem(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], self.status.as_u16());
        assert_eq!(body["request_id"], self.header("x-request-id"));
        assert!(body["title"].is_string() && body["detail"].is_string());
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("urn:userdom:problem:{code}"));
        (self.status.as_u16(), code.to_owned())
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn send(request: test::TestRequest) -> Answer {
    send_to(state(), request)
}

fn send_to(state: ApiState, request: test::TestRequest) -> Answer {
    System::new().block_on(async move {
        let server = Server::new().configure(|config| routes(config, state));
        let server = test::init_service(server).await;
        let response = test::call_service(&server, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = test::read_body(response).await;
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    })
}

fn get(path: &str) -> test::TestRequest {
    test::TestRequest::get().uri(path)
}

fn post(path: &str, body: &Value) -> test::TestRequest {
    test::TestRequest::post().uri(path).set_json(body)
}

fn registration() -> Value {
    json!({"username": "ada", "password": "correct horse", "email": "ada@example.org",
        "first_name": "Ada", "last_name": "Lovelace"})
}

fn problem(code: &str, status: u16) -> (u16, String) {
    (status, code.to_owned())
}

#[test]
fn livez_needs_no_store_and_readyz_does() {
    assert_eq!(send(get("/livez")).status, 200);
    let answer = send(get("/readyz"));
    assert_eq!(answer.problem(), problem("service.not_ready", 503));
    assert_eq!(answer.header("retry-after"), "2");
}

#[test]
fn every_answer_has_its_headers() {
    let answer = send(get("/livez").insert_header(("X-Request-Id", "mine-1")));
    assert_eq!(answer.header("x-request-id"), "mine-1");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    let answer = send(get("/livez").insert_header(("X-Request-Id", "not mine")));
    assert_eq!(answer.header("x-request-id"), Uuid::max().to_string());
}

#[test]
fn the_routers_own_refusals_are_problems() {
    assert_eq!(send(get("/nowhere")).problem(), problem("route.not_found", 404));
    assert_eq!(send(get("/v1/users/me/nowhere")).problem(), problem("route.not_found", 404));
    let answer = send(test::TestRequest::put().uri("/v1/users/me"));
    assert_eq!(answer.problem(), problem("method.not_allowed", 405));
    assert_eq!(answer.header("allow"), "GET, HEAD, PATCH, DELETE");
}

#[test]
fn nobody_learns_anything_without_a_token() {
    let paths = [
        "/v1/users/me",
        "/v1/users/not-an-id",
        "/v1/users/me/profile",
        "/v1/users/me/addresses?type=nothing",
        "/v1/users/me/events?limit=0",
        "/v1/api-keys",
    ];
    for path in paths {
        let answer = send(get(path));
        assert_eq!(answer.problem(), problem("access.unauthenticated", 401), "{path}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let answer = send(post("/v1/users/me/emails", &json!({"email": 7})));
    assert_eq!(answer.problem(), problem("access.unauthenticated", 401));
    let answer = send(get("/v1/users/me").insert_header(("Authorization", "Bearer guess")));
    assert_eq!(answer.problem(), problem("access.unauthenticated", 401));
}

#[test]
fn an_outage_is_a_503_that_tells_nothing() {
    let answer = send(get("/v1/users/me").insert_header(("Authorization", "Bearer ud_at_1")));
    assert_eq!(answer.problem(), problem("store.unavailable", 503));
    assert!(!answer.body.contains("10.0.0.7"));
}

#[test]
fn a_panic_is_a_500_that_tells_nothing() {
    let answer = send(post("/v1/users", &registration()));
    assert_eq!(answer.problem(), problem("internal", 500));
    assert!(!answer.body.contains("nobody home"));
}

#[test]
fn two_tokens_are_none() {
    let token = || (header::AUTHORIZATION, "Bearer ud_at_x");
    let one = send(get("/v1/users/me").append_header(token()));
    assert_eq!(one.problem(), problem("store.unavailable", 503));
    let two = send(get("/v1/users/me").append_header(token()).append_header(token()));
    assert_eq!(two.problem(), problem("access.unauthenticated", 401));
}

#[test]
fn every_route_asks_who_calls_unless_anybody_may() {
    for route in ROUTES.iter().filter(|route| route.access == Access::Required) {
        let path = route.path.replace(['{', '}'], "");
        let request = test::TestRequest::with_uri(&path).method(route.method.into());
        let answer = send(request.set_json(json!({"nobody": "knows this"})));
        assert_eq!(answer.problem(), problem("access.unauthenticated", 401), "{route:?}");
    }
}

#[test]
fn every_body_is_one_plain_object() {
    let posts =
        ROUTES.iter().filter(|route| ["POST", "PUT", "PATCH"].contains(&route.method.as_str()));
    // GraphQL's faults have a form of their own.
    let posts = posts.filter(|route| route.path != "/graphql");
    let with_body = posts.filter(|route| route.access != Access::Required);
    for route in with_body.filter(|route| !route.path.contains('{')) {
        for (body, code) in [
            ("[]", "request.malformed"),
            ("[{}]", "request.malformed"),
            ("null", "request.malformed"),
            ("", "request.malformed"),
            (r#"{"token":"a","token":"b"}"#, "request.malformed"),
            ("{\"token\":\"\u{0}\"}", "request.malformed"),
            (r#"{"nobody":"knows this"}"#, "request.invalid"),
        ] {
            let request = test::TestRequest::with_uri(route.path).method(route.method.into());
            let request = request.insert_header(("content-type", "application/json"));
            let answer = send(request.set_payload(body));
            assert_eq!(answer.problem(), problem(code, 400), "{route:?} {body}");
        }
    }
}

#[test]
fn what_is_no_token_is_refused_before_anybody_looks() {
    let long = format!("ud_at_{}", "x".repeat(5_000));
    for token in ["", "ud_rt_x", "ud_ev_x", "ud_at_x y", &long] {
        let request =
            get("/v1/users/me").insert_header(("authorization", format!("Bearer {token}")));
        assert_eq!(send(request).problem(), problem("access.unauthenticated", 401), "{token}");
    }
    let answer = send(post("/v1/sessions/refresh", &json!({"refresh_token": long})));
    assert_eq!(answer.problem(), problem("access.unauthenticated", 401));
    let answer = send(post("/v1/sessions/refresh", &json!({"refresh_token": "x".repeat(1 << 20)})));
    assert_eq!(answer.problem(), problem("request.too_large", 413));
}

#[test]
fn a_service_without_a_body_to_read_takes_none() {
    let path = "/v1/users/me/two-factor/totp";
    let known = || {
        let request = test::TestRequest::post().uri(path);
        request.insert_header(("authorization", "Bearer ud_at_1"))
    };
    assert_eq!(send(known()).problem(), problem("store.unavailable", 503));
    let typed = known().insert_header(("content-type", "text/plain")).set_payload("{}");
    assert_eq!(send(typed).problem(), problem("request.unsupported_media_type", 415));
}

#[test]
fn r2_who_is_counted_stands_behind_trusted_proxies_alone() {
    let sign_in = |peer: &str| {
        let request = post("/v1/sessions", &json!({"login": "?", "password": "x"}));
        request.peer_addr(format!("{peer}:4711").parse().unwrap())
    };
    let limited = problem("rate_limit.exceeded", 429);
    let passed = problem("store.unavailable", 503);
    let behind = || state().with_trusted_proxies(vec!["10.0.0.0/8".parse().unwrap()]);
    let answer = send(sign_in("192.0.2.1"));
    assert_eq!(answer.problem(), limited);
    assert_eq!(answer.header("retry-after"), "17");
    assert_eq!(answer.header("ratelimit-policy"), "\"sign-in-address\";q=30;w=60");
    assert_eq!(answer.header("ratelimit"), "\"sign-in-address\";r=0;t=17");

    let forwarded = ("X-Forwarded-For", "9.9.9.9, 192.0.2.1");
    let spoofed = ("X-Forwarded-For", "192.0.2.1, garbage");
    assert_eq!(send_to(behind(), sign_in("10.0.0.1").insert_header(forwarded)).problem(), limited);
    assert_eq!(send_to(behind(), sign_in("10.0.0.1").insert_header(spoofed)).problem(), passed);
    assert_eq!(send(sign_in("10.0.0.1").insert_header(forwarded)).problem(), passed);
    for name in ["Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP"] {
        let request = sign_in("192.0.2.1").insert_header((name, "for=9.9.9.9"));
        assert_eq!(send_to(behind(), request).problem(), limited, "{name}");
    }
}

#[test]
fn a_busy_hasher_is_a_503_to_be_tried_soon() {
    let app = app(Arc::new(AnyStrength));
    let state = ApiState::new(app, Arc::new(Down), Arc::new(Down), 1);
    let answer = send_to(state, post("/v1/users", &registration()));
    assert_eq!(answer.problem(), problem("service.busy", 503));
    assert_eq!(answer.header("retry-after"), "1");
}

#[test]
fn all_faults_of_a_body_come_at_once() {
    let answer = send(post("/v1/users", &json!({"username": "a", "erase": true, "phone": 1})));
    assert_eq!(answer.problem(), problem("request.invalid", 400));
    let body = answer.json();
    let pointers: Vec<&str> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    let expected = ["/username", "/password", "/email", "/first_name", "/last_name", "/phone"];
    assert_eq!(pointers, [&expected[..], &["/erase"]].concat());
}

#[test]
fn bodies_are_small_json() {
    let broken = test::TestRequest::post().uri("/v1/sessions").set_payload("{\"login\": }");
    assert_eq!(send(broken).problem(), problem("request.unsupported_media_type", 415));
    let broken = test::TestRequest::post().uri("/v1/sessions").set_payload("{\"login\": }");
    let broken = broken.insert_header(("Content-Type", "Application/JSON; charset=utf-8"));
    assert_eq!(send(broken).problem(), problem("request.malformed", 400));
    let large = post("/v1/sessions", &json!({"login": "x".repeat(65 * 1024)}));
    assert_eq!(send(large).problem(), problem("request.too_large", 413));
}

#[test]
fn an_unknown_query_parameter_is_refused() {
    let answer = send(post("/v1/sessions?debug=1", &json!({})));
    assert_eq!(answer.problem(), problem("query.unknown_parameter", 400));
}

#[test]
fn resending_a_mail_tells_nothing_about_ids() {
    let path = "/v1/users/nobody/emails/nothing/verification";
    assert_eq!(send(test::TestRequest::post().uri(path)).status, 202);
}

#[test]
fn garbage_in_if_match_is_refused() {
    let request = test::TestRequest::delete().uri("/v1/users/me");
    let request = request.insert_header(("Authorization", "Bearer ud_at_1"));
    let answer = send(request.insert_header(("If-Match", "3")));
    assert_eq!(answer.problem(), problem("if_match.malformed", 400));
}

#[test]
fn a_full_house_asks_to_come_back() {
    let state = state();
    let permit = Arc::clone(&state.permits).try_acquire_owned().unwrap();
    let answer = send_to(state, post("/v1/sessions", &json!({})));
    assert_eq!(answer.problem(), problem("service.busy", 503));
    drop(permit);
}

#[test]
fn the_pages_of_the_mails_have_a_strict_policy() {
    let answer = send(get("/verify-email?utm_source=mail"));
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; style-src"));
    assert!(answer.body.contains("Confirm my email address"));
    let answer = send(get("/reset-password"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; style-src"));
    assert!(answer.body.contains("Save the new password"));
}
