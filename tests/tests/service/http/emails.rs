use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, Person},
    },
    on_both, through_rest_and_graphql,
};

use super::shown::assert_shown;

const EMAILS: &str = "/v1/users/me/emails";

fn one(id: &str) -> String {
    format!("{EMAILS}/{id}")
}

fn add(person: &Person, body: &Value) -> Reply {
    person.client.post(EMAILS, body)
}

fn set_default(person: &Person, id: &str) -> Reply {
    person.client.ask("PUT", &format!("{EMAILS}/{id}/default"))
}

/// Address, whether verified, whether the default.
fn emails_of(person: &Person) -> Vec<(String, bool, bool)> {
    let page = person.client.get(EMAILS).expect(200).json();
    let read = |email: &Value| {
        let flag = |name: &str| email[name].as_bool().unwrap();
        (email["email"].as_str().unwrap().to_owned(), flag("is_verified"), flag("is_default"))
    };
    page["items"].as_array().unwrap().iter().map(read).collect()
}

fn default_of(person: &Person) -> String {
    let emails = emails_of(person);
    let defaults: Vec<_> = emails.iter().filter(|(_, _, is_default)| *is_default).collect();
    assert_eq!(defaults.len(), 1, "{emails:?}");
    defaults[0].0.clone()
}

fn an_email_is_added_shown_changed_and_removed(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let added = add(&ada, &json!({"email": "Work@Gmail.com", "contact_type": "WORK"}));
    assert_shown("email_added", &added);
    let id = added.at("/id");
    assert_eq!(added.header("location"), format!("/v1/users/{}/emails/{id}", ada.id));
    assert_shown("emails", &ada.client.get(EMAILS));
    assert_shown("email_changed", &ada.client.patch(&one(&id), &json!({"contact_type": "other"})));
    assert_shown("email_removed", &ada.client.delete(&one(&id)));
    assert_eq!(emails_of(&ada).len(), 1);
    ada.client.delete(&one(&id)).expect_problem(404, "email.not_found");
}

fn an_email_can_become_the_default_once_verified(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let id = ada.adds_verified_email(app, "second@example.org");
    assert_shown("email_default", &set_default(&ada, &id));
    assert_eq!(default_of(&ada), "second@example.org");
}

fn r5_the_provider_is_named(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for (email, provider) in [
        ("a@gmail.com", "google"),
        ("a@googlemail.com", "google"),
        ("a@live.com", "microsoft"),
        ("a@yahoo.co.uk", "yahoo"),
        ("a@me.com", "apple"),
        ("a@proton.me", "proton"),
        ("a@example.com", "custom"),
    ] {
        let shown = add(&ada, &json!({"email": email})).expect(201).at("/provider");
        assert_eq!(shown.to_lowercase(), provider, "{email}");
    }
}

fn r19_a_duplicate_email_is_refused_in_any_spelling(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for email in ["ada@example.org", " ADA@Example.org "] {
        add(&ada, &json!({"email": email})).expect_problem(409, "email.already_exists");
    }
}

fn r19_the_last_email_stays(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let reply = ada.client.delete(&one(&ada.email_id)).expect_problem(422, "email.only_one");
    assert_eq!(reply.at("/detail"), "Cannot remove the only email address");
}

fn r19_the_default_stays_primary(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let path = one(&ada.email_id);
    let reply = ada.client.patch(&path, &json!({"contact_type": "work"}));
    reply.expect_problem(422, "email.default_is_primary");
    ada.client.patch(&path, &json!({"contact_type": "primary"})).expect(200);
}

fn r20_an_unverified_email_is_no_default_beside_a_verified_one(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let id = ada.adds_email("second@example.org");
    set_default(&ada, &id).expect_problem(422, "email.default_must_be_verified");
    let reply = add(&ada, &json!({"email": "third@example.org", "is_default": true}));
    reply.expect_problem(422, "email.default_must_be_verified");
    assert_eq!(emails_of(&ada).len(), 2);
    assert_eq!(default_of(&ada), "ada@example.org");
}

fn r20_removing_the_default_promotes_a_verified_one(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_email("unverified@example.org");
    ada.adds_verified_email(app, "verified@example.org");
    ada.client.delete(&one(&ada.email_id)).expect(204);
    assert_eq!(default_of(&ada), "verified@example.org");
    assert_eq!(ada.client.get("/v1/users/me").json()["email_verified"], true);
}

