use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types::{BigInt, Timestamp},
};
use userdom_application::ports::{AccountRepository, Ended, MailRequest, MailWish, Stamp};
use userdom_domain::{RepositoryError, UserId};

use super::{erasures, events, users::roles};
use crate::persistence::{
    connection::DbConnection,
    json_column::Json,
    mappers::read_uuid,
    models::OutboxRow,
    outbox::NOBODY,
    schema::{erasures as orders, user_emails, users},
    unit_of_work::{SqlUnitOfWork, on_either},
};

impl AccountRepository for SqlUnitOfWork {
    fn erase(&mut self, user_id: UserId, version: i64) -> Result<bool, RepositoryError> {
        let id = user_id.to_string();
        self.loaded.remove(&id);
        // A trigger leaves the order to wipe the rest.
        let seen = users::table.filter(users::id.eq(&id).and(users::version.eq(version)));
        let erased = on_either!(self.writing()?, c => diesel::delete(seen).execute(c));
        Ok(self.checked(erased)? > 0)
    }

    fn wipe(&mut self, user: &str, most: u32) -> Result<bool, RepositoryError> {
        self.send_trail()?;
        let wiped = erasures::wipe(self.writing()?, user, most);
        let is_done = self.checked(wiped)?;
        self.erases |= is_done;
        Ok(is_done)
    }

    fn half_erased(&mut self, after: &str, limit: u32) -> Result<Vec<String>, RepositoryError> {
        let found = on_either!(self.db()?, c => {
            orders::table
                .filter(orders::user_id.gt(after))
                .order(orders::user_id)
                .limit(i64::from(limit))
                .select(orders::user_id)
                .load(c)
        });
        self.checked(found)
    }

    fn stamp(&mut self, user_id: UserId) -> Result<Option<Stamp>, RepositoryError> {
        let id = user_id.to_string();
        let found: QueryResult<Option<(i64, Json)>> = on_either!(self.db()?, c => {
            users::table
                .filter(users::id.eq(&id))
                .select((users::version, users::roles))
                .first(c)
                .optional()
        });
        let stamp = |(version, stored)| Ok(Stamp { version, roles: roles(&id, &stored)? });
        self.checked(found)?.map(stamp).transpose()
    }

    fn never_verified(
        &mut self,
        registered_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        let verified = user_emails::table
            .filter(user_emails::user_id.eq(users::id))
            .filter(user_emails::is_verified);
        let found = on_either!(self.db()?, c => {
            users::table
                .filter(users::status.eq("pending"))
                .filter(users::created_at.lt(registered_before.naive_utc()))
                .filter(not(exists(verified)))
                .order((users::created_at, users::id))
                .limit(i64::from(limit))
                .select(users::id)
                .load::<String>(c)
        });
        read_ids(&self.checked(found)?)
    }

    fn deleted_before(
        &mut self,
        moment: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        // Nothing changes a deleted user, so its last change is its deletion.
        let found = on_either!(self.db()?, c => {
            users::table
                .filter(users::status.eq("deleted"))
                .filter(users::updated_at.lt(moment.naive_utc()))
                .order((users::updated_at, users::id))
                .limit(i64::from(limit))
                .select(users::id)
                .load::<String>(c)
        });
        read_ids(&self.checked(found)?)
    }

    fn sweep(
        &mut self,
        what: Ended,
        moment: DateTime<Utc>,
        most: u32,
    ) -> Result<u64, RepositoryError> {
        let (table, ended) = ended(what);
        let connection = self.writing()?;
        let end = match connection {
            // Another instance that sweeps has these.
            DbConnection::Postgres(_) => " FOR UPDATE SKIP LOCKED",
            DbConnection::Sqlite(_) => "",
        };
        let sql = format!(
            "DELETE FROM {table} WHERE id IN \
             (SELECT id FROM {table} WHERE {ended} LIMIT $2{end})"
        );
        let gone = on_either!(connection, c => {
            diesel::sql_query(sql)
                .bind::<Timestamp, _>(moment.naive_utc())
                .bind::<BigInt, _>(i64::from(most))
                .execute(c)
        });
        Ok(self.checked(gone)? as u64)
    }

    fn enqueue(&mut self, request: &MailRequest) -> Result<(), RepositoryError> {
        let kind = match &request.wish {
            MailWish::PasswordReset { .. } => "wish.password_reset",
            MailWish::Verification { .. } => "wish.verification",
        };
        let row = OutboxRow {
            id: request.id.to_string(),
            user_id: NOBODY.to_owned(),
            kind: kind.to_owned(),
            payload: Json(serde_json::to_string(&request.wish).unwrap_or_default()),
            occurred_at: request.requested_at.naive_utc(),
            available_at: request.requested_at.naive_utc(),
        };
        let queued = events::insert(self.writing()?, &[row]);
        self.checked(queued)
    }
}

/// The table, and which of its rows have ended before the moment `$1`.
fn ended(what: Ended) -> (&'static str, &'static str) {
    match what {
        Ended::Events => ("outbox_events", "processed_at < $1"),
        Ended::Answers => ("idempotency_keys", "expires_at <= $1"),
        Ended::Sessions => ("sessions", "idle_expires_at <= $1"),
        Ended::Tokens => ("one_time_tokens", "expires_at <= $1"),
        Ended::Devices => ("known_devices", "expires_at <= $1"),
    }
}

fn read_ids(ids: &[String]) -> Result<Vec<UserId>, RepositoryError> {
    ids.iter().map(|id| read_uuid("users", id).map(UserId::from_uuid)).collect()
}
