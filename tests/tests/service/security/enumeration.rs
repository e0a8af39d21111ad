//! E1, E4: nobody learns from an answer who is here.

use serde_json::{Value, json};
use userdom_tests::{
    app::{
        TestApp,
        given::{self, PASSWORD, a_registration, sign_in},
    },
    through_rest_and_graphql,
};

use super::bytes;

const WRONG: &str = "wrong horse battery staple";

/// Logins of every kind, and what they stand for.
fn everybody(app: &TestApp) -> Vec<(String, &'static str)> {
    let mut logins = vec![("nobody".to_owned(), "unknown")];
    let is = |name: &str| given::a_verified_user(app).with_username(name);
    is("known").present();
    is("suspended").suspended();
    is("banned").banned();
    is("deleted").deleted();
    given::a_registered_user(app).with_username("unverified").present();
    is("locked").present();
    for _ in 0..5 {
        sign_in(app, "locked", WRONG).expect(401);
    }
    is("guarded").with_two_factor().signed_in();
    for name in ["known", "suspended", "banned", "deleted", "unverified", "locked", "guarded"] {
        logins.push((name.to_owned(), name));
    }
    logins
}

fn assert_alike(what: &str, app: &TestApp, path: &str, body: impl Fn(&str) -> Value) {
    let mut first: Option<String> = None;
    for (login, kind) in everybody(app) {
        let reply = app.client().post(path, &body(&login));
        let seen = bytes(&reply);
        let first = first.get_or_insert_with(|| seen.clone());
        assert_eq!(seen, *first, "{what} for somebody {kind}");
    }
}

fn e1_a_wrong_password_is_answered_alike_for_everybody(app: &TestApp) {
    assert_alike(
        "a sign-in by name",
        app,
        "/v1/sessions",
        |login| json!({"login": login, "password": WRONG}),
    );
}

fn e1_a_wrong_password_by_email_is_answered_alike_for_everybody(app: &TestApp) {
    assert_alike(
        "a sign-in by email",
        app,
        "/v1/sessions",
        |login| json!({"login": format!("{login}@example.org"), "password": WRONG}),
    );
}

fn e1_a_reset_is_answered_alike_for_everybody(app: &TestApp) {
    assert_alike(
        "a reset",
        app,
        "/v1/password-resets",
        |login| json!({"email": format!("{login}@example.org")}),
    );
}

/// But for the names, which are the caller's own.
fn e1_a_registration_by_email_is_answered_alike_for_everybody(app: &TestApp) {
    let mut shapes = Vec::new();
    for (n, (login, kind)) in everybody(app).into_iter().enumerate() {
        let mut body = a_registration(&format!("fresh{n}"));
        body["email"] = json!(format!("{login}@example.org"));
        let reply = app.client().post("/v1/users", &body).expect(201);
        let mut headers: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        let body = reply.json();
        let members: Vec<_> = body.as_object().unwrap().keys().cloned().collect();
        let said = (body["status"].clone(), body["email_verified"].clone());
        shapes.push((kind, headers, members, said));
    }
    for (kind, headers, members, said) in &shapes {
        assert_eq!((headers, members, said), (&shapes[0].1, &shapes[0].2, &shapes[0].3), "{kind}");
    }
}

fn e1_a_resend_is_answered_alike_for_every_id(app: &TestApp) {
    let pending = given::a_registered_user(app).with_username("pending").present();
    let known = given::a_verified_user(app).with_username("known").present();
    let nobody = "019b79da-0000-7000-8000-000000000000";
    let path = |user: &str, email: &str| format!("/v1/users/{user}/emails/{email}/verification");
    let first = app.client().ask("POST", &path(&pending.id, &pending.email_id)).expect(202);
    for (user, email) in [
        (known.id.as_str(), known.email_id.as_str()),
        (&known.id, &pending.email_id),
        (nobody, &pending.email_id),
        (nobody, nobody),
        ("x", "y"),
        ("me", nobody),
    ] {
        let reply = app.client().ask("POST", &path(user, email));
        assert_eq!(bytes(&reply), bytes(&first), "{user} {email}");
    }
}

/// Unknown logins are refused as often, and made to wait as soon, as known ones.
fn e4_ten_misses_look_alike_whether_or_not_somebody_is_there(app: &TestApp) {
    given::a_verified_user(app).with_username("known").present();
    app.limit();
    let sequence = |login: &str| {
        let miss = |_| {
            let body = json!({"login": login, "password": WRONG});
            bytes(&app.client().post("/v1/sessions", &body))
        };
        (0..10).map(miss).collect::<Vec<_>>()
    };
    assert_eq!(sequence("known"), sequence("nobody"));
}

fn e4_beyond_the_limit_too_they_look_alike(app: &TestApp) {
    given::a_verified_user(app).with_username("known").present();
    app.limit();
    let until_refused = |login: &str| {
        let miss = |_| {
            let body = json!({"login": login, "password": WRONG});
            app.client().post("/v1/sessions", &body).status
        };
        (0..22).map(miss).collect::<Vec<_>>()
    };
    let known = until_refused("known");
    app.after(chrono::TimeDelta::minutes(10));
    assert_eq!(known, until_refused("nobody"));
    assert!(known.contains(&429));
}

fn e1_nobody_learns_of_a_second_factor_before_the_password(app: &TestApp) {
    given::a_verified_user(app).with_username("guarded").with_two_factor().signed_in();
    given::a_verified_user(app).with_username("plain").present();
    let wrong = |login: &str| bytes(&sign_in(app, login, WRONG));
    assert_eq!(wrong("guarded"), wrong("plain"));
    sign_in(app, "guarded", PASSWORD).expect(202);
}

through_rest_and_graphql!(
    e1_a_wrong_password_is_answered_alike_for_everybody,
    e1_a_wrong_password_by_email_is_answered_alike_for_everybody,
    e1_a_reset_is_answered_alike_for_everybody,
    e1_a_registration_by_email_is_answered_alike_for_everybody,
    e1_a_resend_is_answered_alike_for_every_id,
    e4_ten_misses_look_alike_whether_or_not_somebody_is_there,
    e4_beyond_the_limit_too_they_look_alike,
    e1_nobody_learns_of_a_second_factor_before_the_password,
);
