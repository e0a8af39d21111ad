use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use userdom_application::ports::{AuditEvent, AuditRepository};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::json_rows;
use crate::persistence::{
    connection::DbConnection,
    models::{AuditRow, Row},
    schema::audit_events as audit,
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// The rows of a page by the two indexes: one condition with OR would read the whole trail.
const PAGE: &str = "\
FROM audit_events WHERE id IN (\
SELECT id FROM (SELECT id FROM audit_events WHERE user_id = $1 AND id < $2 \
ORDER BY id DESC LIMIT $3) about UNION \
SELECT id FROM (SELECT id FROM audit_events WHERE actor_id = $1 AND id < $2 \
ORDER BY id DESC LIMIT $3) by) ORDER BY id DESC LIMIT $3";

impl AuditRepository for SqlUnitOfWork {
    /// Waits for the commit, which sends all lines at once.
    fn append(&mut self, event: &AuditEvent) -> Result<(), RepositoryError> {
        self.refuse_if_reading()?;
        self.trail.push(event.into());
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
            diesel::sql_query(format!("SELECT {} {PAGE}", AuditRow::COLUMNS.join(", ")))
                .bind::<Text, _>(&id)
                .bind::<Text, _>(&before)
                .bind::<BigInt, _>(i64::from(limit))
                .load::<AuditRow>(c)
        });
        self.checked(rows)?.into_iter().map(TryInto::try_into).collect()
    }
}

/// Adds the lines, all by one statement.
pub(crate) fn insert(connection: &mut DbConnection, trail: &[AuditRow]) -> QueryResult<()> {
    if trail.is_empty() {
        return Ok(());
    }
    match connection {
        DbConnection::Postgres(pg) => json_rows::insert(pg, trail),
        DbConnection::Sqlite(sqlite) => {
            diesel::insert_into(audit::table).values(trail).execute(sqlite)
        }
    }
    .map(drop)
}
