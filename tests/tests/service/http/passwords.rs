//! A1 and A2: how passwords are judged and stored.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use userdom_application::{AppError, Caller, ports::PasswordHasher, use_cases::RegisterUser};
use userdom_domain::{EmailAddress, Password, PersonName, Preferences, UserProfile, Username};
use userdom_infrastructure::security::Argon2Hasher;
use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, PASSWORD, a_registration, sign_in},
    },
    databases::Kind,
    through_rest_and_graphql,
};

/// As the service ships it.
const COMMON: &str = include_str!("../../../../crates/infrastructure/data/common-passwords.txt");

fn register(app: &TestApp, username: &str, password: &str) -> Reply {
    let mut body = a_registration(username);
    body["password"] = json!(password);
    app.client().post("/v1/users", &body)
}

/// A text of so many bytes that nobody guesses, the same at every call.
fn unguessable(bytes: usize) -> String {
    let mut state: u32 = 2_463_534_242;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        char::from(b'!' + u8::try_from(state % 94).unwrap())
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn a2_every_listed_password_is_refused() {
    let app = TestApp::start(Kind::Sqlite);
    let list: Vec<_> = COMMON.split_once("\n\n").unwrap().1.lines().collect();
    assert!(list.len() >= 8_000, "the list has shrunk to {}", list.len());
    let name = |text| PersonName::parse(text).unwrap();
    let mut request = RegisterUser {
        username: Username::parse("somebody").unwrap(),
        password: Password::parse(PASSWORD, 8).unwrap(),
        email: EmailAddress::parse("somebody@example.org").unwrap(),
        profile: UserProfile::new(name("Ada"), name("Lovelace"), app.now()),
        phone: None,
        address: None,
        preferences: Preferences::default(),
    };
    for listed in list {
        for spelling in [listed.to_owned(), listed.to_uppercase(), format!(" {listed} ")] {
            request.password = Password::parse(&spelling, 8).unwrap();
            let refused = app.app.execute(&Caller::default(), &request).unwrap_err();
            let AppError::Invalid(faults) = refused else { panic!("{spelling}: {refused}") };
            assert_eq!(faults.0[0].code, "password.common", "{spelling}");
        }
    }
    assert_eq!((app.count("users"), app.hasher.verifications()), (0, 0));
}

fn a2_lengths_are_held_to_the_byte(app: &TestApp) {
    let refused = |password: &str, code| {
        register(app, "refused", password).expect_faults(422, &[("/password", code)]);
    };
    refused(&unguessable(7), "password.too_short");
    refused("", "password.too_short");
    // Seven characters, however many bytes.
    refused("ééééééé", "password.too_short");
    refused(&unguessable(1025), "password.too_long");
    refused(&"é".repeat(513), "password.too_long");
    refused(&unguessable(20_000), "password.too_long");
    for bytes in [9, 64, 65, 256, 257, 1023, 1024] {
        let (name, password) = (format!("user{bytes}"), unguessable(bytes));
        let user =
            given::a_verified_user(app).with_username(&name).with_password(&password).present();
        sign_in(app, &user.username, &password).expect(201);
    }
}

/// Eight characters are long enough, but zxcvbn scores none of them above 2.
fn a2_eight_characters_are_long_enough_and_too_weak(app: &TestApp) {
    for password in ["q7#Vz!Lx", "w9Kp%2Rt", "Zj4&mQ8^"] {
        let reply = register(app, "eight", password);
        reply.expect_faults(422, &[("/password", "password.too_weak")]);
    }
}

fn a2_nothing_is_truncated(app: &TestApp) {
    let mut long = unguessable(1024);
    long.replace_range(200..201, "\0");
    let user = given::a_verified_user(app).with_password(&long).present();
    for at in [0, 71, 72, 73, 127, 128, 129, 201, 255, 256, 512, 999, 1000, 1023] {
        let mut other = long.clone();
        let byte = if &long[at..=at] == "x" { "y" } else { "x" };
        other.replace_range(at..=at, byte);
        sign_in(app, &user.username, &other).expect_problem(401, "session.refused");
        let cut = &long[..at];
        sign_in(app, &user.username, cut).expect_problem(401, "session.refused");
        sign_in(app, &user.username, &long).expect(201);
    }
    let before_nul = long.split_once('\0').unwrap().0;
    sign_in(app, &user.username, before_nul).expect_problem(401, "session.refused");
}

fn a2_nfc_and_nfd_are_one_password(app: &TestApp) {
    let nfc = "caf\u{e9} cr\u{e8}me br\u{fb}l\u{e9}e quatorze";
    let nfd = "cafe\u{301} cre\u{300}me bru\u{302}le\u{301}e quatorze";
    let ada = given::a_verified_user(app).with_password(nfc).present();
    let eve = given::a_verified_user(app).with_username("eve").with_password(nfd).present();
    for name in [ada.username, eve.username] {
        sign_in(app, &name, nfc).expect(201);
        sign_in(app, &name, nfd).expect(201);
        sign_in(app, &name, &nfc.replace('\u{e9}', "e")).expect(401);
    }
}

fn a2_case_and_spaces_count(app: &TestApp) {
    given::a_verified_user(app).present();
    for near in [PASSWORD.to_uppercase(), format!("{PASSWORD} "), format!(" {PASSWORD}")] {
        sign_in(app, "ada", &near).expect(401);
    }
    sign_in(app, "ada", PASSWORD).expect(201);
}

fn r12_the_users_own_names_make_a_password_weak(app: &TestApp) {
    let mut body = a_registration("grace.hopper");
    for password in ["grace.hopper1", "hoppergrace", "lovelace-ada", "example.org"] {
        body["password"] = json!(password);
        let reply = app.client().post("/v1/users", &body);
        reply.expect_faults(422, &[("/password", "password.too_weak")]);
    }
}

fn a_password_is_never_shown(app: &TestApp) {
    let secret = "tr0ub4dor & 3 canary words";
    let user = given::a_verified_user(app).with_password(secret).signed_in();
    let mut replies = vec![
        user.client.get("/v1/users/me"),
        sign_in(app, "ada", secret),
        register(app, "ada", secret),
        register(app, "x", secret),
        app.client().post("/v1/users", &json!({"password": [secret]})),
        app.client().send(
            "POST",
            "/v1/users",
            "application/json",
            format!("{{\"password\":\"{secret}\"").as_bytes(),
        ),
    ];
    replies.push(
        app.client().post("/v1/sessions", &json!({"login": "ada", "password": secret, secret: 1})),
    );
    for reply in &replies[..6] {
        assert!(!reply.text.contains("canary"), "{}", reply.text);
        assert!(!reply.text.contains("argon2"), "{}", reply.text);
    }
}

/// Memory in KiB, passes, salt.
fn read_phc(phc: &str) -> (u32, u32, String) {
    let parts: Vec<_> = phc.split('$').collect();
    let [_, "argon2id", "v=19", params, salt, _] = parts[..] else { panic!("{phc}") };
    let param = |name: &str| {
        let found = params.split(',').find_map(|param| param.strip_prefix(name));
        found.unwrap_or_else(|| panic!("no {name} in {phc}")).parse().unwrap()
    };
    (param("m="), param("t="), salt.to_owned())
}

fn hashes(app: &TestApp) -> Vec<String> {
    app.texts("SELECT password_hash AS value FROM users")
}

fn assert_strong(hashes: &[String]) {
    let read: Vec<_> = hashes.iter().map(|hash| read_phc(hash)).collect();
    assert!(read.iter().all(|(memory, passes, _)| *memory >= 19_456 && *passes >= 2), "{read:?}");
    let salts: BTreeSet<_> = read.iter().map(|(_, _, salt)| salt).collect();
    assert_eq!(salts.len(), hashes.len(), "a salt twice");
    assert!(salts.iter().all(|salt| salt.len() >= 22), "a salt of less than 16 bytes");
}

fn a1_hashes_are_strong_and_salted(kind: Kind) {
    let app = TestApp::start_with(kind, Argon2Hasher::new(4));
    for n in 0..10 {
        register(&app, &format!("user{n}"), PASSWORD).expect(201);
    }
    given::an_admin(&app).present();
    assert_eq!(hashes(&app).len(), 11);
    assert_strong(&hashes(&app));
}

fn a1_a_weak_hash_is_upgraded_by_one_login(kind: Kind) {
    let app = TestApp::start_with(kind, Argon2Hasher::new(4));
    let guess = Password::parse(PASSWORD, 8).unwrap();
    for (n, (memory, passes)) in [(8, 1), (4_096, 3), (19_456, 1)].into_iter().enumerate() {
        let user = given::a_verified_user(&app).with_username(&format!("user{n}")).present();
        let weak = Argon2Hasher::with_params(1, memory, passes).unwrap().hash(&guess).unwrap();
        let (id, weak) = (user.id, weak.as_str());
        app.execute(&format!("UPDATE users SET password_hash = '{weak}' WHERE id = '{id}'"));
        sign_in(&app, &user.username, "wrong horse battery staple").expect(401);
        assert!(hashes(&app).iter().any(|hash| hash == weak), "a failure upgraded it");
        sign_in(&app, &user.username, PASSWORD).expect(201);
        sign_in(&app, &user.username, PASSWORD).expect(201);
    }
    assert_strong(&hashes(&app));
}

#[test]
fn a1_hashes_are_strong_and_salted_on_sqlite() {
    a1_hashes_are_strong_and_salted(Kind::Sqlite);
}

#[test]
fn a1_hashes_are_strong_and_salted_on_postgres() {
    a1_hashes_are_strong_and_salted(Kind::Postgres);
}

#[test]
fn a1_a_weak_hash_is_upgraded_by_one_login_on_sqlite() {
    a1_a_weak_hash_is_upgraded_by_one_login(Kind::Sqlite);
}

#[test]
fn a1_a_weak_hash_is_upgraded_by_one_login_on_postgres() {
    a1_a_weak_hash_is_upgraded_by_one_login(Kind::Postgres);
}

/// A row of another application may hold a hash that is none of ours.
fn what_is_no_hash_of_ours_signs_nobody_in(app: &TestApp) {
    let user = given::a_verified_user(app).present();
    let id = &user.id;
    for hash in [
        "",
        "plain",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$v=19$m=4294967295,t=9,p=1$c2FsdHNhbHQ$aGFzaA",
    ] {
        app.execute(&format!("UPDATE users SET password_hash = '{hash}' WHERE id = '{id}'"));
        let reply: Value =
            sign_in(app, "ada", PASSWORD).expect_problem(401, "session.refused").json();
        assert_eq!(reply["status"], 401);
    }
}

through_rest_and_graphql!(
    a2_lengths_are_held_to_the_byte,
    a2_eight_characters_are_long_enough_and_too_weak,
    a2_nothing_is_truncated,
    a2_nfc_and_nfd_are_one_password,
    a2_case_and_spaces_count,
    r12_the_users_own_names_make_a_password_weak,
    a_password_is_never_shown,
    what_is_no_hash_of_ours_signs_nobody_in,
);
