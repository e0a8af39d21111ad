//! A client of another language, generated from the OpenAPI document and nothing else, compiles and
//! does the README's walk: clients/typescript.

use std::{path::PathBuf, process::Command};

use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{Launch, finished, repository},
};

use super::{
    support::alone,
    v1_schemathesis::{PASSWORD, an_admin},
};

/// Where scripts/test has installed what the client needs.
#[expect(clippy::disallowed_methods, reason = "the scripts say by the environment where it is")]
fn installed() -> PathBuf {
    let folder = std::env::var("USERDOM_TEST_TYPESCRIPT").expect(
        "USERDOM_TEST_TYPESCRIPT names no copy of clients/typescript with its packages: run \
         ./scripts/test, or copy it and run npm ci there",
    );
    folder.into()
}

fn node(program: &str, arguments: &[&str]) {
    let folder = installed();
    let mut command = Command::new("node");
    command.arg(folder.join(program)).args(arguments).current_dir(&folder);
    let output = finished(command);
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program}: {told}");
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
