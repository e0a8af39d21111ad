use userdom_application::ports::DirectoryQuery;
use userdom_domain::{Specification, TextOperator, UserSpecification, UserTest};

use super::{
    Dialect,
    condition::{condition, stretch},
    order::{from_place, ordered},
    told::{Effort, told},
};
use crate::persistence::sql::Sql;

/// How many users of an order are looked at, which takes some milliseconds. If they do not fill
/// a page, less than a hundredth of all match, unless they lie unevenly: few enough to collect.
const WALK: u32 = 8_000;
/// To collect who has many terms that begin alike takes longer.
const LONG_WALK: u32 = 20_000;

/// `u` and all that follows, of a statement that finds the page; the planner decides how.
pub(in crate::persistence) fn page(dialect: Dialect, query: &DirectoryQuery<'_>) -> Sql {
    Sql::new("users u WHERE ").then(matching(dialect, query)).then(ordered_page(dialect, query))
}

/// The same on Postgres: what finds the page if the one before has not filled it. The planner
/// cannot know which is quicker, for it takes all that is asked for as independent.
pub(in crate::persistence) fn attempts(query: &DirectoryQuery<'_>) -> Vec<Sql> {
    let effort = told(query.specification).map(|told| told.effort);
    match effort {
        Some(Effort::Little) => vec![collected(query)],
        Some(Effort::Usual) => vec![walked(query, WALK), collected(query)],
        Some(Effort::Much) => vec![walked(query, LONG_WALK), collected(query)],
        None if are_ranges(query.specification) => vec![walked(query, WALK), collected(query)],
        None | Some(Effort::All) => vec![page(Dialect::Postgres, query)],
    }
}

/// Each of them has an index.
fn are_ranges(tree: &UserSpecification) -> bool {
    let is_range = |part: &UserSpecification| match part {
        Specification::Test(
            UserTest::Created(_) | UserTest::Updated(_) | UserTest::LastLogin(_),
        ) => true,
        Specification::Test(UserTest::Username(test)) => test.operator == TextOperator::StartsWith,
        _ => false,
    };
    match tree {
        Specification::All(parts) => !parts.is_empty() && parts.iter().all(are_ranges),
        Specification::Not(part) => is_range(part),
        part => is_range(part),
    }
}

/// Of those who are next in the order.
fn walked(query: &DirectoryQuery<'_>, steps: u32) -> Sql {
    let DirectoryQuery { specification, order, after, now, .. } = query;
    let dialect = Dialect::Postgres;
    let stretch = stretch(dialect, specification, *now, order.by).into_iter();
    let place = after.iter().map(|last| from_place(dialect, *order, last));
    let next =
        stretch.chain(place).fold(Sql::new("TRUE"), |all, part| all.push(" AND ").then(part));
    Sql::new("(SELECT * FROM users u WHERE ")
        .then(next)
        .then(ordered(dialect, *order))
        .push(format!(" LIMIT {steps}) AS u WHERE "))
        .then(condition(dialect, specification, *now))
        .then(ordered_page(dialect, query))
}

/// Of all who match. The OFFSET keeps the planner from walking along the order.
fn collected(query: &DirectoryQuery<'_>) -> Sql {
    Sql::new("(SELECT * FROM users u WHERE ")
        .then(matching(Dialect::Postgres, query))
        .push(" OFFSET 0) AS u")
        .then(ordered_page(Dialect::Postgres, query))
}

fn matching(dialect: Dialect, query: &DirectoryQuery<'_>) -> Sql {
    let matching = condition(dialect, query.specification, query.now);
    match &query.after {
        Some(last) => matching.push(" AND ").then(from_place(dialect, query.order, last)),
        None => matching,
    }
}

fn ordered_page(dialect: Dialect, query: &DirectoryQuery<'_>) -> Sql {
    ordered(dialect, query.order).push(format!(" LIMIT {}", query.limit))
}
