//! Requests with an `Idempotency-Key`: sent twice, done once (C6).

use chrono::TimeDelta;
use serde_json::{Value, json};
use userdom_api::{Access, Method, ROUTES};
use userdom_tests::{
    app::{
        TestApp,
        given::{self, PASSWORD, a_registration, sign_in},
    },
    on_both, through_rest_and_graphql,
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

/// Seen to fail on the code before: a kept answer was given to any caller that knew its key.
fn r31_a_kept_answer_is_given_to_whoever_still_may_have_it(app: &TestApp) {
    let moderator = given::a_moderator(app).signed_in();
    let bob = given::a_verified_user(app).with_username("bob").present();
    let client = moderator.client.header(KEY, "k-1");
    let path = format!("/v1/users/{}/unlock", bob.id);
    let first = client.post(&path, &json!({})).expect(200);
    assert_eq!(first.json()["failed_login_attempts"], 0);
    assert_eq!(client.post(&path, &json!({})).expect(200).text, first.text);
    app.execute(&format!("UPDATE users SET roles = '[\"user\"]' WHERE id = '{}'", moderator.id));
    client.post(&path, &json!({})).expect_problem(404, "user.not_found");
}

/// Seen to fail on the code before.
fn r31_what_needs_a_recent_proof_needs_it_again(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let body = json!({"email": "ada@work.example"});
    ada.client.header(KEY, "k-1").post("/v1/users/me/emails", &body).expect(201);
    app.after(TimeDelta::minutes(16));
    let token = json!({"refresh_token": ada.refresh_token});
    let session = app.client().post("/v1/sessions/refresh", &token).expect(200);
    let client = app.client().bearer(&session.at("/access_token")).header(KEY, "k-1");
    let again = client.post("/v1/users/me/emails", &body);
    again.expect_problem(403, "reauthentication_required");
}

/// Seen to fail on the code before: dead tokens came with the name and the emails of their user.
fn r31_an_answer_with_tokens_ends_with_its_session(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    let client = app.client().header(KEY, "k-1");
    let credentials = json!({"login": "ada", "password": PASSWORD});
    let session = client.post("/v1/sessions", &credentials).expect(201);
    let token = json!({"refresh_token": session.at("/refresh_token")});
    let refreshing = app.client().header(KEY, "k-2");
    let renewed = refreshing.post("/v1/sessions/refresh", &token).expect(200);
    assert_eq!(refreshing.post("/v1/sessions/refresh", &token).expect(200).text, renewed.text);
    let signed_in = app.client().bearer(&renewed.at("/access_token"));
    signed_in.delete("/v1/sessions/current").expect(204);
    for (client, path, body) in
        [(&client, "/v1/sessions", &credentials), (&refreshing, "/v1/sessions/refresh", &token)]
    {
        client.post(path, body).expect_problem(401, "access.unauthenticated");
    }
    // A suspended user has no live session, and comes to nothing of this kind either.
    let client = app.client().header(KEY, "k-3");
    client.post("/v1/sessions", &credentials).expect(201);
    let suspend = format!("/v1/users/{}/suspend", ada.id);
    given::another_admin(app).client.post(&suspend, &json!({"reason": "spam"})).expect(200);
    client.post("/v1/sessions", &credentials).expect_problem(401, "access.unauthenticated");
}

/// Seen to fail on the code before: the answer to a refresh was about nobody.
fn p2_the_kept_tokens_of_who_is_erased_are_gone(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = app.client().header(KEY, "k-1");
    let token = json!({"refresh_token": ada.refresh_token});
    let session = client.post("/v1/sessions/refresh", &token).expect(200);
    let erasing = app.client().bearer(&session.at("/access_token"));
    erasing.delete("/v1/users/me?erase=true").expect(204);
    assert_eq!(app.count("idempotency_keys"), 0);
    let again = client.post("/v1/sessions/refresh", &token);
    again.expect_problem(401, "access.unauthenticated");
}

/// Seen to fail on the code before: `active` was true for a day.
fn r31_introspection_tells_how_things_stand_now(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let service = given::an_api_key(app, &["introspect"]);
    let client = service.client.header(KEY, "k-1");
    let token = json!({"token": ada.token});
    let live = client.post("/v1/token/introspect", &token).expect(200);
    assert_eq!(live.json()["active"], true);
    ada.client.delete("/v1/sessions/current").expect(204);
    let dead = client.post("/v1/token/introspect", &token).expect(200);
    assert_eq!(dead.json()["active"], false);
    assert_eq!(app.count("idempotency_keys"), 0);
}

/// Seen to fail on the code before: 60 KB of strange names left 300 KB for a day.
fn r5_of_a_refusal_four_kilobytes_are_kept(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let strange: Value = (0..2_500).map(|n| (format!("strange{n}"), json!(n))).collect();
    let mut quoted = json!({"email": "ada@work.example"});
    quoted["\u{1}".repeat(5_000)] = json!(1);
    let operation = json!({"method": "POST", "path": "/v1/users/me/emails", "body": strange});
    let batch = json!({"atomic": true, "operations": [operation, {"method": "PATCH", "path": "/v1/users/me", "body": {}}]});
    for (key, path, body, status) in [
        ("k-1", "/v1/users/me/emails", &strange, 400),
        ("k-2", "/v1/users/me/emails", &quoted, 400),
        ("k-3", "/v1/batch", &batch, 200),
    ] {
        let client = ada.client.header(KEY, key);
        let first = client.post(path, body).expect(status);
        let again = client.post(path, body).expect(status);
        let code =
            |reply: &Value| reply.pointer("/results/0/body").unwrap_or(reply)["code"].clone();
        assert_eq!(code(&first.json()), code(&again.json()));
    }
    let kept = app.texts("SELECT CAST(length(answer) AS TEXT) AS value FROM idempotency_keys");
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|length| length.parse::<u32>().unwrap() <= 4096), "{kept:?}");
}

