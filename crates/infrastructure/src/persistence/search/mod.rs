//! A specification as SQL (R28): the same tree that the domain reads in memory.
//!
//! Each condition is true or false and never NULL, so that NOT means what it says. Texts are
//! compared byte by byte in keys that both databases make alike: see migration 4.

use chrono::{DateTime, NaiveDateTime, Utc};
use userdom_application::ports::{DirectoryQuery, OrderKey, Place, PlaceValue, UserOrder};
use userdom_domain::{UserSpecification, plain};

use super::{
    conversions::{maybe_utc, utc},
    lenient::{FIRST_MOMENT, LAST_MOMENT},
    models::UserRow,
    sql::Sql,
};

mod condition;
mod grams;
mod indexed;
mod order;
mod page;
mod term_query;
mod terms;
mod text;

pub(super) use condition::condition;
pub(super) use indexed::{has_conjuncts, ids_by_grams};
pub(super) use page::{Attempt, GramsFind, attempts, by_grams, is_worth_walking, page};
pub(super) use terms::terms;

/// The query for a page; the user before it may be an unreadable one (R29).
pub(super) struct PageQuery<'a> {
    pub(super) specification: &'a UserSpecification,
    pub(super) order: UserOrder,
    pub(super) after: Option<RowPlace>,
    pub(super) limit: u32,
    pub(super) now: DateTime<Utc>,
    /// Whether the database leaves out unreadable users.
    pub(super) only_readable: bool,
}

/// Where a row stands in an order.
#[derive(Clone)]
pub(super) struct RowPlace {
    pub(super) value: PlaceValue,
    pub(super) id: String,
}

impl RowPlace {
    /// The same as [`UserOrder::place`] of the user.
    pub(super) fn of(user: &UserRow, by: OrderKey) -> Self {
        let value = match by {
            OrderKey::Created => PlaceValue::Moment(Some(utc(user.created_at))),
            OrderKey::Username => PlaceValue::Text(plain(&user.username)),
            OrderKey::LastLogin => PlaceValue::Moment(maybe_utc(user.last_login_at)),
            OrderKey::LastName => PlaceValue::Text(user.last_name_key.clone().unwrap_or_default()),
        };
        Self { value, id: user.id.clone() }
    }
}

impl<'a> From<&DirectoryQuery<'a>> for PageQuery<'a> {
    fn from(query: &DirectoryQuery<'a>) -> Self {
        let after = query.after.as_ref();
        let place =
            |place: &Place| RowPlace { value: place.value.clone(), id: place.id.to_string() };
        Self {
            specification: query.specification,
            order: query.order,
            after: after.map(place),
            limit: query.limit,
            now: query.now,
            only_readable: false,
        }
    }
}

