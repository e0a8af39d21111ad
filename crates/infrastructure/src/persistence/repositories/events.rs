use diesel::prelude::*;
use userdom_application::ports::IdGenerator;
use userdom_domain::UserAggregate;

use super::json_rows;
use crate::persistence::{
    connection::DbConnection, json_column::Json, models::OutboxRow, schema::outbox_events,
};

/// The user's new events as rows, in the order in which they happened.
pub(super) fn outbox_rows(user: &UserAggregate, ids: &dyn IdGenerator) -> Vec<OutboxRow> {
    let events = user.events();
    let mut keys: Vec<_> = events.iter().map(|event| ids.uuid_v7(event.occurred_at)).collect();
    // Ids of one millisecond are in no order, and the outbox is read by id.
    keys.sort_unstable();
    keys.into_iter()
        .zip(events)
        .map(|(key, recorded)| OutboxRow {
            id: key.to_string(),
            user_id: user.id().to_string(),
            kind: recorded.event.kind().to_owned(),
            payload: Json(serde_json::to_string(&recorded.event).unwrap_or_default()),
            occurred_at: recorded.occurred_at.naive_utc(),
            available_at: recorded.occurred_at.naive_utc(),
        })
        .collect()
}

/// Puts the events into the outbox, all by one statement.
pub(super) fn insert(connection: &mut DbConnection, events: &[OutboxRow]) -> QueryResult<()> {
    match connection {
        DbConnection::Postgres(pg) => json_rows::insert(pg, events),
        DbConnection::Sqlite(sqlite) => {
            diesel::insert_into(outbox_events::table).values(events).execute(sqlite)
        }
    }
    .map(drop)
}
