//! Input as people type and copy it: what a reader takes for the same is the same (R4, R6, R7, R10 to R12).

use chrono::TimeDelta;
use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Client, Reply, TestApp,
        given::{self, PASSWORD, a_registration, sign_in},
    },
    databases::Kind,
    on_both, through_rest_and_graphql,
};

/// Made by Django's hashers for "correct horse battery²": PBKDF2, Argon2id, Argon2i, bcrypt,
/// bcrypt over SHA-256, scrypt.
const OF_DJANGO: [&str; 6] = [
    "pbkdf2_sha256$1000$YSHEAAaSWllz5$pqBcc6EmVks1pFceR358lzyFg1HtTbqNuBFpWn1JmXs=",
    "argon2$argon2id$v=19$m=64,t=2,p=8$c29tZXNhbHRzb21lc2FsdA$Wvm5dNj5gAnkWAKf6MdoyebeKPk9kWHhesc1/NO+Ias",
    "argon2$argon2i$v=19$m=64,t=2,p=8$c29tZXNhbHRzb21lc2FsdA$W+DnKKi7zzK+B9Vn7uxmEg2tUEQSiejUZ6OusqFWt20",
    "bcrypt$$2b$05$UWPDxhC2WsTEU8aNeoS9PekDi2tw58Se9hITgCJO73Yvjq.o5FYaK",
    "bcrypt_sha256$$2b$05$UWPDxhC2WsTEU8aNeoS9PejRgfIeLrbBWqbPF1OxbIeExU4BGuzvC",
    "scrypt$1024$YSHEAAaSWllz5$8$1$5Tgy3lI/KJMQMJluwecYZfih7FK6ZhezBQ4DW740U6LWGusOvPQClJV670j9mbc7s8PwhyQH1fPP+6OB29R4WA==",
];

/// What comes along when a text is copied: spaces, a line break, and what cannot be seen.
const COPIED: [(&str, &str); 5] = [
    (" ", " "),
    ("", "\n"),
    ("\u{feff}", ""),
    ("\u{2068}", "\u{2069}"),
    ("\u{a0}\u{200b}", "\u{ad}\u{3000}"),
];

fn copied(text: &str) -> impl Iterator<Item = String> {
    COPIED.iter().map(move |(before, after)| format!("{before}{text}{after}"))
}

/// The digits of another script, in two groups, with a dash that is none of ASCII's.
fn in_groups(code: &str, zero: char) -> String {
    let of_script = |digit: char| char::from_u32(zero as u32 + digit.to_digit(10).unwrap());
    let digits: Vec<char> = code.chars().map(|digit| of_script(digit).unwrap()).collect();
    let (one, other) = digits.split_at(3);
    let text = |part: &[char]| part.iter().collect::<String>();
    format!(" {}\u{2011}{}\u{200b}", text(one), text(other))
}

fn failures(app: &TestApp) -> Vec<String> {
    app.texts("SELECT CAST(failed_login_attempts AS TEXT) AS value FROM users")
}

fn r12_a_login_is_trimmed_and_no_try_is_counted(app: &TestApp) {
    given::a_verified_user(app).present();
    for login in copied("ada").chain(copied("ada@example.org")).chain(copied("ADA@example.org")) {
        assert_eq!(sign_in(app, &login, PASSWORD).status, 201, "{login:?}");
    }
    let refused = "SELECT kind AS value FROM audit_events WHERE kind = 'session.refused'";
    assert_eq!(app.texts(refused), Vec::<String>::new());
    assert_eq!(failures(app), ["0"]);
}

