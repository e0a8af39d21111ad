//! Passwords that are changed, and reset by mail.

use chrono::TimeDelta;
use serde_json::{Value, json};
use userdom_tests::{
    app::{
        PUBLIC_URL, TestApp,
        given::{self, PASSWORD, finish_sign_in, sign_in},
    },
    on_both, through_rest_and_graphql,
};

use super::shown::assert_shown;

const NEW: &str = "a longer horse, and a battery";
const ASK: &str = "/v1/password-resets";
const CONFIRM: &str = "/v1/password-resets/confirm";
const OWN: &str = "/v1/users/me/password";

fn change(current: &str, new: &str) -> Value {
    json!({"current_password": current, "new_password": new})
}

fn ask(app: &TestApp, email: &str) -> String {
    app.client().post(ASK, &json!({"email": email})).expect(202);
    app.last_link_token(email)
}

fn r18_a_new_password_is_answered_with_new_tokens(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let changed = ada.client.put(OWN, &change(PASSWORD, NEW));
    assert_shown("password_changed", &changed);
    sign_in(app, "ada", PASSWORD).expect(401);
    sign_in(app, "ada", NEW).expect(201);
    assert_eq!(app.mails_to(&ada.email).pop().unwrap().subject, "Your password was changed");
}

fn a3_without_the_current_password_nothing_is_changed(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let refused = ada.client.put(OWN, &change("wrong", NEW));
    refused.expect_problem(403, "access.proof_refused");
    let faults = [("/current_password", "field.required"), ("/new_password", "field.required")];
    ada.client.put(OWN, &json!({})).expect_faults(400, &faults);
    let weak = [("/new_password", "password.too_weak")];
    ada.client.put(OWN, &change(PASSWORD, "ada lovelace")).expect_faults(422, &weak);
    ada.client
        .header("if-match", "\"1\"")
        .put(OWN, &change(PASSWORD, NEW))
        .expect_problem(412, "version.stale");
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn a7_a_reset_link_sets_a_new_password_once(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let asked = app.client().post(ASK, &json!({"email": ada.email}));
    assert_shown("reset_asked", &asked);
    let token = app.last_link_token(&ada.email);
    let confirm = json!({"token": token, "new_password": NEW});
    assert_shown("reset_confirmed", &app.client().post(CONFIRM, &confirm));
    assert_shown("reset_refused", &app.client().post(CONFIRM, &confirm));
    ada.client.get("/v1/users/me").expect(401);
    sign_in(app, "ada", PASSWORD).expect(401);
    sign_in(app, "ada", NEW).expect(201);
}

fn a7_a_reset_link_ends_between_form_and_button(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    let token = ask(app, &ada.email);
    app.after(TimeDelta::minutes(30));
    app.client().get("/reset-password").expect(200);
    let late = json!({"token": token, "new_password": NEW});
    app.client().post(CONFIRM, &late).expect_problem(422, "token.not_valid");
    let weak = json!({"token": ask(app, &ada.email), "new_password": "short"});
    let faults = [("/new_password", "password.too_short")];
    app.client().post(CONFIRM, &weak).expect_faults(422, &faults);
}

fn a9_a_reset_unlocks_and_keeps_the_second_factor(app: &TestApp) {
    let ada = given::a_verified_user(app).with_two_factor().signed_in();
    for _ in 0..5 {
        sign_in(app, "ada", "wrong").expect(401);
    }
    let confirm = json!({"token": ask(app, &ada.email), "new_password": NEW});
    app.client().post(CONFIRM, &confirm).expect(204);
    let challenge = sign_in(app, "ada", NEW).expect(202);
    let code = ada.authenticator.as_ref().unwrap().fresh_code(app);
    finish_sign_in(app, &challenge, &code).expect(201);
}

/// GitLab CVE-2023-7028, Django CVE-2019-19844, next-auth CVE-2026-73420.
fn a8_a_reset_mail_goes_to_the_stored_address_alone(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    app.deliver_mail();
    let sent = app.mail.sent().len();
    let odd = [
        json!({"email": [ada.email, "eve@evil.example"]}),
        json!({"email": {"to": ada.email}}),
        json!({"email": format!("{},eve@evil.example", ada.email)}),
        json!({"email": format!("{}\r\nBcc: eve@evil.example", ada.email)}),
        json!({"email": format!("{}\u{0}eve@evil.example", ada.email)}),
        json!({"email": ada.email, "cc": "eve@evil.example"}),
        json!({"email": "ada\u{ff20}example.org"}),
        json!({"email": "\u{ff41}da@example.org"}),
        json!({"email": "ad\u{0430}@example.org"}),
    ];
    for body in &odd {
        let status = app.client().post(ASK, body).status;
        assert!((400..500).contains(&status), "{body}");
    }
    let double = format!("{{\"email\": \"{}\", \"email\": \"eve@evil.example\"}}", ada.email);
    let double = app.client().send("POST", ASK, "application/json", double.as_bytes());
    double.expect_problem(400, "request.malformed");
    app.deliver_mail();
    assert_eq!(app.mail.sent().len(), sent);

    let spoofed = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example"),
        ("x-original-host", "evil.example"),
        ("x-host", "evil.example"),
        ("host", "evil.example"),
    ];
    let client =
        spoofed.iter().fold(app.client(), |client, (name, value)| client.header(name, value));
    client.post(ASK, &json!({"email": " ADA@Example.ORG "})).expect(202);
    app.deliver_mail();
    let mail = app.mail.sent().pop().unwrap();
    assert_eq!(mail.to.as_str(), ada.email);
    assert!(mail.text.contains(&format!("{PUBLIC_URL}/reset-password#token=")));
    for text in [&mail.text, &mail.html, &mail.subject] {
        assert!(!text.contains("evil") && !text.contains("gopher"), "{text}");
    }
}

fn every_verified_address_is_told_of_a_reset(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_verified_email(app, "second@example.org");
    let confirm = json!({"token": ask(app, "second@example.org"), "new_password": NEW});
    app.client().post(CONFIRM, &confirm).expect(204);
    for address in [ada.email.as_str(), "second@example.org"] {
        assert_eq!(app.mails_to(address).pop().unwrap().subject, "Your password was reset");
    }
}

// A key that stands twice in a body is not for GraphQL to say.
on_both!(a8_a_reset_mail_goes_to_the_stored_address_alone);

through_rest_and_graphql!(
    r18_a_new_password_is_answered_with_new_tokens,
    a3_without_the_current_password_nothing_is_changed,
    a7_a_reset_link_sets_a_new_password_once,
    a7_a_reset_link_ends_between_form_and_button,
    a9_a_reset_unlocks_and_keeps_the_second_factor,
    every_verified_address_is_told_of_a_reset,
);
