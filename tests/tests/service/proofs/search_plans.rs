//! Each filter and each order of the directory is served by an index on Postgres.

use std::sync::Arc;

use userdom_application::{
    ports::{DirectoryQuery, OrderKey, UserOrder},
    testing::given,
};
use userdom_domain::UserSpecification;
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::{
    databases::{Kind, TestDatabase},
    directory,
};

use super::support::alone;

/// Enough for the planner to see that reading a whole table is dear.
const USERS: u32 = 40_000;
const MOST_ROWS: u64 = 6_000;

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
    let (mut read, mut loops) = (0, 0);
    for line in plan.lines() {
        if line.contains("Scan") && line.contains("actual") {
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

/// A page has 51 users with five rows each; what the greatest of these filters comes upon
/// beside them is a seventh of the table. Seen to fail without `ix_users_status`, without
/// `ix_user_emails_domain` and without `ix_users_last_login_at`.
#[test]
fn every_filter_and_every_order_is_served_by_an_index() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Postgres);
    directory::seed(database.url(), USERS);
    let (store, _) = Database::open(&database.parsed(), 1, Arc::new(RandomIds)).unwrap();
    let mut bad = Vec::new();
    let mut check = |name: String, specification: &UserSpecification, order| {
        let plan = plan(&store, specification, order);
        let read = rows_read(&plan);
        println!("{read} {name}");
        if plan.contains("Seq Scan") || read > MOST_ROWS {
            bad.push(format!("{name} reads {read} rows:\n{plan}"));
        }
    };
    let usual = UserOrder { by: OrderKey::Created, descending: false };
    for (name, specification) in directory::filters() {
        check(name.to_owned(), &specification, usual);
    }
    for by in OrderKey::ALL {
        for descending in [false, true] {
            let order = UserOrder { by, descending };
            check(format!("{order:?}"), &UserSpecification::all([]), order);
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}
