use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use diesel::{QueryResult, RunQueryDsl as _, dsl::sql, r2d2::Pool, sql_types::BigInt};
use userdom_application::ports::{Clock, DirectoryQuery, IdGenerator, Store, UnitOfWork};
use userdom_domain::RepositoryError;

use super::{
    config::DatabaseUrl,
    connection::{
        ConnectionFailures, DbConnection, Manager, PING, PooledConnection, Target, establish, ping,
    },
    copies::{self, CopyError, beside},
    deadline::Deadlines,
    migrations::{self, MigrationError, MigrationReport},
    repositories::plan,
    sessions::{self, SessionError},
    unit_of_work::SqlUnitOfWork,
};

/// The server's time for all statements of a unit of work.
const LONGEST_USE: Duration = Duration::from_secs(4);
/// The wait for a connection, after which the client shall come back later.
const POOL_WAIT: Duration = Duration::from_millis(900);

/// A database with its connections. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    writers: Pool<Manager>,
    readers: Pool<Manager>,
    ids: Arc<dyn IdGenerator>,
    failures: ConnectionFailures,
    /// Held as long as this process has the SQLite file.
    lock: Option<Arc<File>>,
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or the lock file cannot be made.
    #[error("{} cannot be opened", path.display())]
    File { path: PathBuf, source: io::Error },
    /// SQLite serves one process.
    #[error(
        "{} is in use by another process; SQLite serves one process at a time: stop that one, or use Postgres",
        path.display()
    )]
    InUse { path: PathBuf },
    /// The thread that watches connections cannot be started.
    #[error("connections cannot be watched")]
    Watch(#[source] io::Error),
    /// A damaged SQLite file after an unclean stop. Nothing was changed.
    #[error(
        "it was not closed by the last process, and it is damaged; it was left as it is: put a \
         backup in its place with `userdom restore FILE`, which keeps it under another name"
    )]
    Damaged(#[source] Box<CopyError>),
    /// A pooler lends sessions by the transaction or statement.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migration(#[from] MigrationError),
}

impl Database {
    /// Opens the database and brings its schema up to date. `connections` is the
    /// size of the pool of readers, and on Postgres of all.
    pub fn open(
        url: &DatabaseUrl,
        connections: u32,
        ids: Arc<dyn IdGenerator>,
    ) -> Result<(Self, MigrationReport), OpenError> {
        match url {
            DatabaseUrl::Postgres(url) => {
                let url = with_parameters(url);
                sessions::check(&url)?;
                let target = Target::Postgres(url);
                let deadlines = Deadlines::default();
                deadlines.watch().map_err(OpenError::Watch)?;
                let report = migrate(&target, &deadlines)?;
                let failures = ConnectionFailures::default();
                let pool = pool(target, connections, &failures, &deadlines);
                Ok((
                    Self { writers: pool.clone(), readers: pool, ids, failures, lock: None },
                    report,
                ))
            }
            DatabaseUrl::Sqlite(path) => {
                let lock = lock(path)?;
                copies::finish_restore(path)
                    .map_err(|source| OpenError::File { path: path.clone(), source })?;
                copies::check_after_unclean_stop(path)
                    .map_err(|fault| OpenError::Damaged(Box::new(fault)))?;
                private(path).map_err(|source| OpenError::File { path: path.clone(), source })?;
                let writer = Target::SqliteWriter(path.clone());
                let (failures, deadlines) = (ConnectionFailures::default(), Deadlines::default());
                let report = migrate(&writer, &deadlines)?;
                let writers = pool(writer, 1, &failures, &deadlines);
                let reader = Target::SqliteReader(path.clone());
                let readers = pool(reader, connections, &failures, &deadlines);
                Ok((Self { writers, readers, ids, failures, lock: Some(Arc::new(lock)) }, report))
            }
        }
    }

    /// The EXPLAIN ANALYZE of a page of the directory on Postgres, to look into a slow search;
    /// empty on SQLite.
    pub fn plan(&self, query: &DirectoryQuery<'_>) -> Result<Vec<String>, RepositoryError> {
        let mut connection = checkout(&self.readers)?;
        plan(db(&mut connection), query).map_err(super::errors::repository_error)
    }

    /// Whether other processes may use it at the same time.
    pub(super) fn is_shared(&self) -> bool {
        self.lock.is_none()
    }

    /// The number of lost connections.
    pub(super) fn connection_failures(&self) -> u64 {
        self.failures.count()
    }

