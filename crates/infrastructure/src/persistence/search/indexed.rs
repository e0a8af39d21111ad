//! Who satisfies a specification, as the inverted indexes of Postgres find them.

use chrono::{DateTime, Utc};
use userdom_domain::{
    AddressTest, EmailTest, PhoneTest, Specification, TextOperator, TextTest, UserSpecification,
    UserTest,
};

use super::{
    Dialect,
    condition::{Compiler, Pace, conjuncts},
    grams::{grams, grams_of_names, grams_of_one},
    text::Kept,
    told::told,
};
use crate::persistence::sql::Sql;

/// The index that finds who satisfies a specification, wholly or but for some who do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Index {
    Terms,
    Grams,
}

/// Who satisfies it, for users who are looked at one by one: the grams would be cut anew for each.
pub(super) fn user_by_user(specification: &UserSpecification, now: DateTime<Utc>) -> Sql {
    let compiler = Compiler { dialect: Dialect::Postgres, now };
    let parts = not_told(specification).map(|part| compiler.row(part));
    all(compiler.by_terms(specification).into_iter().chain(parts))
}

/// The ids of those whom grams find, some of them more than once, for each part of a text that a
/// specification asks for.
pub(in crate::persistence) fn found_by_grams(
    specification: &UserSpecification,
    now: DateTime<Utc>,
) -> Vec<Sql> {
    let compiler = Compiler { dialect: Dialect::Postgres, now };
    compiler.with_grams(specification).map(|part| compiler.ids_by_grams(part)).collect()
}

/// Whether anything is to be asked of those whom the grams of one part have found.
pub(in crate::persistence) fn asks_for_more(specification: &UserSpecification) -> bool {
    conjuncts(specification).len() > 1
}

/// What is to be asked of those whom the grams of some parts have found.
pub(super) fn besides(
    specification: &UserSpecification,
    now: DateTime<Utc>,
    parts: &[usize],
) -> Sql {
    let compiler = Compiler { dialect: Dialect::Postgres, now };
    let found: Vec<_> = compiler.with_grams(specification).enumerate().collect();
    let is_found = |one: &UserSpecification| {
        found.iter().any(|(n, part)| parts.contains(n) && std::ptr::eq(*part, one))
    };
    let rows = not_told(specification).filter(|part| !is_found(part));
    let rows = rows.map(|part| compiler.row(part));
    all(compiler.by_terms(specification).into_iter().chain(rows))
}

/// Whether it asks for a part of a text, and the grams find who has it.
pub(super) fn has_grams(specification: &UserSpecification, now: DateTime<Utc>) -> bool {
    Compiler { dialect: Dialect::Postgres, now }.index(specification) == Some(Index::Grams)
}

fn all(parts: impl Iterator<Item = Sql>) -> Sql {
    let parts: Vec<Sql> = parts.collect();
    if parts.is_empty() { Sql::new("TRUE") } else { Sql::joined(parts, " AND ") }
}

impl Compiler {
    /// By whichever index the planner likes best.
    pub(super) fn indexed(&self, tree: &UserSpecification) -> Sql {
        let parts = not_told(tree).map(|part| self.best(part));
        all(self.by_terms(tree).into_iter().chain(parts))
    }

    /// By grams, if they find it: a part of a text has no other index.
    fn best(&self, part: &UserSpecification) -> Sql {
        match self.index(part) {
            Some(Index::Grams) => self.by_grams(part),
            Some(Index::Terms) | None => self.row(part),
        }
    }

    fn row(&self, part: &UserSpecification) -> Sql {
        self.users("u", part, Pace::UserByUser)
    }

    /// The terms find who satisfies it; all of it is asked of the rows of users whose terms are
    /// still to be written.
    fn by_terms(&self, tree: &UserSpecification) -> Option<Sql> {
        let query = told(tree)?.query;
        let parts = conjuncts(tree).into_iter().filter(|part| is_told(part));
        let rows = parts.map(|part| self.row(part));
        let waiting = all(std::iter::once(Sql::new("u.terms IS NULL")).chain(rows));
        let matches = Sql::new("u.terms @@ CAST(").text(query).push(" AS tsquery)");
        Some(Sql::joined(vec![matches, waiting], " OR "))
    }

