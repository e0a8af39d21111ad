use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, Person, an_address},
    },
    on_both, through_rest_and_graphql,
};

use super::shown::assert_shown;

const ADDRESSES: &str = "/v1/users/me/addresses";

fn one(id: &str) -> String {
    format!("{ADDRESSES}/{id}")
}

fn add(person: &Person, body: &Value) -> Reply {
    person.client.post(ADDRESSES, body)
}

fn with(changes: &Value) -> Value {
    let mut body = an_address("Invalidenstraße 43");
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn ids(reply: &Reply) -> Vec<String> {
    let page = reply.json();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|address| address["id"].as_str().unwrap().to_owned()).collect()
}

fn an_address_is_added_shown_replaced_and_removed(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let added = add(&ada, &with(&json!({"street_line2": "2. Hof", "is_default": true})));
    assert_shown("address_added", &added);
    let id = added.at("/id");
    assert_eq!(added.header("location"), format!("/v1/users/{}/addresses/{id}", ada.id));
    assert_shown("addresses", &ada.client.get(ADDRESSES));
    let new = json!({
        "street_line1": "350 Fifth Avenue", "city": "New York", "state": "NY",
        "postal_code": "10118", "contact_type": "work",
    });
    assert_shown("address_replaced", &ada.client.put(&one(&id), &new));
    assert_shown("address_removed", &ada.client.delete(&one(&id)));
    ada.client.delete(&one(&id)).expect_problem(404, "address.not_found");
    ada.client.put(&one(&id), &new).expect_problem(404, "address.not_found");
}

fn addresses_of_one_type_can_be_listed(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let home = add(&ada, &with(&json!({}))).expect(201).at("/id");
    let work = add(&ada, &with(&json!({"contact_type": "work"}))).expect(201).at("/id");
    let list = |query: &str| ids(&ada.client.get(&format!("{ADDRESSES}{query}")).expect(200));
    assert_eq!(list(""), [home.clone(), work.clone()]);
    assert_eq!(list("?type=home"), [home]);
    assert_eq!(list("?type=WORK"), [work]);
    assert!(list("?type=billing").is_empty());
    let reply = ada.client.get(&format!("{ADDRESSES}?type=castle"));
    reply.expect_problem(400, "query.invalid_parameter");
    let reply = ada.client.get(&format!("{ADDRESSES}?type=home&type=work"));
    reply.expect_problem(400, "query.unknown_parameter");
    let reply = ada.client.get(&format!("{ADDRESSES}?kind=home"));
    reply.expect_problem(400, "query.unknown_parameter");
}

fn r22_a_type_has_one_default(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let (first, second) = (ada.adds_address("First 1"), ada.adds_address("Second 2"));
    let set = |id: &str| ada.client.ask("PUT", &format!("{ADDRESSES}/{id}/default"));
    assert_shown("address_default", &set(&first));
    set(&second).expect(200);
    let page = ada.client.get(ADDRESSES).json();
    let defaults: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|address| &address["is_default"]).collect();
    assert_eq!(defaults, [false, true]);
    let billing = with(&json!({"contact_type": "billing", "is_default": true}));
    let billing = add(&ada, &billing).expect(201).at("/id");
    let reply = ada.client.put(&one(&billing), &with(&json!({"contact_type": "home"})));
    reply.expect_problem(422, "contact.default_of_type_exists");
}

fn r7_each_country_asks_for_what_it_needs(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for (country, city, state, postal, kept) in [
        ("IE", "Dublin", "", "D02 X285", "IRL"),
        ("Hong Kong", "", "Kowloon", "", "HKG"),
        ("ARE", "", "Dubai", "", "ARE"),
        ("gb", "London", "", "SW1A 2AA", "GBR"),
        ("JPN", "", "Tokyo", "100-0001", "JPN"),
    ] {
        let body = json!({"street_line1": "1 Street", "city": city, "state": state,
            "postal_code": postal, "country": country});
        let reply = add(&ada, &body);
        assert_eq!(reply.status, 201, "{country}: {}", reply.text);
        assert_eq!(reply.at("/country"), kept);
    }
}

fn r7_the_united_states_are_the_default(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let body = json!({"street_line1": "1 Main St", "city": "X", "state": "NY", "postal_code": "10118-1234"});
    assert_eq!(add(&ada, &body).expect(201).at("/country"), "USA");
}

fn r7_the_order_of_the_lines_is_the_countrys(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let shown = add(&ada, &with(&json!({}))).expect(201).at("/formatted");
    assert!(shown.contains("10115 Berlin"), "{shown}");
}

fn r23_the_fifty_first_address_is_refused(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for n in 0..50 {
        ada.adds_address(&format!("Street {n}"));
    }
    add(&ada, &an_address("Street 50")).expect_problem(422, "contact.too_many");
}

fn faults_come_at_once(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let missing = [
        ("/street_line1", "address.street_required"),
        ("/city", "address.city_required"),
        ("/state", "address.state_required"),
        ("/postal_code", "address.postal_code_required"),
    ];
    add(&ada, &json!({})).expect_faults(422, &missing);
    let id = ada.adds_address("First 1");
    ada.client.put(&one(&id), &json!({})).expect_faults(422, &missing);
    let body = with(&json!({"postal_code": 10115, "is_default": "no", "planet": "Earth"}));
    add(&ada, &body).expect_faults(
        400,
        &[
            ("/postal_code", "field.wrong_type"),
            ("/is_default", "field.wrong_type"),
            ("/planet", "field.unknown"),
        ],
    );
    for (changes, pointer, code) in [
        (json!({"street_line1": "x".repeat(256)}), "/street_line1", "address.too_long"),
        (json!({"city": "Ber\nlin"}), "/city", "address.control_character"),
        (json!({"street_line2": "a\u{0}b"}), "/street_line2", "address.control_character"),
        (json!({"postal_code": "1011"}), "/postal_code", "address.invalid_postal_code"),
        (json!({"postal_code": "10115\n"}), "/postal_code", "address.invalid_postal_code"),
        (json!({"country": "XX"}), "/country", "country.unknown"),
        (json!({"contact_type": "castle"}), "/contact_type", "contact_type.unknown"),
    ] {
        println!("{changes}");
        add(&ada, &with(&changes)).expect_faults(422, &[(pointer, code)]);
        ada.client.put(&one(&id), &with(&changes)).expect_faults(422, &[(pointer, code)]);
    }
}

// `Location` names its place in REST alone.
on_both!(an_address_is_added_shown_replaced_and_removed);

through_rest_and_graphql!(
    addresses_of_one_type_can_be_listed,
    r22_a_type_has_one_default,
    r7_each_country_asks_for_what_it_needs,
    r7_the_united_states_are_the_default,
    r7_the_order_of_the_lines_is_the_countrys,
    r23_the_fifty_first_address_is_refused,
    faults_come_at_once,
);
