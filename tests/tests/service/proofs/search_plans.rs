//! Each filter and each order of the directory is served by an index on Postgres. Seen to fail
//! without `ix_users_status`, `ix_user_emails_domain` and `ix_users_last_login_at`.

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

fn plan(store: &Database, specification: &UserSpecification, order: UserOrder) -> String {
    let query = DirectoryQuery { specification, order, after: None, limit: 51, now: given::now() };
    store.plan(&query).unwrap().join("\n")
}

#[test]
fn every_filter_and_every_order_is_served_by_an_index() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Postgres);
    directory::seed(database.url(), USERS);
    let (store, _) = Database::open(&database.parsed(), 1, Arc::new(RandomIds)).unwrap();
    let mut bad = Vec::new();
    for (name, specification) in directory::filters() {
        let usual = UserOrder { by: OrderKey::Created, descending: false };
        let plan = plan(&store, &specification, usual);
        if plan.contains("Seq Scan") {
            bad.push(format!("{name}:\n{plan}"));
        }
    }
    for by in OrderKey::ALL {
        for descending in [false, true] {
            let everybody = UserSpecification::all([]);
            let plan = plan(&store, &everybody, UserOrder { by, descending });
            if plan.contains("Seq Scan") || plan.contains("Sort") {
                bad.push(format!("{by:?}, descending: {descending}:\n{plan}"));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n\n"));
}
