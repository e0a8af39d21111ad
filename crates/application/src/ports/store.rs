use userdom_domain::{RepositoryError, UserRepository};

use super::{
    AccountRepository, ApiKeyRepository, AuditRepository, DeviceRepository, DirectoryRepository,
    IdempotencyRepository, OneTimeTokenRepository, OutboxRepository, SecondFactorRepository,
    SessionRepository, SignInRepository,
};

/// Where everything is kept.
pub trait Store: Send + Sync {
    /// Begins a unit of work that may write. Dropping it undoes it.
    fn begin(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError>;

    /// Begins a unit of work that only reads; it never waits for a writer.
    fn read(&self) -> Result<Box<dyn UnitOfWork>, RepositoryError>;

    /// Whether the store answers right now.
    fn ping(&self) -> Result<(), RepositoryError>;
}

/// One transaction, and the repositories inside it.
pub trait UnitOfWork: Send {
    /// Whole users.
    fn users(&mut self) -> &mut dyn UserRepository;
    /// Finding users by anything.
    fn directory(&mut self) -> &mut dyn DirectoryRepository;
    /// What happens to accounts apart from their users' own doing.
    fn accounts(&mut self) -> &mut dyn AccountRepository;
    /// Sign-in attempts.
    fn sign_ins(&mut self) -> &mut dyn SignInRepository;
    /// Devices that somebody has signed in on.
    fn devices(&mut self) -> &mut dyn DeviceRepository;
    /// Second factors.
    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository;
    /// Sessions.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
    /// Tokens that are good for one use.
    fn tokens(&mut self) -> &mut dyn OneTimeTokenRepository;
    /// Keys of other services.
    fn api_keys(&mut self) -> &mut dyn ApiKeyRepository;
    /// What happened, for consumers of the outbox.
    fn audit(&mut self) -> &mut dyn AuditRepository;
    /// Messages on their way out.
    fn outbox(&mut self) -> &mut dyn OutboxRepository;
    /// Requests that have one effect.
    fn idempotency(&mut self) -> &mut dyn IdempotencyRepository;
    /// Sends what waits for the commit, so that nothing but the commit itself can fail then.
    fn flush(&mut self) -> Result<(), RepositoryError>;
    /// Makes all of it last.
    fn commit(self: Box<Self>) -> Result<(), RepositoryError>;
}
