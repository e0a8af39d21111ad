//! Requests with an `Idempotency-Key`: sent twice, done once (C6).

use chrono::TimeDelta;
use serde_json::json;
use userdom_tests::{
    app::{
        TestApp,
        given::{self, PASSWORD, a_registration},
    },
    on_both,
};

use super::{races::in_parallel, shown::assert_shown};

const KEY: &str = "idempotency-key";

fn c6_a_registration_that_is_sent_again_gets_the_first_answer(app: &TestApp) {
    let client = app.client().header(KEY, "8e03978e-40d5-43dd-bc93-6894a57f9324");
    let body = a_registration("ada");
    let first = client.post("/v1/users", &body).expect(201);
    app.after(TimeDelta::hours(23));
    let again = client.post("/v1/users", &body).expect(201);
    assert_eq!((&again.text, again.header("location")), (&first.text, first.header("location")));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(
        (first.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("", "true")
    );
    assert_eq!(app.count("users"), 1);
    assert_eq!(app.mails_to("ada@example.org").len(), 1);
    // The quotation marks of the draft make no other key.
    let quoted = app.client().header(KEY, "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"");
    assert_eq!(quoted.post("/v1/users", &body).text, first.text);
    app.after(TimeDelta::hours(1));
    client.post("/v1/users", &body).expect_problem(409, "username.taken");
}

fn c6_a_key_stands_for_one_request(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = ada.client.header(KEY, "k-1");
    let body = json!({"email": "ada@work.example"});
    client.post("/v1/users/me/emails", &body).expect(201);
    let other = json!({"email": "ada@play.example"});
    assert_shown("idempotency_key_reused", &client.post("/v1/users/me/emails", &other));
    client.post("/v1/users/me/phones", &body).expect_problem(422, "idempotency_key.reused");
    // Somebody else's key of the same name is another one.
    let bob = given::a_verified_user(app).with_username("bob").signed_in();
    let body = json!({"email": "bob@work.example"});
    bob.client.header(KEY, "k-1").post("/v1/users/me/emails", &body).expect(201);
}

fn c6_fifty_at_once_have_one_effect(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = ada.client.header(KEY, "k-1");
    let body = json!({"phone_number": "+442079460018"});
    let statuses = in_parallel(50, |_| {
        let reply = client.post("/v1/users/me/phones", &body);
        if reply.status != 201 {
            reply.clone().expect_problem(409, "idempotency_key.in_progress");
        }
        reply.status
    });
    assert!(statuses.contains(&201), "{statuses:?}");
    assert_eq!(app.count("user_phones"), 1);
    client.post("/v1/users/me/phones", &body).expect(201);
}

fn c6_what_was_refused_is_refused_alike(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = ada.client.header(KEY, "k-1");
    let body = json!({"email": "no email", "contact_type": "x"});
    let first = client.post("/v1/users/me/emails", &body).expect(422);
    let again = client.post("/v1/users/me/emails", &body).expect(422);
    assert_eq!(first.faults(), again.faults());
    let fixed = json!({"email": "ada@work.example"});
    client.post("/v1/users/me/emails", &fixed).expect_problem(422, "idempotency_key.reused");
}

fn c6_what_depends_on_who_asks_and_when_is_asked_anew(app: &TestApp) {
    let admin = given::an_admin(app).signed_in();
    app.after(TimeDelta::minutes(16));
    let client = admin.client.header(KEY, "k-1");
    let body = json!({"name": "a service", "scopes": ["events"]});
    client.post("/v1/api-keys", &body).expect(401);
    let session = given::sign_in(app, &admin.username, PASSWORD).expect(201);
    let client = app.client().bearer(&session.at("/access_token")).header(KEY, "k-1");
    app.after(TimeDelta::minutes(14));
    let first = client.post("/v1/api-keys", &body).expect(201);
    assert_eq!(client.post("/v1/api-keys", &body).expect(201).at("/key"), first.at("/key"));
    assert_eq!(app.count("api_keys"), 1);
}

/// A password must not be guessed with the help of a key, and what a sign-in gave is given again.
fn c6_a_sign_in_that_is_sent_again_opens_one_session(app: &TestApp) {
    given::a_verified_user(app).present();
    let client = app.client().header(KEY, "k-1");
    let right = json!({"login": "ada", "password": PASSWORD});
    let wrong = json!({"login": "ada", "password": "wrong horse battery staple"});
    client.post("/v1/sessions", &wrong).expect_problem(401, "session.refused");
    let first = client.post("/v1/sessions", &right).expect(201);
    let again = client.post("/v1/sessions", &right).expect(201);
    assert_eq!(first.at("/access_token"), again.at("/access_token"));
    assert_eq!(app.count("sessions"), 1);
    client.post("/v1/sessions", &wrong).expect_problem(422, "idempotency_key.reused");
    let kept = app.everything();
    for secret in [first.at("/access_token"), first.at("/refresh_token"), PASSWORD.to_owned()] {
        let found = kept.iter().find(|(_, value)| value.contains(&secret));
        assert!(found.is_none(), "{found:?}");
    }
}

fn v7_what_is_no_key_is_refused(app: &TestApp) {
    let long = "x".repeat(256);
    for key in ["", " ", "a b", "\"a", "\"\"", "a\\", &long] {
        let reply = app.client().header(KEY, key).post("/v1/users", &a_registration("ada"));
        reply.expect_problem(400, "idempotency_key.malformed");
    }
    let twice = app.client().header(KEY, "a").header(KEY, "b");
    let reply = twice.post("/v1/users", &a_registration("ada"));
    reply.expect_problem(400, "idempotency_key.malformed");
    assert_eq!(app.count("users"), 0);
}

fn what_is_kept_goes_with_the_user_and_with_the_day(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let bob = given::a_verified_user(app).with_username("bob").signed_in();
    for (client, number) in [(&ada.client, "+442079460018"), (&bob.client, "+442079460019")] {
        let body = json!({"phone_number": number});
        client.header(KEY, "k-1").post("/v1/users/me/phones", &body).expect(201);
    }
    assert_eq!(app.count("idempotency_keys"), 2);
    ada.client.delete("/v1/users/me?erase=true").expect(204);
    assert_eq!(app.count("idempotency_keys"), 1);
    app.after(TimeDelta::hours(24));
    app.sweep();
    assert_eq!(app.count("idempotency_keys"), 0);
}

fn other_methods_know_no_key(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = ada.client.header(KEY, "k-1");
    for theme in ["dark", "light"] {
        let body = json!({"preferences": {"theme": theme}});
        client.patch("/v1/users/me", &body).expect(200);
    }
    assert_eq!(app.count("idempotency_keys"), 0);
}

on_both!(
    c6_a_registration_that_is_sent_again_gets_the_first_answer,
    c6_a_key_stands_for_one_request,
    c6_fifty_at_once_have_one_effect,
    c6_what_was_refused_is_refused_alike,
    c6_what_depends_on_who_asks_and_when_is_asked_anew,
    c6_a_sign_in_that_is_sent_again_opens_one_session,
    v7_what_is_no_key_is_refused,
    what_is_kept_goes_with_the_user_and_with_the_day,
    other_methods_know_no_key,
);
