use userdom_domain::{UserId, UserRole};
use uuid::Uuid;

use super::EventView;
use crate::{Actor, App, AppError, Caller, policies::Operation, ports::AuditEvent};

impl App {
    /// A page of a user's audit trail, the newest first; `before` is the id of the last
    /// line of the page before. Both what happened to the user and what it did to others.
    pub fn list_events(
        &self,
        caller: &Caller,
        user_id: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<EventView>, AppError> {
        let mut reader = self.adapters.store.read()?;
        Self::readable(&mut *reader, caller, Operation::ViewEvents, user_id)?;
        let events = reader.audit().of_user(user_id, before, limit)?;
        let sees_all = match &caller.actor {
            Some(Actor::User(user)) => user.highest_role() >= UserRole::Moderator,
            Some(Actor::Service(_)) => true,
            None => false,
        };
        let view = |event| if sees_all { EventView::of(event) } else { own_view(event, user_id) };
        Ok(events.iter().map(view).collect())
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
