//! A specification as conditions that the inverted indexes of Postgres serve.

use chrono::{DateTime, Utc};
use userdom_domain::{
    AddressTest, EmailTest, PhoneTest, Specification, TextOperator, TextTest, UserSpecification,
    UserTest,
};

use super::{
    Dialect,
    condition::{Compiler, JoinStrategy, conjuncts},
    grams::{grams, grams_of_names, grams_of_one},
    term_query::compile_terms,
    text::Normalization::{Folded, Keyed, Lower},
};
use crate::persistence::sql::Sql;

/// The index that finds all users that satisfy a specification, and perhaps others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Index {
    Terms,
    Grams,
}

/// The condition for rows that are read one by one: grams would be cut anew for each.
pub(super) fn per_row(specification: &UserSpecification, now: DateTime<Utc>) -> Sql {
    let compiler = Compiler { dialect: Dialect::Postgres, now };
    let parts = not_in_terms(specification).map(|part| compiler.row(part));
    all(compiler.by_terms(specification).into_iter().chain(parts))
}

/// For each conjunct that grams serve, the ids that they find, with duplicates.
pub(in crate::persistence) fn ids_by_grams(
    specification: &UserSpecification,
    now: DateTime<Utc>,
) -> Vec<Sql> {
    let compiler = Compiler { dialect: Dialect::Postgres, now };
    compiler.with_grams(specification).map(|part| compiler.ids_by_grams(part)).collect()
}

/// Whether there is more than one conjunct.
pub(in crate::persistence) fn has_conjuncts(specification: &UserSpecification) -> bool {
    conjuncts(specification).len() > 1
}

/// The condition on users that the grams of some parts have found.
pub(super) fn remaining(
    specification: &UserSpecification,
    now: DateTime<Utc>,
    parts: &[usize],
) -> Sql {
    let compiler = Compiler { dialect: Dialect::Postgres, now };
    let found: Vec<_> = compiler.with_grams(specification).enumerate().collect();
    let is_found = |one: &UserSpecification| {
        found.iter().any(|(n, part)| parts.contains(n) && std::ptr::eq(*part, one))
    };
    let rows = not_in_terms(specification).filter(|part| !is_found(part));
    let rows = rows.map(|part| compiler.row(part));
    all(compiler.by_terms(specification).into_iter().chain(rows))
}

/// Whether grams serve it.
pub(super) fn has_grams(specification: &UserSpecification, now: DateTime<Utc>) -> bool {
    Compiler { dialect: Dialect::Postgres, now }.index(specification) == Some(Index::Grams)
}

fn all(parts: impl Iterator<Item = Sql>) -> Sql {
    let parts: Vec<Sql> = parts.collect();
    if parts.is_empty() { Sql::new("TRUE") } else { Sql::joined(parts, " AND ") }
}

impl Compiler {
    /// By the indexes that the planner likes best.
    pub(super) fn indexed(&self, tree: &UserSpecification) -> Sql {
        let parts = not_in_terms(tree).map(|part| self.best(part));
        all(self.by_terms(tree).into_iter().chain(parts))
    }

    /// By grams where they serve it: a part of a text has no other index.
    fn best(&self, part: &UserSpecification) -> Sql {
        match self.index(part) {
            Some(Index::Grams) => self.by_grams(part),
            Some(Index::Terms) | None => self.row(part),
        }
    }

    fn row(&self, part: &UserSpecification) -> Sql {
        self.users("u", part, JoinStrategy::PerRow)
    }

    /// By the terms, or by the row itself where its terms are still to be written.
    fn by_terms(&self, tree: &UserSpecification) -> Option<Sql> {
        let query = compile_terms(tree)?.query;
        let parts = conjuncts(tree).into_iter().filter(|part| is_in_terms(part));
        let rows = parts.map(|part| self.row(part));
        let waiting = all(std::iter::once(Sql::new("u.terms IS NULL")).chain(rows));
        let matches = Sql::new("u.terms @@ CAST(").text(query).push(" AS tsquery)");
        Some(Sql::joined([matches, waiting], " OR "))
    }

