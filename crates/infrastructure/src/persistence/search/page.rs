use userdom_domain::{Specification, TextOperator, TextTest, UserSpecification, UserTest};

use super::{
    Dialect, PageQuery,
    condition::{condition, is_of_user_alone, sort_key_bounds},
    indexed::{has_grams, ids_by_grams, per_row, remaining},
    order::{from_place, ordered},
    term_query::{Cost, compile_terms},
};
use crate::persistence::sql::Sql;

/// Rows to walk along an order, which takes some milliseconds. If they do not fill a page, less
/// than a hundredth of all users match, unless they lie unevenly: few enough to collect.
const WALK: u32 = 8_000;
/// Many terms that begin alike take longer to collect.
const LONG_WALK: u32 = 20_000;
/// Where rows of other tables are read for each user, a short walk first estimates the matches.
const FIRST_WALK: u32 = 2_000;
const SECOND_WALK: u32 = 16_000;
/// Fetching a row that the grams have found costs as much as walking so many.
const INDEX_FETCH_COST_IN_ROWS: u64 = 5;

/// A way to find a page, for when the attempts before have not filled it.
pub(in crate::persistence) enum Attempt {
    By(Sql),
    /// Only if [`is_worth_walking`].
    WalkOn(Sql),
    /// As [`by_grams`] has it.
    ByGrams,
}

/// The page as FROM clause with source `u` and all that follows it; the planner chooses the way.
pub(in crate::persistence) fn page(dialect: Dialect, query: &PageQuery<'_>) -> Sql {
    let matching = condition(dialect, query.specification, query.now);
    Sql::new("users u WHERE ")
        .then(from_last(dialect, query, matching))
        .then(ordered_page(dialect, query))
}

/// The ways to find the page on Postgres, in order. The planner cannot know which is quicker: it
/// takes all conditions for independent.
pub(in crate::persistence) fn attempts(query: &PageQuery<'_>) -> Vec<Attempt> {
    let PageQuery { specification, now, .. } = query;
    let by_index = || Attempt::By(indexed(query));
    let walk_of = |steps| vec![Attempt::By(walked(query, steps)), by_index()];
    match compile_terms(specification).map(|query| query.cost) {
        Some(Cost::FewMatches) => vec![by_index()],
        _ if has_grams(specification, *now) => vec![
            Attempt::By(walked(query, FIRST_WALK)),
            Attempt::WalkOn(walked(query, SECOND_WALK)),
            Attempt::ByGrams,
        ],
        Some(Cost::TermLists) => walk_of(WALK),
        Some(Cost::PrefixLists) => walk_of(LONG_WALK),
        None if are_ranges(specification) => walk_of(WALK),
        None | Some(Cost::FullScan) => vec![Attempt::By(page(Dialect::Postgres, query))],
    }
}

/// Whether a second walk is expected to fill the page, and sooner than all matches are collected,
/// after `found` matches in the first.
pub(in crate::persistence) fn is_worth_walking(found: usize, limit: u32, users: u64) -> bool {
    let (found, limit) = (found as u64, u64::from(limit));
    let (first, second) = (u64::from(FIRST_WALK), u64::from(SECOND_WALK));
    let all_in_steps = found * users / first * INDEX_FETCH_COST_IN_ROWS;
    let page_in_steps = limit * first / found.max(1);
    page_in_steps <= second.min(all_in_steps)
}

/// The planner's estimate of the grams, which decides how they are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::persistence) enum GramsFind {
    /// The parts of these numbers have few matches ([`ids_by_grams`]).
    Few(Vec<usize>),
    Many,
}

/// `grams` is `None` if the specification asks for a part of a text and nothing else.
pub(in crate::persistence) fn by_grams(query: &PageQuery<'_>, grams: Option<&GramsFind>) -> Sql {
    let PageQuery { specification, now, .. } = query;
    match grams {
        None if is_of_user_alone(specification) => indexed(query),
        None => picked(query, &[0]),
        Some(GramsFind::Few(parts)) => picked(query, parts),
        Some(GramsFind::Many) => collected(query, per_row(specification, *now)),
    }
}

