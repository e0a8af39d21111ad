use chrono::{DateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Integer, Text, Timestamp},
};
use userdom_application::ports::{Channel, ClaimedEntry, Outbox, OutboxContent};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::{
    connection::DbConnection,
    database::{Database, db},
    errors::{corrupt_value, repository_error},
    json_column::{Json, JsonText},
    schema::outbox_events::{self as events, dsl},
    unit_of_work::on_either,
};

/// The `user_id` of a request for mail, which may be to an unknown address.
pub(super) const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

const CLAIM: &str = "\
UPDATE outbox_events SET claimed_until = $1, attempts = attempts + 1 WHERE id IN \
(SELECT id FROM outbox_events WHERE processed_at IS NULL AND failed_at IS NULL \
AND available_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $3) \
AND (kind IN ('message.phone_code', 'phone.verification_requested')) = $4 ORDER BY available_at, id LIMIT $5";
/// Two workers that claim at once do not wait for each other.
const CLAIM_END_POSTGRES: &str =
    " FOR UPDATE SKIP LOCKED) RETURNING id, user_id, payload, attempts";
const CLAIM_END_SQLITE: &str = ") RETURNING id, user_id, payload, attempts";

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    user_id: String,
    #[diesel(sql_type = JsonText)]
    payload: Json,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

impl Database {
    /// One statement on a writer's connection.
    fn write<T>(
        &self,
        statement: impl FnOnce(&mut DbConnection) -> QueryResult<T>,
    ) -> Result<T, RepositoryError> {
        let mut connection = self.writer()?;
        statement(db(&mut connection)).map_err(|error| {
            let error = repository_error(error);
            if matches!(error, RepositoryError::Unavailable(_)) {
                self.report_failure();
            }
            error
        })
    }
}

impl Outbox for Database {
    fn claim(
        &self,
        channel: Channel,
        limit: u32,
        now: DateTime<Utc>,
        lease_ends: DateTime<Utc>,
    ) -> Result<Vec<ClaimedEntry>, RepositoryError> {
        let mut rows = self.write(|connection| {
            let end = match connection {
                DbConnection::Postgres(_) => CLAIM_END_POSTGRES,
                DbConnection::Sqlite(_) => CLAIM_END_SQLITE,
            };
            on_either!(connection, c => {
                diesel::sql_query(format!("{CLAIM}{end}"))
                    .bind::<Timestamp, _>(lease_ends.naive_utc())
                    .bind::<Timestamp, _>(now.naive_utc())
                    .bind::<Timestamp, _>(now.naive_utc())
                    .bind::<Bool, _>(channel == Channel::Sms)
                    .bind::<BigInt, _>(i64::from(limit))
                    .load::<ClaimedRow>(c)
            })
        })?;
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            match claimed_entry(row) {
                Ok(entry) => entries.push(entry),
                Err(error) => self.set_aside(row, now, &error)?,
            }
        }
        Ok(entries)
    }

    fn complete(&self, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), RepositoryError> {
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let requests = events::table.filter(dsl::id.eq_any(&ids).and(dsl::user_id.eq(NOBODY)));
        let done = events::table.filter(dsl::id.eq_any(&ids));
        self.write(|connection| {
            on_either!(connection, c => {
                diesel::delete(requests).execute(c).and_then(|_| {
                    diesel::update(done).set(dsl::processed_at.eq(now.naive_utc())).execute(c)
                })
            })
        })
        .map(drop)
    }

    fn postpone(&self, id: Uuid, at: DateTime<Utc>, error: &str) -> Result<(), RepositoryError> {
        let one = events::table.filter(dsl::id.eq(id.to_string()));
        self.write(|connection| {
            on_either!(connection, c => {
                diesel::update(one)
                    .set((
                        dsl::available_at.eq(at.naive_utc()),
                        dsl::claimed_until.eq(None::<chrono::NaiveDateTime>),
                        dsl::last_error.eq(short(error)),
                    ))
                    .execute(c)
            })
        })
        .map(drop)
    }

    fn defer(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), RepositoryError> {
        let one = events::table.filter(dsl::id.eq(id.to_string()));
        self.write(|connection| {
            on_either!(connection, c => {
                diesel::update(one)
                    .set((
                        dsl::available_at.eq(at.naive_utc()),
                        dsl::claimed_until.eq(None::<chrono::NaiveDateTime>),
                        dsl::attempts.eq(dsl::attempts - 1),
                    ))
                    .execute(c)
            })
        })
        .map(drop)
    }

    fn give_up(&self, id: Uuid, now: DateTime<Utc>, error: &str) -> Result<(), RepositoryError> {
        let id = id.to_string();
        let request = events::table.filter(dsl::id.eq(&id).and(dsl::user_id.eq(NOBODY)));
        let one = events::table.filter(dsl::id.eq(&id));
        self.write(|connection| {
            on_either!(connection, c => {
                diesel::delete(request).execute(c).and_then(|_| {
                    diesel::update(one)
                        .set((dsl::failed_at.eq(now.naive_utc()), dsl::last_error.eq(short(error))))
                        .execute(c)
                })
            })
        })
        .map(drop)
    }
}

