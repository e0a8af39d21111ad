//! The authenticator app, the codes on paper, and codes by text message.

use serde_json::json;
use userdom_tests::{
    app::{
        Authenticator, TestApp,
        given::{self, PASSWORD, finish_sign_in, sign_in},
    },
    through_rest_and_graphql,
};

use super::shown::assert_shown;

const TOTP: &str = "/v1/users/me/two-factor/totp";
const CONFIRM: &str = "/v1/users/me/two-factor/totp/confirm";
const CODES: &str = "/v1/users/me/two-factor/recovery-codes";
const CHALLENGE: &str = "/v1/sessions/challenge";

fn a_second_factor_is_set_up_and_confirmed(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let set_up = ada.client.ask("POST", TOTP);
    assert_shown("totp_set_up", &set_up);
    let secret = set_up.at("/secret");
    let uri = set_up.at("/otpauth_uri");
    assert!(uri.starts_with("otpauth://totp/Userdom:ada?secret="), "{uri}");
    assert!(uri.contains(&secret));
    assert!(set_up.at("/qr_svg").starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    sign_in(app, "ada", PASSWORD).expect(201);

    let wrong = ada.client.post(CONFIRM, &json!({"code": "000000"}));
    assert_shown("code_refused", &wrong);
    let telephone = Authenticator::with_secret(&secret);
    let confirmed = ada.client.post(CONFIRM, &json!({"code": telephone.code(app, 0)}));
    assert_eq!(confirmed.json()["recovery_codes"].as_array().unwrap().len(), 10);
    assert_shown("totp_confirmed", &confirmed);
    assert_eq!(ada.client.get("/v1/users/me").json()["two_factor_enabled"], true);
    ada.client.ask("POST", TOTP).expect_problem(409, "two_factor.already_enabled");
}

fn a6_a_sign_in_is_half_done_until_the_second_factor(app: &TestApp) {
    let ada = given::a_verified_user(app).with_two_factor().signed_in();
    let half = sign_in(app, "ada", PASSWORD);
    assert_shown("challenge", &half);
    let challenge = half.at("/challenge");
    app.client().bearer(&challenge).get("/v1/users/me").expect(401);
    let refresh = json!({"refresh_token": challenge});
    app.client().post("/v1/sessions/refresh", &refresh).expect(401);
    let wrong = json!({"challenge": challenge, "totp": "000000"});
    assert_shown("challenge_refused", &app.client().post(CHALLENGE, &wrong));
    let code = ada.authenticator.as_ref().unwrap().fresh_code(app);
    let session = finish_sign_in(app, &half, &code);
    assert_shown("challenge_met", &session);
    finish_sign_in(app, &half, &code).expect_problem(401, "session.refused");
    let neither = app.client().post(CHALLENGE, &json!({"challenge": "x"}));
    neither.expect_problem(400, "request.invalid");
}

fn c5_a_recovery_code_opens_once(app: &TestApp) {
    let ada = given::a_verified_user(app).with_two_factor().signed_in();
    let open = |code: &str| {
        let challenge = sign_in(app, "ada", PASSWORD).expect(202).at("/challenge");
        app.client().post(CHALLENGE, &json!({"challenge": challenge, "recovery_code": code}))
    };
    let code = &ada.recovery_codes[0];
    open(&format!(" {} ", code.to_uppercase().replace('-', " "))).expect(201);
    open(code).expect_problem(401, "session.refused");
    let replaced = ada.client.ask("POST", CODES);
    assert_shown("recovery_codes_replaced", &replaced);
    open(&ada.recovery_codes[1]).expect_problem(401, "session.refused");
    open(replaced.json()["recovery_codes"][1].as_str().unwrap()).expect(201);
}

fn a_second_factor_is_turned_off(app: &TestApp) {
    let ada = given::a_verified_user(app).with_two_factor().signed_in();
    assert_shown("totp_removed", &ada.client.delete(TOTP));
    assert_eq!(ada.client.get("/v1/users/me").json()["two_factor_enabled"], false);
    sign_in(app, "ada", PASSWORD).expect(201);
    ada.client.delete(TOTP).expect_problem(409, "two_factor.not_enabled");
    ada.client.ask("POST", CODES).expect_problem(409, "two_factor.not_enabled");
    let code = json!({"code": "000000"});
    ada.client.post(CONFIRM, &code).expect_problem(409, "two_factor.not_enabled");
    let notice = app.mails_to(&ada.email).pop().unwrap();
    assert_eq!(notice.subject, "Your second factor was turned off");
}

fn a5_five_guesses_a_challenge_whatever_is_sent(app: &TestApp) {
    let ada = given::a_verified_user(app).with_two_factor().signed_in();
    let half = sign_in(app, "ada", PASSWORD).expect(202);
    for n in 0..5 {
        let mut body = json!({"challenge": half.at("/challenge")});
        body[if n % 2 == 0 { "totp" } else { "recovery_code" }] = json!("000000");
        app.client().post(CHALLENGE, &body).expect_problem(401, "session.refused");
    }
    let code = ada.authenticator.as_ref().unwrap().fresh_code(app);
    finish_sign_in(app, &half, &code).expect_problem(401, "session.refused");
}

fn r16_a_phone_is_verified_by_the_code_of_a_text_message(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let phone = ada.adds_phone("+44 20 7946 0018");
    let path = format!("/v1/users/me/phones/{phone}/verification");
    let confirm = format!("{path}/confirm");
    assert_shown("code_sent", &ada.client.ask("POST", &path));
    let code = app.last_code("+442079460018");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = ada.client.post(&confirm, &json!({"code": wrong}));
    refused.expect_problem(422, "code.not_valid");
    let verified = ada.client.post(&confirm, &json!({"code": code}));
    assert_shown("phone_verified", &verified);
    assert_eq!(ada.client.get("/v1/users/me").json()["phone_verified"], true);
    ada.client.ask("POST", &path).expect_problem(422, "phone.already_verified");
    ada.client.post(&confirm, &json!({"code": code})).expect_problem(422, "code.not_valid");
    let unknown = ada.adds_phone("555 123 4567 8");
    let path = format!("/v1/users/me/phones/{unknown}/verification");
    ada.client.ask("POST", &path).expect_problem(422, "phone.not_reachable");
}

through_rest_and_graphql!(
    a_second_factor_is_set_up_and_confirmed,
    a6_a_sign_in_is_half_done_until_the_second_factor,
    c5_a_recovery_code_opens_once,
    a_second_factor_is_turned_off,
    a5_five_guesses_a_challenge_whatever_is_sent,
    r16_a_phone_is_verified_by_the_code_of_a_text_message,
);
