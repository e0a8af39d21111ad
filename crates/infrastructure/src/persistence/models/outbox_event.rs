use chrono::NaiveDateTime;

use super::columns;
use crate::persistence::{json_column::Json, schema::outbox_events};

columns! {
    /// An event on its way out; the worker keeps the other columns.
    OutboxRow of outbox_events (.., attempts, claimed_until, processed_at, failed_at, last_error) {
        id: String,
        user_id: String,
        kind: String,
        payload: Json,
        occurred_at: NaiveDateTime,
        available_at: NaiveDateTime,
    }
}