impl Database {
    /// An unreadable entry, perhaps of a newer version, must not block the others: it is tried again
    /// for a while, then given up.
    fn set_aside(
        &self,
        row: &ClaimedRow,
        now: DateTime<Utc>,
        error: &RepositoryError,
    ) -> Result<(), RepositoryError> {
        const TRIES: i32 = 60;
        tracing::error!(event.id = row.id, error = %error, "an outbox entry cannot be read");
        let one = events::table.filter(dsl::id.eq(&row.id));
        let error = short(&error.to_string());
        self.write(|connection| {
            on_either!(connection, c => if row.attempts >= TRIES && row.user_id == NOBODY {
                diesel::delete(one).execute(c)
            } else {
                let failed_at = (row.attempts >= TRIES).then(|| now.naive_utc());
                diesel::update(one)
                    .set((
                        dsl::available_at.eq((now + TimeDelta::minutes(1)).naive_utc()),
                        dsl::claimed_until.eq(None::<chrono::NaiveDateTime>),
                        dsl::failed_at.eq(failed_at),
                        dsl::last_error.eq(error),
                    ))
                    .execute(c)
            })
        })
        .map(drop)
    }
}

/// As much as the column holds.
fn short(error: &str) -> String {
    error.chars().filter(|c| *c != '\0').take(500).collect()
}

fn claimed_entry(row: &ClaimedRow) -> Result<ClaimedEntry, RepositoryError> {
    let corrupt = |error: Box<dyn std::error::Error + Send + Sync>| RepositoryError::Corrupt {
        table: "outbox_events".to_owned(),
        row: row.id.clone(),
        source: error,
    };
    let payload = row.payload.0.as_str();
    let content = if row.user_id == NOBODY {
        serde_json::from_str(payload).map(OutboxContent::MailRequest)
    } else if let Ok(message) = serde_json::from_str(payload) {
        Ok(OutboxContent::Message(message))
    } else {
        serde_json::from_str(payload).map(OutboxContent::Event)
    };
    Ok(ClaimedEntry {
        id: Uuid::parse_str(&row.id).map_err(|e| corrupt_value("outbox_events", &row.id, e))?,
        user_id: UserId::parse(&row.user_id).map_err(|error| corrupt(error.into()))?,
        content: content.map_err(|error| corrupt(error.into()))?,
        attempts: u32::try_from(row.attempts).unwrap_or(1),
    })
}

#[cfg(test)]
mod tests {
    use userdom_application::ports::{Notice, UserMessage};
    use userdom_domain::{DomainEvent, EmailAddress, EmailId, PhoneId};

    use super::*;

    fn content(payload: &str) -> OutboxContent {
        let id = Uuid::from_u128(1).to_string();
        let payload = Json(payload.to_owned());
        let row = ClaimedRow { id: id.clone(), user_id: id, payload, attempts: 1 };
        claimed_entry(&row).unwrap().content
    }

    #[test]
    fn messages_that_an_earlier_release_stored_as_events_are_still_sent() {
        let (id, token_id) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let payload = |kind: &str, target: &str| {
            format!(r#"{{"kind":"{kind}","{target}":"{id}","token_id":"{token_id}"}}"#)
        };
        let (email_id, phone_id) = (EmailId::from_uuid(id), PhoneId::from_uuid(id));
        let to = EmailAddress::parse("ada@example.org").unwrap();
        for (payload, message) in [
            (
                payload("email.verification_requested", "email_id"),
                UserMessage::EmailVerification { email_id, token_id },
            ),
            (
                payload("phone.verification_requested", "phone_id"),
                UserMessage::PhoneCode { phone_id, token_id },
            ),
            (
                r#"{"kind":"notice.due","notice":"password_reset","to":"ada@example.org"}"#.into(),
                UserMessage::Notice { notice: Notice::PasswordReset, to },
            ),
        ] {
            assert_eq!(content(&payload), OutboxContent::Message(message));
        }
    }

    #[test]
    fn a_request_for_verification_is_an_event_of_its_own() {
        let email_id = EmailId::from_uuid(Uuid::from_u128(7));
        let event = DomainEvent::EmailVerificationRequested { email_id };
        let payload = serde_json::to_string(&event).unwrap();
        assert_eq!(content(&payload), OutboxContent::Event(event));
    }
}
