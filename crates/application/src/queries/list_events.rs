use userdom_domain::{UserId, UserRole};
use uuid::Uuid;

use super::{
    EventView,
    page::{Page, cut},
};
use crate::{Actor, App, AppError, Caller, policies::Operation, ports::AuditEvent};

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
