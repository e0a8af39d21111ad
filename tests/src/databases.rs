//! Empty databases for one test each: a file in a folder of its own, or a
//! database of its own on the Postgres of `USERDOM_TEST_POSTGRES_URL`.

use std::{
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use diesel::{
    Connection, PgConnection, QueryResult, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
};
use tempfile::TempDir;
use userdom_application::ports::{Store, UnitOfWork};
use userdom_domain::RepositoryError;
use userdom_infrastructure::{
    external::RandomIds,
    persistence::{Database, DatabaseUrl},
};

use crate::process::eventually;

/// The store of the service, on a machine that may have much else to do: where a client would be
/// told to come back later, it waits for a connection.
#[derive(Debug, Clone)]
pub struct PatientStore(pub Database);

impl PatientStore {
    fn patiently<T>(work: impl Fn() -> Result<T, RepositoryError>) -> Result<T, RepositoryError> {
        eventually("a connection", Duration::from_secs(5), || match work() {
            Err(RepositoryError::Unavailable(_)) => None,
            result => Some(result),
        })
    }
}

impl Store for PatientStore {
    fn begin(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        Self::patiently(|| self.0.begin())
    }

    fn read(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        Self::patiently(|| self.0.read())
    }

    fn ping(&self) -> Result<(), RepositoryError> {
        self.0.ping()
    }
}

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// The one for many instances.
    Postgres,
}

impl Kind {
    /// Both, in the order in which they are quicker.
    pub const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// An empty database; gone when dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    name: Option<String>,
    folder: TempDir,
}

impl TestDatabase {
    /// A database that nobody else uses, with the schema in place.
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::empty(kind),
            Kind::Postgres => Self::copy_of(migrated_template()),
        }
    }

    /// A database that nobody else uses, without any table.
    pub fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("userdom.db").display());
                Self { url, name: None, folder }
            }
            Kind::Postgres => Self::copy_of("template0"),
        }
    }

    fn copy_of(template: &str) -> Self {
        let name = postgres_name();
        run_on_server(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        let folder = tempfile::tempdir().unwrap();
        Self { url: postgres_url(&name), name: Some(name), folder }
    }

    /// As `USERDOM_DATABASE_URL` has it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same, read.
    pub fn parsed(&self) -> DatabaseUrl {
        self.url.parse().unwrap()
    }

    /// What another application does with the tables.
    pub fn execute(&self, sql: &str) {
        match self.parsed() {
            DatabaseUrl::Sqlite(_) => self.sqlite().batch_execute(sql).unwrap(),
            DatabaseUrl::Postgres(url) => {
                PgConnection::establish(&url).unwrap().batch_execute(sql).unwrap();
            }
        }
    }

    /// A connection beside those of the service.
    pub(crate) fn sqlite(&self) -> SqliteConnection {
        sqlite(self.url.trim_start_matches("sqlite://"))
    }

    /// A folder for the test's files.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// A connection to a file that a service may have open as well: it waits while that one writes,
/// or still ends, on a machine of any speed.
pub fn sqlite(path: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(path).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 120000").unwrap();
    connection
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            run_on_server(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The server's URL, without which nothing is silently left out.
#[expect(
    clippy::disallowed_methods,
    reason = "the scripts say by the environment where Postgres is"
)]
pub fn server_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        std::env::var("USERDOM_TEST_POSTGRES_URL").expect(
            "USERDOM_TEST_POSTGRES_URL names no Postgres: run ./scripts/test, or \
             ./scripts/with-postgres cargo test",
        )
    })
}

/// Migrating takes far longer than copying what has been migrated.
fn migrated_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("userdom_template_{}", std::process::id());
        // Texts are sorted by a language's rules there, as on most servers, and not byte by
        // byte. A server before 15 does not know how to.
        let plain = format!("CREATE DATABASE {name} TEMPLATE template0");
        if try_on_server(&format!("{plain} LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")).is_err() {
            run_on_server(&plain);
        }
        let url = postgres_url(&name).parse().unwrap();
        Database::open(&url, 1, Arc::new(RandomIds)).unwrap();
        // A database with connections cannot be copied, and a pool lets go of them late.
        run_on_server(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
        run_on_server(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ));
        name
    })
}

fn postgres_url(name: &str) -> String {
    let (server, _) = server_url().rsplit_once('/').expect("the URL ends in a database");
    format!("{server}/{name}")
}

fn postgres_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    format!("userdom_test_{process}_{number}")
}

fn run_on_server(sql: &str) {
    try_on_server(sql).unwrap();
}

fn try_on_server(sql: &str) -> QueryResult<usize> {
    let mut connection = PgConnection::establish(server_url()).expect("Postgres answers");
    // A template cannot be copied while another test copies it.
    connection.batch_execute("SELECT pg_advisory_lock(1)").unwrap();
    diesel::sql_query(sql).execute(&mut connection)
}