fn r12_codes_are_read_with_spaces_dashes_and_digits_of_any_script(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let totp = "/v1/users/me/two-factor/totp";
    let secret = ada.client.ask("POST", totp).expect(200).at("/secret");
    let telephone = userdom_tests::app::Authenticator::with_secret(&secret);
    let typed = in_groups(&telephone.code(app, 0), '0');
    let confirmed =
        ada.client.post(&format!("{totp}/confirm"), &json!({"code": typed})).expect(200).json();
    for zero in ['0', '\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}', '\u{1d7ce}', '\u{1e950}'] {
        let challenge = sign_in(app, "ada", PASSWORD).expect(202).at("/challenge");
        let body = json!({
            "challenge": format!(" {challenge}\u{200b}\n"),
            "totp": in_groups(&telephone.fresh_code(app), zero),
        });
        let session = app.client().post("/v1/sessions/challenge", &body).expect(201);
        let client = app.client().bearer(&session.at("/access_token"));
        let proof = json!({"totp": in_groups(&telephone.fresh_code(app), zero)});
        client.post("/v1/sessions/current/reauthenticate", &proof).expect(200);
    }
    let codes = confirmed["recovery_codes"].as_array().unwrap();
    for (n, code) in codes.iter().filter_map(Value::as_str).enumerate().take(4) {
        let plain = code.replace('-', "").to_uppercase();
        let typed = match n {
            0 => format!("\u{2068}{}\u{2069}", code.replace('-', "\u{2013}")),
            1 => format!(" {plain} "),
            2 => plain.chars().map(wide).collect(),
            _ => plain.chars().map(arabic).collect(),
        };
        let challenge = sign_in(app, "ada", PASSWORD).expect(202).at("/challenge");
        let body = json!({"challenge": challenge, "recovery_code": typed});
        let reply = app.client().post("/v1/sessions/challenge", &body);
        assert_eq!(reply.status, 201, "{typed}");
    }
    assert_eq!(failures(app), ["0"]);
}

fn wide(letter: char) -> char {
    char::from_u32(u32::from(letter) + 0xfee0).unwrap()
}

fn arabic(letter: char) -> char {
    letter.to_digit(10).map_or(letter, |digit| char::from_u32(0x660 + digit).unwrap())
}

fn r12_a_text_message_code_is_read_as_typed_and_counts_no_guess(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for (n, zero) in ['0', '\u{660}', '\u{ff10}'].into_iter().enumerate() {
        let number = format!("+44 20 7946 001{n}");
        let phone = ada.adds_phone(&number);
        let path = format!("/v1/users/me/phones/{phone}/verification");
        ada.client.ask("POST", &path).expect(202);
        let code = in_groups(&app.last_code(&number.replace(' ', "")), zero);
        ada.client.post(&format!("{path}/confirm"), &json!({"code": code})).expect(200);
    }
}

fn r12_tokens_are_trimmed_wherever_one_is_taken(app: &TestApp) {
    for (n, (before, after)) in COPIED.into_iter().enumerate() {
        let typed = |token: &str| format!("{before}{token}{after}");
        let name = format!("ada{n}");
        let person = given::a_registered_user(app).with_username(&name).present();
        let link = app.last_link_token(&person.email);
        app.client().post("/v1/email-verifications", &json!({"token": typed(&link)})).expect(200);

        app.client().post("/v1/password-resets", &json!({"email": typed(&person.email)}));
        let link = app.last_link_token(&person.email);
        let body = json!({"token": typed(&link), "new_password": PASSWORD});
        app.client().post("/v1/password-resets/confirm", &body).expect(204);

        let session = sign_in(app, &name, PASSWORD).expect(201);
        let (refresh, device) = (session.at("/refresh_token"), session.at("/device_token"));
        let body = json!({"login": name, "password": PASSWORD, "device_token": typed(&device)});
        let again = app.client().post("/v1/sessions", &body).expect(201);
        assert_eq!(again.at("/device_token"), device, "{before:?} {after:?}");
        let refreshed =
            app.client().post("/v1/sessions/refresh", &json!({"refresh_token": typed(&refresh)}));
        let access = refreshed.expect(200).at("/access_token");
        let key = given::an_api_key(app, &["introspect"]).client;
        let introspection = key.post("/v1/token/introspect", &json!({"token": typed(&access)}));
        assert_eq!(introspection.expect(200).json()["active"], true);
        // No client of ours can send more than ASCII in a header.
        let header = format!("Bearer {}", typed(&access));
        let header: String = header.chars().filter(|c| matches!(c, ' '..='~')).collect();
        app.client().header("authorization", &header).get("/v1/users/me").expect(200);
    }
}

