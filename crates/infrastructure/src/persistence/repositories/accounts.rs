use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text, Timestamp},
};
use userdom_application::ports::{AccountRepository, Ended, Leftover, Stamp};
use userdom_domain::{RepositoryError, UserId};

use super::erasures;
use crate::persistence::{
    connection::DbConnection,
    conversions::readable_id,
    lenient::MaybeJson,
    models::roles,
    schema::{erasures as orders, users},
    search::Dialect,
    sql::{Rows, Sql},
    unit_of_work::{SqlUnitOfWork, on_either},
};

impl AccountRepository for SqlUnitOfWork {
    fn erase(&mut self, user_id: UserId, version: i64) -> Result<bool, RepositoryError> {
        let id = user_id.to_string();
        self.loaded.remove(&id);
        // A trigger leaves the order to wipe the rest.
        let seen = users::table.filter(users::id.eq(&id).and(users::version.eq(version)));
        let erased = on_either!(self.writing()?, c => diesel::delete(seen).execute(c));
        Ok(self.checked(erased)? > 0)
    }

    fn wipe(&mut self, user: &str, most: u32) -> Result<bool, RepositoryError> {
        self.send_trail()?;
        let wiped = erasures::wipe(self.writing()?, user, most);
        let is_done = self.checked(wiped)?;
        self.erases |= is_done;
        Ok(is_done)
    }

    fn half_erased(&mut self, after: &str, limit: u32) -> Result<Vec<String>, RepositoryError> {
        let found = on_either!(self.db()?, c => {
            orders::table
                .filter(orders::user_id.gt(after))
                .order(orders::user_id)
                .limit(i64::from(limit))
                .select(orders::user_id)
                .load(c)
        });
        self.checked(found)
    }

    fn has_unreadable(&mut self, id: &str) -> Result<bool, RepositoryError> {
        Ok(self.unreadable(|sql| sql.push(" AND u.id = ").text(id).push(" LIMIT 1"))?.len() == 1)
    }

    fn erase_unreadable(&mut self, id: &str) -> Result<bool, RepositoryError> {
        if !self.has_unreadable(id)? {
            return Ok(false);
        }
        self.erases = true;
        let erased = on_either!(self.writing()?, c => {
            diesel::delete(users::table.filter(users::id.eq(id))).execute(c)
        });
        Ok(self.checked(erased)? > 0)
    }

