use serde::Serialize;
use serde_json::{Value, json};
use userdom_domain::{UserAggregate, UserId};
use uuid::Uuid;

use crate::{
    App, AppError, Caller, Request, Resource, UseCase,
    policies::Operation,
    ports::{KnownDevice, Outcome, Session, UnitOfWork},
    use_cases::{ApiKeyView, EventView, UserView, audit::own_view},
};

/// So many sessions, keys or lines of the audit trail are read at once.
const PAGE: u32 = 500;
/// So many bytes are collected for an export in one piece.
const MOST_IN_ONE_PIECE: usize = 1024 * 1024;

/// All that is held on a user, as the text of one JSON document, part by part
/// ([`App::next_part`]). Between two parts nothing is held: no connection and no transaction.
#[derive(Debug, Clone)]
pub struct Export {
    user_id: UserId,
    stage: Stage,
}

/// What comes next. A list goes on before the identity that is named here.
#[derive(Debug, Clone)]
enum Stage {
    /// What has a bound, and where the trail ended then.
    Head {
        text: Vec<u8>,
        trail_end: Uuid,
    },
    ApiKeys {
        before: Option<Uuid>,
        trail_end: Uuid,
    },
    Sessions {
        before: Option<Uuid>,
        trail_end: Uuid,
    },
    Events {
        before: Uuid,
        is_first: bool,
    },
    Over,
}

/// Begins an export; no secret is in it. One's own needs a recent proof. It is in the audit trail
/// from here on.
#[derive(Debug, Clone)]
pub struct ExportUser {
    /// The user.
    pub user_id: UserId,
}

impl UseCase for ExportUser {
    type Output = Export;

    fn run(&self, request: &Request<'_>) -> Result<Export, AppError> {
        let export = request.app.begin_export(request.caller, self.user_id)?;
        record(request, self.user_id)?;
        Ok(export)
    }
}

/// The whole export as one text, for an adapter that cannot give it part by part.
/// [`AppError::ExportTooLong`] when it has more than a mebibyte.
#[derive(Debug, Clone)]
pub struct ExportInOnePiece {
    /// The user.
    pub user_id: UserId,
}

impl UseCase for ExportInOnePiece {
    type Output = String;

    fn run(&self, request: &Request<'_>) -> Result<String, AppError> {
        let mut export = request.app.begin_export(request.caller, self.user_id)?;
        let mut whole = Vec::new();
        while let Some(part) = request.app.next_part(&mut export)? {
            whole.extend(part);
            if whole.len() > MOST_IN_ONE_PIECE {
                return Err(AppError::ExportTooLong);
            }
        }
        record(request, self.user_id)?;
        String::from_utf8(whole).map_err(|error| AppError::Internal(error.into()))
    }
}

fn record(request: &Request<'_>, user_id: UserId) -> Result<(), AppError> {
    request.transaction(|tx| tx.audit("user.exported", Outcome::Success, Some(user_id), None))
}