    /// By how much the machine's clock is ahead of the database's; `None` on SQLite, which has
    /// none of its own. Of three measurements the quickest counts: it cannot be wrong by more than
    /// half the time that it took.
    pub(super) fn machine_is_ahead(
        &self,
        machine: &dyn Clock,
    ) -> Result<Option<TimeDelta>, RepositoryError> {
        let mut connection = checkout(&self.readers)?;
        let DbConnection::Postgres(pg) = db(&mut connection) else { return Ok(None) };
        let mut measure = || {
            let before = machine.now();
            let micros =
                sql::<BigInt>("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
            let theirs = micros.get_result::<i64>(pg)?;
            let took = machine.now() - before;
            let ahead = (before + took / 2).timestamp_micros() - theirs;
            Ok((took, TimeDelta::microseconds(ahead)))
        };
        let measured = (0..3).map(|_| measure()).collect::<QueryResult<Vec<_>>>();
        let measured = measured.map_err(super::errors::repository_error)?;
        Ok(measured.into_iter().min_by_key(|(took, _)| *took).map(|(_, ahead)| ahead))
    }

    /// Another connection was lost: the idle ones will be pinged.
    pub(super) fn report_failure(&self) {
        self.failures.report();
    }

    pub(super) fn writer(&self) -> Result<Connection, RepositoryError> {
        checkout(&self.writers)
    }
}

/// A connection of the pool while it is in use. Its server has a deadline for all of that.
pub(super) struct Connection(diesel::r2d2::PooledConnection<Manager>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.end_deadline();
    }
}

impl Store for Database {
    fn begin(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        let connection = self.writer()?;
        let uow = SqlUnitOfWork::begin(connection, Arc::clone(&self.ids), self.failures.clone())?;
        Ok(Box::new(uow))
    }

    fn read(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        let connection = checkout(&self.readers)?;
        let uow = SqlUnitOfWork::read(connection, Arc::clone(&self.ids), self.failures.clone())?;
        Ok(Box::new(uow))
    }

    fn ping(&self) -> Result<(), RepositoryError> {
        let mut connection = checkout(&self.readers)?;
        connection.0.start_deadline(PING);
        ping(db(&mut connection)).map_err(|error| {
            self.failures.report();
            super::errors::repository_error(error)
        })
    }
}

fn checkout(pool: &Pool<Manager>) -> Result<Connection, RepositoryError> {
    let began = Instant::now();
    let connection = pool.get().map_err(|error| RepositoryError::Unavailable(Box::new(error)))?;
    // What the wait took beyond its time is not given to the server as well.
    let left = (POOL_WAIT + LONGEST_USE).saturating_sub(began.elapsed());
    connection.start_deadline(left.min(LONGEST_USE));
    Ok(Connection(connection))
}

fn pool(
    target: Target,
    size: u32,
    failures: &ConnectionFailures,
    deadlines: &Deadlines,
) -> Pool<Manager> {
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        .connection_timeout(POOL_WAIT)
        .test_on_check_out(true)
        .build_unchecked(Manager {
            target,
            failures: failures.clone(),
            deadlines: deadlines.clone(),
        })
}

fn migrate(target: &Target, deadlines: &Deadlines) -> Result<MigrationReport, OpenError> {
    let (mut connection, _) = establish(target, deadlines).map_err(MigrationError::Connect)?;
    Ok(migrations::run(&mut connection)?)
}

/// Defaults of the URL: a host that is gone is given up within seconds, and a standby refused.
const PARAMETERS: [(&str, &str); 6] = [
    ("connect_timeout", "2"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "5000"),
    ("target_session_attrs", "read-write"),
];

fn with_parameters(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in PARAMETERS {
        if !url.contains(name) {
            let separator = if url.contains('?') { '&' } else { '?' };
            url = format!("{url}{separator}{name}={value}");
        }
    }
    url
}

/// Takes the file for this process, for as long as the lock lives.
pub(super) fn lock(path: &Path) -> Result<File, OpenError> {
    let failed = |path: &Path, source| OpenError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    }
    let name = beside(path, ".lock");
    let file = private(&name).map_err(|error| failed(&name, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(failed(&name, error)),
    }
}

/// The file holds password hashes; SQLite gives its side files the same mode.
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).write(true).truncate(false).mode(0o600).open(path)
}

/// The database behind a connection that is in use.
pub(super) fn db(connection: &mut Connection) -> &mut super::connection::DbConnection {
    let connection: &mut PooledConnection = &mut connection.0;
    &mut connection.db
}
