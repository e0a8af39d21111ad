use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_application::ports::{AuditEvent, Outcome};
use userdom_domain::{RepositoryError, UserId};

use super::columns;
use crate::persistence::{
    conversions::{fitting, read_uuid, utc},
    errors::corrupt_value,
    schema::audit_events,
};

columns! {
    /// A line of the audit trail.
    #[derive(QueryableByName)]
    AuditRow of audit_events (..) {
        id: String,
        occurred_at: NaiveDateTime,
        kind: String,
        outcome: String,
        actor_id: Option<String>,
        api_key_id: Option<String>,
        user_id: Option<String>,
        target_id: Option<String>,
        ip_address: String,
        user_agent: String,
        request_id: String,
    }
}

/// Long texts of a client are cut: no line is lost because of them.
impl From<&AuditEvent> for AuditRow {
    fn from(event: &AuditEvent) -> Self {
        Self {
            id: event.id.to_string(),
            occurred_at: event.occurred_at.naive_utc(),
            kind: event.kind.clone(),
            outcome: event.outcome.as_str().to_owned(),
            actor_id: event.actor_id.map(|id| id.to_string()),
            api_key_id: event.api_key_id.map(|id| id.to_string()),
            user_id: event.user_id.map(|id| id.to_string()),
            target_id: event.target_id.map(|id| id.to_string()),
            ip_address: fitting(&event.ip_address, 45),
            user_agent: fitting(&event.user_agent, 255),
            request_id: fitting(&event.request_id, 100),
        }
    }
}

impl TryFrom<AuditRow> for AuditEvent {
    type Error = RepositoryError;

    fn try_from(row: AuditRow) -> Result<Self, RepositoryError> {
        let uuid = |text: &String| read_uuid("audit_events", text);
        let user = |text: &String| {
            UserId::parse(text).map_err(|error| corrupt_value("audit_events", &row.id, error))
        };
        let succeeded = row.outcome == Outcome::Success.as_str();
        Ok(Self {
            id: uuid(&row.id)?,
            occurred_at: utc(row.occurred_at),
            outcome: if succeeded { Outcome::Success } else { Outcome::Failure },
            actor_id: row.actor_id.as_ref().map(user).transpose()?,
            api_key_id: row.api_key_id.as_ref().map(uuid).transpose()?,
            user_id: row.user_id.as_ref().map(user).transpose()?,
            target_id: row.target_id.as_ref().map(uuid).transpose()?,
            kind: row.kind,
            ip_address: row.ip_address,
            user_agent: row.user_agent,
            request_id: row.request_id,
        })
    }
}
