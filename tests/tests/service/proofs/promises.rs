//! docs/promises.md and the tests name the same things.

use std::{collections::BTreeSet, fs};

use userdom_tests::process::repository;

/// A letter, digits and `_`, as in `a10_each_mail`; the rule of names that show a promise.
fn has_prefix(name: &str) -> bool {
    let Some((start, _)) = name.split_once('_') else { return false };
    let digits = start.strip_prefix(|letter: char| letter.is_ascii_lowercase());
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap()
}

/// The names of all functions of a source that have the prefix of a promise.
fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    source.split("fn ").skip(1).map(first_word).filter(|name| has_prefix(name))
}

/// Of all sources but this one, which makes names up.
fn tests_of_the_repository() -> BTreeSet<String> {
    let mut open = vec![repository().join("crates"), repository().join("tests")];
    let mut found = BTreeSet::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with(file!()) {
            found.extend(tests_in(&fs::read_to_string(&path).unwrap()).map(str::to_owned));
        }
    }
    found
}

/// The tests and prefixes that a page names.
fn entries(page: &str) -> BTreeSet<&str> {
    let rows = page.lines().filter(|line| line.starts_with("| "));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter(|it| has_prefix(it)).collect()
}

/// An entry that ends with `_` is the start of names, any other is a whole name.
fn covers(entry: &str, test: &str) -> bool {
    if entry.ends_with('_') { test.starts_with(entry) } else { test == entry }
}

/// Tests that no entry of the page covers, and entries that cover no test.
fn differences(page: &str, tests: &BTreeSet<String>) -> Vec<String> {
    let entries = entries(page);
    let unexplained = tests.iter().filter(|test| !entries.iter().any(|it| covers(it, test)));
    let mut faults: Vec<_> =
        unexplained.map(|test| format!("{test} stands for no promise of the page")).collect();
    let is_stale = |entry: &&&str| !tests.iter().any(|test| covers(entry, test));
    faults.extend(entries.iter().filter(is_stale).map(|entry| format!("{entry} is no test")));
    faults
}

/// Seen to fail: with the row of `x1_` removed from the page, for both of its tests; and with
/// `x9_` added to the row, because no test has that prefix.
#[test]
fn every_test_with_a_prefix_shows_a_promise_and_every_promise_has_a_test() {
    let page = fs::read_to_string(repository().join("docs/promises.md")).unwrap();
    let tests = tests_of_the_repository();
    assert!(tests.len() > 500, "only {} tests found", tests.len());
    assert_eq!(differences(&page, &tests), Vec::<String>::new());
}

#[test]
fn the_comparison_can_fail() {
    let tests = BTreeSet::from(["a1_one".to_owned(), "a12_two".to_owned()]);
    assert_eq!(differences("| It holds. | `a1_one`, `a12_` | |", &tests), Vec::<String>::new());
    assert_eq!(
        differences("| It holds. | `a1_` | |", &tests),
        ["a12_two stands for no promise of the page"]
    );
    assert_eq!(differences("| It holds. | `a1_`, `a12_`, `b2_x` | |", &tests), ["b2_x is no test"]);
    assert_eq!(tests_in("async fn r4_x() {}\nfn u8_of() {}\nfn a_b() {}").count(), 2);
}