fn r16_email_verified_follows_the_default(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_email("unverified@example.org");
    ada.client.delete(&one(&ada.email_id)).expect(204);
    let user = ada.client.get("/v1/users/me").expect(200).json();
    assert_eq!(user["email_verified"], false);
    assert_eq!(user["emails"][0]["contact_type"], "primary");
}

fn r20_the_first_email_to_be_verified_becomes_the_default(app: &TestApp) {
    let ada = given::a_registered_user(app).present();
    let hedy = given::an_admin(app).signed_in();
    let path = format!("/v1/users/{}/emails", ada.id);
    let added = hedy.client.post(&path, &json!({"email": "second@example.org"})).expect(201);
    assert_eq!(added.json()["is_default"], false);
    let verified = given::verify(app, &app.last_link_token("second@example.org")).expect(200);
    assert_eq!(verified.json()["is_default"], true);
}

fn r23_the_twenty_first_email_is_refused(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for n in 1..20 {
        ada.adds_email(&format!("n{n}@example.org"));
    }
    let reply = add(&ada, &json!({"email": "n20@example.org"}));
    reply.expect_problem(422, "contact.too_many");
    assert_eq!(emails_of(&ada).len(), 20);
}

fn e1_anothers_verified_email_looks_free_and_its_owner_is_told(app: &TestApp) {
    let owner = given::a_verified_user(app).with_username("grace").present();
    let ada = given::a_verified_user(app).signed_in();
    let taken = add(&ada, &json!({"email": owner.email})).expect(201);
    let free = add(&ada, &json!({"email": "freed@example.org"})).expect(201);
    let mask = |reply: &Reply| {
        reply.text.replace(&reply.at("/id"), "ID").replace(&reply.at("/email"), "EMAIL")
    };
    assert_eq!(mask(&taken), mask(&free));
    let notices = app.mails_to(&owner.email);
    assert_eq!(notices.last().unwrap().subject, "Your email address is in use already");
}

fn an_added_email_gets_its_mail(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_email("second@example.org");
    let mails = app.mails_to("second@example.org");
    assert_eq!(mails.len(), 1);
    // The reader may be a stranger, and names may say anything.
    assert!(!mails[0].text.contains("Ada"), "{}", mails[0].text);
}

fn faults_come_at_once(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    add(&ada, &json!({})).expect_faults(400, &[("/email", "field.required")]);
    add(&ada, &json!({"email": 1, "contact_type": 1, "is_default": "yes", "is_verified": true}))
        .expect_faults(
            400,
            &[
                ("/email", "field.wrong_type"),
                ("/contact_type", "field.wrong_type"),
                ("/is_default", "field.wrong_type"),
                ("/is_verified", "field.unknown"),
            ],
        );
    add(&ada, &json!({"email": "nobody", "contact_type": "pager"})).expect_faults(
        422,
        &[("/email", "email.invalid_format"), ("/contact_type", "contact_type.unknown")],
    );
    let patch = |body| ada.client.patch(&one(&ada.email_id), &body);
    patch(json!({"contact_type": null})).expect_faults(400, &[("/contact_type", "field.null")]);
    patch(json!({"contact_type": 3})).expect_faults(400, &[("/contact_type", "field.wrong_type")]);
    patch(json!({"contact_type": "x"}))
        .expect_faults(422, &[("/contact_type", "contact_type.unknown")]);
    patch(json!({"is_verified": true, "email": "x"}))
        .expect_faults(400, &[("/is_verified", "field.unknown"), ("/email", "field.unknown")]);
}

// `Location` names its place in REST alone.
on_both!(an_email_is_added_shown_changed_and_removed);

through_rest_and_graphql!(
    an_email_can_become_the_default_once_verified,
    r5_the_provider_is_named,
    r19_a_duplicate_email_is_refused_in_any_spelling,
    r19_the_last_email_stays,
    r19_the_default_stays_primary,
    r20_an_unverified_email_is_no_default_beside_a_verified_one,
    r20_removing_the_default_promotes_a_verified_one,
    r16_email_verified_follows_the_default,
    r20_the_first_email_to_be_verified_becomes_the_default,
    r23_the_twenty_first_email_is_refused,
    e1_anothers_verified_email_looks_free_and_its_owner_is_told,
    an_added_email_gets_its_mail,
    faults_come_at_once,
);
