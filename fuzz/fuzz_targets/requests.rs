//! Any bytes as path, query, headers and body of every route, by nobody and by somebody who has
//! signed in: never a panic, never our own fault.

#![no_main]

use std::sync::Arc;

use actix_web::{
    App as Server,
    http::header::{HeaderName, HeaderValue},
    rt::System,
    test,
};
use libfuzzer_sys::fuzz_target;
use userdom_api::{ApiState, ROUTES, routes};
use userdom_application::{
    Adapters, App, Caller, Settings,
    ports::{Exceeded, Limit, RateLimiter, Store},
    services::Wake,
    testing::{
        AnyStrength, FixedClock, GlassBox, MemoryStore, PlainHasher, SequentialIds, TestMint,
        TestTotp, given,
    },
    use_cases::{SignIn, SignInStep},
};
use userdom_domain::UserRole;

const HEADERS: [&str; 5] =
    ["if-match", "if-none-match", "x-forwarded-for", "x-request-id", "authorization"];

struct NoLimits;

impl RateLimiter for NoLimits {
    fn check(&self, _: Limit, _: &str) -> Result<(), Exceeded> {
        Ok(())
    }
}

/// An empty directory but for one admin; its access token, and the ids in paths.
fn house() -> (ApiState, String, [String; 2]) {
    let (store, clock) = (MemoryStore::new(), Arc::new(FixedClock::default()));
    let adapters = Adapters {
        store: Arc::new(store.clone()),
        clock: clock.clone(),
        ids: Arc::new(SequentialIds::default()),
        mint: Arc::new(TestMint::default()),
        hasher: Arc::new(PlainHasher::default()),
        strength: Arc::new(AnyStrength),
        secrets: Arc::new(GlassBox),
        totp: Arc::new(TestTotp::default()),
        limiter: Arc::new(NoLimits),
    };
    let user = given::an_active_user().with_username("ada").with_role(UserRole::Admin);
    let mut user = user.with_unverified_email("more@example.org").build();
    let mut uow = store.begin().expect("a store in memory");
    uow.users().save(&mut user).expect("an empty store");
    uow.commit().expect("a store in memory");
    let app = App::new(adapters, Settings::default(), Arc::new(Wake::default()));
    let (login, password) = ("ada".to_owned(), given::password(given::PASSWORD));
    let request = SignIn { login, password, device_token: None };
    let Ok(SignInStep::Done(session)) = app.sign_in(&Caller::default(), &request) else {
        panic!("the admin signs in");
    };
    let token = session.access_token.expose().to_owned();
    let ids = [user.id().to_string(), user.emails()[1].id().to_string()];
    (ApiState::new(app, clock, Arc::new(SequentialIds::default()), 4), token, ids)
}

fuzz_target!(|input: (u8, bool, bool, u8, &str, &[u8], &[u8])| {
    let (route, signed_in, as_json, header, segment, value, body) = input;
    let route = &ROUTES[usize::from(route) % ROUTES.len()];
    let (state, token, [user_id, email_id]) = house();
    let segment: String = segment.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    let path = route.template.replace("{id}", if header & 16 == 0 { "me" } else { &user_id });
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
