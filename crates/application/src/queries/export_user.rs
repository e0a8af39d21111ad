use serde_json::{Value, json};
use userdom_domain::{UserAggregate, UserId};

use super::{ApiKeyView, EventView, UserView, list_events::own_view};
use crate::{
    App, AppError, Caller, Command, Tx,
    policies::Operation,
    ports::{KnownDevice, Outcome, Session, UnitOfWork},
};

/// So many lines of the audit trail are read at once.
const PAGE: u32 = 1000;

impl App {
    /// All that is held on a user, as one JSON document; no secret is in it. One's own
    /// needs a recent proof.
    pub fn export_user(&self, caller: &Caller, user_id: UserId) -> Result<Value, AppError> {
        let now = self.now();
        let mut reader = self.adapters.store.read()?;
        let user = Self::readable(&mut *reader, caller, Operation::Export, user_id)?;
        if caller.signed_in()?.user_id == user_id {
            self.require_recent_authentication(caller, now)?;
        }
        let sessions = reader.sessions().of_user(user_id, now)?;
        let devices = reader.devices().of_user(user_id, now)?;
        let credential = reader.second_factors().find(user_id)?;
        let recovery_codes_left = reader.second_factors().recovery_codes_left(user_id)?;
        let mut api_keys = reader.api_keys().all()?;
        api_keys.retain(|key| key.created_by == user_id);
        let document = json!({
            "exported_at": now,
            "user": UserView::of(&user, now).with_security(&user),
            "status_note": status_note(&user),
            "sessions": sessions.iter().map(session).collect::<Vec<_>>(),
            "known_devices": devices.iter().map(known_device).collect::<Vec<_>>(),
            "second_factor": credential.map(|credential| json!({
                "created_at": credential.created_at,
                "confirmed_at": credential.confirmed_at,
                "recovery_codes_left": recovery_codes_left,
            })),
            "api_keys": api_keys.iter().map(ApiKeyView::of).collect::<Vec<_>>(),
            "events": all_events(&mut *reader, user_id)?,
        });
        drop(reader);
        self.execute(caller, &RecordExport { user_id })?;
        Ok(document)
    }
}

/// The whole trail: it grows without bounds, and so is read in pages.
fn all_events(reader: &mut dyn UnitOfWork, user_id: UserId) -> Result<Vec<EventView>, AppError> {
    let mut events: Vec<EventView> = Vec::new();
    loop {
        let before = events.last().map(|event| event.id);
        let page = reader.audit().of_user(user_id, before, PAGE)?;
        if page.is_empty() {
            return Ok(events);
        }
        events.extend(page.iter().map(|event| own_view(event, user_id)));
    }
}

/// The note stays with a deleted account, for the day it is restored.
fn status_note(user: &UserAggregate) -> Option<Value> {
    let note = user.user().status_note()?;
    Some(json!({
        "reason": note.reason(),
        "actor_id": note.actor().as_uuid(),
        "until": note.until(),
    }))
}

fn session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "user_agent": session.user_agent,
        "ip_address": session.ip_address,
        "created_at": session.created_at,
        "renewed_at": session.rotated_at,
        "last_used_at": session.last_used_at,
        "authenticated_at": session.authenticated_at,
        "access_expires_at": session.access_expires_at,
        "idle_expires_at": session.idle_expires_at,
        "expires_at": session.expires_at,
    })
}

fn known_device(device: &KnownDevice) -> Value {
    json!({
        "id": device.id,
        "created_at": device.created_at,
        "last_used_at": device.last_used_at,
        "expires_at": device.expires_at,
    })
}

struct RecordExport {
    user_id: UserId,
}

impl Command for RecordExport {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.audit("user.exported", Outcome::Success, Some(self.user_id), None)
    }
}
