use std::sync::Arc;

use userdom_domain::{RepositoryError, UserRepository};

use crate::ports::{
    AccountRepository, ApiKeyRepository, AuditRepository, DeviceRepository, DirectoryRepository,
    IdempotencyRepository, OneTimeTokenRepository, OutboxRepository, SecondFactorRepository,
    SessionRepository, SignInRepository, Store, UnitOfWork,
};

/// Says whether something may go on.
pub type Guard = Arc<dyn Fn() -> Result<(), RepositoryError> + Send + Sync>;

/// A store where others are in the way, or whose process dies: nothing begins or is committed
/// unless the guard lets it.
#[expect(missing_debug_implementations, reason = "guards are functions")]
pub struct GuardedStore<S> {
    /// Where everything is kept.
    pub store: S,
    /// Asked before a unit of work that may write.
    pub begin: Guard,
    /// Asked before each commit.
    pub commit: Guard,
}

struct GuardedUnit {
    uow: Box<dyn UnitOfWork>,
    commit: Guard,
}

impl<S: Store> Store for GuardedStore<S> {
    fn begin(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        (self.begin)()?;
        Ok(Box::new(GuardedUnit { uow: self.store.begin()?, commit: Arc::clone(&self.commit) }))
    }

    fn read(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError> {
        self.store.read()
    }

    fn ping(&self) -> Result<(), RepositoryError> {
        self.store.ping()
    }
}

impl UnitOfWork for GuardedUnit {
    fn users(&mut self) -> &mut dyn UserRepository {
        self.uow.users()
    }

    fn directory(&mut self) -> &mut dyn DirectoryRepository {
        self.uow.directory()
    }

    fn accounts(&mut self) -> &mut dyn AccountRepository {
        self.uow.accounts()
    }

    fn sign_ins(&mut self) -> &mut dyn SignInRepository {
        self.uow.sign_ins()
    }

    fn devices(&mut self) -> &mut dyn DeviceRepository {
        self.uow.devices()
    }

    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository {
        self.uow.second_factors()
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self.uow.sessions()
    }

    fn tokens(&mut self) -> &mut dyn OneTimeTokenRepository {
        self.uow.tokens()
    }

    fn api_keys(&mut self) -> &mut dyn ApiKeyRepository {
        self.uow.api_keys()
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self.uow.audit()
    }

    fn outbox(&mut self) -> &mut dyn OutboxRepository {
        self.uow.outbox()
    }

    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository {
        self.uow.idempotency()
    }

    fn flush(&mut self) -> Result<(), RepositoryError> {
        self.uow.flush()
    }

    fn commit(self: Box<Self>) -> Result<(), RepositoryError> {
        (self.commit)()?;
        self.uow.commit()
    }
}
