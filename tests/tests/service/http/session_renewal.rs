//! Sessions that are renewed, listed, ended and proved anew.

use chrono::TimeDelta;
use serde_json::json;
use userdom_tests::{
    app::{
        TestApp,
        given::{self, PASSWORD, sign_in},
    },
    through_rest_and_graphql,
};

use super::shown::assert_shown;

const REFRESH: &str = "/v1/sessions/refresh";
const PROVE: &str = "/v1/sessions/current/reauthenticate";

fn s4_a_refresh_is_answered_with_new_tokens(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    app.after(TimeDelta::minutes(1));
    let renewed = app.client().post(REFRESH, &json!({"refresh_token": ada.refresh_token}));
    assert_shown("session_renewed", &renewed);
    ada.client.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
    let ada = ada.with_session(app, &renewed);
    ada.client.get("/v1/users/me").expect(200);
}

fn s4_within_ten_seconds_the_answer_is_the_same_and_later_it_is_theft(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let body = json!({"refresh_token": ada.refresh_token});
    let first = app.client().post(REFRESH, &body).expect(200);
    app.after(TimeDelta::seconds(10));
    let again = app.client().post(REFRESH, &body).expect(200);
    for token in ["/access_token", "/refresh_token"] {
        assert_eq!(first.at(token), again.at(token));
    }
    app.after(TimeDelta::seconds(1));
    app.client().post(REFRESH, &body).expect_problem(401, "access.unauthenticated");
    let ada = ada.with_session(app, &first);
    ada.client.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
    let successor = json!({"refresh_token": first.at("/refresh_token")});
    app.client().post(REFRESH, &successor).expect_problem(401, "access.unauthenticated");
}

fn sessions_are_listed_newest_first_and_ended_one_by_one(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    app.after(TimeDelta::minutes(1));
    let other = ada.clone().signs_in(app);
    let listed = ada.client.get("/v1/users/me/sessions").expect(200);
    assert_shown("sessions", &listed);
    let id = listed.at("/items/0/id");
    assert_shown("session_ended", &ada.client.delete(&format!("/v1/users/me/sessions/{id}")));
    other.client.get("/v1/users/me").expect(401);
    let again = ada.client.delete(&format!("/v1/users/me/sessions/{id}"));
    again.expect_problem(404, "session.not_found");
    ada.client.delete("/v1/users/me/sessions/x").expect_problem(404, "session.not_found");
    ada.client.delete("/v1/users/me/sessions").expect(204);
    ada.client.get("/v1/users/me").expect(401);
}

fn a3_proving_anew_is_answered_with_new_tokens(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    app.after(TimeDelta::minutes(5));
    let renewed = ada.client.post(PROVE, &json!({"password": PASSWORD}));
    assert_shown("reauthenticated", &renewed);
    let refused = ada.client.get("/v1/users/me");
    refused.expect_problem(401, "access.unauthenticated");
    let ada = ada.with_session(app, &renewed);
    let wrong = ada.client.post(PROVE, &json!({"password": "wrong"}));
    assert_shown("proof_refused", &wrong);
    app.client().post(PROVE, &json!({"password": PASSWORD})).expect(401);
}

fn a9_a_known_device_gets_in_while_strangers_lock_the_account(app: &TestApp) {
    given::a_verified_user(app).present();
    let device = sign_in(app, "ada", PASSWORD).expect(201).at("/device_token");
    for _ in 0..5 {
        sign_in(app, "ada", "wrong").expect(401);
    }
    sign_in(app, "ada", PASSWORD).expect_problem(401, "session.refused");
    let known = json!({"login": "ada", "password": PASSWORD, "device_token": device});
    let session = app.client().post("/v1/sessions", &known).expect(201);
    assert_eq!(session.at("/device_token"), device);
    let wrong = json!({"login": "ada", "password": "wrong", "device_token": device});
    for _ in 0..5 {
        app.client().post("/v1/sessions", &wrong).expect(401);
    }
    app.client().post("/v1/sessions", &known).expect_problem(401, "session.refused");
}

through_rest_and_graphql!(
    s4_a_refresh_is_answered_with_new_tokens,
    s4_within_ten_seconds_the_answer_is_the_same_and_later_it_is_theft,
    sessions_are_listed_newest_first_and_ended_one_by_one,
    a3_proving_anew_is_answered_with_new_tokens,
    a9_a_known_device_gets_in_while_strangers_lock_the_account,
);