/// Whether it is of ranges alone, each of which has an index.
fn are_ranges(tree: &UserSpecification) -> bool {
    let is_range = |part: &UserSpecification| {
        matches!(
            part,
            Specification::Test(
                UserTest::Created(_)
                    | UserTest::Updated(_)
                    | UserTest::LastLogin(_)
                    | UserTest::Username(TextTest { operator: TextOperator::StartsWith, .. })
            )
        )
    };
    match tree {
        Specification::All(parts) => !parts.is_empty() && parts.iter().all(are_ranges),
        Specification::Not(part) => is_range(part),
        Specification::Test(_) | Specification::Any(_) => is_range(tree),
    }
}

/// The matches among the next rows of the order.
fn walked(query: &PageQuery<'_>, steps: u32) -> Sql {
    let PageQuery { specification, order, after, now, .. } = query;
    let dialect = Dialect::Postgres;
    let bounds = sort_key_bounds(dialect, specification, *now, order.by).into_iter();
    let place = after.iter().map(|last| from_place(dialect, *order, last));
    let readable = query.only_readable.then(|| Sql::new(dialect.is_readable("u")));
    let next = bounds
        .chain(place)
        .chain(readable)
        .fold(Sql::new("TRUE"), |all, part| all.push(" AND ").then(part));
    Sql::new("(SELECT * FROM users u WHERE ")
        .then(next)
        .then(ordered(dialect, *order))
        .push(format!(" LIMIT {steps}) AS u WHERE "))
        .then(per_row(specification, *now))
        .then(ordered_page(dialect, query))
}

fn indexed(query: &PageQuery<'_>) -> Sql {
    collected(query, condition(Dialect::Postgres, query.specification, query.now))
}

/// The first of all matches. OFFSET 0 is an optimisation fence against a walk along the order.
fn collected(query: &PageQuery<'_>, matching: Sql) -> Sql {
    Sql::new("(SELECT * FROM users u WHERE ")
        .then(from_last(Dialect::Postgres, query, matching))
        .push(" OFFSET 0) AS u")
        .then(ordered_page(Dialect::Postgres, query))
}

/// The matches among the ids that the grams of these parts find, in an order in which many lie
/// together. The planner underestimates terms that begin alike, and would start with them.
fn picked(query: &PageQuery<'_>, parts: &[usize]) -> Sql {
    let PageQuery { specification, now, .. } = query;
    let found = ids_by_grams(specification, *now).into_iter().enumerate();
    let found = found.filter(|(n, _)| parts.contains(n)).map(|(_, ids)| ids);
    let others = Sql::new("u.id = found.id AND ").then(remaining(specification, *now, parts));
    Sql::new("(SELECT u.* FROM (SELECT id FROM (SELECT DISTINCT id FROM ")
        .then(Sql::joined(found, " INTERSECT "))
        .push(
            " AS ids (id)) AS ids ORDER BY id COLLATE \"C\") AS found CROSS JOIN LATERAL \
               (SELECT * FROM users u WHERE ",
        )
        .then(from_last(Dialect::Postgres, query, others))
        .push(" OFFSET 0) AS u) AS u")
        .then(ordered_page(Dialect::Postgres, query))
}

fn from_last(dialect: Dialect, query: &PageQuery<'_>, matching: Sql) -> Sql {
    let matching = match &query.after {
        Some(last) => matching.push(" AND ").then(from_place(dialect, query.order, last)),
        None => matching,
    };
    if query.only_readable {
        matching.push(format!(" AND {}", dialect.is_readable("u")))
    } else {
        matching
    }
}

fn ordered_page(dialect: Dialect, query: &PageQuery<'_>) -> Sql {
    ordered(dialect, query.order).push(format!(" LIMIT {}", query.limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_worth_walking_where_the_next_page_is_nearer_than_all_matches() {
        let first_worth = |users| (0..51).find(|found| is_worth_walking(*found, 51, users));
        assert_eq!(first_worth(1_000_000), Some(7));
        // So few are collected sooner.
        assert_eq!(first_worth(40_000), Some(32));
        // Or the walk would end before the page is full.
        assert_eq!(first_worth(100_000_000), Some(7));
        // The table has not been analysed yet.
        assert_eq!(first_worth(0), None);
    }
}
