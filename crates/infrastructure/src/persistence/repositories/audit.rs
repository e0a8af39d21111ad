use diesel::{
    PgConnection,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Text},
};
use userdom_application::ports::{AuditEvent, AuditRepository, Outcome};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::events::json_rows;
use crate::persistence::{
    connection::DbConnection,
    errors::corrupt_value,
    json_column::{Json, JsonText},
    mappers::{read_uuid, utc},
    models::AuditRow,
    schema::audit_events as audit,
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// A page by the two indexes: one condition with OR would read the whole trail for each page.
const PAGE: &str = "\
SELECT id, occurred_at, kind, outcome, actor_id, api_key_id, user_id, target_id, ip_address, \
user_agent, request_id FROM audit_events WHERE id IN (\
SELECT id FROM (SELECT id FROM audit_events WHERE user_id = $1 AND id < $2 \
ORDER BY id DESC LIMIT $3) told UNION \
SELECT id FROM (SELECT id FROM audit_events WHERE actor_id = $1 AND id < $2 \
ORDER BY id DESC LIMIT $3) done) ORDER BY id DESC LIMIT $3";

impl AuditRepository for SqlUnitOfWork {
    /// Waits for the commit, which sends all lines at once.
    fn append(&mut self, event: &AuditEvent) -> Result<(), RepositoryError> {
        self.refuse_if_reading()?;
        self.trail.push(row(event));
        Ok(())
    }

    fn of_user(
        &mut self,
        user_id: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, RepositoryError> {
        self.send_trail()?;
        let id = user_id.to_string();
        // No identity comes after this one.
        let before = before.unwrap_or(Uuid::max()).to_string();
        let rows = on_either!(self.db()?, c => {
            diesel::sql_query(PAGE)
                .bind::<Text, _>(&id)
                .bind::<Text, _>(&before)
                .bind::<BigInt, _>(i64::from(limit))
                .load::<AuditRow>(c)
        });
        self.checked(rows)?.into_iter().map(event).collect()
    }
}

fn row(event: &AuditEvent) -> AuditRow {
    AuditRow {
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

/// As much as the column holds: no line is lost because of what a client calls itself.
fn fitting(text: &str, chars: usize) -> String {
    text.chars().filter(|c| *c != '\0').take(chars).collect()
}

fn event(row: AuditRow) -> Result<AuditEvent, RepositoryError> {
    let uuid = |text: &String| read_uuid("audit_events", text);
    let user = |text: &String| {
        UserId::parse(text).map_err(|error| corrupt_value("audit_events", &row.id, error))
    };
    let succeeded = row.outcome == Outcome::Success.as_str();
    Ok(AuditEvent {
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

/// Adds the lines, all by one statement.
pub(crate) fn insert(connection: &mut DbConnection, trail: &[AuditRow]) -> QueryResult<()> {
    if trail.is_empty() {
        return Ok(());
    }
    match connection {
        DbConnection::Postgres(pg) => InsertTrail(json_rows(trail)?).execute(pg),
        DbConnection::Sqlite(sqlite) => {
            diesel::insert_into(audit::table).values(trail).execute(sqlite)
        }
    }
    .map(drop)
}

struct InsertTrail(Json);

impl QueryId for InsertTrail {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for InsertTrail {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO audit_events (id, occurred_at, kind, outcome, actor_id, api_key_id, \
             user_id, target_id, ip_address, user_agent, request_id) \
             SELECT id, occurred_at, kind, outcome, actor_id, api_key_id, user_id, target_id, \
             ip_address, user_agent, request_id \
             FROM json_populate_recordset(NULL::audit_events, ",
        );
        out.push_bind_param::<JsonText, _>(&self.0)?;
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for InsertTrail {}
