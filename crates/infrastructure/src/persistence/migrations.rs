use diesel::{Connection, ConnectionError, RunQueryDsl, sql_types::BigInt};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::DbConnection;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Names the lock of this product's migrations among a database's advisory locks.
const LOCK: i64 = 0x0075_7365_7264_6f6d;

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationReport {
    /// The migrations that were applied, oldest first.
    pub applied: Vec<String>,
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// No connection.
    #[error("the database cannot be reached")]
    Connect(#[from] ConnectionError),
    /// The lock could not be taken.
    #[error("the lock on migrations cannot be taken")]
    Lock(#[from] diesel::result::Error),
    /// A migration failed; it has left nothing behind.
    #[error("a migration failed")]
    Run(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Applies what is missing. Each migration is a transaction of its own, and one
/// process at a time runs them: the others wait and find nothing to do. On
/// SQLite the file belongs to one process anyway.
pub(crate) fn run(connection: &mut DbConnection) -> Result<MigrationReport, MigrationError> {
    let applied = match connection {
        DbConnection::Postgres(pg) => {
            // A waiting starter must not give up after the usual statement timeout.
            diesel::sql_query("SET statement_timeout = 0").execute(pg)?;
            lock(pg, "SELECT pg_advisory_lock($1)")?;
            let applied = pending(pg, POSTGRES).map_err(MigrationError::Run)?;
            lock(pg, "SELECT pg_advisory_unlock($1)")?;
            applied
        }
        DbConnection::Sqlite(sqlite) => pending(sqlite, SQLITE).map_err(MigrationError::Run)?,
    };
    Ok(MigrationReport { applied })
}

fn lock(pg: &mut diesel::PgConnection, sql: &str) -> Result<(), diesel::result::Error> {
    diesel::sql_query(sql).bind::<BigInt, _>(LOCK).execute(pg).map(drop)
}

fn pending<C, DB>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>>
where
    DB: diesel::backend::Backend,
    C: Connection<Backend = DB> + MigrationHarness<DB>,
{
    let applied = connection.run_pending_migrations(migrations)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use diesel::{
        SqliteConnection,
        migration::{Migration, MigrationSource},
        prelude::*,
        sql_types::Text,
    };

    use super::*;
    use crate::persistence::search::Dialect;

    #[derive(QueryableByName)]
    struct Index {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Text)]
        sql: String,
    }

    /// An expression that differs in one letter is found by no index. Seen to fail with another
    /// modifier in `SQLITE_MOMENT_KEY`.
    #[test]
    fn r29_the_indexes_of_sqlite_have_the_expressions_of_the_service() {
        let mut sqlite = SqliteConnection::establish(":memory:").unwrap();
        pending(&mut sqlite, SQLITE).unwrap();
        let indexes =
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%GLOB%'";
        let indexes: Vec<Index> = diesel::sql_query(indexes).load(&mut sqlite).unwrap();
        let service = Dialect::Sqlite;
        let expressions = [
            service.moment_key("created_at"),
            service.moment_key("updated_at"),
            format!("COALESCE({}, '')", service.maybe_moment_key("last_login_at")),
            service.is_unreadable("users").replace("users.", ""),
        ];
        for index in &indexes {
            let has_one = expressions.iter().any(|expression| index.sql.contains(expression));
            assert!(has_one, "{} has its own: {}", index.name, index.sql);
        }
        for expression in expressions {
            let is_there = indexes.iter().any(|index| index.sql.contains(&expression));
            assert!(is_there, "no index has {expression}");
        }
    }

    #[test]
    fn the_two_databases_have_twin_migrations() {
        let postgres: Vec<Box<dyn Migration<diesel::pg::Pg>>> = POSTGRES.migrations().unwrap();
        let sqlite: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> = SQLITE.migrations().unwrap();
        assert_eq!(
            postgres.iter().map(|m| m.name().to_string()).collect::<Vec<_>>(),
            sqlite.iter().map(|m| m.name().to_string()).collect::<Vec<_>>()
        );
    }
}