    fn index(&self, tree: &UserSpecification) -> Option<Index> {
        let told = || told(tree).map(|_| Index::Terms);
        match tree {
            Specification::Test(test) => self.grams(test).map(|_| Index::Grams).or_else(told),
            Specification::All(parts) => parts.iter().filter_map(|part| self.index(part)).max(),
            Specification::Any(parts) => {
                let all: Option<Vec<Index>> = parts.iter().map(|part| self.index(part)).collect();
                all?.into_iter().max()
            }
            Specification::Not(_) => told(),
        }
    }

    fn with_grams<'t>(
        &self,
        tree: &'t UserSpecification,
    ) -> impl Iterator<Item = &'t UserSpecification> {
        conjuncts(tree).into_iter().filter(|part| self.index(part) == Some(Index::Grams))
    }

    /// Who satisfies what grams find.
    fn by_grams(&self, tree: &UserSpecification) -> Sql {
        match tree {
            Specification::Test(test) if self.rows(test).is_none() => self.of_user(tree, test),
            tree => Sql::new("u.id IN (").then(self.ids_by_grams(tree)).push(")"),
        }
    }

    /// The ids of the same, some of them more than once.
    fn ids_by_grams(&self, tree: &UserSpecification) -> Sql {
        let users = |condition| Sql::new("SELECT u.id FROM users u WHERE ").then(condition);
        match tree {
            Specification::Any(parts) => {
                let found = parts.iter().map(|part| users(self.indexed(part))).collect();
                Sql::joined(found, " UNION ALL ")
            }
            Specification::Test(test) => match (self.rows(test), self.grams(test)) {
                (Some(rows), Some(grams)) => rows.push(" AND ").then(grams),
                _ => users(self.of_user(tree, test)),
            },
            Specification::All(_) | Specification::Not(_) => users(self.row(tree)),
        }
    }

    fn of_user(&self, tree: &UserSpecification, test: &UserTest) -> Sql {
        all(self.grams(test).into_iter().chain([self.row(tree)]))
    }

    /// What the rows that are sought must have, if grams find them.
    fn grams(&self, test: &UserTest) -> Option<Sql> {
        let lower = |column| self.dialect.lower(column);
        match test {
            UserTest::Username(test) => grams(&lower("u.username"), Kept::Lower, test),
            UserTest::FirstName(test) | UserTest::LastName(test) | UserTest::DisplayName(test) => {
                grams_of_names(test)
            }
            UserTest::Language(test) => grams(&lower("c.preferred_language"), Kept::Lower, test),
            UserTest::TimeZone(test) => grams(&lower("c.timezone"), Kept::Lower, test),
            UserTest::Email(one) => grams_of_one(one, &|test| match test {
                // An email that we did not write may go on after its domain.
                EmailTest::Domain(test) if test.operator == TextOperator::EndsWith => {
                    grams(&lower("c.email"), Kept::Lower, &TextTest::contains(&test.text))
                }
                EmailTest::Value(test) | EmailTest::Domain(test) => {
                    grams(&lower("c.email"), Kept::Lower, test)
                }
                _ => None,
            }),
            UserTest::Phone(one) => grams_of_one(one, &|test| match test {
                PhoneTest::Number(test) => grams("c.number_key", Kept::Keyed, test),
                _ => None,
            }),
            UserTest::Address(one) => grams_of_one(one, &|test| match test {
                AddressTest::City(test) => grams("c.city_key", Kept::Folded, test),
                AddressTest::PostalCode(test) => grams(&lower("c.postal_code"), Kept::Lower, test),
                _ => None,
            }),
            _ => None,
        }
    }
}

fn is_told(part: &UserSpecification) -> bool {
    told(part).is_some_and(|told| told.exactly)
}

/// What the terms do not tell, or not exactly.
fn not_told(tree: &UserSpecification) -> impl Iterator<Item = &UserSpecification> {
    conjuncts(tree).into_iter().filter(|part| !is_told(part))
}
