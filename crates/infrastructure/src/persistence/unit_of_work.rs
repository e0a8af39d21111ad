use std::{collections::HashMap, sync::Arc};

use diesel::{
    QueryResult,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
};
use userdom_application::ports::{
    AccountRepository, ApiKeyRepository, AuditRepository, DeviceRepository, DirectoryRepository,
    IdGenerator, IdempotencyRepository, OneTimeTokenRepository, OutboxRepository,
    SecondFactorRepository, SessionRepository, SignInRepository, UnitOfWork,
};
use userdom_domain::{RepositoryError, UserRepository};

use super::{
    connection::{BUSY_TIMEOUT, ConnectionFailures, DbConnection},
    database::{Connection, db},
    errors::repository_error,
    models::{AuditRow, OutboxRow, UserRows},
    repositories::{Registration, audit, outbox},
    search::Dialect,
};

/// One transaction on one connection. Dropped before its commit, it rolls back.
///
/// On Postgres the transaction opens with the first write: reads before it are
/// guarded by the user's version. A registration alone is one statement, and
/// waits for the commit to be sent without any BEGIN around it. The lines of the
/// audit trail wait as well, and go together.
pub(crate) struct SqlUnitOfWork {
    connection: Connection,
    pub(super) ids: Arc<dyn IdGenerator>,
    failures: ConnectionFailures,
    open: bool,
    reading: bool,
    /// The rows as they were read, to write the difference.
    pub(super) loaded: HashMap<String, UserRows>,
    pub(super) registration: Option<Registration>,
    pub(super) trail: Vec<AuditRow>,
    /// Messages, which leave with the next save or with the commit.
    pub(super) messages: Vec<OutboxRow>,
    /// Whether it erases a user.
    pub(super) erases: bool,
}

impl SqlUnitOfWork {
    pub(crate) fn begin(
        connection: Connection,
        ids: Arc<dyn IdGenerator>,
        failures: ConnectionFailures,
    ) -> Result<Self, RepositoryError> {
        let mut uow = Self::idle(connection, ids, failures, false);
        // A plain BEGIN would fail when it turns from reading to writing beside another writer.
        if let DbConnection::Sqlite(sqlite) = db(&mut uow.connection) {
            let begun = AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE");
            uow.checked(begun)?;
            uow.open = true;
        }
        Ok(uow)
    }

    pub(crate) fn read(
        connection: Connection,
        ids: Arc<dyn IdGenerator>,
        failures: ConnectionFailures,
    ) -> Result<Self, RepositoryError> {
        let mut uow = Self::idle(connection, ids, failures, true);
        // On Postgres a user is read by one statement; here by five, of one moment.
        if let DbConnection::Sqlite(sqlite) = db(&mut uow.connection) {
            let begun = AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN DEFERRED");
            uow.checked(begun)?;
            uow.open = true;
        }
        Ok(uow)
    }

    fn idle(
        connection: Connection,
        ids: Arc<dyn IdGenerator>,
        failures: ConnectionFailures,
        reading: bool,
    ) -> Self {
        Self {
            connection,
            ids,
            failures,
            open: false,
            reading,
            loaded: HashMap::new(),
            registration: None,
            trail: Vec::new(),
            messages: Vec::new(),
            erases: false,
        }
    }

    /// The connection, to read.
    pub(super) fn db(&mut self) -> Result<&mut DbConnection, RepositoryError> {
        self.send_registration()?;
        Ok(db(&mut self.connection))
    }

    /// The connection, inside the transaction, to write.
    pub(super) fn writing(&mut self) -> Result<&mut DbConnection, RepositoryError> {
        self.refuse_if_reading()?;
        if !self.open {
            if let DbConnection::Postgres(pg) = db(&mut self.connection) {
                let begun = AnsiTransactionManager::begin_transaction(pg);
                self.checked(begun)?;
            }
            self.open = true;
        }
        self.send_registration()?;
        Ok(db(&mut self.connection))
    }