/// Seen to fail on the code before: there was no end of keys.
fn r5_a_user_has_three_hundred_keys_an_hour(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    app.limit();
    let path = "/v1/users/me/addresses";
    let send = |n: u32| ada.client.header(KEY, &format!("k-{n}")).post(path, &json!({}));
    for n in 0..300 {
        send(n).expect(422);
    }
    send(300).expect_problem(429, "rate_limit.exceeded");
    assert_eq!(app.count("idempotency_keys"), 300);
    ada.client.post(path, &json!({})).expect(422);
}

/// What strangers send is counted before it is read, looked up or written down. Seen to fail on
/// the code before for bodies that are faulty, and for keys.
fn r1_open_routes_are_counted_before_they_cost_anything(app: &TestApp) {
    app.limit();
    let open = ROUTES.iter().filter(|route| {
        route.access != Access::Required && route.method == Method::Post && route.path != "/graphql"
    });
    for route in open {
        let path = route.path.replace("{id}", "me").replace("{email_id}", "x");
        let send = |key: &str| {
            let client = app.client().header(KEY, key);
            client.send("POST", &path, "application/json", b"{\"nonsense\": 1}")
        };
        let tries = (0..).map(|n| send(&format!("k-{n}")).status);
        assert!(tries.take(32).any(|status| status == 429), "{path}");
        let kept = app.count("idempotency_keys");
        let (refused, statements) = app.statements_of(|| send("one-more"));
        refused.expect_problem(429, "rate_limit.exceeded");
        assert!(statements.is_empty(), "{path}: {statements:?}");
        assert_eq!(app.count("idempotency_keys"), kept, "{path}");
        app.after(TimeDelta::hours(1));
    }
}

/// R31: seen to fail on the code before, where the upgrade waited for its own transaction.
fn a1_an_imported_hash_is_upgraded_by_a_sign_in_with_a_key(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    // PBKDF2 as Django writes it, of the usual password.
    let imported = "pbkdf2_sha256$1$c2FsdA$5UjytG+SxBRCIjKO0XGmu5/8vlnBc/T3LsKQJmU1DGU=";
    app.execute(&format!("UPDATE users SET password_hash = '{imported}' WHERE id = '{}'", ada.id));
    let client = app.client().header(KEY, "k-1");
    let credentials = json!({"login": "ada", "password": PASSWORD});
    client.post("/v1/sessions", &credentials).expect(201);
    let hash = app.texts("SELECT password_hash AS value FROM users").remove(0);
    assert!(hash.starts_with("$argon2id$"), "{hash}");
    sign_in(app, "ada", PASSWORD).expect(201);
}

through_rest_and_graphql!(
    r31_a_kept_answer_is_given_to_whoever_still_may_have_it,
    r31_what_needs_a_recent_proof_needs_it_again,
    r31_an_answer_with_tokens_ends_with_its_session,
    p2_the_kept_tokens_of_who_is_erased_are_gone,
    r31_introspection_tells_how_things_stand_now,
    a1_an_imported_hash_is_upgraded_by_a_sign_in_with_a_key,
);

on_both!(
    r5_of_a_refusal_four_kilobytes_are_kept,
    r5_a_user_has_three_hundred_keys_an_hour,
    r1_open_routes_are_counted_before_they_cost_anything,
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
