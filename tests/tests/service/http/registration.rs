use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, a_registration},
    },
    on_both, through_rest_and_graphql,
};

use super::shown::assert_shown;

fn register(app: &TestApp, body: &Value) -> Reply {
    app.client().post("/v1/users", body)
}

/// A good registration but for these members.
fn but(changes: &Value) -> Value {
    let mut body = a_registration("ada");
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn everything() -> Value {
    but(&json!({
        "display_name": "Countess Ada",
        "date_of_birth": "1990-12-10",
        "preferred_language": "en-GB",
        "timezone": "Europe/London",
        "phone": "+44 20 7946 0018",
        "address": {
            "street_line1": "10 Downing Street", "city": "London", "postal_code": "SW1A 2AA",
            "country": "GB",
        },
        "preferences": {"theme": "dark", "crm": {"tags": ["vip"]}},
    }))
}

fn a_registration_is_answered_with_the_pending_user(app: &TestApp) {
    let reply = register(app, &a_registration("ada"));
    assert_eq!(reply.header("location"), format!("/v1/users/{}", reply.at("/id")));
    assert_shown("register", &reply);
}

fn a_registration_can_say_everything_at_once(app: &TestApp) {
    assert_shown("register_with_everything", &register(app, &everything()));
}

fn a_registration_sends_one_verification_mail(app: &TestApp) {
    register(app, &a_registration("ada")).expect(201);
    let mails = app.mails_to("ada@example.org");
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("https://directory.example.org/verify-email#token=ud_ev_"));
    assert!(mails[0].html.contains("https://directory.example.org/verify-email#token=ud_ev_"));
}

fn all_missing_fields_are_named_at_once(app: &TestApp) {
    let missing =
        ["username", "password", "email", "first_name", "last_name"].map(|name| format!("/{name}"));
    let faults: Vec<_> = missing.iter().map(|at| (at.as_str(), "field.required")).collect();
    register(app, &json!({})).expect_faults(400, &faults);
}

fn unknown_fields_and_wrong_types_are_named_at_once(app: &TestApp) {
    let body = but(&json!({
        "username": 7, "password": ["x"], "phone": true, "address": "here", "preferences": [],
        "date_of_birth": 1990, "display_name": {}, "is_admin": true, "a/b~c": 1,
    }));
    let reply = register(app, &body).expect_faults(
        400,
        &[
            ("/username", "field.wrong_type"),
            ("/password", "field.wrong_type"),
            ("/phone", "field.wrong_type"),
            ("/address", "field.wrong_type"),
            ("/preferences", "field.wrong_type"),
            ("/date_of_birth", "field.wrong_type"),
            ("/display_name", "field.wrong_type"),
            ("/is_admin", "field.unknown"),
            ("/a~1b~0c", "field.unknown"),
        ],
    );
    assert_shown("register_refused", &reply);
}

fn z3_nobody_registers_with_what_is_not_theirs_to_say(app: &TestApp) {
    for name in [
        "id",
        "status",
        "roles",
        "email_verified",
        "phone_verified",
        "password_hash",
        "version",
        "created_at",
        "updated_at",
        "failed_login_attempts",
        "account_locked_until",
        "emails",
        "two_factor_enabled",
        "last_login_at",
        "password_changed_at",
        "is_verified",
    ] {
        let body = but(&json!({name: "admin"}));
        register(app, &body).expect_faults(400, &[(&format!("/{name}"), "field.unknown")]);
    }
    assert_eq!(app.count("users"), 0);
}

