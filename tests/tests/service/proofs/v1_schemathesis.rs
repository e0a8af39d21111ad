//! V1: schemathesis reads the document and tries the running service by it: no 5xx, no status,
//! header or body that is not documented, nothing accepted that the document forbids. The GraphQL
//! schema as well: nothing that fits it is refused as if it did not, and no error is ours.

use std::{path::Path, process::Command};

use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{Launch, SECRET_KEY, Service, finished, userdom},
};

use super::{sqlalchemy::python, support::alone};

/// Not the one of the document's examples, or else they would prove anew who the admin is.
pub(super) const PASSWORD: &str = "quiet lantern harbour 27";

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,\
    unsupported_method,missing_required_header";

/// What ends the sessions of its caller: tried last.
const ENDING: [&str; 5] = ["signOut", "endSessions", "endSession", "setRoles", "deleteUser"];

pub(super) fn an_admin(database: &TestDatabase) {
    let file = database.folder().join("password");
    std::fs::write(&file, PASSWORD).unwrap();
    let arguments = ["admin", "create", "--username", "boss", "--email", "boss@example.org"];
    let file = ["--password-file", file.to_str().unwrap()];
    let settings = [("USERDOM_DATABASE_URL", database.url()), ("USERDOM_SECRET_KEY", SECRET_KEY)];
    let made = finished(userdom(&database.folder(), &settings, &[&arguments[..], &file].concat()));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Tries the operations by the OpenAPI document.
fn tries(service: &Service, token: &str, folder: &Path, seconds: u32, operations: &[String]) {
    let document = format!("{}/openapi.json", service.url());
    let phases = ["--phases", "examples,coverage,fuzzing,stateful", "--checks", CHECKS];
    let arguments: Vec<&str> = [document.as_str()].into_iter().chain(phases).collect();
    let checks = concat!(env!("CARGO_MANIFEST_DIR"), "/support/openapi_checks.py");
    let mut command = bounded(&arguments, token, folder, seconds);
    finds_nothing(command.args(operations).env("SCHEMATHESIS_HOOKS", checks));
}

/// Tries the same operations by the GraphQL schema.
fn tries_graphql(service: &Service, token: &str, folder: &Path, seconds: u32) {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/schema.graphql");
    let url = format!("{}/graphql", service.url());
    let arguments = [schema, "--url", &url, "--checks", "errors_are_the_clients"];
    let others =
        ENDING.iter().flat_map(|id| ["--exclude-name".to_owned(), format!("Mutation.{id}")]);
    let others: Vec<String> = others.collect();
    let checks = concat!(env!("CARGO_MANIFEST_DIR"), "/support/graphql_checks.py");
    // A slow machine needs more time before the first request.
    for seconds in [seconds, seconds * 4, seconds * 16] {
        let mut command = bounded(&arguments, token, folder, seconds);
        let (has_succeeded, printed) =
            outcome(command.args(&others).env("SCHEMATHESIS_HOOKS", checks));
        if !printed.contains("No test cases were generated") {
            assert!(has_succeeded, "{printed}");
            return;
        }
    }
    panic!("schemathesis tried nothing");
}

/// Schemathesis, for so long.
fn bounded(document: &[&str], token: &str, folder: &Path, seconds: u32) -> Command {
    // It bounds itself, also on a busy machine; should it hang, it ends anyway.
    let mut command = Command::new("timeout");
    command
        .arg((seconds * 10 + 300).to_string())
        .arg(Path::new(&python()).with_file_name("st"))
        .arg("run")
        .args(document)
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--max-time", &seconds.to_string(), "--generation-database", "none"])
        .args(["--continue-on-failure", "--no-color", "--seed", "4"])
        .current_dir(folder);
    command
}

/// Fails with all that schemathesis says, unless it finds nothing.
fn finds_nothing(command: &mut Command) {
    let (has_succeeded, printed) = outcome(command);
    assert!(has_succeeded, "{printed}");
}

/// Whether it tried something and found nothing, and what it says.
fn outcome(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success() && printed.contains(" passed"), printed)
}

/// Seen to fail with a 500 for a change of the profile of more than 40 bytes, with a refusal left
/// out of the document, with a member of a user that is not in it, and with a GraphQL schema in
/// which everybody has a biography.
fn v1_schemathesis_finds_nothing(kind: Kind, seconds: u32) {
    let _alone = alone();
    let database = TestDatabase::new(kind);
    an_admin(&database);
    let service = Launch::on(&database).with("USERDOM_RATE_LIMITS", "off").start();
    let boss = service.signed_in("boss", PASSWORD);
    let each = |flag: &str| -> Vec<String> {
        ENDING.iter().flat_map(|id| [flag.to_owned(), (*id).to_owned()]).collect()
    };
    let folder = database.folder();
    tries(&service, &boss.token, &folder, seconds, &each("--exclude-operation-id"));
    tries_graphql(&service, &boss.token, &folder, seconds / 2);
    // Otherwise every request was refused for the same reason.
    service.call_as(&boss, "GET", "/v1/users/me", None).expect(200);
    tries(&service, &boss.token, &folder, 5, &each("--include-operation-id"));
    let log = service.log();
    assert!(!log.contains("request failed") && !log.contains("panicked"), "{log}");
}

#[test]
fn v1_schemathesis_finds_nothing_on_sqlite() {
    v1_schemathesis_finds_nothing(Kind::Sqlite, 25);
}

#[test]
fn v1_schemathesis_finds_nothing_on_postgres() {
    v1_schemathesis_finds_nothing(Kind::Postgres, 25);
}
