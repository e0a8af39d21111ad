//! R29: rows that another application wrote against our rules stop nobody.

use chrono::TimeDelta;
use serde_json::{Value, json};
use userdom_application::{Settings, use_cases::Swept};
use userdom_tests::{
    app::{
        TestApp,
        given::{self, PASSWORD, Person},
    },
    databases::Kind,
    on_both,
};

/// What another application does to the rows of Ada, and what has to be left of it in the end.
struct Oddity {
    write: &'static str,
    kept: &'static str,
    left: &'static str,
}

const fn odd(write: &'static str, kept: &'static str, left: &'static str) -> Oddity {
    Oddity { write, kept, left }
}

/// In both databases with their constraints.
const ODDITIES: [Oddity; 20] = [
    odd(
        "UPDATE users SET roles = '[\"user\", \"superuser\"]'",
        "users.roles",
        "[\"user\", \"superuser\"]",
    ),
    odd("UPDATE users SET roles = '[\"superuser\"]'", "users.roles", "[\"superuser\"]"),
    odd("UPDATE users SET roles = 'null'", "users.roles", "null"),
    odd("UPDATE users SET roles = '{\"admin\": true}'", "users.roles", "{\"admin\": true}"),
    odd("UPDATE users SET preferences = 'null'", "users.preferences", "null"),
    odd("UPDATE users SET preferences = '[1]'", "users.preferences", "[1]"),
    odd("UPDATE users SET preferences = '{\"theme\": 7}'", "users.preferences", "{\"theme\": 7}"),
    odd("UPDATE users SET username = 'ada lovelace'", "users.username", "ada lovelace"),
    odd("UPDATE users SET status_actor = 'nobody'", "users.status_actor", "nobody"),
    odd("UPDATE user_profiles SET last_name = ''", "user_profiles.last_name", ""),
    odd("UPDATE user_profiles SET first_name = ''", "user_profiles.first_name", ""),
    odd("UPDATE user_profiles SET timezone = 'Moon'", "user_profiles.timezone", "Moon"),
    odd(
        "UPDATE user_profiles SET preferred_language = 'english'",
        "user_profiles.preferred_language",
        "english",
    ),
    odd(
        "UPDATE user_profiles SET date_of_birth = '0101-01-01'",
        "user_profiles.date_of_birth",
        "0101-01-01",
    ),
    odd("UPDATE user_addresses SET postal_code = '1234'", "user_addresses.postal_code", "1234"),
    odd("UPDATE user_addresses SET country = 'XX'", "user_addresses.country", "XX"),
    odd("UPDATE user_phones SET phone_number = '555-1234'", "user_phones.phone_number", "555-1234"),
    odd("UPDATE user_emails SET provider = 'MyMail'", "user_emails.provider", "MyMail"),
    odd("UPDATE user_emails SET is_default = FALSE", "user_emails.provider", "Custom"),
    odd(
        "UPDATE user_emails SET email = 'Ada@Example.ORG' WHERE is_default",
        "user_emails.email",
        "Ada@Example.ORG",
    ),
];

