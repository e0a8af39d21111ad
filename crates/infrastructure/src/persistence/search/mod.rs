//! A specification as SQL (R28): the same tree that the domain reads in memory.
//!
//! Each condition is true or false and never NULL, so that NOT means what it says. Texts are
//! compared byte by byte in keys that both databases make alike: see migration 4.

mod condition;
mod grams;
mod indexed;
mod order;
mod page;
mod terms;
mod text;
mod told;

pub(super) use condition::condition;
pub(super) use indexed::{asks_for_more, found_by_grams};
pub(super) use page::{Attempt, GramsFind, attempts, by_grams, is_worth_walking, page};
pub(super) use terms::terms;

/// Whose SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

impl Dialect {
    /// A column in lower case, ASCII letters only; compared byte by byte.
    fn lower(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("lower({column} COLLATE \"C\")"),
            Self::Sqlite => format!("lower({column})"),
        }
    }

    /// What follows the `@` of an email.
    fn domain(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("split_part({}, '@', 2)", self.lower(column)),
            Self::Sqlite => format!("substr({}, instr({column}, '@') + 1)", self.lower(column)),
        }
    }

    /// When a user signed in last; who never did, before all time.
    fn last_login(self, user: &str) -> String {
        format!("COALESCE({user}.last_login_at, {})", self.before_all_time())
    }

    fn before_all_time(self) -> &'static str {
        match self {
            Self::Postgres => "'-infinity'::timestamp",
            Self::Sqlite => "''",
        }
    }

    /// The name of the function that finds a text in another.
    fn position(self) -> &'static str {
        match self {
            Self::Postgres => "strpos",
            Self::Sqlite => "instr",
        }
    }

    /// U+0001, after which a key goes on with the value that it was made of.
    fn end_of_key(self) -> &'static str {
        match self {
            Self::Postgres => "chr(1)",
            Self::Sqlite => "char(1)",
        }
    }
}