/// Each value breaks one rule; its pointer and its code.
fn every_rule() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let long = |n: usize| json!("x".repeat(n));
    let at = |country: &str, postal: &str| {
        json!({"street_line1": "1 Main St", "city": "X", "state": "NY", "postal_code": postal,
            "country": country})
    };
    vec![
        ("email", json!(""), "/email", "email.empty"),
        ("email", json!("   "), "/email", "email.empty"),
        ("email", json!("nobody"), "/email", "email.invalid_format"),
        ("email", json!("a@b"), "/email", "email.invalid_format"),
        ("email", json!(".ada@example.org"), "/email", "email.invalid_format"),
        ("email", json!("ada.@example.org"), "/email", "email.invalid_format"),
        ("email", json!("a..b@example.org"), "/email", "email.invalid_format"),
        ("email", json!("ada@-example.org"), "/email", "email.invalid_format"),
        ("email", json!("ada@example..org"), "/email", "email.invalid_format"),
        ("email", json!("adà@example.org"), "/email", "email.invalid_format"),
        ("email", json!("a@b@example.org"), "/email", "email.invalid_format"),
        (
            "email",
            json!(format!("{}@example.org", "x".repeat(65))),
            "/email",
            "email.invalid_format",
        ),
        ("phone", json!("555-1234"), "/phone", "phone.too_few_digits"),
        ("phone", json!("+1234567890123456"), "/phone", "phone.too_many_digits"),
        ("phone", json!("+999 1234 567890"), "/phone", "phone.unknown_calling_code"),
        ("phone", json!("1-800-FLOWERS"), "/phone", "phone.invalid_character"),
        ("phone", json!({"phone_number": "1"}), "/phone/phone_number", "phone.too_few_digits"),
        (
            "phone",
            json!({"phone_number": "+44 20 7946 0018", "contact_type": "pager"}),
            "/phone/contact_type",
            "contact_type.unknown",
        ),
        ("address", at("USA", "1234"), "/address/postal_code", "address.invalid_postal_code"),
        ("address", at("USA", ""), "/address/postal_code", "address.postal_code_required"),
        ("address", at("Atlantis", "1"), "/address/country", "country.unknown"),
        ("address", at("DEU", "1011"), "/address/postal_code", "address.invalid_postal_code"),
        ("username", json!("ab"), "/username", "username.too_short"),
        ("username", long(51), "/username", "username.too_long"),
        ("username", json!("ada@example.org"), "/username", "username.invalid_character"),
        ("username", json!("аda"), "/username", "username.invalid_character"),
        ("username", json!(" ada"), "/username", "username.invalid_character"),
        ("username", json!("-ada"), "/username", "username.invalid_start"),
        ("username", json!("Admin"), "/username", "username.reserved"),
        ("username", json!("r.o-o_t"), "/username", "username.reserved"),
        ("first_name", json!(" \t"), "/first_name", "name.empty"),
        ("last_name", long(101), "/last_name", "name.too_long"),
        ("first_name", json!("A\u{7}da"), "/first_name", "name.control_character"),
        ("display_name", json!(" "), "/display_name", "display_name.empty"),
        ("display_name", long(101), "/display_name", "display_name.too_long"),
        ("preferred_language", json!("english!"), "/preferred_language", "language.invalid"),
        ("timezone", json!("Mars/Olympus"), "/timezone", "timezone.unknown"),
        ("date_of_birth", json!("2013-01-02"), "/date_of_birth", "profile.too_young"),
        ("date_of_birth", json!("2026-01-02"), "/date_of_birth", "profile.birth_date_in_future"),
        ("date_of_birth", json!("1899-12-31"), "/date_of_birth", "profile.birth_date_too_early"),
        ("date_of_birth", json!("10.12.1990"), "/date_of_birth", "date.invalid_format"),
        ("password", json!("1234567"), "/password", "password.too_short"),
        ("password", long(1025), "/password", "password.too_long"),
        ("password", json!("Password1"), "/password", "password.common"),
        ("password", json!("lovelace1"), "/password", "password.too_weak"),
        (
            "preferences",
            json!({"theme": "pink"}),
            "/preferences/theme",
            "preferences.invalid_value",
        ),
        (
            "preferences",
            json!({"newsletter": "yes"}),
            "/preferences/newsletter",
            "preferences.invalid_value",
        ),
        (
            "preferences",
            json!({"language": 5}),
            "/preferences/language",
            "preferences.invalid_value",
        ),
        ("preferences", json!({"x": "x".repeat(4096)}), "/preferences", "preferences.too_large"),
    ]
}

fn r4_to_r13_each_rule_has_its_pointer_and_its_code(app: &TestApp) {
    for (name, value, pointer, code) in every_rule() {
        println!("{name} = {value}");
        register(app, &but(&json!({name: value}))).expect_faults(422, &[(pointer, code)]);
    }
    assert_eq!(app.count("users"), 0);
}

fn faults_of_several_rules_come_at_once(app: &TestApp) {
    let body = but(&json!({
        "username": "ab", "password": "short", "email": "nobody", "first_name": "",
        "date_of_birth": "2020-01-01", "phone": "1", "timezone": "x",
        "address": {"country": "USA"}, "preferences": {"theme": 1, "newsletter": 1},
    }));
    let reply = register(app, &body).expect_faults(
        422,
        &[
            ("/username", "username.too_short"),
            ("/password", "password.too_short"),
            ("/email", "email.invalid_format"),
            ("/first_name", "name.empty"),
            ("/date_of_birth", "profile.too_young"),
            ("/phone", "phone.too_few_digits"),
            ("/timezone", "timezone.unknown"),
            ("/address/street_line1", "address.street_required"),
            ("/address/city", "address.city_required"),
            ("/address/state", "address.state_required"),
            ("/address/postal_code", "address.postal_code_required"),
            ("/preferences/theme", "preferences.invalid_value"),
            ("/preferences/newsletter", "preferences.invalid_value"),
        ],
    );
    assert_shown("register_breaks_rules", &reply);
}

