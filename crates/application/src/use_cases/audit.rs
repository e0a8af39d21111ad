use chrono::{DateTime, Utc};
use serde::Serialize;
use userdom_domain::{RecordedEvent, UserAggregate, UserId, UserRole};
use uuid::Uuid;

use super::{
    json::time,
    page::{Page, cut},
};
use crate::{
    Actor, App, AppError, Caller, Tx,
    policies::Operation,
    ports::{AuditEvent, Outcome},
};

impl App {
    /// A page of a user's audit trail, the newest first; `cursor` is that of the page before.
    /// Both what happened to the user and what it did to others.
    pub fn list_events(
        &self,
        caller: &Caller,
        user_id: UserId,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<EventView>, AppError> {
        let mut reader = self.adapters.store.read()?;
        Self::readable(&mut *reader, caller, Operation::ViewEvents, user_id)?;
        let (mint, context) = (&self.adapters.mint, format!("events {user_id}"));
        let read = |cursor| {
            let place = mint.read_cursor_of_any_key(&context, cursor);
            place.and_then(|id| Uuid::from_slice(&id).ok()).ok_or(AppError::CursorNotValid)
        };
        let before = cursor.map(read).transpose()?;
        let mut events = reader.audit().of_user(user_id, before, limit.saturating_add(1))?;
        let has_more = cut(&mut events, limit);
        let sees_all = match &caller.actor {
            Some(Actor::User(user)) => user.highest_role() >= UserRole::Moderator,
            Some(Actor::Service(_)) => true,
            None => false,
        };
        let view = |event: &AuditEvent| {
            if sees_all { EventView::of(event) } else { own_view(event, user_id) }
        };
        let item = |event: &AuditEvent| (view(event), mint.cursor(&context, event.id.as_bytes()));
        Ok(Page { items: events.iter().map(item).collect(), has_more, total: None })
    }
}

/// A line as the user may see it: where a moderator or another service called from is
/// nobody else's business.
pub(super) fn own_view(event: &AuditEvent, user_id: UserId) -> EventView {
    let by_another = event.api_key_id.is_some() || event.actor_id.is_some_and(|by| by != user_id);
    let view = EventView::of(event);
    if !by_another {
        return view;
    }
    EventView { ip_address: String::new(), user_agent: String::new(), ..view }
}

impl Tx<'_> {
    /// Stores the user, if anything has happened to it, and puts what has into the
    /// audit trail.
    pub fn save(&mut self, user: &mut UserAggregate) -> Result<(), AppError> {
        self.commit.note_subject(user.id());
        if user.events().is_empty() {
            return Ok(());
        }
        let events = user.events().to_vec();
        self.uow.users().save(user)?;
        for RecordedEvent { event, .. } in events {
            self.audit(event.kind(), Outcome::Success, Some(user.id()), event.target_id())?;
        }
        Ok(())
    }

    /// Puts a line into the audit trail.
    pub fn audit(
        &mut self,
        kind: &str,
        outcome: Outcome,
        user_id: Option<UserId>,
        target_id: Option<Uuid>,
    ) -> Result<(), AppError> {
        let actor_id = self.caller.actor.as_ref().and_then(Actor::user_id);
        self.audit_by(actor_id, kind, outcome, user_id, target_id)
    }

    /// [`Tx::audit`] for a caller that is authenticated only in this very transaction.
    pub(crate) fn audit_by(
        &mut self,
        actor_id: Option<UserId>,
        kind: &str,
        outcome: Outcome,
        user_id: Option<UserId>,
        target_id: Option<Uuid>,
    ) -> Result<(), AppError> {
        if let Some(user_id) = user_id {
            self.commit.note_subject(user_id);
        }
        let (actor, origin) = (self.caller.actor.as_ref(), &self.caller.origin);
        let api_key_id = match actor {
            Some(Actor::Service(service)) => Some(service.key_id),
            Some(Actor::User(_)) | None => None,
        };
        let event = AuditEvent {
            id: self.new_uuid(),
            occurred_at: self.now,
            kind: kind.to_owned(),
            outcome,
            actor_id,
            api_key_id,
            user_id,
            target_id,
            ip_address: origin.ip_address.clone(),
            user_agent: origin.user_agent.clone(),
            request_id: origin.request_id.clone(),
        };
        Ok(self.uow.audit().append(&event)?)
    }
}

/// A line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct EventView {
    pub id: Uuid,
    #[serde(serialize_with = "time")]
    pub occurred_at: DateTime<Utc>,
    pub kind: String,
    pub outcome: &'static str,
    pub actor_id: Option<Uuid>,
    pub api_key_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub target_id: Option<Uuid>,
    pub ip_address: String,
    pub user_agent: String,
    pub request_id: String,
}

impl EventView {
    /// A line of the audit trail.
    pub fn of(event: &AuditEvent) -> Self {
        Self {
            id: event.id,
            occurred_at: event.occurred_at,
            kind: event.kind.clone(),
            outcome: event.outcome.as_str(),
            actor_id: event.actor_id.map(|id| id.as_uuid()),
            api_key_id: event.api_key_id,
            user_id: event.user_id.map(|id| id.as_uuid()),
            target_id: event.target_id,
            ip_address: event.ip_address.clone(),
            user_agent: event.user_agent.clone(),
            request_id: event.request_id.clone(),
        }
    }
}
