use chrono::TimeDelta;
use serde_json::json;
use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, PASSWORD, sign_in},
    },
    through_rest_and_graphql,
};

use super::shown::assert_shown;

const WRONG: &str = "wrong horse battery staple";

fn a_username_in_any_case_or_a_verified_email_signs_in(app: &TestApp) {
    given::a_verified_user(app).with_username("Ada").with_email("ada@example.org").present();
    assert_shown("sign_in", &sign_in(app, "Ada", PASSWORD));
    for login in ["ada", "ADA", "ada@example.org", " Ada@Example.ORG "] {
        sign_in(app, login, PASSWORD).expect(201);
    }
}

fn r21_an_unverified_email_signs_nobody_in(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_email("second@example.org");
    sign_in(app, "second@example.org", PASSWORD).expect_problem(401, "session.refused");
    given::verify(app, &app.last_link_token("second@example.org")).expect(200);
    sign_in(app, "second@example.org", PASSWORD).expect(201);
}

/// The bytes of an answer, but for the id of the request.
fn bytes(reply: &Reply) -> String {
    let mut lines: Vec<_> = reply
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    let body = reply.text.replace(reply.header("x-request-id"), "ID");
    format!("{} {} {body}", reply.status, lines.join("\n"))
}

fn e1_every_refused_sign_in_has_the_same_bytes(app: &TestApp) {
    given::a_verified_user(app).present();
    given::a_registered_user(app).with_username("pending").present();
    for status in ["suspended", "banned", "deleted"] {
        let user = given::a_verified_user(app).with_username(status).present();
        app.execute(&format!("UPDATE users SET status = '{status}' WHERE id = '{}'", user.id));
    }
    given::a_verified_user(app).with_username("locked").present();
    for _ in 0..5 {
        sign_in(app, "locked", WRONG).expect(401);
    }
    let wrong = sign_in(app, "ada", WRONG).expect_problem(401, "session.refused");
    assert_shown("sign_in_refused", &wrong);
    for (login, password) in [
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("", ""),
        ("ada", ""),
        ("x", PASSWORD),
        ("not@an@email", PASSWORD),
        ("ada\u{0}", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("pending", PASSWORD),
        ("pending@example.org", PASSWORD),
        ("pending", WRONG),
        ("locked", PASSWORD),
        ("locked", WRONG),
        ("suspended", PASSWORD),
        ("banned", PASSWORD),
        ("deleted", PASSWORD),
    ] {
        assert_eq!(bytes(&sign_in(app, login, password)), bytes(&wrong), "{login} {password}");
    }
}

fn e2_a_refused_sign_in_hashes_once_whoever_it_is(app: &TestApp) {
    given::a_verified_user(app).present();
    given::a_registered_user(app).with_username("pending").present();
    for login in ["ada", "nobody", "nobody@example.org", "pending", "x", ""] {
        let before = app.hasher.verifications();
        sign_in(app, login, WRONG).expect(401);
        assert_eq!(app.hasher.verifications() - before, 1, "{login}");
    }
}

fn r17_the_fifth_failure_locks_for_fifteen_minutes(app: &TestApp) {
    given::a_verified_user(app).present();
    for _ in 0..4 {
        sign_in(app, "ada", WRONG).expect(401);
    }
    sign_in(app, "ada", PASSWORD).expect(201);
    for _ in 0..5 {
        sign_in(app, "ada", WRONG).expect(401);
    }
    sign_in(app, "ada", PASSWORD).expect_problem(401, "session.refused");
    app.after(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    sign_in(app, "ada", PASSWORD).expect_problem(401, "session.refused");
    app.after(TimeDelta::seconds(1));
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn r17_the_lock_is_seen_by_everybody_who_reads_the_table(app: &TestApp) {
    given::a_verified_user(app).present();
    for _ in 0..5 {
        sign_in(app, "ada", WRONG).expect(401);
    }
    let locked = "SELECT username AS value FROM users WHERE account_locked_until IS NOT NULL \
                  AND failed_login_attempts = 5";
    assert_eq!(app.texts(locked), ["ada"]);
}

fn r17_an_expired_lock_starts_a_new_count(app: &TestApp) {
    given::a_verified_user(app).present();
    for _ in 0..5 {
        sign_in(app, "ada", WRONG).expect(401);
    }
    app.after(TimeDelta::minutes(15));
    for _ in 0..4 {
        sign_in(app, "ada", WRONG).expect(401);
    }
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn r17_while_locked_nothing_is_counted_or_extended(app: &TestApp) {
    given::a_verified_user(app).present();
    for _ in 0..5 {
        sign_in(app, "ada", WRONG).expect(401);
    }
    app.after(TimeDelta::minutes(14));
    for _ in 0..20 {
        sign_in(app, "ada", WRONG).expect(401);
    }
    app.after(TimeDelta::minutes(1));
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn r17_failures_by_name_and_by_email_count_together(app: &TestApp) {
    let ada = given::a_verified_user(app).present();
    for login in ["ada", &ada.email, "ADA", &ada.email, "ada"] {
        sign_in(app, login, WRONG).expect(401);
    }
    sign_in(app, &ada.email, PASSWORD).expect_problem(401, "session.refused");
}

fn an_access_token_ends_after_fifteen_minutes(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    app.after(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    ada.client.get("/v1/users/me").expect(200);
    app.after(TimeDelta::seconds(1));
    let reply = ada.client.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
    assert_shown("unauthenticated", &reply);
}

fn s3_signing_out_ends_the_token_and_no_other(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let other = sign_in(app, "ada", PASSWORD).expect(201).at("/access_token");
    assert_shown("sign_out", &ada.client.delete("/v1/sessions/current"));
    ada.client.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
    ada.client.delete("/v1/sessions/current").expect_problem(401, "access.unauthenticated");
    app.client().bearer(&other).get("/v1/users/me").expect(200);
}

fn s3_a_shut_account_has_no_live_token(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for status in ["suspended", "banned", "deleted"] {
        app.execute(&format!("UPDATE users SET status = '{status}'"));
        ada.client.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
    }
    app.execute("UPDATE users SET status = 'active'");
    ada.client.get("/v1/users/me").expect(200);
}

fn s5_what_is_no_token_is_noise(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let mut flipped = ada.token.clone().into_bytes();
    let middle = flipped.len() / 2;
    flipped[middle] = if flipped[middle] == b'a' { b'b' } else { b'a' };
    let flipped = String::from_utf8(flipped).unwrap();
    let jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.";
    let headers = [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        ada.token.clone(),
        format!("Basic {}", ada.token),
        format!("Bearer {} {}", ada.token, ada.token),
        format!("Bearer {flipped}"),
        format!("Bearer {}", ada.token.to_uppercase()),
        format!("Bearer {}", &ada.token[..ada.token.len() - 1]),
        format!("Bearer {}x", ada.token),
        format!("Bearer {jwt}"),
        format!("Bearer {}", "x".repeat(5_000)),
    ];
    for header in headers {
        let client = app.client().header("authorization", &header);
        client.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
    }
    app.client()
        .header("authorization", &format!("bearer  {}", ada.token))
        .get("/v1/users/me")
        .expect(200);
}

fn s1_only_the_hash_of_a_token_is_stored(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let hex = format!("{:02x?}", ada.token.as_bytes()).replace(['[', ']', ',', ' '], "");
    for table in ["sessions", "one_time_tokens", "outbox_events"] {
        let sql = match app.kind() {
            userdom_tests::databases::Kind::Postgres => {
                format!("SELECT row_to_json(t)::text AS value FROM {table} t")
            }
            userdom_tests::databases::Kind::Sqlite if table == "sessions" => {
                "SELECT id || hex(access_token_hash) || user_agent AS value FROM sessions"
                    .to_owned()
            }
            userdom_tests::databases::Kind::Sqlite if table == "one_time_tokens" => {
                "SELECT id || hex(token_hash) || target_id AS value FROM one_time_tokens".to_owned()
            }
            userdom_tests::databases::Kind::Sqlite => {
                "SELECT id || payload AS value FROM outbox_events".to_owned()
            }
        };
        for row in app.texts(&sql) {
            assert!(!row.contains(&ada.token) && !row.to_lowercase().contains(&hex), "{table}");
            assert!(!row.contains("ud_at_") && !row.contains("ud_ev_"), "{table}");
        }
    }
}

fn a_faulty_request_is_told_what_is_wrong(app: &TestApp) {
    let client = app.client();
    let path = "/v1/sessions";
    let missing = [("/login", "field.required"), ("/password", "field.required")];
    client.post(path, &json!({})).expect_faults(400, &missing);
    let wrong = [("/login", "field.wrong_type"), ("/password", "field.wrong_type")];
    client.post(path, &json!({"login": ["ada"], "password": 7})).expect_faults(400, &wrong);
    let unknown = json!({"login": "ada", "password": "x", "remember": true});
    client.post(path, &unknown).expect_faults(400, &[("/remember", "field.unknown")]);
    let long = json!({"login": "ada", "password": "x".repeat(1025)});
    client.post(path, &long).expect_faults(422, &[("/password", "password.too_long")]);
}

through_rest_and_graphql!(
    a_username_in_any_case_or_a_verified_email_signs_in,
    r21_an_unverified_email_signs_nobody_in,
    e1_every_refused_sign_in_has_the_same_bytes,
    e2_a_refused_sign_in_hashes_once_whoever_it_is,
    r17_the_fifth_failure_locks_for_fifteen_minutes,
    r17_the_lock_is_seen_by_everybody_who_reads_the_table,
    r17_an_expired_lock_starts_a_new_count,
    r17_while_locked_nothing_is_counted_or_extended,
    r17_failures_by_name_and_by_email_count_together,
    an_access_token_ends_after_fifteen_minutes,
    s3_signing_out_ends_the_token_and_no_other,
    s3_a_shut_account_has_no_live_token,
    s5_what_is_no_token_is_noise,
    s1_only_the_hash_of_a_token_is_stored,
    a_faulty_request_is_told_what_is_wrong,
);