impl App {
    fn begin_export(&self, caller: &Caller, user_id: UserId) -> Result<Export, AppError> {
        let now = self.now();
        let mut reader = self.adapters.store.read()?;
        let user = Self::readable(&mut *reader, caller, Operation::Export, user_id)?;
        if caller.signed_in()?.user_id == user_id {
            self.require_recent_authentication(caller, now)?;
        }
        let devices = reader.devices().of_user(user_id, now)?;
        let credential = reader.second_factors().find(user_id)?;
        let recovery_codes_left = reader.second_factors().recovery_codes_left(user_id)?;
        let head = json!({
            "exported_at": now,
            "user": UserView::of(&user, now).with_security(&user),
            "status_note": status_note(&user),
            "known_devices": devices.iter().map(known_device).collect::<Vec<_>>(),
            "second_factor": credential.map(|credential| json!({
                "created_at": credential.created_at,
                "confirmed_at": credential.confirmed_at,
                "recovery_codes_left": recovery_codes_left,
            })),
        });
        let mut text = head.to_string();
        text.truncate(text.len().saturating_sub(1));
        text.push_str(r#","api_keys":["#);
        // Lines that come later are not of this moment. No line has the identity that follows.
        let newest = reader.audit().of_user(user_id, None, 1)?;
        let trail_end = newest.first().map_or(0, |line| line.id.as_u128().saturating_add(1));
        let (text, trail_end) = (text.into_bytes(), Uuid::from_u128(trail_end));
        Ok(Export { user_id, stage: Stage::Head { text, trail_end } })
    }

    /// The next part of an export; `None` when it is over. What fails may be tried again.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the user has been erased meanwhile.
    pub fn next_part(&self, export: &mut Export) -> Result<Option<Vec<u8>>, AppError> {
        let user_id = export.user_id;
        let (part, next) = match &export.stage {
            Stage::Over => return Ok(None),
            Stage::Head { text, trail_end } => {
                (text.clone(), Stage::ApiKeys { before: None, trail_end: *trail_end })
            }
            Stage::ApiKeys { before, trail_end } => {
                let keys = self.reader_of(user_id)?.api_keys().made_by(user_id, *before, PAGE)?;
                let mut part = list(before.is_none(), keys.iter().map(ApiKeyView::of))?;
                let trail_end = *trail_end;
                if let Some(last) = keys.last().filter(|_| is_full(keys.len())) {
                    (part, Stage::ApiKeys { before: Some(last.id), trail_end })
                } else {
                    part.extend(br#"],"sessions":["#);
                    (part, Stage::Sessions { before: None, trail_end })
                }
            }
            Stage::Sessions { before, trail_end } => {
                let (now, mut reader) = (self.now(), self.reader_of(user_id)?);
                let sessions = reader.sessions().of_user(user_id, now, *before, PAGE)?;
                let mut part = list(before.is_none(), sessions.iter().map(session))?;
                let trail_end = *trail_end;
                if let Some(last) = sessions.last().filter(|_| is_full(sessions.len())) {
                    (part, Stage::Sessions { before: Some(last.id), trail_end })
                } else {
                    part.extend(br#"],"events":["#);
                    (part, Stage::Events { before: trail_end, is_first: true })
                }
            }
            Stage::Events { before, is_first } => {
                let mut reader = self.reader_of(user_id)?;
                let lines = reader.audit().of_user(user_id, Some(*before), PAGE)?;
                let views = lines.iter().map(|line| own_view(line, user_id));
                let mut part = list::<EventView>(*is_first, views)?;
                if let Some(last) = lines.last().filter(|_| is_full(lines.len())) {
                    (part, Stage::Events { before: last.id, is_first: false })
                } else {
                    part.extend(b"]}");
                    (part, Stage::Over)
                }
            }
        };
        export.stage = next;
        Ok(Some(part))
    }

    /// A reader, if the user is still there.
    fn reader_of(&self, user_id: UserId) -> Result<Box<dyn UnitOfWork>, AppError> {
        let mut reader = self.adapters.store.read()?;
        reader.accounts().stamp(user_id)?.ok_or(AppError::NotFound(Resource::User))?;
        Ok(reader)
    }
}

fn is_full(rows: usize) -> bool {
    u32::try_from(rows).is_ok_and(|rows| rows >= PAGE)
}

/// The items of a JSON array, or of its next part.
fn list<T: Serialize>(is_first: bool, items: impl Iterator<Item = T>) -> Result<Vec<u8>, AppError> {
    let mut text = Vec::new();
    for (n, item) in items.enumerate() {
        if n > 0 || !is_first {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, &item)
            .map_err(|error| AppError::Internal(error.into()))?;
    }
    Ok(text)
}

/// The note stays with a deleted account, for the day it is restored.
fn status_note(user: &UserAggregate) -> Option<Value> {
    let note = user.status_note()?;
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
