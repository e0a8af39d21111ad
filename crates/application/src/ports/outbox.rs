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

/// A way out of the house. Each has a worker of its own, so that a receiver that hangs holds up
/// nothing but its own messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Mail, and the events that need no message.
    Mail,
    /// Text messages.
    Sms,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Sms];

    /// Which way an errand goes.
    pub const fn of(errand: &Errand) -> Self {
        match errand {
            Errand::Event(DomainEvent::PhoneVerificationRequested { .. }) => Self::Sms,
            Errand::Event(_) | Errand::Wish(_) => Self::Mail,
        }
    }
}

/// Events on their way out. A worker claims, works with no transaction open,
/// and then says how it went; a worker that dies loses its claim by time.
pub trait Outbox: Send + Sync {
    /// Takes up to `limit` events of a channel that are due, oldest first; nobody else gets
    /// them before `lease_ends`.
    fn claim(
        &self,
        channel: Channel,
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
