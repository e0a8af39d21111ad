use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::schema::audit_events;

/// A line of the audit trail.
#[derive(Debug, Clone, QueryableByName, Insertable, Serialize)]
#[diesel(table_name = audit_events, treat_none_as_default_value = false)]
pub(crate) struct AuditRow {
    pub(crate) id: String,
    pub(crate) occurred_at: NaiveDateTime,
    pub(crate) kind: String,
    pub(crate) outcome: String,
    pub(crate) actor_id: Option<String>,
    pub(crate) api_key_id: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) target_id: Option<String>,
    pub(crate) ip_address: String,
    pub(crate) user_agent: String,
    pub(crate) request_id: String,
}
