//! An application with the seed's five SQLAlchemy models beside the service.

use std::process::Command;

use serde_json::{Value, json};
use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{Service, finished, repository},
};

/// What the script writes for every user.
const LEGACY_PASSWORD: &str = "legacy harbour lantern 47";

#[expect(clippy::disallowed_methods, reason = "the scripts say by the environment where Python is")]
pub(super) fn python() -> String {
    std::env::var("USERDOM_TEST_PYTHON").expect(
        "USERDOM_TEST_PYTHON names no Python with tests/requirements.txt: run \
         ./scripts/test, or make one by python3 -m venv and pip install -r",
    )
}

/// Runs the script on a database; gives what it prints, and whether it succeeded.
fn script(database: &TestDatabase, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(python());
    command.arg(repository().join("tests/sqlalchemy/interop.py")).arg(arguments[0]);
    command.args(arguments[1..].iter().filter(|argument| argument.starts_with('-')));
    command.arg(database.url());
    command.args(arguments[1..].iter().filter(|argument| !argument.starts_with('-')));
    let output = finished(command);
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&printed).into_owned())
}

#[track_caller]
fn printed(database: &TestDatabase, arguments: &[&str]) -> Value {
    let (good, printed) = script(database, arguments);
    assert!(good, "{arguments:?}: {printed}");
    serde_json::from_str(printed.lines().last().unwrap()).unwrap()
}

fn the_models_find_nothing_missing_or_different(kind: Kind) {
    let (service, database) = Service::new(kind);
    drop(service);
    let (good, printed) = script(&database, &["compare"]);
    assert!(good, "{kind:?}: {printed}");
    let (good, printed) = script(&database, &["compare", "--self-test"]);
    assert!(good, "{kind:?}: the comparison is blind: {printed}");
}

fn alembic_leaves_what_is_ours_alone(kind: Kind) {
    let (service, database) = Service::new(kind);
    drop(service);
    let (good, printed) = script(&database, &["autogenerate"]);
    assert!(good, "{kind:?}: {printed}");
}

/// Both applications write and read the same user, in turns.
fn both_work_on_one_user(kind: Kind) {
    let (service, database) = Service::new(kind);
    let id = printed(&database, &["write"])["id"].as_str().unwrap().to_owned();
    let legacy = printed(&database, &["read", &id]);
    let name = legacy["username"].as_str().unwrap();

    // The legacy default status is pending, which may not sign in: the legacy application activates.
    assert_eq!(legacy["status"], "pending");
    assert_eq!(service.sign_in(name, LEGACY_PASSWORD).status, 401);
    let updated = printed(&database, &["update", &id]);
    assert_eq!(updated["status"], "active");

    let user = service.signed_in(name, LEGACY_PASSWORD);
    assert_eq!(user.id, id);
    let seen = service.call_as(&user, "GET", "/v1/users/me", None).expect(200);
    let body = &seen.body;
    assert_eq!(body["username"], name);
    assert_eq!(body["roles"], json!(["user", "premium"]));
    assert_eq!(body["preferences"]["theme"], "dark");
    assert_eq!(body["preferences"]["legacy_flag"], 7);
    assert_eq!(body["profile"]["first_name"], "Léa");
    assert_eq!(body["profile"]["date_of_birth"], "1990-12-31");
    assert_eq!(body["profile"]["bio"], "changed by SQLAlchemy");
    let emails = body["emails"].as_array().unwrap();
    assert_eq!(emails.len(), 3);
    assert_eq!(emails.iter().filter(|email| email["is_default"] == true).count(), 1);
    let verified = emails.iter().find(|email| email["is_verified"] == true).unwrap();
    assert_eq!(verified["email"], format!("{name}@gmail.com"));
    assert!(verified["verified_at"].as_str().unwrap().starts_with("2024-02-29T12:30:15.123456"));
    assert_eq!(body["phones"].as_array().unwrap().len(), 1);
    let addresses = body["addresses"].as_array().unwrap();
    assert_eq!(addresses.len(), 2);
    assert!(addresses.iter().any(|address| address["city"] == "Köln"));
    assert!(addresses.iter().all(|address| address["street_line2"] == "changed by SQLAlchemy"));

    // The service changes every kind of row; SQLAlchemy reads it.
    let change = |method: &str, path: &str, body: Value, status: u16| {
        let path = format!("/v1/users/me{path}");
        service.call_as(&user, method, &path, Some(&body)).expect(status)
    };
    change("PATCH", "/profile", json!({"bio": "changed by the service", "gender": null}), 200);
    change("PATCH", "", json!({"preferences": {"theme": "light"}}), 200);
    let email = json!({"email": "service@example.net", "contact_type": "home"});
    change("POST", "/emails", email, 201);
    change("POST", "/phones", json!({"phone_number": "+44 20 7946 0999"}), 201);
    let address = json!({"street_line1": "350 Fifth Avenue", "city": "New York", "state": "NY",
        "postal_code": "10118", "country": "USA", "contact_type": "shipping"});
    change("POST", "/addresses", address, 201);
    let legacy = printed(&database, &["read", &id]);
    assert_eq!(legacy["profile"]["bio"], "changed by the service");
    assert_eq!(legacy["preferences"]["theme"], "light");
    assert_eq!(legacy["preferences"]["legacy_flag"], 7);
    let emails = legacy["emails"].as_array().unwrap();
    assert_eq!(emails.len(), 4);
    let defaults: Vec<_> = emails.iter().filter(|email| email["is_default"] == true).collect();
    assert_eq!(defaults.len(), 1);
    assert_eq!(defaults[0]["email"], format!("{name}@gmail.com"));
    assert!(emails.iter().any(|email| email["email"] == "service@example.net"));
    assert_eq!(legacy["phones"].as_array().unwrap().len(), 2);
    assert_eq!(legacy["addresses"].as_array().unwrap().len(), 3);
    assert_ne!(legacy["last_login_at"], Value::Null);

    // What SQLAlchemy deletes is gone for the service as well, and so are the sessions.
    printed(&database, &["delete", &id]);
    assert_eq!(service.call_as(&user, "GET", "/v1/users/me", None).status, 401);
    assert_eq!(service.sign_in(name, LEGACY_PASSWORD).status, 401);
    let (found, _) = script(&database, &["read", &id]);
    assert!(!found);
}