    fn index(&self, tree: &UserSpecification) -> Option<Index> {
        let terms = || compile_terms(tree).map(|_| Index::Terms);
        match tree {
            Specification::Test(test) => self.grams(test).map(|_| Index::Grams).or_else(terms),
            Specification::All(parts) => parts.iter().filter_map(|part| self.index(part)).max(),
            Specification::Any(parts) => {
                let all: Option<Vec<Index>> = parts.iter().map(|part| self.index(part)).collect();
                all?.into_iter().max()
            }
            Specification::Not(_) => terms(),
        }
    }

    fn with_grams<'t>(
        &self,
        tree: &'t UserSpecification,
    ) -> impl Iterator<Item = &'t UserSpecification> {
        conjuncts(tree).into_iter().filter(|part| self.index(part) == Some(Index::Grams))
    }

    /// A condition that grams serve.
    fn by_grams(&self, tree: &UserSpecification) -> Sql {
        if let Specification::Test(test) = tree
            && self.rows(test).is_none()
        {
            return self.of_user(tree, test);
        }
        Sql::new("u.id IN (").then(self.ids_by_grams(tree)).push(")")
    }

    /// The ids of the same, with duplicates.
    fn ids_by_grams(&self, tree: &UserSpecification) -> Sql {
        let users = |condition| Sql::new("SELECT u.id FROM users u WHERE ").then(condition);
        match tree {
            Specification::Any(parts) => {
                let found = parts.iter().map(|part| users(self.indexed(part)));
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

    /// The grams that the wanted rows must have.
    fn grams(&self, test: &UserTest) -> Option<Sql> {
        let lower = |column| self.dialect.lower(column);
        match test {
            UserTest::Username(test) => grams(&lower("u.username"), Lower, test),
            UserTest::FirstName(test) | UserTest::LastName(test) | UserTest::DisplayName(test) => {
                grams_of_names(test)
            }
            UserTest::Language(test) => grams(&lower("c.preferred_language"), Lower, test),
            UserTest::TimeZone(test) => grams(&lower("c.timezone"), Lower, test),
            UserTest::Email(one) => grams_of_one(one, &|test| match test {
                // A foreign email may go on after its domain (R29).
                EmailTest::Domain(test) if test.operator == TextOperator::EndsWith => {
                    grams(&lower("c.email"), Lower, &TextTest::contains(&test.text))
                }
                EmailTest::Value(test) | EmailTest::Domain(test) => {
                    grams(&lower("c.email"), Lower, test)
                }
                EmailTest::Type(_) | EmailTest::Verified | EmailTest::Default => None,
            }),
            UserTest::Phone(one) => grams_of_one(one, &|test| match test {
                PhoneTest::Number(test) => grams("c.number_key", Keyed, test),
                PhoneTest::Type(_) | PhoneTest::Verified | PhoneTest::Default => None,
            }),
            UserTest::Address(one) => grams_of_one(one, &|test| match test {
                AddressTest::City(test) => grams("c.city_key", Folded, test),
                AddressTest::PostalCode(test) => grams(&lower("c.postal_code"), Lower, test),
                AddressTest::Country(_) | AddressTest::Type(_) | AddressTest::Default => None,
            }),
            UserTest::Active
            | UserTest::Id(_)
            | UserTest::Status(_)
            | UserTest::Role(_)
            | UserTest::VerifiedEmail
            | UserTest::VerifiedPhone
            | UserTest::TwoFactor
            | UserTest::Created(_)
            | UserTest::Updated(_)
            | UserTest::LastLogin(_) => None,
        }
    }
}

fn is_in_terms(part: &UserSpecification) -> bool {
    compile_terms(part).is_some_and(|query| query.is_exact)
}

/// The conjuncts that the terms do not decide.
fn not_in_terms(tree: &UserSpecification) -> impl Iterator<Item = &UserSpecification> {
    conjuncts(tree).into_iter().filter(|part| !is_in_terms(part))
}