/// What only rows without some constraint can hold; SQLite's constraints cannot be dropped.
const ODDITIES_WITHOUT_CONSTRAINTS: [Oddity; 11] = [
    odd(
        "ALTER TABLE users DROP CONSTRAINT ck_users_status; \
         UPDATE users SET status_before = 'archived'",
        "users.status_before",
        "archived",
    ),
    odd(
        "ALTER TABLE users ALTER roles DROP NOT NULL; UPDATE users SET roles = NULL",
        "users.roles",
        "NULL",
    ),
    odd(
        "ALTER TABLE users ALTER preferences DROP NOT NULL; UPDATE users SET preferences = NULL",
        "users.preferences",
        "NULL",
    ),
    odd(
        "ALTER TABLE user_emails DROP CONSTRAINT ck_user_emails_contact_type; \
         UPDATE user_emails SET contact_type = 'PRIMARY'",
        "user_emails.contact_type",
        "PRIMARY",
    ),
    odd(
        "ALTER TABLE user_phones DROP CONSTRAINT ck_user_phones_contact_type; \
         UPDATE user_phones SET contact_type = 'fax'",
        "user_phones.contact_type",
        "fax",
    ),
    odd(
        "ALTER TABLE user_addresses ALTER country DROP NOT NULL; UPDATE user_addresses SET country = NULL",
        "user_addresses.country",
        "USA",
    ),
    odd(
        "ALTER TABLE users ALTER phone_verified DROP NOT NULL; UPDATE users SET phone_verified = NULL",
        "users.username",
        "ada",
    ),
    odd("UPDATE users SET created_at = 'infinity'", "users.created_at", "infinity"),
    odd("UPDATE users SET last_login_at = '-infinity'", "users.username", "ada"),
    odd(
        "UPDATE users SET password_changed_at = '-infinity'",
        "users.password_changed_at",
        "-infinity",
    ),
    odd("UPDATE users SET status_until = '-infinity'", "users.username", "ada"),
];

/// What SQLite alone lets into a column.
const ODDITIES_OF_SQLITE: [Oddity; 8] = [
    odd("UPDATE users SET created_at = 'yesterday'", "users.created_at", "yesterday"),
    odd(
        "UPDATE users SET created_at = '2026-01-01T10:00:00+02:00'",
        "users.created_at",
        "2026-01-01T10:00:00+02:00",
    ),
    odd(
        "UPDATE users SET password_changed_at = 'yesterday'",
        "users.password_changed_at",
        "yesterday",
    ),
    odd(
        "UPDATE users SET password_changed_at = '2026-01-01T10:00:00+02:00'",
        "users.password_changed_at",
        "2026-01-01T10:00:00+02:00",
    ),
    odd("UPDATE users SET email_verified = 'maybe'", "users.username", "ada"),
    odd("UPDATE user_profiles SET first_name = X'FFFE'", "user_profiles.last_name", "Lovelace"),
    odd("UPDATE user_profiles SET date_of_birth = 'spring'", "user_profiles.last_name", "Lovelace"),
    odd("UPDATE user_emails SET created_at = 12", "user_emails.created_at", "12"),
];

fn ada(app: &TestApp) -> Person {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_phone("+1-202-555-0143");
    ada.adds_address("Street 1");
    ada
}

fn r29_an_odd_value_stops_nobody(app: &TestApp) {
    let mut hedy = given::an_admin(app).signed_in();
    let more = match app.kind() {
        Kind::Postgres => ODDITIES_WITHOUT_CONSTRAINTS.as_slice(),
        Kind::Sqlite => ODDITIES_OF_SQLITE.as_slice(),
    };
    for oddity in ODDITIES.iter().chain(more) {
        let ada = ada(app);
        let (table, column) = oddity.kept.split_once('.').unwrap();
        let own = if table == "users" { "id" } else { "user_id" };
        let (ddl, update) = oddity.write.rsplit_once("; ").unwrap_or(("", oddity.write));
        let and = if update.contains(" WHERE ") { "AND" } else { "WHERE" };
        let own_of = if update.starts_with("UPDATE users ") { "id" } else { "user_id" };
        app.execute(&format!("{ddl}; {update} {and} {own_of} = '{}'", ada.id));
        it_is_a_user_like_any_other(app, &hedy, &ada, oddity);

        let kept = app.texts(&format!(
            "SELECT coalesce(CAST({column} AS TEXT), 'NULL') AS value FROM {table} \
             WHERE {own} = '{}'",
            ada.id
        ));
        assert_eq!(kept.first().map(String::as_str), Some(oddity.left), "{}", oddity.write);
        hedy = hedy.reauthenticates(app);
        hedy.client.delete(&format!("/v1/users/{}?erase=true", ada.id)).expect(204);
    }
}