fn faults_that_only_the_service_knows_come_with_the_others(app: &TestApp) {
    let body = but(&json!({"username": "admin", "password": "Password1", "email": "nobody"}));
    register(app, &body).expect_faults(
        422,
        &[
            ("/username", "username.reserved"),
            ("/password", "password.common"),
            ("/email", "email.invalid_format"),
        ],
    );
}

fn r4_the_canonical_form_of_an_email_is_kept(app: &TestApp) {
    let user = register(app, &but(&json!({"email": "  Ada@Bücher.Example "}))).expect(201);
    assert_eq!(user.at("/emails/0/email"), "ada@xn--bcher-kva.example");
    let body = json!({"email": "o'brien@example.org", "username": "obrien"});
    let user = register(app, &but(&body)).expect(201);
    assert_eq!(user.at("/emails/0/email"), "o'brien@example.org");
}

fn r6_a_number_of_fewer_digits_is_taken_when_the_metadata_knows_it(app: &TestApp) {
    let user = register(app, &but(&json!({"phone": "+298 201234"}))).expect(201);
    assert_eq!(user.at("/phones/0/e164"), "+298201234");
}

fn r11_thirteen_is_counted_by_the_calendar(app: &TestApp) {
    let body = but(&json!({"date_of_birth": "2013-01-01"}));
    let user = register(app, &body).expect(201);
    assert_eq!(user.json()["profile"]["age"], 13);
}

fn r9_a_username_is_taken_in_every_case(app: &TestApp) {
    given::a_registered_user(app).with_username("Ada.L").present();
    for name in ["Ada.L", "ada.l", "ADA.L"] {
        let mut body = a_registration("somebody");
        body["username"] = json!(name);
        let reply = register(app, &body).expect_problem(409, "username.taken");
        assert_shown("register_username_taken", &reply);
    }
    assert_eq!(app.count("users"), 1);
}

fn e1_a_verified_email_looks_free_and_its_owner_is_told(app: &TestApp) {
    let owner = given::a_verified_user(app).with_email("ada@example.org").present();
    let mut free = a_registration("mallory");
    free["email"] = json!("eve@example.org");
    let mut taken = a_registration("mallet");
    taken["email"] = json!("Ada@Example.org");
    let mask = |reply: &Reply| {
        let mut text = reply.text.clone();
        for (pointer, mask) in [
            ("/id", "ID"),
            ("/emails/0/id", "EMAIL-ID"),
            ("/username", "USERNAME"),
            ("/emails/0/email", "EMAIL"),
        ] {
            text = text.replace(&reply.at(pointer), mask);
        }
        text
    };
    let (free, taken) = (register(app, &free).expect(201), register(app, &taken).expect(201));
    assert_eq!(mask(&free), mask(&taken));
    let names = |reply: &Reply| {
        let mut names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(names(&free), names(&taken));
    assert_eq!(free.header("etag"), taken.header("etag"));

    let mails = app.mails_to(&owner.email);
    let notice = mails.last().unwrap();
    assert_eq!(notice.subject, "Your email address is in use already");
    assert!(!notice.text.contains("#token="));
}

/// The mail of the newer claim ends the link of the older one (A10).
fn r21_an_unverified_claim_blocks_nobody(app: &TestApp) {
    let claim = |name: &str| {
        let mut body = a_registration(name);
        body["email"] = json!("shared@example.org");
        register(app, &body).expect(201);
        app.last_link_token("shared@example.org")
    };
    let (first, second) = (claim("first"), claim("second"));
    given::verify(app, &first).expect_problem(422, "token.not_valid");
    given::verify(app, &second).expect(200);
}

// `Location` names its place in REST alone.
on_both!(a_registration_is_answered_with_the_pending_user);

through_rest_and_graphql!(
    a_registration_can_say_everything_at_once,
    a_registration_sends_one_verification_mail,
    all_missing_fields_are_named_at_once,
    unknown_fields_and_wrong_types_are_named_at_once,
    z3_nobody_registers_with_what_is_not_theirs_to_say,
    r4_to_r13_each_rule_has_its_pointer_and_its_code,
    faults_of_several_rules_come_at_once,
    faults_that_only_the_service_knows_come_with_the_others,
    r4_the_canonical_form_of_an_email_is_kept,
    r6_a_number_of_fewer_digits_is_taken_when_the_metadata_knows_it,
    r11_thirteen_is_counted_by_the_calendar,
    r9_a_username_is_taken_in_every_case,
    e1_a_verified_email_looks_free_and_its_owner_is_told,
    r21_an_unverified_claim_blocks_nobody,
);