/// The database whose SQL is written.
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

    /// The part of an email after its `@`.
    fn domain(self, column: &str) -> String {
        match self {
            Self::Postgres => format!("split_part({}, '@', 2)", self.lower(column)),
            Self::Sqlite => format!("substr({}, instr({column}, '@') + 1)", self.lower(column)),
        }
    }

    /// A column of `users` that holds a moment, as it is compared. SQLite has it as text, which
    /// each application writes in its own way; the indexes of migration 13 have the same.
    pub(super) fn moment_key(self, column: &str) -> String {
        match self {
            Self::Postgres => column.to_owned(),
            Self::Sqlite => SQLITE_MOMENT_KEY.replace('$', column),
        }
    }

    /// The same of one that may be missing: NULL then, and where it is no moment.
    pub(super) fn maybe_moment_key(self, column: &str) -> String {
        match self {
            Self::Postgres => column.to_owned(),
            Self::Sqlite => format!("NULLIF({}, {NO_MOMENT})", self.moment_key(column)),
        }
    }

    /// A moment that such a column is compared with.
    pub(super) fn moment(self, moment: NaiveDateTime) -> Sql {
        let is_beyond = |edge: NaiveDateTime| {
            // A cursor counts whole microseconds.
            moment.and_utc().timestamp() == edge.and_utc().timestamp()
        };
        match self {
            Self::Postgres if is_beyond(LAST_MOMENT) => Sql::new("'infinity'::timestamp"),
            Self::Postgres if is_beyond(FIRST_MOMENT) => Sql::new("'-infinity'::timestamp"),
            Self::Postgres => Sql::default().moment(moment),
            Self::Sqlite => Sql::default().text(moment.format("%Y-%m-%d %H:%M:%S%.6f").to_string()),
        }
    }

    /// Whether the id of a row of `users` is unreadable; migration 10 has an index of these rows.
    pub(super) fn is_unreadable(self, user: &str) -> String {
        match self {
            Self::Postgres => format!("{user}.id !~ {UUID_ON_POSTGRES}"),
            Self::Sqlite => format!("{user}.id NOT GLOB {UUID_ON_SQLITE}"),
        }
    }

    /// Whether a row of `users` is readable, with its contacts. To the planner of Postgres a CASE
    /// is true of every second row; of the patterns it would expect next to none.
    fn is_readable(self, user: &str) -> String {
        let has_unreadable = |table: &str| {
            let is_uuid = match self {
                Self::Postgres => format!("x.uid ~ {UUID_ON_POSTGRES}"),
                Self::Sqlite => format!("x.uid GLOB {UUID_ON_SQLITE}"),
            };
            format!(
                "EXISTS (SELECT 1 FROM {table} x WHERE x.user_id = {user}.id \
                 AND ({is_uuid}) IS NOT TRUE)"
            )
        };
        let contacts = ["user_emails", "user_phones", "user_addresses"].map(has_unreadable);
        format!(
            "CASE WHEN {} OR {} THEN FALSE ELSE TRUE END",
            self.is_unreadable(user),
            contacts.join(" OR ")
        )
    }

    /// The last sign-in of a user, or a moment before all others.
    fn last_login(self, user: &str) -> String {
        let moment = self.maybe_moment_key(&format!("{user}.last_login_at"));
        format!("COALESCE({moment}, {})", self.before_all_time())
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

    /// U+0001, after which a key goes on with its original value.
    fn end_of_key(self) -> &'static str {
        match self {
            Self::Postgres => "chr(1)",
            Self::Sqlite => "char(1)",
        }
    }
}

const UUID_ON_POSTGRES: &str = "'^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'";
const UUID_ON_SQLITE: &str = "'[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'";

/// The key of a text that is no moment.
const NO_MOMENT: &str = "'0000-01-01 00:00:00.000000'";

/// `YYYY-MM-DD HH:MM:SS.ffffff` of the text `$`: with a `T` or a blank, with a `Z`, an offset or
/// neither, with any number of decimals. What is no moment comes before all that are. With a
/// modifier every version of SQLite makes February 31 a day of March.
const SQLITE_MOMENT_KEY: &str = "CASE WHEN $ NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' OR $ GLOB '0000*' THEN '0000-01-01 00:00:00.000000' WHEN $ GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]' AND strftime('%Y-%m-%d %H:%M:%S', substr($, 1, 19), '+0 days') = substr($, 1, 19) THEN CAST($ AS TEXT) WHEN instr($, '.') = 0 THEN COALESCE(strftime('%Y-%m-%d %H:%M:%S', $, '+0 days') || '.000000', '0000-01-01 00:00:00.000000') ELSE COALESCE(strftime('%Y-%m-%d %H:%M:%S', substr($, 1, instr($, '.') - 1) || ltrim(substr($, instr($, '.') + 1), '0123456789'), '+0 days') || '.' || substr(substr(substr($, instr($, '.') + 1), 1, length(substr($, instr($, '.') + 1)) - length(ltrim(substr($, instr($, '.') + 1), '0123456789'))) || '000000', 1, 6), '0000-01-01 00:00:00.000000') END";
