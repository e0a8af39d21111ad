use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    result::Error,
};
use serde::Serialize;
use userdom_application::ports::IdGenerator;
use userdom_domain::UserAggregate;

use crate::persistence::{
    connection::DbConnection,
    json_column::{Json, JsonText},
    models::OutboxRow,
    schema::outbox_events,
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

/// Rows as one value of a statement that is the same for any number of them.
pub(super) fn json_rows<T: Serialize>(rows: &[T]) -> QueryResult<Json> {
    serde_json::to_string(rows).map(Json).map_err(|error| Error::SerializationError(error.into()))
}

/// Puts the events into the outbox, all by one statement.
pub(super) fn insert(connection: &mut DbConnection, events: &[OutboxRow]) -> QueryResult<()> {
    match connection {
        DbConnection::Postgres(pg) => InsertEvents(json_rows(events)?).execute(pg),
        DbConnection::Sqlite(sqlite) => {
            diesel::insert_into(outbox_events::table).values(events).execute(sqlite)
        }
    }
    .map(drop)
}

struct InsertEvents(Json);

impl QueryId for InsertEvents {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for InsertEvents {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO outbox_events (id, user_id, kind, payload, occurred_at, available_at) \
             SELECT id, user_id, kind, payload, occurred_at, available_at \
             FROM json_populate_recordset(NULL::outbox_events, ",
        );
        out.push_bind_param::<JsonText, _>(&self.0)?;
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<diesel::PgConnection> for InsertEvents {}