fn it_is_a_user_like_any_other(app: &TestApp, hedy: &Person, ada: &Person, oddity: &Oddity) {
    let what = oddity.write;
    let list = hedy.client.get("/v1/users").expect(200).json();
    let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|user| &user["id"]).collect();
    assert!(ids.contains(&&json!(ada.id)), "{what}");
    let shown = hedy.client.get(&format!("/v1/users/{}", ada.id));
    assert_eq!(shown.status, 200, "{what}: {}", shown.text);
    let login = json!({"login": "ada@example.org", "password": PASSWORD});
    let session = app.client().post("/v1/sessions", &login);
    assert_eq!(session.status, 201, "{what}: {}", session.text);
    let ada = ada.clone().with_session(app, &session);
    let changed = ada.client.patch("/v1/users/me/profile", &json!({"bio": "changed"}));
    assert_eq!(changed.status, 200, "{what}: {}", changed.text);
    let changed = ada.client.patch("/v1/users/me", &json!({"preferences": {"crm": 1}}));
    assert_eq!(changed.status, 200, "{what}: {}", changed.text);
    // That was a change of the preferences; put back what this is about.
    if what.contains("SET preferences") {
        let update = what.rsplit_once("; ").map_or(what, |(_, update)| update);
        app.execute(&format!("{update} WHERE id = '{}'", ada.id));
    }
    ada.client.get("/v1/users/me/export").expect(200);
    let path = |action: &str| format!("/v1/users/{}/{action}", ada.id);
    let suspended = hedy.client.post(&path("suspend"), &json!({"reason": "spam"}));
    assert_eq!(suspended.status, 200, "{what}: {}", suspended.text);
    hedy.client.ask("POST", &path("reinstate")).expect(200);
    if what.contains("status_actor") {
        app.execute(&format!("{what} WHERE id = '{}'", ada.id));
    }
}

fn r29_a_change_leaves_the_odd_moments_of_its_row_alone(app: &TestApp) {
    let odd = match app.kind() {
        Kind::Postgres => "-infinity",
        Kind::Sqlite => "2026-01-01T10:00:00+02:00",
    };
    let ada = ada(app);
    let tables = ["user_profiles", "user_emails", "user_phones", "user_addresses"];
    for table in tables {
        app.execute(&format!("UPDATE {table} SET created_at = '{odd}'"));
        if table != "user_profiles" {
            app.execute(&format!("UPDATE {table} SET is_default = FALSE"));
        }
    }
    for table in ["user_emails", "user_phones"] {
        app.execute(&format!("UPDATE {table} SET verified_at = '{odd}'"));
    }
    ada.client.patch("/v1/users/me/profile", &json!({"bio": "changed"})).expect(200);
    for contacts in ["emails", "phones", "addresses"] {
        let uid = app.texts(&format!("SELECT uid AS value FROM user_{contacts}")).remove(0);
        ada.client.ask("PUT", &format!("/v1/users/me/{contacts}/{uid}/default")).expect(200);
    }
    for table in tables {
        let created = format!("SELECT CAST(created_at AS TEXT) AS value FROM {table}");
        assert_eq!(app.texts(&created), [odd], "{table}");
    }
    for table in ["user_emails", "user_phones"] {
        let verified = format!("SELECT CAST(verified_at AS TEXT) AS value FROM {table}");
        assert_eq!(app.texts(&verified), [odd], "{table}");
    }
}

