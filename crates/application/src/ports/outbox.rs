use chrono::{DateTime, Utc};
use userdom_domain::{DomainEvent, RepositoryError, UserId};
use uuid::Uuid;

/// An event that a worker has taken for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedEvent {
    /// The identity; consumers tell repeats by it.
    pub id: Uuid,
    /// To whom it happened.
    pub user_id: UserId,
    /// What happened.
    pub event: DomainEvent,
    /// How often it has been taken, this time included.
    pub attempts: u32,
}

/// Events on their way out. A worker claims, works with no transaction open,
/// and then says how it went; a worker that dies loses its claim by time.
pub trait Outbox: Send + Sync {
    /// Takes up to `limit` events that are due, oldest first; nobody else gets
    /// them before `lease_ends`.
    fn claim(
        &self,
        limit: u32,
        now: DateTime<Utc>,
        lease_ends: DateTime<Utc>,
    ) -> Result<Vec<ClaimedEvent>, RepositoryError>;

    /// They are done.
    fn complete(&self, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// It did not work; try again at `at`.
    fn postpone(&self, id: Uuid, at: DateTime<Utc>, error: &str) -> Result<(), RepositoryError>;

    /// It will never work.
    fn give_up(&self, id: Uuid, now: DateTime<Utc>, error: &str) -> Result<(), RepositoryError>;
}
