//! What is just allowed is stored as it is, on both databases; what changes nothing is no change.

use serde_json::{Value, json};
use userdom_tests::{
    app::{
        TestApp,
        given::{self, PASSWORD, a_registration, an_address},
    },
    on_both,
};

fn the_longest_values_are_stored_whole(app: &TestApp) {
    let of = |n: usize| "😀".repeat(n);
    let email = format!("{}@{}.org", "a".repeat(64), vec!["b".repeat(61); 3].join("."));
    assert!(email.len() > 250 && email.len() <= 254, "{}", email.len());
    let username = "u".repeat(50);
    let user = given::a_verified_user(app).with_username(&username).with_email(&email).signed_in();
    let me = &user.client;
    let profile = json!({
        "first_name": of(100), "last_name": of(100), "display_name": of(100), "gender": of(20),
        "bio": of(4_000), "avatar_url": format!("https://example.org/{}", "x".repeat(480)),
        "timezone": "America/Argentina/ComodRivadavia", "preferred_language": "zh-Hant-TW",
        "date_of_birth": "1900-01-01",
    });
    let shown = me.patch("/v1/users/me/profile", &profile).expect(200).json();
    for (name, value) in profile.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    let address = json!({
        "street_line1": of(255), "street_line2": of(255), "city": of(100), "state": of(50),
        "postal_code": "10115", "country": "DEU",
    });
    let shown = me.post("/v1/users/me/addresses", &address).expect(201).json();
    for (name, value) in address.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    let all = me.get("/v1/users/me").expect(200).json();
    assert_eq!(all["addresses"][0], shown);
    assert_eq!(all["emails"][0]["email"], email);
    assert_eq!(all["username"], username);
}

fn two_names_of_a_hundred_characters_make_a_display_name(app: &TestApp) {
    let mut body = a_registration("ada");
    body["first_name"] = json!("é".repeat(100));
    body["last_name"] = json!("ü".repeat(100));
    let user = app.client().post("/v1/users", &body).expect(201);
    assert_eq!(user.at("/profile/full_name").chars().count(), 201);
    app.deliver_mail();
    assert_eq!(app.mail.sent().len(), 1);
}

fn r13_unknown_preferences_survive_a_round_trip(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let wild = json!({
        "crm": {"tags": ["vip", null, true, {"deep": [[]]}], "": {}},
        "numbers": [0, -1, u64::MAX, i64::MIN, 0.1, 1e300, -0.0],
        "text": "😀 \" \\ / \n \t é \u{2028}",
        "__proto__": 1, "a.b": 2, "$where": 3, "' OR 1=1 --": 4,
    });
    ada.client.patch("/v1/users/me", &json!({"preferences": wild})).expect(200);
    let shown = ada.client.get("/v1/users/me").expect(200).json();
    for (name, value) in wild.as_object().unwrap() {
        assert_eq!(&shown["preferences"][name], value, "{name}");
    }
}

fn a_long_and_odd_user_agent_opens_a_session(app: &TestApp) {
    given::a_verified_user(app).present();
    let body = json!({"login": "ada", "password": PASSWORD});
    for agent in ["é".repeat(400).into_bytes(), b"\xff\xfe\tx".to_vec(), vec![b'x'; 5_000]] {
        let client = app.client().header_bytes("user-agent", &agent).unwrap();
        let session = client.post("/v1/sessions", &body).expect(201);
        assert!(session.at("/session/user_agent").chars().count() <= 255);
    }
}

fn what_changes_nothing_keeps_the_version(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let me = &ada.client;
    let phone = json!({"phone_number": "+44 20 7946 0018", "is_default": true});
    let phone = me.post("/v1/users/me/phones", &phone).expect(201).at("/id");
    let mut address = an_address("Street 1");
    address["is_default"] = json!(true);
    let home = me.post("/v1/users/me/addresses", &address).expect(201).at("/id");
    let before = me.get("/v1/users/me").expect(200);
    let email = &ada.email_id;
    address.as_object_mut().unwrap().remove("is_default");
    let nothing: [(&str, String, Option<Value>); 12] = [
        ("PATCH", format!("emails/{email}"), Some(json!({}))),
        ("PATCH", format!("emails/{email}"), Some(json!({"contact_type": "primary"}))),
        ("PUT", format!("emails/{email}/default"), None),
        ("PATCH", format!("phones/{phone}"), Some(json!({}))),
        ("PATCH", format!("phones/{phone}"), Some(json!({"contact_type": "mobile"}))),
        ("PUT", format!("phones/{phone}/default"), None),
        ("PUT", format!("addresses/{home}"), Some(address)),
        ("PUT", format!("addresses/{home}/default"), None),
        ("PATCH", "profile".to_owned(), Some(json!({}))),
        ("PATCH", "profile".to_owned(), Some(json!({"first_name": "Ada", "bio": null}))),
        ("PATCH", String::new(), Some(json!({"username": "ada"}))),
        ("PATCH", String::new(), Some(json!({"preferences": {"theme": "light", "x": null}}))),
    ];
    for (method, path, body) in nothing {
        println!("{method} {path} {body:?}");
        let path = format!("/v1/users/me/{path}");
        let path = path.trim_end_matches('/');
        let reply = match body {
            Some(body) => me.send(method, path, "application/json", body.to_string().as_bytes()),
            None => me.ask(method, path),
        };
        assert_eq!(reply.expect(200).header("etag"), before.header("etag"));
    }
    assert_eq!(me.get("/v1/users/me").expect(200).text, before.text);
}

on_both!(
    the_longest_values_are_stored_whole,
    two_names_of_a_hundred_characters_make_a_display_name,
    r13_unknown_preferences_survive_a_round_trip,
    a_long_and_odd_user_agent_opens_a_session,
    what_changes_nothing_keeps_the_version,
);