fn r12_a_password_is_tried_as_it_was_sent_before_nfkc(app: &TestApp) {
    given::a_verified_user(app).present();
    for stored in OF_DJANGO {
        app.execute(&format!("UPDATE users SET password_hash = '{stored}'"));
        sign_in(app, "ada", "correct horse battery3").expect_problem(401, "session.refused");
        assert_eq!(sign_in(app, "ada", "correct horse battery²").status, 201, "{stored}");
        let after = app.texts("SELECT password_hash AS value FROM users").remove(0);
        assert!(after.starts_with("$argon2id$v=19$"), "{stored} became {after}");
        // Of ours, either way of typing it is right.
        sign_in(app, "ada", "correct horse battery2").expect(201);
        sign_in(app, "ada", "correct horse battery²").expect(201);
    }
    // Made of the normal form, as an application does that normalises too.
    let normal = "$2b$05$UWPDxhC2WsTEU8aNeoS9Pe.XaokKVY7tJHuHMP8ebipZxfYg4XyCC";
    app.execute(&format!("UPDATE users SET password_hash = '{normal}'"));
    sign_in(app, "ada", "pa\u{308}ss wo\u{308}rd 1").expect(201);
}

fn r10_a_last_name_may_be_empty(app: &TestApp) {
    for typed in ["", "  ", "\u{200b}"] {
        let name = format!("sukarno{}", app.count("users"));
        let mut body = a_registration(&name);
        body["first_name"] = json!("Sukarno");
        body["last_name"] = json!(typed);
        let user = app.client().post("/v1/users", &body).expect(201).json();
        let profile = &user["profile"];
        assert_eq!(profile["last_name"], "", "{typed:?}");
        assert_eq!(
            (&profile["full_name"], &profile["display_name"]),
            (&json!("Sukarno"), &json!("Sukarno"))
        );
    }
    let ada = given::a_verified_user(app).signed_in();
    let path = "/v1/users/me/profile";
    let profile = ada.client.patch(path, &json!({"last_name": ""})).expect(200).json();
    assert_eq!((&profile["last_name"], &profile["full_name"]), (&json!(""), &json!("Ada")));
    ada.client
        .patch(path, &json!({"first_name": ""}))
        .expect_faults(422, &[("/first_name", "name.empty")]);
    ada.client
        .patch(path, &json!({"last_name": null}))
        .expect_faults(400, &[("/last_name", "field.null")]);
    let mut body = a_registration("bob");
    body.as_object_mut().unwrap().remove("last_name");
    app.client().post("/v1/users", &body).expect_faults(400, &[("/last_name", "field.required")]);
    let mona = given::a_moderator(app).signed_in().client;
    let found = mona.get("/v1/users?filter=last_name%20eq%20%22%22&sort=last_name").expect(200);
    assert_eq!(found.json()["items"].as_array().unwrap().len(), 4);
    assert_eq!(mona.get("/v1/users?q=sukarno").json()["items"].as_array().unwrap().len(), 3);
}

