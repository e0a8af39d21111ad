use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{
    Connection, ConnectionError, MultiConnection, PgConnection, QueryResult, RunQueryDsl,
    SqliteConnection, connection::SimpleConnection, dsl::sql, r2d2, result::Error, sql_types::Text,
};

use super::deadline::{Deadlines, Socket};

/// How long SQLite waits for another writer.
pub(crate) const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 5000";

/// A connection to either database.
#[derive(MultiConnection)]
pub(crate) enum DbConnection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// A connection that remembers how many failures its pool had when it was last known to work.
pub(crate) struct PooledConnection {
    pub(crate) db: DbConnection,
    /// The socket to its server, if it is watched.
    socket: Option<Arc<Socket>>,
    failures: u64,
}

impl PooledConnection {
    /// Gives the server this time to answer, until [`PooledConnection::end_deadline`].
    pub(crate) fn start_deadline(&self, time: Duration) {
        if let Some(socket) = &self.socket {
            socket.start_deadline(time);
        }
    }

    /// The server has answered everything.
    pub(crate) fn end_deadline(&self) {
        if let Some(socket) = &self.socket {
            socket.end_deadline();
        }
    }
}

/// The database of a pool.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Postgres(String),
    SqliteWriter(PathBuf),
    SqliteReader(PathBuf),
}

/// The time for a server to answer a ping.
pub(crate) const PING: Duration = Duration::from_millis(700);
/// The time to set up a new connection.
const SETUP: Duration = Duration::from_secs(2);

/// Counts lost connections. A ping at each check-out would cost a round trip, so
/// a connection is pinged only after another one was lost.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionFailures(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    lost: AtomicU64,
    /// The losses before a ping that was not answered in time.
    at_silence: AtomicU64,
}

impl ConnectionFailures {
    pub(crate) fn report(&self) {
        self.0.lost.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// A ping was not answered in time. To ask every other connection of that age as well would
    /// take as many times as long.
    fn report_silence(&self, lost: u64) {
        self.0.at_silence.fetch_max(lost, Ordering::Relaxed);
    }

    /// Whether a connection that last worked after so many losses is as old as one that is silent.
    fn are_silent(&self, lost: u64) -> bool {
        lost < self.0.at_silence.load(Ordering::Relaxed)
    }
}

/// Opens connections for an r2d2 pool, by the target's kind.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) target: Target,
    pub(crate) failures: ConnectionFailures,
    pub(crate) deadlines: Deadlines,
}

impl r2d2::ManageConnection for Manager {
    type Connection = PooledConnection;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<PooledConnection, r2d2::Error> {
        let failures = self.failures.count();
        let opened = establish(&self.target, &self.deadlines);
        let (db, socket) = opened.map_err(r2d2::Error::ConnectionError)?;
        Ok(PooledConnection { db, socket, failures })
    }

    fn is_valid(&self, connection: &mut PooledConnection) -> Result<(), r2d2::Error> {
        let failures = self.failures.count();
        if connection.failures != failures {
            if self.failures.are_silent(connection.failures) {
                let silent = Error::QueryBuilderError("connections of its age are silent".into());
                return Err(r2d2::Error::QueryError(silent));
            }
            let began = Instant::now();
            connection.start_deadline(PING);
            let answered = ping(&mut connection.db);
            connection.end_deadline();
            if answered.is_err() && began.elapsed() >= PING {
                self.failures.report_silence(failures);
            }
            answered.map_err(r2d2::Error::QueryError)?;
            connection.failures = failures;
        }
        Ok(())
    }

    fn has_broken(&self, connection: &mut PooledConnection) -> bool {
        r2d2::R2D2Connection::is_broken(&mut connection.db)
    }
}

/// Fails unless the database answers and takes writes, which a standby does not.
pub(crate) fn ping(connection: &mut DbConnection) -> QueryResult<()> {
    match connection {
        DbConnection::Sqlite(sqlite) => sqlite.batch_execute("SELECT 1"),
        DbConnection::Postgres(pg) => {
            let mode = sql::<Text>("SELECT current_setting('transaction_read_only')");
            match mode.get_result::<String>(pg)?.as_str() {
                "off" => Ok(()),
                _ => Err(Error::QueryBuilderError("read-only transaction".into())),
            }
        }
    }
}

pub(crate) fn establish(
    target: &Target,
    deadlines: &Deadlines,
) -> Result<(DbConnection, Option<Arc<Socket>>), ConnectionError> {
    match target {
        Target::Postgres(url) => {
            let (mut connection, socket) = deadlines.open(url, || PgConnection::establish(url))?;
            if let Some(socket) = &socket {
                socket.start_deadline(SETUP);
            }
            connection
                // The usual cost of 4 is that of a spinning disk: the planner would rather sort a
                // whole table than walk along an index to the end of a page. A search is over
                // before it is compiled or other processes have begun to help; and the row
                // pointers of all matches fit into 16 MB. A server that did not hear that we have
                // given up would keep the transaction, and with it the rows of a user, for hours.
                .batch_execute(
                    "SET TIME ZONE 'UTC'; SET statement_timeout = '4s'; \
                     SET idle_in_transaction_session_timeout = '5s'; SET random_page_cost = 1.1; \
                     SET work_mem = '16MB'; SET jit = off; SET max_parallel_workers_per_gather = 0",
                )
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
            if let Some(socket) = &socket {
                socket.end_deadline();
            }
            Ok((DbConnection::Postgres(connection), socket))
        }
        // Erased rows are overwritten, not only unlinked.
        Target::SqliteWriter(path) => {
            sqlite(path, "PRAGMA query_only = OFF; PRAGMA secure_delete = ON")
        }
        Target::SqliteReader(path) => sqlite(path, "PRAGMA query_only = ON"),
    }
}

fn sqlite(
    path: &std::path::Path,
    mode: &str,
) -> Result<(DbConnection, Option<Arc<Socket>>), ConnectionError> {
    let path = path.to_str().ok_or_else(|| {
        ConnectionError::BadConnection("the path of the database is not UTF-8".to_owned())
    })?;
    let mut connection = SqliteConnection::establish(path)?;
    connection
        .batch_execute(&format!(
            "{BUSY_TIMEOUT}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
             PRAGMA foreign_keys = ON; {mode}"
        ))
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok((DbConnection::Sqlite(connection), None))
}