/// Whatever a text says, it says the same in a list and alone.
fn r29_a_moment_reads_alike_in_a_list_and_alone(app: &TestApp) {
    let hedy = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    let written = match app.kind() {
        Kind::Postgres => vec![("2026-01-01 10:00:00+02:00", "2026-01-01T10:00:00")],
        Kind::Sqlite => vec![
            ("2026-01-01T10:00:00+02:00", "2026-01-01T08:00:00"),
            ("2026-01-01 10:00:00.25-05:30", "2026-01-01T15:30:00.25"),
            ("2026-01-01", "2026-01-01T00:00:00"),
            ("2026-02-31 00:00:00.000000", "2026-03-03T00:00:00"),
            ("2026-01-01 24:00:00.000000", "2026-01-02T00:00:00"),
            ("2026-13-01 00:00:00.000000", "0000-01-01T00:00:00"),
            ("2460000.5", "0000-01-01T00:00:00"),
            ("yesterday", "0000-01-01T00:00:00"),
        ],
    };
    for (text, read) in written {
        app.execute(&format!(
            "UPDATE users SET created_at = '{text}', last_login_at = '{text}' WHERE id = '{}'",
            ada.id
        ));
        let listed = hedy.client.get("/v1/users?sort=username").expect(200).json();
        let alone = hedy.client.get(&format!("/v1/users/{}", ada.id)).expect(200).json();
        for column in ["created_at", "last_login_at"] {
            let listed = &listed["items"][0][column];
            assert_eq!(&alone[column], listed, "{column} of {text}");
            // Who signed in at no moment never did.
            if column == "created_at" || !read.starts_with("0000") {
                assert!(listed.as_str().unwrap().starts_with(read), "{text} in a list: {listed}");
            } else {
                assert!(listed.is_null(), "{text} in a list: {listed}");
            }
        }
    }
}

fn r29_a_suspension_whose_end_is_no_moment_has_none(app: &TestApp) {
    let hedy = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    let path = format!("/v1/users/{}", ada.id);
    hedy.client.post(&format!("{path}/suspend"), &json!({"reason": "spam"})).expect(200);
    let until = if app.kind() == Kind::Sqlite { "some day" } else { "infinity" };
    app.execute(&format!("UPDATE users SET status_until = '{until}' WHERE id = '{}'", ada.id));
    assert_eq!(hedy.client.get(&path).expect(200).json()["status"], "suspended");
    for (status, found) in [("suspended", 1), ("active", 1)] {
        let filter = format!("/v1/users?filter=status%20eq%20%22{status}%22");
        let list = hedy.client.get(&filter).expect(200).json();
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{status}: {list}");
    }
    given::sign_in(app, "ada", PASSWORD).expect_problem(401, "session.refused");
}

fn r29_rows_that_cannot_be_read_cost_a_page_one_more_look(app: &TestApp) {
    let hedy = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    for n in 0..120 {
        // Half of them for the id of the user, half for that of a contact.
        let (id, uid) = if n % 2 == 0 {
            (format!("user-{n}"), format!("0193b7f2-6c1e-7a3b-9d4e-5f6071829{n:03}"))
        } else {
            (format!("0193b7f2-6c1e-7a3b-9d4e-5f6071829{n:03}"), format!("email-{n}"))
        };
        app.execute(&format!(
            "INSERT INTO users (id, username, password_hash, created_at) VALUES \
             ('{id}', 'odd{n}', 'x', '2020-01-01 00:00:00'); \
             INSERT INTO user_emails (user_id, email, uid) VALUES ('{id}', 'a@b.example', '{uid}')"
        ));
    }
    for filter in ["", "&filter=not%20(status%20eq%20%22banned%22)", "&q=d"] {
        let list = || hedy.client.get(&format!("/v1/users?limit=2{filter}"));
        let (reply, sent) = app.statements_of(list);
        let items = reply.expect(200).json()["items"].as_array().unwrap().clone();
        if filter != "&q=d" {
            let ids: Vec<_> = items.iter().map(|user| user["id"].as_str().unwrap()).collect();
            assert_eq!(ids, [&hedy.id, &ada.id], "{filter}");
        }
        // Two looks, each of which tries three ways on Postgres, and reads five tables on SQLite.
        assert!(sent.len() <= 14, "{filter}: {} statements: {sent:#?}", sent.len());
    }
}

