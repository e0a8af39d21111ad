use chrono::{DateTime, Utc};
use userdom_domain::{DomainEvent, RecordedEvent, RepositoryError, UserId};
use uuid::Uuid;

use super::{MemoryStore, State};
use crate::ports::{Channel, ClaimedEvent, Errand, MailRequest, Outbox};

/// A row of the outbox, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The identity.
    pub id: Uuid,
    /// To whom it happened; nobody for what somebody only asks for.
    pub user_id: UserId,
    /// What is to be done about it.
    pub errand: Errand,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
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

impl StoredEvent {
    pub(super) fn of_event(id: Uuid, user_id: UserId, recorded: RecordedEvent) -> Self {
        Self::new(id, user_id, Errand::Event(recorded.event), recorded.occurred_at)
    }

    pub(super) fn of_request(request: &MailRequest) -> Self {
        let (nobody, errand) = (UserId::from_uuid(Uuid::nil()), Errand::Wish(request.wish.clone()));
        Self::new(request.id, nobody, errand, request.requested_at)
    }

    fn new(id: Uuid, user_id: UserId, errand: Errand, occurred_at: DateTime<Utc>) -> Self {
        Self {
            id,
            user_id,
            errand,
            occurred_at,
            available_at: occurred_at,
            claimed_until: None,
            attempts: 0,
            processed_at: None,
            failed_at: None,
            last_error: None,
        }
    }

    /// What happened; `None` for what somebody only asks for.
    pub fn event(&self) -> Option<&DomainEvent> {
        match &self.errand {
            Errand::Event(event) => Some(event),
            Errand::Wish(_) => None,
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
    ) -> Result<Vec<ClaimedEvent>, RepositoryError> {
        self.write(|state| {
            let events = state.events.values_mut();
            let mut due: Vec<_> = events
                .filter(|event| event.is_due(now) && Channel::of(&event.errand) == channel)
                .collect();
            due.sort_by_key(|event| (event.available_at, event.id));
            let taken = due.into_iter().take(limit as usize).map(|event| {
                event.claimed_until = Some(lease_ends);
                event.attempts += 1;
                ClaimedEvent {
                    id: event.id,
                    user_id: event.user_id,
                    errand: event.errand.clone(),
                    attempts: event.attempts,
                }
            });
            taken.collect()
        })
    }

    fn complete(&self, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), RepositoryError> {
        ids.iter().try_for_each(|id| self.end_event(*id, |event| event.processed_at = Some(now)))
    }

    fn postpone(&self, id: Uuid, at: DateTime<Utc>, error: &str) -> Result<(), RepositoryError> {
        self.write(|state| {
            state.change_event(id, |event| {
                event.available_at = at;
                event.claimed_until = None;
                event.last_error = Some(error.to_owned());
            });
        })
    }

    fn defer(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), RepositoryError> {
        self.write(|state| {
            state.change_event(id, |event| {
                event.available_at = at;
                event.claimed_until = None;
                event.attempts -= 1;
            });
        })
    }

    fn give_up(&self, id: Uuid, now: DateTime<Utc>, error: &str) -> Result<(), RepositoryError> {
        self.end_event(id, |event| {
            event.failed_at = Some(now);
            event.last_error = Some(error.to_owned());
        })
    }
}

impl MemoryStore {
    /// A wish goes as soon as it is done or given up.
    fn end_event(
        &self,
        id: Uuid,
        end: impl FnOnce(&mut StoredEvent),
    ) -> Result<(), RepositoryError> {
        self.write(|state| {
            if state.events.get(&id).is_some_and(|event| event.event().is_none()) {
                state.events.remove(&id);
            }
            state.change_event(id, end);
        })
    }
}

impl State {
    fn change_event(&mut self, id: Uuid, change: impl FnOnce(&mut StoredEvent)) {
        if let Some(event) = self.events.get_mut(&id) {
            change(event);
        }
    }
}
