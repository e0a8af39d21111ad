use chrono::{DateTime, Utc};
use userdom_domain::{DomainEvent, RepositoryError, UserId};
use uuid::Uuid;

use super::MailWish;

/// An event that a worker has taken for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedEvent {
    /// The identity; consumers tell repeats by it.
    pub id: Uuid,
    /// To whom it happened.
    pub user_id: UserId,
    /// What is to be done about it.
    pub errand: Errand,
    /// How often it has been taken, this time included.
    pub attempts: u32,
}

/// What a row of the outbox stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Something happened to a user.
    Event(DomainEvent),
    /// Somebody asks for a mail. Such rows are removed once they are done: what they
    /// name may belong to nobody here.
    Wish(MailWish),
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

    /// It was not tried: it may not be done before `at`. This time does not count as an attempt.
    fn defer(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// It will never work.
    fn give_up(&self, id: Uuid, now: DateTime<Utc>, error: &str) -> Result<(), RepositoryError>;
}