fn r10_a_longer_language_tag_is_shortened_and_never_refused(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for (typed, kept) in [
        ("ca-valencia", "ca"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("zh-Hant-HK-x-private", "zh-Hant-HK"),
        ("de-DE-u-co-phonebk", "de-DE-u-co"),
        ("sl-rozaj-biske-1994", "sl-rozaj"),
        ("zh-cmn-Hans-CN", "zh-cmn"),
        ("en-a-bbb-x-a-ccc", "en-a-bbb"),
        ("\u{200b}EN-latn-gb-boont\n", "en-Latn-GB"),
    ] {
        let body = json!({"preferred_language": typed});
        let profile = ada.client.patch("/v1/users/me/profile", &body).expect(200);
        assert_eq!(profile.at("/preferred_language"), kept, "{typed}");
        let body = json!({"preferences": {"language": typed.trim_matches(['\u{200b}', '\n'])}});
        let user = ada.client.patch("/v1/users/me", &body).expect(200);
        assert_eq!(user.at("/preferences/language"), kept, "{typed}");
    }
}

/// At noon in UTC it is the next day already in Kiritimati, and on the other side of the date
/// line still the same.
fn r11_a_birthday_is_one_by_the_date_in_the_time_zone_of_the_profile(app: &TestApp) {
    assert_eq!(app.now().date_naive().to_string(), "2026-01-01");
    let born = "2013-01-02";
    let register = |name: &str, zone: Value| {
        let mut body = a_registration(name);
        body["date_of_birth"] = json!(born);
        body["timezone"] = zone;
        app.client().post("/v1/users", &body)
    };
    let user = register("tebuai", json!("Pacific/Kiritimati")).expect(201).json();
    assert_eq!(user["profile"]["age"], 13);
    let young = [("/date_of_birth", "profile.too_young")];
    register("ada", Value::Null).expect_faults(422, &young);
    register("ida", json!("Pacific/Honolulu")).expect_faults(422, &young);
    register("eve", json!("Pacific/Atlantis"))
        .expect_faults(422, &[("/timezone", "timezone.unknown")]);

    let ada = given::a_verified_user(app).signed_in();
    let path = "/v1/users/me/profile";
    let date = json!({"date_of_birth": born});
    ada.client.patch(path, &date).expect_faults(422, &young);
    ada.client.patch(path, &json!({"timezone": "Pacific/Kiritimati"})).expect(200);
    let profile = ada.client.patch(path, &date).expect(200);
    assert_eq!(profile.json()["age"], 13);
    let moved = ada.client.patch(path, &json!({"timezone": "Pacific/Honolulu"})).expect(200);
    assert_eq!(moved.json()["age"], 12);
    let both = json!({"date_of_birth": born, "timezone": "Pacific/Kiritimati"});
    ada.client.patch(path, &both).expect(200);
    let both = json!({"date_of_birth": born, "timezone": "UTC"});
    ada.client.patch(path, &both).expect_faults(422, &young);
}

fn r6_a_number_is_read_with_whatever_cannot_be_seen_in_it(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for (n, around) in [
        '\u{2066}',
        '\u{200e}',
        '\u{200f}',
        '\u{ad}',
        '\u{feff}',
        '\u{fe0f}',
        '\u{61c}',
        '\u{2064}',
        '\u{e0100}',
    ]
    .into_iter()
    .enumerate()
    {
        let typed = format!("{around}+44{around} 20 7946 00{around}1{n}\u{2069}");
        let body = json!({"phone_number": typed});
        let phone = ada.client.post("/v1/users/me/phones", &body).expect(201);
        assert_eq!(phone.at("/e164"), format!("+4420794600 1{n}").replace(' ', ""));
    }
    let body = json!({"phone_number": "\u{1e950}\u{1e950}\u{1e954}\u{1e954} 20 7946 0099"});
    assert_eq!(
        ada.client.post("/v1/users/me/phones", &body).expect(201).at("/e164"),
        "+442079460099"
    );
}

fn r4_an_email_is_trimmed_of_what_cannot_be_seen(app: &TestApp) {
    for typed in copied("Ada@Example.org") {
        let mut body = a_registration(&format!("ada{}", app.count("users")));
        body["email"] = json!(typed);
        let user = app.client().post("/v1/users", &body).expect(201);
        assert_eq!(user.at("/emails/0/email"), "ada@example.org", "{typed:?}");
    }
}

fn r7_kosovo_is_a_country_and_postal_codes_are_read_as_typed(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    for (country, typed, kept, place) in [
        ("Kosovo", "10000", "10000", "XKX"),
        ("XK", "XK-10000", "10000", "XKX"),
        ("xkx", "10000", "10000", "XKX"),
        ("Mauritius", "R5133", "R5133", "MUS"),
        ("MU", "a0101", "A0101", "MUS"),
        ("MUS", "72201", "72201", "MUS"),
        ("Sweden", "１１３ ４０", "113 40", "SWE"),
        ("Sweden", "SE-113 40", "113 40", "SWE"),
        ("Sweden", "S-11340", "11340", "SWE"),
        ("Lithuania", "LT-04340", "04340", "LTU"),
        ("Lithuania", "LT\u{2013}04340", "04340", "LTU"),
        ("Lithuania", "\u{200b}lt 04340\u{2069}", "04340", "LTU"),
        ("Luxembourg", "L-2998", "2998", "LUX"),
        ("Luxembourg", "L\u{2212}2998", "2998", "LUX"),
        ("Latvia", "1050", "LV-1050", "LVA"),
        ("Latvia", "LV\u{2010}1050", "LV-1050", "LVA"),
        ("Andorra", "500", "AD500", "AND"),
        ("Iran", "۱۱۹۳۶-۵۴۳۲۱", "11936-54321", "IRN"),
        ("Netherlands", "ＮＬ １２３４ ａｂ", "1234 AB", "NLD"),
        ("Germany", "D-10115", "10115", "DEU"),
        ("Poland", "00950", "00-950", "POL"),
    ] {
        let body = json!({
            "street_line1": "Street 1", "city": "City", "state": "State", "country": country,
            "postal_code": typed,
        });
        let reply = ada.client.post("/v1/users/me/addresses", &body);
        assert_eq!(reply.status, 201, "{country} {typed}: {}", reply.text);
        assert_eq!(
            (reply.at("/postal_code"), reply.at("/country")),
            (kept.to_owned(), place.to_owned()),
            "{typed}"
        );
    }
    let japan = json!({
        "street_line1": "千代田1-1", "city": "千代田区", "state": "東京都", "country": "Japan",
        "postal_code": "〒１００ー０００１",
    });
    let reply = ada.client.post("/v1/users/me/addresses", &japan).expect(201);
    assert_eq!(reply.at("/postal_code"), "100-0001");
}

fn names(reply: &Reply) -> Vec<String> {
    let items = reply.json()["items"].as_array().unwrap().clone();
    items.iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

/// The users that a filter finds, in the order in which they registered.
fn filtered(client: &Client, filter: &str) -> Vec<String> {
    let encoded = filter.bytes().fold(String::new(), |all, byte| format!("{all}%{byte:02X}"));
    names(&client.get(&format!("/v1/users?filter={encoded}")).expect(200))
}

/// Ram, Romi, two O'Briens, one of them José.
fn a_directory(app: &TestApp) -> Client {
    for (username, first, last) in [
        ("ram", "राम", "Anne-Marie"),
        ("romi", "रोमी", "Anne‑Marie"),
        ("obrien", "Pat", "O'Brien"),
        ("obrian", "José", "O’Brien"),
    ] {
        let mut body = a_registration(username);
        body["first_name"] = json!(first);
        body["last_name"] = json!(last);
        body["display_name"] = json!("Somebody");
        app.client().post("/v1/users", &body).expect(201);
        app.after(TimeDelta::minutes(1));
    }
    given::a_moderator(app).signed_in().client
}

fn r30_equal_for_a_search_is_equal_for_its_reader(app: &TestApp) {
    let mona = a_directory(app);
    assert_eq!(filtered(&mona, "first_name eq \"राम\""), ["ram"]);
    assert_eq!(filtered(&mona, "first_name eq \"रोमी\""), ["romi"]);
    assert_eq!(filtered(&mona, "first_name eq \"jose\""), ["obrian"]);
    for sign in ["'", "’", "ʼ"] {
        let filter = format!("last_name eq \"O{sign}Brien\"");
        assert_eq!(filtered(&mona, &filter), ["obrien", "obrian"], "{sign}");
    }
    for sign in ["-", "‐", "‑"] {
        let filter = format!("last_name co \"anne{sign}m\"");
        assert_eq!(filtered(&mona, &filter), ["ram", "romi"], "{sign}");
    }
}

/// The display name of all of them is another.
fn r10_the_full_name_is_searched_beside_the_display_name(app: &TestApp) {
    let mona = a_directory(app);
    for (text, found) in [
        ("jose%20o%27b", vec!["obrian"]),
        ("pat%20", vec!["obrien"]),
        ("someb", vec!["ram", "romi", "obrien", "obrian"]),
        ("pat%20obrien", vec![]),
    ] {
        assert_eq!(names(&mona.get(&format!("/v1/users?q={text}")).expect(200)), found, "{text}");
    }
}

/// What migration 12 does to rows whose keys an older version has written.
fn r30_keys_of_an_older_version_are_made_anew(app: &TestApp) {
    let mona = a_directory(app);
    let (down, up, end) = match app.kind() {
        Kind::Sqlite => (
            include_str!("../../../../migrations/sqlite/00000000000012_folding/down.sql"),
            include_str!("../../../../migrations/sqlite/00000000000012_folding/up.sql"),
            "char(1)",
        ),
        Kind::Postgres => (
            include_str!("../../../../migrations/postgres/00000000000012_folding/down.sql"),
            include_str!("../../../../migrations/postgres/00000000000012_folding/up.sql"),
            "chr(1)",
        ),
    };
    let waiting =
        "SELECT username AS value FROM users WHERE last_name_key IS NULL ORDER BY username";
    app.execute(down);
    while app.app.index_directory(&|| true).unwrap() > 0 {}
    let key = format!("'रम' || {end} || 'राम'");
    app.execute(&format!("UPDATE users SET first_name_key = {key} WHERE username = 'ram'"));
    if app.kind() == Kind::Postgres {
        app.execute("UPDATE users SET terms = '''f:रम''' WHERE username = 'ram'");
    }
    assert_eq!(filtered(&mona, "first_name eq \"राम\""), Vec::<String>::new());
    app.execute(up);
    assert_eq!(app.texts(waiting), ["obrian", "ram", "romi"]);
    while app.app.index_directory(&|| true).unwrap() > 0 {}
    assert_eq!(app.texts(waiting), Vec::<String>::new());
    assert_eq!(filtered(&mona, "first_name eq \"राम\""), ["ram"]);
}

on_both!(r30_keys_of_an_older_version_are_made_anew);

through_rest_and_graphql!(
    r30_equal_for_a_search_is_equal_for_its_reader,
    r10_the_full_name_is_searched_beside_the_display_name,
    r12_a_login_is_trimmed_and_no_try_is_counted,
    r12_codes_are_read_with_spaces_dashes_and_digits_of_any_script,
    r12_a_text_message_code_is_read_as_typed_and_counts_no_guess,
    r12_tokens_are_trimmed_wherever_one_is_taken,
    r12_a_password_is_tried_as_it_was_sent_before_nfkc,
    r10_a_last_name_may_be_empty,
    r10_a_longer_language_tag_is_shortened_and_never_refused,
    r11_a_birthday_is_one_by_the_date_in_the_time_zone_of_the_profile,
    r6_a_number_is_read_with_whatever_cannot_be_seen_in_it,
    r4_an_email_is_trimmed_of_what_cannot_be_seen,
    r7_kosovo_is_a_country_and_postal_codes_are_read_as_typed,
);