fn r29_a_row_whose_id_is_no_uuid_stops_nobody_and_can_be_erased(app: &TestApp) {
    let hedy = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    let ids = ["user-1", "0193B7F2-6C1E-7A3B-9D4E-5F60718293A4", "x"];
    for id in ids {
        app.execute(&format!(
            "INSERT INTO users (id, username, password_hash, status, roles, created_at) VALUES \
             ('{id}', 'odd{}', 'x', 'active', '[\"admin\"]', '2020-01-01 00:00:00'); \
             INSERT INTO user_emails (user_id, email, is_default) VALUES \
             ('{id}', 'odd@example.org', TRUE)",
            id.len()
        ));
    }
    // In lists of any size, in counts and searches they are not there, and what follows is.
    for sort in ["created_at", "-created_at", "username", "last_login_at", "last_name"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..5 {
            let page =
                hedy.client.get(&format!("/v1/users?limit=1&sort={sort}{cursor}")).expect(200);
            let page = page.json();
            let items = page["items"].as_array().unwrap().iter();
            seen.extend(items.map(|user| user["id"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        seen.sort();
        let mut all = [hedy.id.clone(), ada.id.clone()];
        all.sort();
        assert_eq!(seen, all, "{sort}");
    }
    app.app.index_directory(&|| true).unwrap();
    // None of them is the second admin who lets the first one go.
    let hedy = hedy.reauthenticates(app);
    hedy.client.delete("/v1/users/me?erase=true").expect_problem(422, "role.last_admin");
    hedy.client.get("/v1/users/user-1").expect_problem(500, "internal");
    hedy.client.get("/v1/users/user-2").expect_problem(404, "user.not_found");
    ada.client.get("/v1/users/user-1").expect_problem(404, "user.not_found");
    let ada = ada.reauthenticates(app);
    assert_eq!(ada.client.delete("/v1/users/user-1?erase=true").status, 404);
    app.client().delete("/v1/users/user-1?erase=true").expect(401);
    hedy.client.delete("/v1/users/user-1?erase=true").expect(204);
    hedy.client.delete("/v1/users/user-1?erase=true").expect_problem(404, "user.not_found");
    assert_eq!(app.count("users"), 4);
    app.execute(
        "UPDATE users SET status = 'deleted', updated_at = '2020-01-01 00:00:00' WHERE id = 'x'",
    );
    app.sweep();
    assert_eq!(app.count("users"), 3);
}

fn r29_a_contact_whose_id_is_no_uuid_leaves_one_user_out(app: &TestApp) {
    let hedy = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    app.execute(&format!("UPDATE user_emails SET uid = 'one' WHERE user_id = '{}'", ada.id));
    let list = hedy.client.get("/v1/users").expect(200).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    let path = format!("/v1/users/{}", ada.id);
    hedy.client.get(&path).expect_problem(500, "internal");
    let hedy = hedy.reauthenticates(app);
    hedy.client.delete(&format!("{path}?erase=true")).expect(204);
    assert_eq!(app.count("users"), 1);
}

/// The other application writes between the two steps of a sweep, which first reads the ids of the
/// accounts to erase and then erases them one by one: `sweep_while` calls its closure in between.
fn r29_an_unreadable_user_that_came_to_life_meanwhile_is_not_erased(app: &TestApp) {
    let ada = given::a_registered_user(app).present();
    app.execute(&format!("UPDATE user_emails SET uid = 'one' WHERE user_id = '{}'", ada.id));
    app.after(Settings::default().unverified_retention + TimeDelta::seconds(1));
    let is_now = |status: &str| {
        app.execute(&format!("UPDATE users SET status = '{status}' WHERE id = '{}'", ada.id));
        true
    };
    assert_eq!(app.app.sweep_while(&|| is_now("active")).never_verified, 0);
    assert_eq!(app.count("users"), 1);
    is_now("pending");
    assert_eq!(app.sweep().never_verified, 1);
    assert_eq!(app.count("users"), 0);
}

fn r29_a_sweep_that_is_told_to_stop_erases_no_unreadable_user(app: &TestApp) {
    app.execute(
        "INSERT INTO users (id, username, password_hash, status, updated_at) VALUES \
         ('x', 'odd', 'x', 'deleted', '2020-01-01 00:00:00')",
    );
    assert_eq!(app.app.sweep_while(&|| false), Swept::default());
    assert_eq!(app.count("users"), 1);
    assert_eq!(app.sweep().deleted, 1);
}

fn r21_a_claim_in_capitals_of_a_verified_address_tells_its_owner(app: &TestApp) {
    given::a_verified_user(app).present();
    let bob = given::a_registered_user(app).with_username("bob").with_email("bob@example.org");
    let bob = bob.present();
    app.deliver_mail();
    app.execute(&format!(
        "UPDATE user_emails SET email = 'Ada@Example.ORG' WHERE user_id = '{}'",
        bob.id
    ));
    let path = format!("/v1/users/{}/emails/{}/verification", bob.id, bob.email_id);
    let before = app.mails_to("ada@example.org").len();
    app.client().ask("POST", &path).expect(202);
    let mails = app.mails_to("ada@example.org").split_off(before);
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Your email address is in use already");
}

/// SQLAlchemy writes six decimals always, Diesel as many as there are, others a T or a zone.
fn r29_cursors_pass_each_user_once_however_its_time_is_written(app: &TestApp) {
    let hedy = given::an_admin(app).signed_in();
    let written = [
        "2020-01-01 12:00:00",
        "2020-01-01 12:00:00.000000",
        "2020-01-01T12:00:00Z",
        "2020-01-01 12:00:00.5",
        "2020-01-01 12:00:00.500000",
        "2020-01-01 14:00:00+02:00",
        "2020-01-01 12:00:00.123",
        "2020-01-01 11:59:59.999999",
        "2024-02-31 00:00:00.000000",
        "2024-01-01 24:00:00.000000",
        "yesterday",
    ];
    for (n, text) in written.iter().enumerate() {
        // Postgres has one way to keep a time.
        let text = if app.kind() == Kind::Postgres {
            text.replace("14:00:00+02:00", "12:00:00")
                .replace("02-31", "03-02")
                .replace("yesterday", "2025-01-01")
        } else {
            (*text).to_owned()
        };
        app.execute(&format!(
            "INSERT INTO users (id, username, password_hash, created_at, last_login_at) VALUES \
             ('0193b7f2-6c1e-7a3b-9d4e-5f607182930{n:x}', 'user{n}', 'x', '{text}', '{text}')"
        ));
    }
    // What is no moment comes first.
    let before = if app.kind() == Kind::Sqlite { 6 } else { 5 };
    for (sort, filter) in [
        ("created_at", ""),
        ("-created_at", ""),
        ("last_login_at", ""),
        ("-last_login_at", ""),
        ("created_at", "&filter=created_at%20lt%20%222020-01-01T12:00:00.000001Z%22"),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        for _ in 0..15 {
            let page = hedy.client.get(&format!("/v1/users?limit=1&sort={sort}{filter}{cursor}"));
            let page = page.expect(200).json();
            for user in page["items"].as_array().unwrap() {
                seen.push((
                    user["created_at"].as_str().unwrap().to_owned(),
                    user["id"].as_str().unwrap().to_owned(),
                ));
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let mut ids: Vec<_> = seen.iter().map(|(_, id)| id.clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), seen.len(), "{sort}: nobody twice");
        assert_eq!(
            seen.len(),
            if filter.is_empty() { written.len() + 1 } else { before },
            "{sort} {filter}: {seen:?}"
        );
    }
}

fn r13_a_preference_keeps_its_bytes(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let of_ada = format!("WHERE id = '{}'", ada.id);
    let stored = || {
        app.texts(&format!("SELECT CAST(preferences AS TEXT) AS value FROM users {of_ada}"))
            .remove(0)
    };
    let text =
        r#"{"z": 123456789012345678901234567890, "a": [1.50, -0.0, 1E300], "theme": "dark"}"#;
    app.execute(&format!("UPDATE users SET preferences = '{text}' {of_ada}"));
    ada.client.patch("/v1/users/me/profile", &json!({"bio": "new"})).expect(200);
    assert_eq!(stored(), text);
    let shown = ada.client.get("/v1/users/me").expect(200).text;
    assert!(
        shown.contains(r#""z":123456789012345678901234567890,"a":[1.50, -0.0, 1E300]"#),
        "{shown}"
    );
    // What a client sends is kept as well.
    let body = br#"{"preferences":{"big":98765432109876543210.50,"e":"\u00e9"}}"#;
    ada.client.send("PATCH", "/v1/users/me", "application/merge-patch+json", body).expect(200);
    let now = stored();
    for part in [
        "123456789012345678901234567890",
        "[1.50, -0.0, 1E300]",
        "98765432109876543210.50",
        r#""\u00e9""#,
    ] {
        assert!(now.contains(part), "{part} in {now}");
    }
}

fn r13_a_number_keeps_its_digits_through_every_interface(app: &TestApp) {
    const LONG: &str = "123456789012345678901234567890.50";
    let ada = given::a_verified_user(app).signed_in();
    let send = |path: &str, body: &str| {
        ada.client.send("POST", path, "application/json", body.as_bytes()).expect(200)
    };
    let mutation = |given: &str| format!("updateAccount(userId: {given}) {{ user {{ version }} }}");
    let literal = mutation(&format!(r#"\"me\", input: {{preferences: {{literal: {LONG}}}}}"#));
    send("/graphql", &format!(r#"{{"query": "mutation {{ {literal} }}"}}"#));
    let variable = mutation(r#"\"me\", input: {preferences: $it}"#);
    let query = format!("mutation ($it: JSON) {{ {variable} }}");
    send(
        "/graphql",
        &format!(r#"{{"query": "{query}", "variables": {{"it": {{"variable": {LONG}}}}}}}"#),
    );
    let body = format!(r#"{{"preferences": {{"batch": {LONG}}}}}"#);
    let operation = format!(r#"{{"method": "PATCH", "path": "/v1/users/me", "body": {body}}}"#);
    send("/v1/batch", &format!(r#"{{"operations": [{operation}]}}"#));
    let reads = [
        ada.client.get("/v1/users/me").expect(200).text,
        ada.client.get("/v1/users/me/export").expect(200).text,
        send("/graphql", r#"{"query": "{ me { preferences } }"}"#).text,
        send("/v1/batch", r#"{"operations": [{"method": "GET", "path": "/v1/users/me"}]}"#).text,
        send("/v1/batch", r#"{"operations": [{"method": "GET", "path": "/v1/users/me/export"}]}"#)
            .text,
    ];
    for text in reads {
        for way in ["literal", "variable", "batch"] {
            assert!(text.contains(&format!(r#""{way}":{LONG}"#)), "{way}: {text}");
        }
    }
}

fn v7_a_nul_reaches_no_database(app: &TestApp) {
    let hedy = given::an_admin(app).signed_in();
    let is_refused =
        |what: &str, status: u16| assert!((400..500).contains(&status), "{what}: {status}");
    for preferences in [
        json!({"x": "a\u{0}b"}),
        json!({"a\u{0}b": 1}),
        json!({"x": {"y\u{0}": ["\u{0}"]}}),
        json!({"language": "\u{0}"}),
    ] {
        let mut body = given::a_registration("bob");
        body["preferences"] = preferences.clone();
        app.client().post("/v1/users", &body).expect(422);
        hedy.client.patch("/v1/users/me", &json!({"preferences": preferences})).expect(422);
    }
    for path in [
        "/v1/users?filter=first_name%20eq%20%22a%00b%22",
        "/v1/users?filter=username%20co%20%22a%00b%22",
        "/v1/users?filter=emails.value%20eq%20%22%00%22",
        "/v1/users?filter=addresses.city%20sw%20%22%00%22",
        "/v1/users?filter=%00",
        "/v1/users?q=%00",
        "/v1/users?sort=%00",
        "/v1/users?cursor=%00",
        "/v1/users/by-email/a%00%40example.org",
        "/v1/users/by-username/a%00b",
        "/v1/users/%00",
        "/v1/users/me/addresses?type=%00",
        "/v1/users/me/emails/%00",
        "/v1/audit-events?kind=%00",
    ] {
        let reply = hedy.client.get(path);
        assert!(reply.status < 500, "{path}: {}", reply.text);
    }
    let nul = "a\u{0}b";
    let ada = given::a_verified_user(app).signed_in();
    let path = format!("/v1/users/{}/suspend", ada.id);
    is_refused("reason", hedy.client.post(&path, &json!({"reason": nul})).status);
    for login in [nul, "a\u{0}@example.org"] {
        let body = json!({"login": login, "password": PASSWORD});
        is_refused(login, app.client().post("/v1/sessions", &body).status);
        let body = json!({"login": "ada", "password": PASSWORD, "device_token": nul});
        assert!(app.client().post("/v1/sessions", &body).status < 500);
    }
    is_refused("reset", app.client().post("/v1/password-resets", &json!({"email": nul})).status);
    is_refused("key", hedy.client.post("/v1/api-keys", &json!({"name": nul, "scopes": []})).status);
    let batch = json!({"operations": [
        {"method": "PATCH", "path": "/v1/users/me", "body": {"preferences": {"x": nul}}},
        {"method": "GET", "path": "/v1/users?filter=username%20eq%20%22%00%22"},
        {"method": "GET", "path": "/v1/users/\u{0}"},
    ]});
    let reply = hedy.client.post("/v1/batch", &batch);
    assert!(reply.status < 500, "{}", reply.text);
    if let Some(results) = reply.json()["results"].as_array() {
        assert!(results.iter().all(|one| one["status"].as_u64().unwrap() < 500), "{}", reply.text);
    }
    let variables: Value = json!({"query": "query($f: String) { users(filter: $f) { nodes { id } } }",
        "variables": {"f": "username eq \"a\u{0}\""}});
    assert!(hedy.client.post("/graphql", &variables).status < 500);
}

/// A transaction in which the new default is set before the old one is cleared.
fn r29_a_default_may_move_in_any_order_on_postgres(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    ada.adds_email("second@example.org");
    let of_ada = format!("user_id = '{}'", ada.id);
    let set =
        format!("UPDATE user_emails SET is_default = TRUE WHERE {of_ada} AND NOT is_verified");
    let clear = format!("UPDATE user_emails SET is_default = FALSE WHERE {of_ada} AND is_verified");
    match app.kind() {
        Kind::Postgres => app.execute(&format!("BEGIN; {set}; {clear}; COMMIT")),
        // An index of SQLite looks at each row at once.
        Kind::Sqlite => app.execute(&format!("BEGIN; {clear}; {set}; COMMIT")),
    }
    let defaults = "SELECT email AS value FROM user_emails WHERE is_default";
    assert_eq!(app.texts(defaults), ["second@example.org"]);
    // The account lets in a user with a verified email, and is put right by the next change.
    let login = json!({"login": "ada", "password": PASSWORD});
    app.client().post("/v1/sessions", &login).expect(201);
    let path = format!("/v1/users/me/emails/{}/default", ada.email_id);
    ada.client.ask("PUT", &path).expect(200);
    assert_eq!(app.texts(defaults), ["ada@example.org"]);
}

on_both!(
    r29_an_odd_value_stops_nobody,
    r29_a_change_leaves_the_odd_moments_of_its_row_alone,
    r29_a_moment_reads_alike_in_a_list_and_alone,
    r29_a_suspension_whose_end_is_no_moment_has_none,
    r29_rows_that_cannot_be_read_cost_a_page_one_more_look,
    r29_a_row_whose_id_is_no_uuid_stops_nobody_and_can_be_erased,
    r29_a_contact_whose_id_is_no_uuid_leaves_one_user_out,
    r29_an_unreadable_user_that_came_to_life_meanwhile_is_not_erased,
    r29_a_sweep_that_is_told_to_stop_erases_no_unreadable_user,
    r21_a_claim_in_capitals_of_a_verified_address_tells_its_owner,
    r29_cursors_pass_each_user_once_however_its_time_is_written,
    r13_a_preference_keeps_its_bytes,
    r13_a_number_keeps_its_digits_through_every_interface,
    v7_a_nul_reaches_no_database,
    r29_a_default_may_move_in_any_order_on_postgres,
);
