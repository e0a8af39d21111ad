use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::{json_column::Json, schema::outbox_events};

/// An event on its way out.
#[derive(Debug, Clone, Insertable, Serialize)]
#[diesel(table_name = outbox_events, treat_none_as_default_value = false)]
pub(crate) struct OutboxRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) kind: String,
    pub(crate) payload: Json,
    pub(crate) occurred_at: NaiveDateTime,
    pub(crate) available_at: NaiveDateTime,
}
