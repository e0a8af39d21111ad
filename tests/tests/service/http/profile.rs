use serde_json::{Value, json};
use userdom_tests::{
    app::{TestApp, given},
    through_rest_and_graphql,
};

use super::shown::assert_shown;

const PROFILE: &str = "/v1/users/me/profile";

fn a_profile_is_shown_and_changed(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    assert_shown("profile", &ada.client.get(PROFILE));
    let body = json!({
        "first_name": "Augusta Ada", "last_name": "King", "display_name": "Countess",
        "date_of_birth": "1990-12-10", "gender": "female", "preferred_language": "en-gb",
        "timezone": "Europe/London", "bio": "First\nprogrammer",
        "avatar_url": "https://example.org/ada.png",
    });
    assert_shown("profile_changed", &ada.client.patch(PROFILE, &body));
}

fn r24_a_patch_touches_only_what_it_names(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let full = json!({"bio": "x", "gender": "female", "display_name": "Countess", "timezone": "Europe/Rome"});
    ada.client.patch(PROFILE, &full).expect(200);
    let after =
        ada.client.patch(PROFILE, &json!({"bio": null, "display_name": null})).expect(200).json();
    assert_eq!(after["bio"], Value::Null);
    assert_eq!(after["gender"], "female");
    assert_eq!(after["timezone"], "Europe/Rome");
    assert_eq!(after["display_name"], "Ada Lovelace");
}

fn r10_to_r12_each_rule_has_its_pointer_and_its_code(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let before = ada.client.get(PROFILE);
    for (name, value, code) in [
        ("first_name", json!(""), "name.empty"),
        ("first_name", json!("x".repeat(101)), "name.too_long"),
        ("last_name", json!("a\r\nBcc: eve@example.org"), "name.control_character"),
        ("display_name", json!("\u{1b}[31mred"), "display_name.control_character"),
        ("display_name", json!("x".repeat(101)), "display_name.too_long"),
        ("date_of_birth", json!("2013-01-02"), "profile.too_young"),
        ("date_of_birth", json!("2026-01-03"), "profile.birth_date_in_future"),
        ("date_of_birth", json!("1899-12-31"), "profile.birth_date_too_early"),
        ("date_of_birth", json!("1990-02-30"), "date.invalid_format"),
        ("gender", json!(" "), "gender.empty"),
        ("gender", json!("x".repeat(21)), "gender.too_long"),
        ("gender", json!("a\u{0}"), "gender.control_character"),
        ("preferred_language", json!("no such tag"), "language.invalid"),
        ("timezone", json!("europe/nowhere"), "timezone.unknown"),
        ("bio", json!("x".repeat(4_001)), "bio.too_long"),
        ("bio", json!("a\u{0}b"), "bio.control_character"),
        ("avatar_url", json!("javascript:alert(1)"), "avatar_url.invalid"),
        ("avatar_url", json!("file:///etc/passwd"), "avatar_url.invalid"),
        ("avatar_url", json!("//example.org/x"), "avatar_url.invalid"),
        (
            "avatar_url",
            json!(format!("https://example.org/{}", "x".repeat(500))),
            "avatar_url.too_long",
        ),
    ] {
        println!("{name} = {value}");
        let at = format!("/{name}");
        ada.client.patch(PROFILE, &json!({name: value})).expect_faults(422, &[(&at, code)]);
    }
    assert_eq!(ada.client.get(PROFILE).text, before.text);
}

fn r10_a_name_of_a_hundred_characters_of_any_script_is_taken(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for name in
        ["😀".repeat(100), "Ünïcødé Ñame".to_owned(), "李".to_owned(), "O'Neill-Smith".to_owned()]
    {
        let profile = ada.client.patch(PROFILE, &json!({"first_name": name})).expect(200);
        assert_eq!(profile.at("/first_name"), name);
    }
    let profile = ada.client.patch(PROFILE, &json!({"first_name": "e\u{301}"})).expect(200);
    assert_eq!(profile.at("/first_name"), "\u{e9}");
}

fn faults_come_at_once(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let body = json!({"first_name": null, "timezone": null, "bio": 5, "age": 30, "user_id": "x"});
    ada.client.patch(PROFILE, &body).expect_faults(
        400,
        &[
            ("/first_name", "field.null"),
            ("/timezone", "field.null"),
            ("/bio", "field.wrong_type"),
            ("/age", "field.unknown"),
            ("/user_id", "field.unknown"),
        ],
    );
    let body = json!({"first_name": "", "timezone": "x", "avatar_url": "x", "date_of_birth": "x"});
    ada.client.patch(PROFILE, &body).expect_faults(
        422,
        &[
            ("/first_name", "name.empty"),
            ("/timezone", "timezone.unknown"),
            ("/avatar_url", "avatar_url.invalid"),
            ("/date_of_birth", "date.invalid_format"),
        ],
    );
}

fn v7_nobody_calls_an_avatar_url(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let trap = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let port = trap.local_addr().unwrap().port();
    for url in [
        format!("http://127.0.0.1:{port}/x.png"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
    ] {
        let reply = ada.client.patch(PROFILE, &json!({"avatar_url": url}));
        assert!([200, 422].contains(&reply.status), "{url}: {}", reply.text);
        ada.client.get(PROFILE).expect(200);
    }
    app.deliver_mail();
    let called = trap.accept();
    assert_eq!(called.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}

fn a_user_without_a_profile_has_none_to_show(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    app.execute("DELETE FROM user_profiles");
    ada.client.get(PROFILE).expect_problem(404, "profile.not_found");
    assert_eq!(ada.client.get("/v1/users/me").expect(200).json()["profile"], Value::Null);
    ada.client.patch(PROFILE, &json!({"bio": "x"})).expect_problem(422, "profile.not_initialized");
    let names = json!({"first_name": "Ada", "last_name": "King"});
    assert_eq!(ada.client.patch(PROFILE, &names).expect(200).at("/full_name"), "Ada King");
}

through_rest_and_graphql!(
    a_profile_is_shown_and_changed,
    r24_a_patch_touches_only_what_it_names,
    r10_to_r12_each_rule_has_its_pointer_and_its_code,
    r10_a_name_of_a_hundred_characters_of_any_script_is_taken,
    faults_come_at_once,
    v7_nobody_calls_an_avatar_url,
    a_user_without_a_profile_has_none_to_show,
);
