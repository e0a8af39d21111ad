//! V6: whatever arrives, nothing falls over. On SQLite: what parses is the same on both.

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::select,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value};
use userdom_tests::{
    app::{
        Client, Reply, TestApp,
        given::{self, Person},
    },
    databases::Kind,
};

const CASES: u32 = 200;

fn for_many<S: Strategy>(cases: u32, strategy: &S, check: impl Fn(S::Value)) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(strategy, |value| {
        check(value);
        Ok(())
    });
    if let Err(failure) = checked {
        panic!("{failure}");
    }
}

fn house() -> (TestApp, Person) {
    let app = TestApp::start(Kind::Sqlite);
    let ada = given::a_verified_user(&app).signed_in();
    (app, ada)
}

/// Not our fault, and a problem document if it is one at all.
fn assert_sound(reply: &Reply) {
    assert!(reply.status < 500, "{}", reply.text);
    if reply.status >= 400 {
        reply.problem_code();
    }
}

fn writes(ada: &Person) -> Vec<(&'static str, String)> {
    vec![
        ("POST", "/v1/users".to_owned()),
        ("POST", "/v1/sessions".to_owned()),
        ("POST", "/v1/email-verifications".to_owned()),
        ("PATCH", "/v1/users/me".to_owned()),
        ("PATCH", "/v1/users/me/profile".to_owned()),
        ("POST", "/v1/users/me/emails".to_owned()),
        ("PATCH", format!("/v1/users/me/emails/{}", ada.email_id)),
        ("POST", "/v1/users/me/phones".to_owned()),
        ("PATCH", format!("/v1/users/me/phones/{}", ada.adds_phone("+44 20 7946 0018"))),
        ("POST", "/v1/users/me/addresses".to_owned()),
        ("PUT", format!("/v1/users/me/addresses/{}", ada.adds_address("Street 1"))),
    ]
}

fn send_all(client: &Client, writes: &[(&str, String)], body: &[u8]) {
    for (method, path) in writes {
        assert_sound(&client.send(method, path, "application/json", body));
    }
}

#[test]
fn v6_any_bytes_as_a_body() {
    let (_app, ada) = house();
    let writes = writes(&ada);
    for_many(CASES, &vec(any::<u8>(), 0..200), |body| send_all(&ada.client, &writes, &body));
}

#[test]
fn v6_any_json_as_a_body() {
    let (_app, ada) = house();
    let writes = writes(&ada);
    for_many(CASES, &json(), |body| send_all(&ada.client, &writes, body.to_string().as_bytes()));
}

/// Objects with names that the endpoints know, and values that they may not expect.
fn json() -> impl Strategy<Value = Value> {
    let names = select(vec![
        "username",
        "password",
        "email",
        "first_name",
        "last_name",
        "display_name",
        "date_of_birth",
        "preferred_language",
        "timezone",
        "phone",
        "address",
        "preferences",
        "login",
        "token",
        "gender",
        "bio",
        "avatar_url",
        "contact_type",
        "is_default",
        "phone_number",
        "street_line1",
        "street_line2",
        "city",
        "state",
        "postal_code",
        "country",
        "theme",
        "language",
    ]);
    let names = prop_oneof![9 => names.prop_map(str::to_owned), 1 => any::<String>()];
    let texts = prop_oneof![
        any::<String>(),
        "[0-9+() .-]{0,20}",
        "[a-z0-9.+-]{0,8}@[a-z0-9.-]{0,12}",
        "[a-zA-Z]{2,3}",
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "https?://[a-z0-9.:/@%\\[\\]-]{0,30}",
        "\\PC{0,60}",
        Just("x".repeat(2_000)),
    ];
    let leaf = prop_oneof![
        5 => texts.prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ];
    let object = move |inner: proptest::strategy::BoxedStrategy<Value>| {
        vec((names.clone(), inner), 0..12)
            .prop_map(|members| Value::Object(Map::from_iter(members)))
    };
    let outer = object.clone();
    let nested = leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object(inner.boxed())]
    });
    outer(nested.boxed())
}

#[test]
fn v6_any_bytes_as_a_header() {
    let (app, ada) = house();
    let headers = [
        "authorization",
        "if-match",
        "if-none-match",
        "x-request-id",
        "content-type",
        "accept",
        "user-agent",
        "traceparent",
        "idempotency-key",
    ];
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..60),
        "(W/)?\"?[0-9a-z*, \"]{0,20}".prop_map(String::into_bytes),
        "(B|b)earer ?ud_at_[A-Za-z0-9_-]{0,60}".prop_map(String::into_bytes),
        "\\PC{0,40}".prop_map(String::into_bytes),
    ];
    for_many(CASES / 4, &bytes, |bytes| {
        for name in headers {
            for client in [&ada.client, &app.client()] {
                // The client's library wants to read this one itself.
                if name == "authorization" && !bytes.is_ascii() {
                    continue;
                }
                let Some(client) = client.header_bytes(name, &bytes) else { continue };
                assert_sound(&client.get("/v1/users/me"));
                assert_sound(&client.patch("/v1/users/me", &Value::Object(Map::new())));
                assert_sound(&client.ask("PUT", "/v1/users/me/emails/x/default"));
            }
        }
    });
}

#[test]
fn v6_any_text_in_a_path_or_query() {
    let (_app, ada) = house();
    let texts = prop_oneof![
        vec(any::<u8>(), 0..40).prop_map(|bytes| percent(&bytes)),
        "[0-9a-f-]{30,40}",
        "[!-~&&[^?#]]{0,40}",
    ];
    for_many(CASES, &(texts.clone(), texts), |(first, second)| {
        for (method, path) in [
            ("GET", format!("/v1/users/{first}")),
            ("GET", format!("/v1/users/{first}/addresses?type={second}")),
            ("GET", format!("/v1/users/me/addresses?type={first}&{second}")),
            ("DELETE", format!("/v1/users/me/emails/{first}")),
            ("PUT", format!("/v1/users/{first}/phones/{second}/default")),
            ("POST", format!("/v1/users/{first}/emails/{second}/verification")),
            ("GET", format!("/{first}/{second}")),
        ] {
            if let Some(reply) = ada.client.try_send(method, &path, "", b"") {
                assert_sound(&reply);
            }
        }
    });
}

fn percent(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "%{byte:02x}").unwrap();
        text
    })
}
