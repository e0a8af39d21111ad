use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_types::{Text, Timestamp},
};
use userdom_application::ports::{AccountRepository, MailRequest, MailWish, Stamp};
use userdom_domain::{RepositoryError, UserId};

use super::{events, users::roles};
use crate::persistence::{
    json_column::Json,
    mappers::read_uuid,
    models::OutboxRow,
    outbox::NOBODY,
    schema::{
        audit_events, idempotency_keys as keys, idempotency_subjects as subjects, outbox_events,
        user_emails, users,
    },
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// Requests for mail that name the user or one of its addresses.
const FORGET_WISHES: &str = "\
DELETE FROM outbox_events WHERE user_id = $1 AND (payload->>'user_id' = $2 OR payload->>'email' IN \
(SELECT lower(user_emails.email) FROM user_emails WHERE user_emails.user_id = $2))";

/// A statement has five seconds on Postgres: so many rows at a time.
const BATCH: usize = 10_000;
/// What has ended by time, each before the moment `$1`.
const ENDED: [(&str, &str); 4] = [
    ("idempotency_keys", "expires_at <= $1"),
    ("sessions", "idle_expires_at <= $1"),
    ("one_time_tokens", "expires_at <= $1"),
    ("known_devices", "expires_at <= $1"),
];
const PROCESSED: (&str, &str) = ("outbox_events", "processed_at < $1");

impl AccountRepository for SqlUnitOfWork {
    fn erase(&mut self, user_id: UserId) -> Result<bool, RepositoryError> {
        let id = user_id.to_string();
        self.send_trail()?;
        self.loaded.remove(&id);
        self.erases = true;
        let erased = on_either!(self.writing()?, c => {
            diesel::sql_query(FORGET_WISHES)
                .bind::<Text, _>(NOBODY)
                .bind::<Text, _>(&id)
                .execute(c)
                .and_then(|_| diesel::delete(users::table.filter(users::id.eq(&id))).execute(c))
                .and_then(|users| {
                    // Whoever was changing the user has had to let go of it by now.
                    let events = outbox_events::table.filter(outbox_events::user_id.eq(&id));
                    diesel::delete(events).execute(c)?;
                    let traces = audit_events::user_id.eq(&id).or(audit_events::actor_id.eq(&id));
                    diesel::update(audit_events::table.filter(traces))
                        .set((audit_events::ip_address.eq(""), audit_events::user_agent.eq("")))
                        .execute(c)?;
                    let own = keys::id.between(format!("{id}/"), format!("{id}/\u{7f}"));
                    let about = subjects::table
                        .filter(subjects::user_id.eq(&id))
                        .select(subjects::key_id);
                    // What is being answered holds nothing yet; it may be this very request.
                    diesel::delete(keys::table.filter(keys::answer.is_not_null()))
                        .filter(own.or(keys::id.eq_any(about)))
                        .execute(c)?;
                    Ok(users > 0)
                })
        });
        self.checked(erased)
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
        now: DateTime<Utc>,
        processed_before: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let mut swept = self.sweep_table(PROCESSED, processed_before)?;
        for ended in ENDED {
            swept += self.sweep_table(ended, now)?;
        }
        Ok(swept)
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

impl SqlUnitOfWork {
    fn sweep_table(
        &mut self,
        (table, ended): (&str, &str),
        moment: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let sql = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {ended} LIMIT {BATCH})"
        );
        let mut swept = 0;
        loop {
            let gone = on_either!(self.writing()?, c => {
                diesel::sql_query(&sql).bind::<Timestamp, _>(moment.naive_utc()).execute(c)
            });
            let gone = self.checked(gone)?;
            swept += gone as u64;
            if gone < BATCH {
                return Ok(swept);
            }
        }
    }
}

fn read_ids(ids: &[String]) -> Result<Vec<UserId>, RepositoryError> {
    ids.iter().map(|id| read_uuid("users", id).map(UserId::from_uuid)).collect()
}
