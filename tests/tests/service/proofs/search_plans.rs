//! Each filter and each order of the directory is served by an index on Postgres.

use std::sync::Arc;

use userdom_application::{
    ports::{DirectoryQuery, OrderKey, UserOrder},
    testing::given,
};
use userdom_domain::{TimeRange, UserSpecification, UserTest};
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::{
    databases::{Kind, TestDatabase},
    directory,
};

use super::support::alone;

/// Enough for the planner to see that reading a whole table is dear.
const USERS: u32 = 40_000;
const MOST_ROWS: u64 = 6_000;
const HARDLY_ANY_ROWS: u64 = 50;

fn plan(store: &Database, specification: &UserSpecification, order: UserOrder) -> String {
    let query = DirectoryQuery { specification, order, after: None, limit: 51, now: given::now() };
    store.plan(&query).unwrap().join("\n")
}

/// How many rows all scans of a plan came upon, those included that a filter threw away.
fn rows_read(plan: &str) -> u64 {
    let number = |text: &str, name: &str| -> u64 {
        let (_, rest) = text.split_once(name).unwrap_or_default();
        rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
    };
    let (mut read, mut loops, mut is_walk) = (0, 0, false);
    for line in plan.lines() {
        // A walk along the order has a limit of its own.
        if line.contains("->  Limit") {
            is_walk = true;
        } else if line.contains("Subquery Scan") || std::mem::take(&mut is_walk) {
            loops = 0;
        } else if line.contains("Scan") && line.contains("actual") {
            loops = number(line, "loops=");
            let (_, actual) = line.split_once("(actual").unwrap();
            // The entries of an index lie together; each row lies on a page of its own.
            let weight = if line.contains("Bitmap Index Scan") { 10 } else { 1 };
            read += number(actual, "rows=") * loops / weight;
        }
        if line.contains("Rows Removed by Filter: ") {
            read += number(line, "Rows Removed by Filter: ") * loops;
        }
    }
    read
}

/// Pairs of large sets, half of them of nobody: the planner, which takes filters as independent,
/// walks along the whole table for them, or joins all of one to all of the other.
const PAIRS: [(&str, &str); 12] = [
    ("country common", "country some"),
    ("language common", "language some"),
    ("email_domain some", "emails.type common"),
    ("email_domain some", "phones verified"),
    ("phone not verified", "phones verified"),
    ("last_name sw", "emails.type common"),
    ("last login never", "work email at one company"),
    ("city sw", "work email at one company"),
    ("last_name sw", "email co, nobody"),
    ("city sw", "email co, some"),
    ("status suspended", "language co"),
    ("timezone co", "phone co, some"),
];

/// Either finds a thousand users or more, in whose index the other is compared.
fn moments_of_nobody() -> [(&'static str, UserSpecification); 2] {
    let at = |text: &str| text.parse().ok();
    let from = TimeRange { from: at("2020-02-20T00:00:00Z"), before: None };
    let before = TimeRange { from: None, before: at("2020-02-20T00:00:00Z") };
    let both = |one: UserTest, other: UserTest| UserSpecification::all([one.into(), other.into()]);
    [
        ("created, updated", both(UserTest::Created(from), UserTest::Updated(before))),
        ("created, last login", both(UserTest::Created(from), UserTest::LastLogin(before))),
    ]
}

/// A page has 51 users with five rows each; what the greatest of these filters comes upon
/// beside them is a seventh of the table. Seen to fail without `ix_users_terms`, without
/// `ix_users_last_login_at`, without `ix_user_phones_grams`, with the planner left to find
/// pairs alone, and without each half of migration 7.
#[test]
fn every_filter_and_every_order_is_served_by_an_index() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Postgres);
    directory::seed(database.url(), USERS);
    let (store, _) = Database::open(&database.parsed(), 1, Arc::new(RandomIds)).unwrap();
    let mut bad = Vec::new();
    let mut check = |name: String, specification: &UserSpecification, order, most| {
        let plan = plan(&store, specification, order);
        let read = rows_read(&plan);
        println!("{read} {name}");
        if plan.contains("Seq Scan") || read > most {
            bad.push(format!("{name} reads {read} rows:\n{plan}"));
        }
    };
    let usual = UserOrder { by: OrderKey::Created, descending: false };
    for (name, specification) in directory::filters() {
        check(name.to_owned(), &specification, usual, MOST_ROWS);
    }
    for (one, other) in PAIRS {
        let named = |name| directory::filters().into_iter().find(|(known, _)| *known == name);
        let both = [one, other].map(|name| named(name).unwrap().1);
        check(format!("{one} and {other}"), &UserSpecification::all(both), usual, MOST_ROWS);
    }
    for (name, moments) in moments_of_nobody() {
        check(name.to_owned(), &moments, usual, HARDLY_ANY_ROWS);
    }
    for by in OrderKey::ALL {
        for descending in [false, true] {
            let order = UserOrder { by, descending };
            check(format!("{order:?}"), &UserSpecification::all([]), order, MOST_ROWS);
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}
