//! No public item of the domain crate comes, goes or changes unseen: `public-api.txt` lists them.

use std::{fs, process::Command};

use public_api::{Builder, MINIMUM_NIGHTLY_RUST_VERSION};
use userdom_tests::process::repository;

const LISTING: &str = "crates/domain/public-api.txt";
/// Where the listing as it would be now is written.
const FOUND: &str = "target/public-api/public-api.txt";

/// The toolchain whose rustdoc the listing is made with: the minimum of the workspace.
const TOOLCHAIN: &str = env!("CARGO_PKG_RUST_VERSION");

/// The public items of the domain crate with all features, one a line, without what is derived.
fn public_items() -> String {
    let target = repository().join("target/public-api");
    let output = Command::new(env!("CARGO"))
        .args(["rustdoc", "--locked", "--quiet", "--lib", "-p", "userdom-domain", "--all-features"])
        .args(["--target-dir", target.to_str().unwrap()])
        .args(["--", "-Zunstable-options", "--output-format", "json"])
        // JSON of rustdoc is not stable yet.
        .env("RUSTC_BOOTSTRAP", "1")
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let api = Builder::from_rustdoc_json(target.join("doc/userdom_domain.json"))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .unwrap_or_else(|error| panic!("needs {MINIMUM_NIGHTLY_RUST_VERSION} or later: {error}"));
    api.to_string()
}

/// Another toolchain may write the JSON in another form.
fn is_the_toolchain() -> bool {
    let output = Command::new(env!("CARGO")).arg("--version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).contains(&format!(" {TOOLCHAIN}."))
}

/// Seen to fail: with `UserAggregate::can_login` made private.
#[test]
fn the_public_items_of_the_domain_are_those_of_its_listing() {
    if !is_the_toolchain() {
        println!("NOT CHECKED: needs Rust {TOOLCHAIN}");
        return;
    }
    let found = public_items();
    fs::write(repository().join(FOUND), &found).unwrap();
    let listed = fs::read_to_string(repository().join(LISTING)).unwrap();
    let (found, listed): (Vec<_>, Vec<_>) = (found.lines().collect(), listed.lines().collect());
    let added: Vec<_> = found.iter().filter(|item| !listed.contains(item)).collect();
    let removed: Vec<_> = listed.iter().filter(|item| !found.contains(item)).collect();
    assert!(
        added.is_empty() && removed.is_empty(),
        "the public items of userdom-domain have changed; added {added:#?}, removed {removed:#?}; \
         if that is meant: cp {FOUND} {LISTING}"
    );
}
