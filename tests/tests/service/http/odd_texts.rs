//! V7 and A8: texts that somebody hopes are taken for something else.

use serde_json::json;
use userdom_tests::{
    app::{
        TestApp,
        given::{self, a_registration},
    },
    through_rest_and_graphql,
};

/// Line breaks, terminal codes, a NUL, a change of writing direction, a line separator.
const ODD: [&str; 8] = [
    "Ada\u{0}",
    "Ada\r\nBcc: eve@example.org",
    "Ada\nX-Evil: 1",
    "\u{1b}]0;owned\u{7}Ada",
    "Ada\u{85}x",
    "Ada\u{202e}x",
    "Ada\u{2028}x",
    "Ada\u{7f}",
];

fn v7_odd_characters_in_names_are_refused_and_reach_no_mail(app: &TestApp) {
    for odd in ODD {
        let mut body = a_registration("ada");
        body["first_name"] = json!(odd);
        body["last_name"] = json!(odd);
        body["display_name"] = json!(odd);
        app.client().post("/v1/users", &body).expect_faults(
            422,
            &[
                ("/first_name", "name.control_character"),
                ("/last_name", "name.control_character"),
                ("/display_name", "display_name.control_character"),
            ],
        );
    }
    app.deliver_mail();
    assert!(app.mail.sent().is_empty());
}

fn v7_odd_characters_anywhere_are_told_by_a_problem(app: &TestApp) {
    let client = given::a_verified_user(app).signed_in().client;
    for odd in ODD {
        let wild = |path: &str, name: &str| {
            let reply = client.post(path, &json!({name: odd}));
            assert!((400..500).contains(&reply.status), "{path} {name} {odd:?}");
            reply.problem_code();
            assert!(reply.headers.get("x-evil").is_none() && reply.headers.get("bcc").is_none());
        };
        for name in ["username", "email", "password", "phone", odd] {
            wild("/v1/users", name);
        }
        wild("/v1/users/me/emails", "email");
        wild("/v1/users/me/phones", "phone_number");
        wild("/v1/users/me/addresses", "street_line1");
        wild("/v1/email-verifications", "token");
        wild("/v1/sessions", "login");
    }
}

fn v7_a_nul_in_preferences_is_kept_or_refused(app: &TestApp) {
    let client = given::a_verified_user(app).signed_in().client;
    for body in
        [json!({"x": "a\u{0}b"}), json!({"a\u{0}b": 1}), json!({"x": {"y\u{0}": ["\u{0}"]}})]
    {
        let reply = client.patch("/v1/users/me", &json!({"preferences": body}));
        if reply.status == 200 {
            let key = body.as_object().unwrap().keys().next().unwrap();
            let user = client.get("/v1/users/me").expect(200).json();
            assert_eq!(user["preferences"][key], body[key]);
        } else {
            assert_eq!(reply.status, 422, "{body}: {}", reply.text);
            reply.problem_code();
        }
    }
}

fn v7_html_in_a_name_is_text_in_the_mail(app: &TestApp) {
    let mut body = a_registration("ada");
    body["first_name"] = json!("<img src=x onerror=alert(1)>");
    app.client().post("/v1/users", &body).expect(201);
    let mail = app.mails_to("ada@example.org").remove(0);
    assert!(!mail.html.contains("<img"), "{}", mail.html);
}

fn a8_one_address_is_one_text(app: &TestApp) {
    for email in
        [json!(["ada@example.org", "eve@example.org"]), json!({"email": "ada@example.org"})]
    {
        let mut body = a_registration("ada");
        body["email"] = email;
        app.client().post("/v1/users", &body).expect_faults(400, &[("/email", "field.wrong_type")]);
    }
    for email in [
        "ada@example.org,eve@example.org",
        "ada@example.org eve@example.org",
        "ada@example.org\neve@example.org",
        "ada@example.org\r\nBcc: eve@example.org",
        "ada@example.org%0aeve@example.org",
        "Ada <ada@example.org>",
        "mıke@example.org",
        "ada＠example.org",
    ] {
        let mut body = a_registration("ada");
        body["email"] = json!(email);
        let reply = app.client().post("/v1/users", &body);
        reply.expect_faults(422, &[("/email", "email.invalid_format")]);
    }
    let twice = br#"{"email":"ada@example.org","email":"eve@example.org"}"#;
    let reply = app.client().send("POST", "/v1/users", "application/json", twice);
    reply.expect_problem(400, "request.malformed");
    app.deliver_mail();
    assert!(app.mail.sent().is_empty());
}

through_rest_and_graphql!(
    v7_odd_characters_in_names_are_refused_and_reach_no_mail,
    v7_odd_characters_anywhere_are_told_by_a_problem,
    v7_a_nul_in_preferences_is_kept_or_refused,
    v7_html_in_a_name_is_text_in_the_mail,
    a8_one_address_is_one_text,
);