    pub(super) fn refuse_if_reading(&self) -> Result<(), RepositoryError> {
        if self.reading {
            return Err(RepositoryError::Other("this unit of work only reads".into()));
        }
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn is_postgres(&mut self) -> bool {
        self.dialect() == Dialect::Postgres
    }

    pub(super) fn dialect(&mut self) -> Dialect {
        match db(&mut self.connection) {
            DbConnection::Postgres(_) => Dialect::Postgres,
            DbConnection::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Sorts the error, and has idle connections pinged when this one was lost.
    pub(super) fn checked<T>(&self, result: QueryResult<T>) -> Result<T, RepositoryError> {
        result.map_err(|error| {
            let error = repository_error(error);
            if matches!(error, RepositoryError::Unavailable(_)) {
                self.failures.report();
            }
            error
        })
    }

    /// Sends a waiting registration before a statement that may need it.
    fn send_registration(&mut self) -> Result<(), RepositoryError> {
        match self.registration.take() {
            None => Ok(()),
            Some(registration) => {
                if !self.open {
                    self.writing()?;
                }
                let sent = registration.insert(db(&mut self.connection), &[]);
                self.checked(sent)
            }
        }
    }

    /// Sends waiting lines of the audit trail before a statement that may read them.
    pub(super) fn send_trail(&mut self) -> Result<(), RepositoryError> {
        if self.trail.is_empty() {
            return Ok(());
        }
        let trail = std::mem::take(&mut self.trail);
        let sent = audit::insert(self.writing()?, &trail);
        self.checked(sent)
    }

    fn send_messages(&mut self) -> Result<(), RepositoryError> {
        if self.messages.is_empty() {
            return Ok(());
        }
        let messages = std::mem::take(&mut self.messages);
        let sent = outbox::insert(self.writing()?, &messages);
        self.checked(sent)
    }

    /// Erased rows must not linger in SQLite's write-ahead log until later writes overwrite it. If
    /// a reader is in the way they do, since all writers would wait for it.
    fn empty_log(&mut self) {
        if let DbConnection::Sqlite(sqlite) = db(&mut self.connection) {
            let emptied = sqlite
                .batch_execute("PRAGMA busy_timeout = 20; PRAGMA wal_checkpoint(TRUNCATE)")
                .and(sqlite.batch_execute(BUSY_TIMEOUT));
            if let Err(error) = emptied {
                tracing::warn!(error = %error, "the write-ahead log still holds what was erased");
            }
        }
    }
}

impl UnitOfWork for SqlUnitOfWork {
    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn directory(&mut self) -> &mut dyn DirectoryRepository {
        self
    }

    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self
    }

    fn sign_ins(&mut self) -> &mut dyn SignInRepository {
        self
    }

    fn devices(&mut self) -> &mut dyn DeviceRepository {
        self
    }

    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn tokens(&mut self) -> &mut dyn OneTimeTokenRepository {
        self
    }

    fn api_keys(&mut self) -> &mut dyn ApiKeyRepository {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }

    fn outbox(&mut self) -> &mut dyn OutboxRepository {
        self
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository {
        self
    }

    fn flush(&mut self) -> Result<(), RepositoryError> {
        self.send_registration()?;
        self.send_messages()?;
        self.send_trail()
    }

    fn commit(mut self: Box<Self>) -> Result<(), RepositoryError> {
        match &mut self.registration {
            Some(registration) => registration.outbox.append(&mut self.messages),
            None => self.send_messages()?,
        }
        let (registration, trail) = (self.registration.take(), std::mem::take(&mut self.trail));
        let connection = db(&mut self.connection);
        let sent = match registration {
            Some(registration) => registration.insert(connection, &trail),
            None => audit::insert(connection, &trail),
        };
        self.checked(sent)?;
        if !self.open {
            return Ok(());
        }
        self.open = false;
        let committed = match db(&mut self.connection) {
            DbConnection::Postgres(pg) => AnsiTransactionManager::commit_transaction(pg),
            DbConnection::Sqlite(sqlite) => AnsiTransactionManager::commit_transaction(sqlite),
        };
        self.checked(committed)?;
        if self.erases {
            self.empty_log();
        }
        Ok(())
    }
}

impl Drop for SqlUnitOfWork {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let rolled_back = match db(&mut self.connection) {
            DbConnection::Postgres(pg) => AnsiTransactionManager::rollback_transaction(pg),
            DbConnection::Sqlite(sqlite) => AnsiTransactionManager::rollback_transaction(sqlite),
        };
        // The pool throws a connection away whose transaction did not end.
        if let Err(error) = rolled_back {
            tracing::debug!(error = %error, "rollback failed");
            self.failures.report();
        }
    }
}

/// Runs the same Diesel expression on either database.
macro_rules! on_either {
    ($connection:expr, $inner:ident => $body:expr) => {
        match $connection {
            $crate::persistence::connection::DbConnection::Postgres($inner) => $body,
            $crate::persistence::connection::DbConnection::Sqlite($inner) => $body,
        }
    };
}
pub(crate) use on_either;
