use chrono::{DateTime, Utc};
use userdom_domain::{DomainEvent, RepositoryError, UserId};
use uuid::Uuid;

use super::{MemoryStore, MemoryUnitOfWork, State};
use crate::ports::{
    Channel, ClaimedEntry, MailRequest, NewEntry, Outbox, OutboxContent, OutboxRepository,
    UserMessage,
};

/// A row of the outbox, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// The identity.
    pub id: Uuid,
    /// The user; the nil UUID for a request for mail.
    pub user_id: UserId,
    /// The content.
    pub content: OutboxContent,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it is due.
    pub available_at: DateTime<Utc>,
    /// Until when a worker has it.
    pub claimed_until: Option<DateTime<Utc>>,
    /// How often it has been taken.
    pub attempts: u32,
    /// When it was done.
    pub processed_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub failed_at: Option<DateTime<Utc>>,
    /// What went wrong last.
    pub last_error: Option<String>,
}

impl StoredEntry {
    pub(super) fn new(
        id: Uuid,
        user_id: UserId,
        content: OutboxContent,
        created_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            user_id,
            content,
            created_at,
            available_at: created_at,
            claimed_until: None,
            attempts: 0,
            processed_at: None,
            failed_at: None,
            last_error: None,
        }
    }

    /// The event; `None` for a message and a request for mail.
    pub fn event(&self) -> Option<&DomainEvent> {
        match &self.content {
            OutboxContent::Event(event) => Some(event),
            OutboxContent::Message(_) | OutboxContent::MailRequest(_) => None,
        }
    }

    /// The message; `None` for an event and a request for mail.
    pub fn message(&self) -> Option<&UserMessage> {
        match &self.content {
            OutboxContent::Message(message) => Some(message),
            OutboxContent::Event(_) | OutboxContent::MailRequest(_) => None,
        }
    }

    /// The request for mail; `None` for an event and a message.
    pub fn mail_request(&self) -> Option<&MailRequest> {
        match &self.content {
            OutboxContent::MailRequest(request) => Some(request),
            OutboxContent::Event(_) | OutboxContent::Message(_) => None,
        }
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.processed_at.is_none()
            && self.failed_at.is_none()
            && self.available_at <= now
            && self.claimed_until.is_none_or(|end| end <= now)
    }
}

impl Outbox for MemoryStore {
    fn claim(
        &self,
        channel: Channel,
        limit: u32,
        now: DateTime<Utc>,
        lease_ends: DateTime<Utc>,
    ) -> Result<Vec<ClaimedEntry>, RepositoryError> {
        self.write(|state| {
            let entries = state.outbox.values_mut();
            let mut due: Vec<_> = entries
                .filter(|entry| entry.is_due(now) && entry.content.channel() == channel)
                .collect();
            due.sort_by_key(|entry| (entry.available_at, entry.id));
            let taken = due.into_iter().take(limit as usize).map(|entry| {
                entry.claimed_until = Some(lease_ends);
                entry.attempts += 1;
                ClaimedEntry {
                    id: entry.id,
                    user_id: entry.user_id,
                    content: entry.content.clone(),
                    attempts: entry.attempts,
                }
            });
            taken.collect()
        })
    }

    fn complete(&self, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), RepositoryError> {
        ids.iter().try_for_each(|id| self.end_entry(*id, |entry| entry.processed_at = Some(now)))
    }

    fn postpone(&self, id: Uuid, at: DateTime<Utc>, error: &str) -> Result<(), RepositoryError> {
        self.write(|state| {
            state.change_entry(id, |entry| {
                entry.available_at = at;
                entry.claimed_until = None;
                entry.last_error = Some(error.to_owned());
            });
        })
    }

    fn defer(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), RepositoryError> {
        self.write(|state| {
            state.change_entry(id, |entry| {
                entry.available_at = at;
                entry.claimed_until = None;
                entry.attempts -= 1;
            });
        })
    }

    fn give_up(&self, id: Uuid, now: DateTime<Utc>, error: &str) -> Result<(), RepositoryError> {
        self.end_entry(id, |entry| {
            entry.failed_at = Some(now);
            entry.last_error = Some(error.to_owned());
        })
    }
}

impl MemoryStore {
    /// A request for mail goes as soon as it is done or given up.
    fn end_entry(
        &self,
        id: Uuid,
        end: impl FnOnce(&mut StoredEntry),
    ) -> Result<(), RepositoryError> {
        self.write(|state| {
            if state.outbox.get(&id).is_some_and(|entry| entry.mail_request().is_some()) {
                state.outbox.remove(&id);
            }
            state.change_entry(id, end);
        })
    }
}

impl State {
    fn change_entry(&mut self, id: Uuid, change: impl FnOnce(&mut StoredEntry)) {
        if let Some(entry) = self.outbox.get_mut(&id) {
            change(entry);
        }
    }
}

impl OutboxRepository for MemoryUnitOfWork {
    fn enqueue(&mut self, entry: &NewEntry) -> Result<(), RepositoryError> {
        let NewEntry { id, user_id, content, created_at } = entry.clone();
        let user_id = user_id.unwrap_or(UserId::from_uuid(Uuid::nil()));
        let entry = StoredEntry::new(id, user_id, content, created_at);
        self.writable()?.outbox.insert(id, entry);
        Ok(())
    }
}
