//! A3: what changes how an account is recovered needs a proof of the last fifteen minutes.

use chrono::TimeDelta;
use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, PASSWORD, Person},
    },
    through_rest_and_graphql,
};

/// Everything that needs one: method, path, body, and the status with a recent proof.
fn delicate(ada: &Person, verified: &str) -> Vec<(&'static str, String, Value, u16)> {
    let own = |path: &str| format!("/v1/users/me/{path}");
    let add = json!({"email": "third@example.org", "is_default": true});
    let password = json!({"current_password": PASSWORD, "new_password": PASSWORD});
    let key = json!({"name": "a", "scopes": ["events"]});
    vec![
        ("PUT", own(&format!("emails/{verified}/default")), json!({}), 200),
        ("POST", own("emails"), add, 422),
        ("POST", own("emails"), json!({"email": "fourth@example.org"}), 201),
        ("DELETE", own(&format!("emails/{}", ada.email_id)), json!({}), 204),
        ("POST", own("two-factor/totp"), json!({}), 200),
        ("POST", own("two-factor/totp/confirm"), json!({"code": "000000"}), 422),
        ("POST", own("two-factor/recovery-codes"), json!({}), 409),
        ("DELETE", own("two-factor/totp"), json!({}), 204),
        ("GET", own("export"), json!({}), 200),
        ("POST", "/v1/api-keys".to_owned(), key, 201),
        ("DELETE", "/v1/api-keys/019b79da-0000-7000-8000-000000000000".to_owned(), json!({}), 404),
        ("PUT", own("password"), password, 200),
    ]
}

fn send(person: &Person, (method, path, body, _): &(&str, String, Value, u16)) -> Reply {
    let kind = if ["GET", "DELETE"].contains(method) { "" } else { "application/json" };
    let body = if kind.is_empty() { String::new() } else { body.to_string() };
    person.client.send(method, path, kind, body.as_bytes())
}

fn rows(app: &TestApp) -> Vec<String> {
    let mut rows = app.texts(
        "SELECT username || password_hash || CAST(version AS TEXT) AS value FROM users ORDER BY 1",
    );
    rows.extend(
        app.texts("SELECT uid || CAST(is_default AS TEXT) AS value FROM user_emails ORDER BY 1"),
    );
    rows.extend(app.texts("SELECT id AS value FROM api_keys"));
    rows.extend(app.texts("SELECT user_id AS value FROM totp_credentials"));
    rows
}

/// Seen to fail with a proof that holds for ever.
fn a3_without_a_recent_proof_nothing_delicate_is_done(app: &TestApp) {
    let ada = given::an_admin(app).signed_in();
    let verified = ada.adds_verified_email(app, "second@example.org");
    app.deliver_mail();
    // Tokens are renewed meanwhile: that proves nothing.
    app.after(TimeDelta::minutes(10));
    let refresh = json!({"refresh_token": ada.refresh_token});
    let session = app.client().post("/v1/sessions/refresh", &refresh).expect(200);
    let ada = ada.with_session(app, &session);
    app.after(TimeDelta::minutes(5) + TimeDelta::milliseconds(1));
    let before = rows(app);
    for call in delicate(&ada, &verified) {
        send(&ada, &call).expect_problem(403, "reauthentication_required");
    }
    let erase = ada.client.delete("/v1/users/me?erase=true");
    erase.expect_problem(403, "reauthentication_required");
    assert_eq!(rows(app), before);
}

fn a3_after_proving_anew_it_is_done(app: &TestApp) {
    let ada = given::an_admin(app).signed_in();
    let verified = ada.adds_verified_email(app, "second@example.org");
    app.after(TimeDelta::minutes(14));
    let session =
        app.client().post("/v1/sessions/refresh", &json!({"refresh_token": ada.refresh_token}));
    let ada = ada.with_session(app, &session.expect(200));
    app.after(TimeDelta::minutes(2));
    let ada = ada.reauthenticates(app);
    for call in delicate(&ada, &verified) {
        let status = send(&ada, &call).status;
        assert_eq!(status, call.3, "{} {}", call.0, call.1);
    }
}

fn a3_a_wrong_proof_counts_and_changes_nothing(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let path = "/v1/sessions/current/reauthenticate";
    for _ in 0..5 {
        let wrong = ada.client.post(path, &json!({"password": "wrong"}));
        wrong.expect_problem(403, "access.proof_refused");
    }
    let right = ada.client.post(path, &json!({"password": PASSWORD}));
    right.expect_problem(403, "access.proof_refused");
    let locked = "SELECT username AS value FROM users WHERE account_locked_until IS NOT NULL";
    assert_eq!(app.texts(locked), ["ada"]);
    let neither = ada.client.post(path, &json!({}));
    neither.expect_problem(400, "request.invalid");
    let both = ada.client.post(path, &json!({"password": PASSWORD, "totp": "000000"}));
    both.expect_problem(400, "request.invalid");
}

through_rest_and_graphql!(
    a3_without_a_recent_proof_nothing_delicate_is_done,
    a3_after_proving_anew_it_is_done,
    a3_a_wrong_proof_counts_and_changes_nothing,
);