    fn unreadable_leftovers(
        &mut self,
        registered_before: DateTime<Utc>,
        deleted_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<String>, RepositoryError> {
        let dialect = self.dialect();
        self.unreadable(|sql| {
            let (created, updated) =
                (dialect.moment_key("u.created_at"), dialect.moment_key("u.updated_at"));
            sql.push(format!(" AND (u.status = 'deleted' AND {updated} < "))
                .then(dialect.moment(deleted_before.naive_utc()))
                .push(format!(" OR u.status = 'pending' AND {created} < "))
                .then(dialect.moment(registered_before.naive_utc()))
                .push(
                    " AND NOT EXISTS (SELECT 1 FROM user_emails e WHERE e.user_id = u.id \
                     AND e.is_verified))",
                )
                .push(format!(" LIMIT {limit}"))
        })
    }

    fn stamp(&mut self, user_id: UserId) -> Result<Option<Stamp>, RepositoryError> {
        let id = user_id.to_string();
        let found: QueryResult<Option<(i64, MaybeJson)>> = on_either!(self.db()?, c => {
            users::table
                .filter(users::id.eq(&id))
                .select((users::version, users::roles))
                .first(c)
                .optional()
        });
        let stamp =
            |(version, stored): (_, MaybeJson)| Stamp { version, roles: roles(&stored.into()) };
        Ok(self.checked(found)?.map(stamp))
    }

    fn never_verified(
        &mut self,
        registered_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        self.first_left(Leftover::NeverVerified { registered_before }, limit)
    }

    fn deleted_before(
        &mut self,
        deleted_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        self.first_left(Leftover::Deleted { deleted_before }, limit)
    }

    fn leftover_version(
        &mut self,
        user_id: UserId,
        leftover: Leftover,
    ) -> Result<Option<i64>, RepositoryError> {
        let dialect = self.dialect();
        // SQLite has one writer at a time, which this is.
        let lock = if self.is_postgres() { " FOR UPDATE" } else { "" };
        let sql = Sql::new("SELECT u.version FROM users u WHERE u.id = ")
            .text(user_id.to_string())
            .push(" AND ");
        let sql = is_left(sql, dialect, leftover).push(lock);
        let found = on_either!(self.writing()?, c => Rows::<BigInt>::of(sql).load::<i64>(c));
        Ok(self.checked(found)?.pop())
    }

    fn sweep(
        &mut self,
        what: Ended,
        moment: DateTime<Utc>,
        most: u32,
    ) -> Result<u64, RepositoryError> {
        let (table, ended) = ended(what);
        let connection = self.writing()?;
        let end = match connection {
            // Another instance that sweeps has these.
            DbConnection::Postgres(_) => " FOR UPDATE SKIP LOCKED",
            DbConnection::Sqlite(_) => "",
        };
        let sql = format!(
            "DELETE FROM {table} WHERE id IN \
             (SELECT id FROM {table} WHERE {ended} LIMIT $2{end})"
        );
        let gone = on_either!(connection, c => {
            diesel::sql_query(sql)
                .bind::<Timestamp, _>(moment.naive_utc())
                .bind::<BigInt, _>(i64::from(most))
                .execute(c)
        });
        Ok(self.checked(gone)? as u64)
    }
}

/// The table, and which of its rows have ended before the moment `$1`.
fn ended(what: Ended) -> (&'static str, &'static str) {
    match what {
        Ended::Events => ("outbox_events", "processed_at < $1"),
        Ended::Answers => ("idempotency_keys", "expires_at <= $1"),
        Ended::Sessions => ("sessions", "idle_expires_at <= $1"),
        Ended::Tokens => ("one_time_tokens", "expires_at <= $1"),
        Ended::Devices => ("known_devices", "expires_at <= $1"),
    }
}

impl SqlUnitOfWork {
    /// The unreadable ids; `more` adds conditions.
    fn unreadable(
        &mut self,
        more: impl FnOnce(Sql) -> Sql,
    ) -> Result<Vec<String>, RepositoryError> {
        let is_unreadable = self.dialect().is_unreadable("u");
        let sql = more(Sql::new(format!("SELECT u.id FROM users u WHERE {is_unreadable}")));
        let found = on_either!(self.db()?, c => Rows::<Text>::of(sql).load::<String>(c));
        self.checked(found)
    }

    /// The first leftovers that can be read.
    fn first_left(
        &mut self,
        leftover: Leftover,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        let dialect = self.dialect();
        let key = left_since(dialect, leftover);
        let sql = Sql::new("SELECT u.id FROM users u WHERE ");
        let sql = is_left(sql, dialect, leftover).push(format!(
            " AND NOT ({}) ORDER BY {key}, u.id LIMIT {limit}",
            dialect.is_unreadable("u")
        ));
        let found = on_either!(self.db()?, c => Rows::<Text>::of(sql).load::<String>(c));
        let ids = self.checked(found)?;
        Ok(ids.iter().filter_map(|id| readable_id("users", id)).collect())
    }
}

/// The moment since which the user `u` is not needed.
fn left_since(dialect: Dialect, leftover: Leftover) -> String {
    dialect.moment_key(match leftover {
        Leftover::NeverVerified { .. } => "u.created_at",
        // Nothing changes a deleted user, so its last change is its deletion.
        Leftover::Deleted { .. } => "u.updated_at",
    })
}

/// Whether the user `u` is such a leftover.
fn is_left(sql: Sql, dialect: Dialect, leftover: Leftover) -> Sql {
    let (status, more, moment) = match leftover {
        Leftover::NeverVerified { registered_before } => (
            "pending",
            " AND NOT EXISTS (SELECT 1 FROM user_emails e WHERE e.user_id = u.id \
             AND e.is_verified)",
            registered_before,
        ),
        Leftover::Deleted { deleted_before } => ("deleted", "", deleted_before),
    };
    // The status is no value: the indexes of these users are of one status each.
    sql.push(format!("u.status = '{status}' AND {} < ", left_since(dialect, leftover)))
        .then(dialect.moment(moment.naive_utc()))
        .push(more)
}
