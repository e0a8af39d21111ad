use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, Person},
    },
    on_both, through_rest_and_graphql,
};

use super::shown::assert_shown;

const PHONES: &str = "/v1/users/me/phones";

fn one(id: &str) -> String {
    format!("{PHONES}/{id}")
}

fn add(person: &Person, body: &Value) -> Reply {
    person.client.post(PHONES, body)
}

fn default_ids(person: &Person) -> Vec<String> {
    let page = person.client.get(PHONES).expect(200).json();
    let items = page["items"].as_array().unwrap().iter();
    items
        .filter(|phone| phone["is_default"] == true)
        .map(|phone| phone["id"].as_str().unwrap().to_owned())
        .collect()
}

fn a_phone_is_added_shown_changed_and_removed(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let body =
        json!({"phone_number": "+1-555-123-4567", "contact_type": "work", "is_default": true});
    let added = add(&ada, &body);
    assert_shown("phone_added", &added);
    let id = added.at("/id");
    assert_eq!(added.header("location"), format!("/v1/users/{}/phones/{id}", ada.id));
    assert_shown("phones", &ada.client.get(PHONES));
    assert_shown("phone_changed", &ada.client.patch(&one(&id), &json!({"contact_type": "home"})));
    assert_shown("phone_removed", &ada.client.delete(&one(&id)));
    ada.client.delete(&one(&id)).expect_problem(404, "phone.not_found");
}

fn r22_a_type_has_one_default(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let first = ada.adds_phone("+44 20 7946 0018");
    let second = ada.adds_phone("+44 20 7946 0019");
    assert!(default_ids(&ada).is_empty());
    let set = |id: &str| ada.client.ask("PUT", &format!("{PHONES}/{id}/default"));
    assert_shown("phone_default", &set(&first));
    assert_eq!(default_ids(&ada), [first.as_str()]);
    set(&second).expect(200);
    assert_eq!(default_ids(&ada), [second.as_str()]);
    let work =
        json!({"phone_number": "+44 20 7946 0020", "contact_type": "work", "is_default": true});
    let work = add(&ada, &work).expect(201).at("/id");
    assert_eq!(default_ids(&ada), [second, work.clone()]);
    let reply = ada.client.patch(&one(&work), &json!({"contact_type": "mobile"}));
    reply.expect_problem(422, "contact.default_of_type_exists");
}

fn r22_the_same_number_in_another_spelling_is_refused(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_phone("+44 20 7946 0018");
    for number in ["+44 20 7946 0018", "+442079460018", "0044 20 7946 0018", "442079460018"] {
        add(&ada, &json!({"phone_number": number})).expect_problem(409, "phone.already_exists");
    }
}

fn r6_numbers_are_read_by_the_metadata(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for (number, e164, code) in [
        ("15551234567", json!("+15551234567"), "+1"),
        ("+298 201234", json!("+298201234"), "+298"),
        ("0049 30 901820", json!("+4930901820"), "+49"),
        ("614-555-0100", json!(null), "+??"),
    ] {
        let phone = add(&ada, &json!({"phone_number": number})).expect(201).json();
        assert_eq!((&phone["e164"], &phone["country_code"]), (&e164, &json!(code)), "{number}");
        assert_eq!(phone["phone_number"], number);
    }
}

fn r6_an_extension_is_kept(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let phone = add(&ada, &json!({"phone_number": "+1 555 123 4567 ext. 12"})).expect(201);
    assert!(phone.at("/formatted_number").contains("12"), "{}", phone.text);
}

fn r23_the_twenty_first_phone_is_refused(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for n in 0..20 {
        ada.adds_phone(&format!("+44 20 7946 00{n:02}"));
    }
    add(&ada, &json!({"phone_number": "+44 20 7946 0099"})).expect_problem(422, "contact.too_many");
}

fn faults_come_at_once(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    add(&ada, &json!({})).expect_faults(400, &[("/phone_number", "field.required")]);
    add(&ada, &json!({"phone_number": 5, "is_default": 1, "contact_type": [], "e164": "x"}))
        .expect_faults(
            400,
            &[
                ("/phone_number", "field.wrong_type"),
                ("/is_default", "field.wrong_type"),
                ("/contact_type", "field.wrong_type"),
                ("/e164", "field.unknown"),
            ],
        );
    add(&ada, &json!({"phone_number": "12345", "contact_type": "x"})).expect_faults(
        422,
        &[("/phone_number", "phone.too_few_digits"), ("/contact_type", "contact_type.unknown")],
    );
    for (number, code) in [
        ("", "phone.too_few_digits"),
        ("+1234567890123456", "phone.too_many_digits"),
        ("+999 1234567890", "phone.unknown_calling_code"),
        ("1-800-FLOWERS", "phone.invalid_character"),
        ("12345678901\u{0}", "phone.invalid_character"),
        ("+44 20 7946 0018 0000 000 000 000 000 000 000 000 00", "phone.too_long"),
        ("+44 1", "phone.too_few_digits"),
    ] {
        println!("{number}");
        add(&ada, &json!({"phone_number": number})).expect_faults(422, &[("/phone_number", code)]);
    }
    let id = ada.adds_phone("+44 20 7946 0018");
    let patch = |body| ada.client.patch(&one(&id), &body);
    patch(json!({"contact_type": null})).expect_faults(400, &[("/contact_type", "field.null")]);
    patch(json!({"phone_number": "x"})).expect_faults(400, &[("/phone_number", "field.unknown")]);
}

// `Location` names its place in REST alone.
on_both!(a_phone_is_added_shown_changed_and_removed);

through_rest_and_graphql!(
    r22_a_type_has_one_default,
    r22_the_same_number_in_another_spelling_is_refused,
    r6_numbers_are_read_by_the_metadata,
    r6_an_extension_is_kept,
    r23_the_twenty_first_phone_is_refused,
    faults_come_at_once,
);
