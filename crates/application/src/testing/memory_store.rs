//! A store in memory that behaves as the ones with a database do.

mod accounts;
mod api_keys;
mod audit;
mod devices;
mod directory;
mod idempotency;
mod outbox;
mod second_factors;
mod sessions;
mod sign_ins;
mod state;
mod tokens;
mod users;

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use userdom_domain::{RepositoryError, UserRepository};

pub use outbox::StoredEntry;
use state::State;

use crate::ports::{
    AccountRepository, ApiKeyRepository, AuditEvent, AuditRepository, DeviceRepository,
    DirectoryRepository, IdempotencyRepository, OneTimeTokenRepository, OutboxRepository,
    SecondFactorRepository, SessionRepository, SignInRepository, Store, UnitOfWork,
};

/// Everything in memory; clones share it. One unit of work writes at a time, on
/// a copy of its own that its commit puts in place.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Default)]
struct Shared {
    committed: Mutex<State>,
    is_writing: Mutex<bool>,
    writer_left: Condvar,
}

impl MemoryStore {
    /// How long a writer waits for the one before.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every event that was ever committed, oldest first, with how it stands.
    pub fn stored_entries(&self) -> Vec<StoredEntry> {
        let mut entries: Vec<_> = self.committed().outbox.values().cloned().collect();
        entries.sort_by_key(|entry| (entry.created_at, entry.id));
        entries
    }

    /// The whole audit trail, oldest line first.
    pub fn trail(&self) -> Vec<AuditEvent> {
        self.committed().trail.values().cloned().collect()
    }

    fn committed(&self) -> MutexGuard<'_, State> {
        self.0.committed.lock().unwrap()
    }

    fn take_turn(&self) -> Result<Turn, RepositoryError> {
        let is_writing = self.0.is_writing.lock().unwrap();
        let (mut is_writing, waited) = self
            .0
            .writer_left
            .wait_timeout_while(is_writing, Self::PATIENCE, |is_writing| *is_writing)
            .unwrap();
        if waited.timed_out() {
            return Err(RepositoryError::Unavailable("another unit of work stays open".into()));
        }
        *is_writing = true;
        Ok(Turn(Arc::clone(&self.0)))
    }

    /// A small transaction.
    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T, RepositoryError> {
        let _turn = self.take_turn()?;
        Ok(change(&mut self.committed()))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryStore(…)")
    }
}

/// The right to write; given back when dropped.
struct Turn(Arc<Shared>);

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0.is_writing.lock().unwrap() = false;
        self.0.writer_left.notify_one();
    }
}

impl Store for MemoryStore {
    fn begin(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        let turn = Some(self.take_turn()?);
        let state = self.committed().clone();
        Ok(Box::new(MemoryUnitOfWork { state, turn }))
    }

    fn read(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        Ok(Box::new(MemoryUnitOfWork { state: self.committed().clone(), turn: None }))
    }

    fn ping(&self) -> Result<(), RepositoryError> {
        Ok(())
    }
}

/// A copy of everything; the repositories work on it.
struct MemoryUnitOfWork {
    state: State,
    /// `None` for one that only reads.
    turn: Option<Turn>,
}

impl MemoryUnitOfWork {
    fn writable(&mut self) -> Result<&mut State, RepositoryError> {
        match self.turn {
            Some(_) => Ok(&mut self.state),
            None => Err(RepositoryError::Other("this unit of work only reads".into())),
        }
    }
}

impl UnitOfWork for MemoryUnitOfWork {
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
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<(), RepositoryError> {
        if let Some(turn) = &self.turn {
            *turn.0.committed.lock().unwrap() = self.state;
        }
        Ok(())
    }
}
