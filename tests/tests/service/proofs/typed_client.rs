//! Clients of other languages, generated from the OpenAPI document and nothing else, compile and do
//! the README's walk: those of the folder clients.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{Launch, repository},
};

use super::{
    sqlalchemy::python,
    support::alone,
    v1_schemathesis::{PASSWORD, an_admin},
};

/// What scripts/test has prepared.
#[expect(clippy::disallowed_methods, reason = "the scripts say by the environment where it is")]
fn prepared(name: &str, what: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} names no {what}: run ./scripts/test, which prepares it"))
}

/// Where scripts/test has installed what the TypeScript client needs.
fn installed() -> PathBuf {
    prepared("USERDOM_TEST_TYPESCRIPT", "copy of clients/typescript with its packages").into()
}

fn node(program: &str, arguments: &[&str]) -> String {
    let folder = installed();
    let mut command = Command::new("node");
    command.arg(folder.join(program)).args(arguments).current_dir(&folder);
    succeeds(&mut command)
}

/// Compilers take what time they need.
fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {printed}");
    printed
}

/// Has openapi-generator make a client.
fn generated(language: &str, properties: &str, folder: &Path) {
    let generator = prepared("USERDOM_TEST_GENERATOR", "openapi-generator");
    let mut command = Command::new(generator);
    command.args(["generate", "--generator-name", language, "--additional-properties", properties]);
    command.arg("--input-spec").arg(repository().join("docs/openapi.json"));
    let printed = succeeds(command.arg("--output").arg(folder));
    assert!(!printed.contains("ERROR"), "{printed}");
}

/// Does the walk at a fresh service on each database.
fn walks(walk: impl Fn(&str, &str) -> Command) {
    for kind in Kind::BOTH {
        let database = TestDatabase::new(kind);
        let service = Launch::on(&database).start();
        let printed =
            succeeds(&mut walk(service.url(), service.data().join("mail").to_str().unwrap()));
        assert!(printed.contains("walked"), "{printed}");
    }
}

/// Seen to fail, by the compiler, with a schema `NewEmail` beside `Email`.
#[test]
fn f2_a_go_client_compiles_and_does_the_walk() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let path = prepared("USERDOM_TEST_GOPATH", "path of Go with what the client imports");
    let (gopath, _) = path.split_once(':').unwrap();
    let (client, walk) =
        (Path::new(gopath).join("src/userdom"), Path::new(gopath).join("src/walk"));
    let _ = std::fs::remove_dir_all(&client);
    std::fs::create_dir_all(&walk).unwrap();
    let open = "packageName=userdom,withGoMod=false,disallowAdditionalPropertiesIfNotPresent=false";
    generated("go", open, &client);
    std::fs::copy(repository().join("clients/go/walk.go"), walk.join("walk.go")).unwrap();
    let program = folder.path().join("walk");
    let mut compiler = Command::new("go");
    // Without modules: nothing is fetched.
    compiler.args(["build", "-o"]).arg(&program).arg(".").current_dir(&walk);
    compiler.env("GO111MODULE", "off").env("GOPATH", &path).env("GOFLAGS", "");
    succeeds(&mut compiler);
    walks(|url, mail| {
        let mut command = Command::new(&program);
        command.args([url, mail]);
        command
    });
}

/// Seen to fail, by a recursion, with a schema `RegistrationPhone`.
#[test]
fn f2_a_python_client_is_whole_and_does_the_walk() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    generated("python", "packageName=userdom_client", folder.path());
    let python = python();
    let package = folder.path().join("userdom_client");
    succeeds(Command::new(&python).args(["-m", "compileall", "-q"]).arg(&package));
    walks(|url, mail| {
        let mut command = Command::new(&python);
        command.arg(repository().join("clients/python/walk.py")).args([url, mail]);
        command.env("PYTHONPATH", folder.path());
        command
    });
}

/// The audits of the npm package graphql-http, by a signed-in user. Seen to fail with GET
/// refused, with 400 for every request error, and with `data` in them.
#[test]
fn f4_graphql_over_http_has_no_warning() {
    let _alone = alone();
    let source = repository().join("clients/typescript/graphql-http.mjs");
    std::fs::copy(source, installed().join("graphql-http.mjs")).unwrap();
    let database = TestDatabase::new(Kind::Sqlite);
    an_admin(&database);
    let service = Launch::on(&database).start();
    let boss = service.signed_in("boss", PASSWORD);
    let printed = node("graphql-http.mjs", &[&format!("{}/graphql", service.url()), &boss.token]);
    assert!(printed.contains("audits, no warning"), "{printed}");
}

/// Seen to fail, by the compiler, with a member of an email renamed in the document.
#[test]
fn a_generated_client_compiles_and_does_the_walk_of_the_readme() {
    let _alone = alone();
    for file in ["walk.ts", "tsconfig.json"] {
        let source = repository().join("clients/typescript").join(file);
        std::fs::copy(source, installed().join(file)).unwrap();
    }
    let document = repository().join("docs/openapi.json");
    let arguments = [document.to_str().unwrap(), "--output", "schema.d.ts"];
    node("node_modules/openapi-typescript/bin/cli.js", &arguments);
    node("node_modules/typescript/bin/tsc", &[]);
    for kind in Kind::BOTH {
        let database = TestDatabase::new(kind);
        an_admin(&database);
        let service = Launch::on(&database).start();
        let mail = service.data().join("mail");
        let walk = [service.url(), mail.to_str().unwrap(), "boss", PASSWORD];
        node("built/walk.js", &walk);
    }
}
