//! Whether Postgres keeps a session for each connection.
//!
//! A pooler such as `PgBouncer` can lend sessions by the transaction or by the statement. Then
//! prepared statements, settings and advisory locks are another client's, which shows under load
//! alone: it is looked for at the start.

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use diesel::{
    Connection as _, ConnectionError, PgConnection, QueryResult, QueryableByName, RunQueryDsl as _,
    connection::SimpleConnection as _, sql_query, sql_types::Text,
};

/// A pooler may happen to lend the same session again, above all when others are busy.
const ROUNDS: u32 = 10;
/// How often a wait for connections is logged, and when it ends.
const SAY_EVERY: Duration = Duration::from_secs(5);
const GIVE_UP_AFTER: Duration = Duration::from_mins(1);

/// Why Postgres cannot be used by these connections.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No connection.
    #[error("the database cannot be reached")]
    Connect(#[from] ConnectionError),
    /// Sessions go from client to client.
    #[error(
        "a pooler before it lends sessions by the transaction: prepared statements, settings and \
         locks would be another client's; set pool_mode = session for this database, or connect to \
         Postgres itself"
    )]
    Shared,
    /// Transactions do not even begin.
    #[error(
        "a plain transaction fails; if a pooler is before it, set pool_mode = session for this \
         database, or connect to Postgres itself"
    )]
    Transaction(#[from] diesel::result::Error),
    /// Nothing comes back.
    #[error(
        "two connections have not answered within {} s; if a pooler is before it, its pool is \
         full: see pool_size and max_db_connections",
        GIVE_UP_AFTER.as_secs()
    )]
    Silent,
}

/// Refuses a pooler that lends sessions by the transaction or statement. A full pool answers
/// nothing at all, so the wait is logged and has an end.
pub(super) fn check(url: &str) -> Result<(), SessionError> {
    let (sender, answer) = channel();
    let (url, started) = (url.to_owned(), Instant::now());
    // Ends by itself, or with the process: libpq cannot stop waiting.
    thread::spawn(move || sender.send(look_for_sharing(&url)));
    loop {
        match answer.recv_timeout(SAY_EVERY) {
            Ok(found) => return found,
            Err(RecvTimeoutError::Disconnected) => return Err(SessionError::Silent),
            Err(RecvTimeoutError::Timeout) if started.elapsed() >= GIVE_UP_AFTER => {
                return Err(SessionError::Silent);
            }
            Err(RecvTimeoutError::Timeout) => tracing::warn!(
                "waiting for two connections to the database ({} s of {})",
                started.elapsed().as_secs(),
                GIVE_UP_AFTER.as_secs()
            ),
        }
    }
}

/// Two connections that live at the same time have two sessions, and each keeps its own. No direct
/// connection can look otherwise: a session is named by its process and the moment of its start.
fn look_for_sharing(url: &str) -> Result<(), SessionError> {
    let mut ours = PgConnection::establish(url)?;
    let mut other = PgConnection::establish(url)?;
    let session = ours.transaction(session_of)?;
    for _ in 0..ROUNDS {
        // The other one holds a session: ours, or one that ours cannot get meanwhile.
        other.batch_execute("BEGIN")?;
        let is_shared =
            session_of(&mut other)? == session || ours.transaction(session_of)? != session;
        other.batch_execute("COMMIT")?;
        if is_shared {
            return Err(SessionError::Shared);
        }
    }
    Ok(())
}

fn session_of(connection: &mut PgConnection) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        session: String,
    }
    let row: Row = sql_query(
        "SELECT concat(pid, ' ', backend_start) AS session \
         FROM pg_stat_get_activity(pg_backend_pid())",
    )
    .get_result(connection)?;
    Ok(row.session)
}
