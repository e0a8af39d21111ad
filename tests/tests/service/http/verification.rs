use chrono::TimeDelta;
use serde_json::json;
use userdom_tests::{
    app::{
        TestApp,
        given::{self, verify},
    },
    through_rest_and_graphql,
};

use super::shown::assert_shown;

fn the_token_of_the_mail_verifies_and_activates(app: &TestApp) {
    let ada = given::a_registered_user(app).present();
    let reply = verify(app, &app.last_link_token(&ada.email));
    assert_shown("verify", &reply);
    let user = given::sign_in(app, "ada", given::PASSWORD).expect(201).json();
    assert_eq!(user["user"]["status"], "active");
    assert_eq!(user["user"]["email_verified"], true);
}

fn a7_a_token_works_once(app: &TestApp) {
    let ada = given::a_registered_user(app).present();
    let token = app.last_link_token(&ada.email);
    verify(app, &token).expect(200);
    let again = verify(app, &token).expect_problem(422, "token.not_valid");
    assert_shown("verify_refused", &again);
}

fn a7_a_token_works_for_a_day(app: &TestApp) {
    let (ada, eve) = (
        given::a_registered_user(app).present(),
        given::a_registered_user(app).with_username("eve").present(),
    );
    let tokens = [ada, eve].map(|person| app.last_link_token(&person.email));
    app.after(TimeDelta::hours(24) - TimeDelta::seconds(1));
    verify(app, &tokens[0]).expect(200);
    app.after(TimeDelta::seconds(1));
    verify(app, &tokens[1]).expect_problem(422, "token.not_valid");
}

fn a7_the_newest_token_ends_the_older_ones(app: &TestApp) {
    let ada = given::a_registered_user(app).present();
    let old = app.last_link_token(&ada.email);
    resend(app, &ada.id, &ada.email_id);
    let new = app.last_link_token(&ada.email);
    assert_ne!(old, new);
    verify(app, &old).expect_problem(422, "token.not_valid");
    verify(app, &new).expect(200);
}

fn a7_a_token_verifies_the_email_it_was_made_for_alone(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let second = ada.adds_email("second@example.org");
    let third = ada.adds_email("third@example.org");
    verify(app, &app.last_link_token("second@example.org")).expect(200);
    let emails = ada.client.get("/v1/users/me/emails").json();
    let is_verified = |id: &str| {
        let emails = emails["items"].as_array().unwrap();
        emails.iter().find(|email| email["id"] == id).unwrap()["is_verified"] == true
    };
    assert!(is_verified(&second) && !is_verified(&third));
}

fn a7_a_token_of_another_kind_or_none_is_refused_alike(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let swapped = ada.token.replace("ud_at_", "ud_ev_");
    for noise in ["", "x", "ud_ev_", &ada.token, &swapped, "ud_ev_\u{0}", &"x".repeat(9_000), "😀"]
    {
        verify(app, noise).expect_problem(422, "token.not_valid");
    }
}

fn the_token_of_an_email_that_is_gone_is_refused(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let id = ada.adds_email("gone@example.org");
    let token = app.last_link_token("gone@example.org");
    ada.client.delete(&format!("/v1/users/me/emails/{id}")).expect(204);
    verify(app, &token).expect_problem(422, "token.not_valid");
}

fn the_token_of_a_deleted_account_is_refused(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_email("late@example.org");
    let token = app.last_link_token("late@example.org");
    ada.client.delete("/v1/users/me").expect(204);
    verify(app, &token).expect_problem(422, "token.not_valid");
}

fn a_faulty_request_is_told_what_is_wrong(app: &TestApp) {
    let client = app.client();
    let path = "/v1/email-verifications";
    client.post(path, &json!({})).expect_faults(400, &[("/token", "field.required")]);
    client.post(path, &json!({"token": 5})).expect_faults(400, &[("/token", "field.wrong_type")]);
    let reply = client.post(path, &json!({"token": "x", "email": "y"}));
    reply.expect_faults(400, &[("/email", "field.unknown")]);
}

fn resend(app: &TestApp, user: &str, email: &str) {
    let path = format!("/v1/users/{user}/emails/{email}/verification");
    assert_shown("resend", &app.client().ask("POST", &path));
}

fn a_mail_is_sent_and_sent_again_twice_an_hour_together(app: &TestApp) {
    app.limit();
    let ada = given::a_registered_user(app).present();
    for _ in 0..9 {
        resend(app, &ada.id, &ada.email_id);
    }
    // The first one is that of the registration.
    assert_eq!(app.mails_to(&ada.email).len(), 2);
    app.after(TimeDelta::hours(1) + TimeDelta::seconds(1));
    for _ in 0..9 {
        resend(app, &ada.id, &ada.email_id);
    }
    assert_eq!(app.mails_to(&ada.email).len(), 4);
}

fn e1_a_resend_tells_nothing_whatever_the_ids_are(app: &TestApp) {
    let ada = given::a_registered_user(app).present();
    let eve = given::a_verified_user(app).with_username("eve").present();
    let nobody = "019b79da-0000-7000-8000-000000000000";
    for (user, email) in [
        (ada.id.as_str(), ada.email_id.as_str()),
        (&ada.id, &eve.email_id),
        (&eve.id, &eve.email_id),
        (&ada.id, nobody),
        (nobody, &ada.email_id),
        ("me", &ada.email_id),
        ("no-id", "no-id"),
        ("%00", "%00"),
    ] {
        resend(app, user, email);
    }
    assert_eq!(app.mails_to(&eve.email).len(), 1, "the one of the registration");
}

fn a_stranger_cannot_have_mail_sent_for_an_active_account(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let mallory = given::a_verified_user(app).with_username("mallory").signed_in();
    let id = ada.adds_email("work@example.org");
    let path = format!("/v1/users/{}/emails/{id}/verification", ada.id);
    app.client().ask("POST", &path).expect(202);
    mallory.client.ask("POST", &path).expect(202);
    assert_eq!(app.mails_to("work@example.org").len(), 1);
    ada.client.ask("POST", &path).expect(202);
    ada.client.ask("POST", &path.replace(&ada.id, "me")).expect(202);
    assert_eq!(app.mails_to("work@example.org").len(), 3);
}

fn a8_links_lead_to_the_public_url_whatever_the_request_says(app: &TestApp) {
    let evil = app
        .client()
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-prefix", "/evil")
        .header("forwarded", "host=evil.example;proto=http")
        .header("x-original-host", "evil.example")
        .header("host", "evil.example");
    evil.post("/v1/users", &given::a_registration("ada")).expect(201);
    let mail = app.mails_to("ada@example.org").remove(0);
    let all = format!("{}{}{}", mail.subject, mail.text, mail.html);
    assert!(!all.contains("evil"), "{all}");
}

through_rest_and_graphql!(
    the_token_of_the_mail_verifies_and_activates,
    a7_a_token_works_once,
    a7_a_token_works_for_a_day,
    a7_the_newest_token_ends_the_older_ones,
    a7_a_token_verifies_the_email_it_was_made_for_alone,
    a7_a_token_of_another_kind_or_none_is_refused_alike,
    the_token_of_an_email_that_is_gone_is_refused,
    the_token_of_a_deleted_account_is_refused,
    a_faulty_request_is_told_what_is_wrong,
    a_mail_is_sent_and_sent_again_twice_an_hour_together,
    e1_a_resend_tells_nothing_whatever_the_ids_are,
    a_stranger_cannot_have_mail_sent_for_an_active_account,
    a8_links_lead_to_the_public_url_whatever_the_request_says,
);
