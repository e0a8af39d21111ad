use std::time::{Duration, Instant};

use diesel::{
    Connection, ConnectionError, QueryableByName, RunQueryDsl,
    migration::{Migration, MigrationSource},
    sql_types::{BigInt, Bool},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::DbConnection;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Names the lock of this product's migrations among a database's advisory locks.
const LOCK: i64 = 0x0075_7365_7264_6f6d;

/// How often a wait for the lock is logged, and when it ends: a silent process looks like one that
/// hangs.
const SAY_EVERY: Duration = Duration::from_secs(5);
const GIVE_UP_AFTER: Duration = Duration::from_mins(1);

/// The migrations of a run.
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
    /// Another process has held the lock for too long.
    #[error(
        "another process has held the lock on migrations for {} s: if it migrates, start again \
         when it is done; `SELECT pid FROM pg_locks WHERE locktype = 'advisory'` names its session",
        GIVE_UP_AFTER.as_secs()
    )]
    LockHeld,
    /// A newer binary has migrated the database.
    #[error(
        "its schema is {database}, and the newest that this binary knows is {binary}: start the \
         newer binary, or restore a backup from before its first start"
    )]
    Newer {
        /// The newest migration of the database.
        database: String,
        /// The newest migration of the binary.
        binary: String,
    },
    /// A migration failed; it has left nothing behind.
    #[error("a migration failed")]
    Run(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Applies the pending migrations. Each migration is a transaction of its own, and one
/// process at a time runs them: the others wait and find nothing to do. On
/// SQLite the file belongs to one process anyway.
pub(crate) fn run(connection: &mut DbConnection) -> Result<MigrationReport, MigrationError> {
    let applied = match connection {
        DbConnection::Postgres(pg) => {
            // A migration must not give up after the usual statement timeout.
            diesel::sql_query("SET statement_timeout = 0").execute(pg)?;
            wait_for_lock(pg)?;
            let applied = pending(pg, POSTGRES);
            let unlock = diesel::sql_query("SELECT pg_advisory_unlock($1)");
            let unlocked = unlock.bind::<BigInt, _>(LOCK).execute(pg);
            let applied = applied?;
            unlocked?;
            applied
        }
        DbConnection::Sqlite(sqlite) => pending(sqlite, SQLITE)?,
    };
    Ok(MigrationReport { applied })
}

fn wait_for_lock(pg: &mut diesel::PgConnection) -> Result<(), MigrationError> {
    let (started, mut said) = (Instant::now(), Duration::ZERO);
    while !try_lock(pg)? {
        let waited = started.elapsed();
        if waited >= GIVE_UP_AFTER {
            return Err(MigrationError::LockHeld);
        }
        if waited >= said + SAY_EVERY {
            said = waited;
            tracing::warn!(
                "waiting for another process, which holds the lock on migrations ({} s of {})",
                waited.as_secs(),
                GIVE_UP_AFTER.as_secs()
            );
        }
    }
    Ok(())
}

/// Takes the lock, or waits for a moment: a wait in `pg_advisory_lock` could not be logged.
fn try_lock(pg: &mut diesel::PgConnection) -> Result<bool, diesel::result::Error> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Bool)]
        is_taken: bool,
    }
    let row: Row = diesel::sql_query(
        "SELECT CASE WHEN pg_try_advisory_lock($1) THEN true \
         ELSE pg_sleep(0.2) IS NULL END AS is_taken",
    )
    .bind::<BigInt, _>(LOCK)
    .get_result(pg)?;
    Ok(row.is_taken)
}

fn pending<C, DB>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrationError>
where
    DB: diesel::backend::Backend,
    C: Connection<Backend = DB> + MigrationHarness<DB>,
{
    let applied = connection.applied_migrations().map_err(MigrationError::Run)?;
    if let Some(newest) = applied.iter().max() {
        refuse_newer(&newest.to_string())?;
    }
    let applied = connection.run_pending_migrations(migrations).map_err(MigrationError::Run)?;
    Ok(applied.iter().map(ToString::to_string).collect())
}

/// Refuses the schema of a newer binary.
pub(super) fn refuse_newer(database: &str) -> Result<(), MigrationError> {
    let known: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> =
        SQLITE.migrations().map_err(MigrationError::Run)?;
    let newest = known.iter().map(|migration| migration.name().version().to_string()).max();
    match newest {
        Some(binary) if binary.as_str() < database => {
            Err(MigrationError::Newer { database: database.to_owned(), binary })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use diesel::{SqliteConnection, prelude::*, sql_types::Text};

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