/// A version that was read before the legacy application wrote is stale.
fn a_legacy_update_makes_versions_stale(kind: Kind) {
    let (service, database) = Service::new(kind);
    // The script adds an address at example.org.
    let ada = service.account_with("ada", "ada@example.net");
    let before = service.call_as(&ada, "GET", "/v1/users/me", None).version();
    printed(&database, &["update", &ada.id]);
    let body = json!({"bio": "over it"});
    let stale = service.call_if(&ada, before, "PATCH", "/v1/users/me/profile", Some(&body));
    assert_eq!(stale.status, 412, "{}", stale.text);
    let after = service.call_as(&ada, "GET", "/v1/users/me", None).expect(200);
    assert_eq!(after.version(), before + 1);
    assert_eq!(after.body["profile"]["bio"], "changed by SQLAlchemy");
    assert_eq!(after.body["emails"].as_array().unwrap().len(), 2);
    service.call_if(&ada, before + 1, "PATCH", "/v1/users/me/profile", Some(&body)).expect(200);
}

#[test]
fn sqlalchemy_finds_its_tables_on_sqlite() {
    the_models_find_nothing_missing_or_different(Kind::Sqlite);
}

#[test]
fn sqlalchemy_finds_its_tables_on_postgres() {
    the_models_find_nothing_missing_or_different(Kind::Postgres);
}

#[test]
fn sqlalchemy_autogenerate_leaves_what_is_ours_alone() {
    alembic_leaves_what_is_ours_alone(Kind::Postgres);
}

#[test]
fn sqlalchemy_and_the_service_share_a_user_on_sqlite() {
    both_work_on_one_user(Kind::Sqlite);
}

#[test]
fn sqlalchemy_and_the_service_share_a_user_on_postgres() {
    both_work_on_one_user(Kind::Postgres);
}

#[test]
fn r29_sqlalchemy_moves_a_default_in_one_flush_on_postgres() {
    let (service, database) = Service::new(Kind::Postgres);
    let id = printed(&database, &["write"])["id"].as_str().unwrap().to_owned();
    let moved = printed(&database, &["move_default", &id]);
    assert_eq!(moved["emails"][0]["is_default"], true);
    drop(service);
}

#[test]
fn sqlalchemy_writing_makes_versions_stale() {
    Kind::BOTH.into_iter().for_each(a_legacy_update_makes_versions_stale);
}
