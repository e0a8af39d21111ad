use diesel::prelude::*;
use userdom_application::ports::{IdGenerator, NewEntry, OutboxContent, OutboxRepository};
use userdom_domain::{RepositoryError, UserAggregate};

use super::json_rows;
use crate::persistence::{
    connection::DbConnection, json_column::Json, models::OutboxRow, outbox::NOBODY,
    schema::outbox_events, unit_of_work::SqlUnitOfWork,
};

impl OutboxRepository for SqlUnitOfWork {
    /// Waits for the next save of a user or for the commit, whose statement takes it along.
    fn enqueue(&mut self, entry: &NewEntry) -> Result<(), RepositoryError> {
        self.refuse_if_reading()?;
        let payload = match &entry.content {
            OutboxContent::Event(event) => serde_json::to_string(event),
            OutboxContent::Message(message) => serde_json::to_string(message),
            OutboxContent::MailRequest(request) => serde_json::to_string(request),
        };
        self.messages.push(OutboxRow {
            id: entry.id.to_string(),
            user_id: entry.user_id.map_or_else(|| NOBODY.to_owned(), |id| id.to_string()),
            kind: entry.content.kind().to_owned(),
            payload: Json(payload.map_err(|error| RepositoryError::Other(error.into()))?),
            occurred_at: entry.created_at.naive_utc(),
            available_at: entry.created_at.naive_utc(),
        });
        Ok(())
    }
}

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

/// Adds the entries, all by one statement.
pub(crate) fn insert(connection: &mut DbConnection, entries: &[OutboxRow]) -> QueryResult<()> {
    match connection {
        DbConnection::Postgres(pg) => json_rows::insert(pg, entries),
        DbConnection::Sqlite(sqlite) => {
            diesel::insert_into(outbox_events::table).values(entries).execute(sqlite)
        }
    }
    .map(drop)
}
