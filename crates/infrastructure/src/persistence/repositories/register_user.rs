use diesel::{
    PgConnection, SqliteConnection,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
};
use serde::Serialize;

use super::{audit, events::json_rows};
use crate::persistence::{
    connection::DbConnection,
    json_column::{Json, JsonText},
    mappers::UserRows,
    models::{AuditRow, OutboxRow, TokenRow, UserRow},
    schema::{
        one_time_tokens, outbox_events, user_addresses, user_emails, user_phones, user_profiles,
        users,
    },
    search::terms,
};

/// All that is written when a user registers.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) rows: UserRows,
    pub(crate) events: Vec<OutboxRow>,
    pub(crate) tokens: Vec<TokenRow>,
}

impl Registration {
    /// Inserts it, and what the audit trail says of it.
    pub(crate) fn insert(
        &self,
        connection: &mut DbConnection,
        trail: &[AuditRow],
    ) -> QueryResult<()> {
        match connection {
            DbConnection::Postgres(pg) => self.insert_postgres(pg, trail),
            DbConnection::Sqlite(sqlite) => {
                self.insert_sqlite(sqlite)?;
                audit::insert(connection, trail)
            }
        }
    }

    fn insert_sqlite(&self, c: &mut SqliteConnection) -> QueryResult<()> {
        let rows = &self.rows;
        diesel::insert_into(users::table).values(&rows.user).execute(c)?;
        diesel::insert_into(user_profiles::table).values(rows.profile.as_slice()).execute(c)?;
        diesel::insert_into(user_emails::table).values(&rows.emails).execute(c)?;
        diesel::insert_into(user_phones::table).values(&rows.phones).execute(c)?;
        diesel::insert_into(user_addresses::table).values(&rows.addresses).execute(c)?;
        diesel::insert_into(outbox_events::table).values(&self.events).execute(c)?;
        diesel::insert_into(one_time_tokens::table).values(&self.tokens).execute(c)?;
        Ok(())
    }

    /// One statement, so one round trip: data-modifying CTEs, whose foreign keys
    /// are checked at its end. Each table gets its rows as one JSON array, which
    /// keeps the statement the same, and so prepared, for any number of contacts.
    fn insert_postgres(&self, pg: &mut PgConnection, trail: &[AuditRow]) -> QueryResult<()> {
        let rows = &self.rows;
        let statement = InsertRegistration([
            json_rows(&[UserWithTerms { user: &rows.user, terms: terms(rows) }])?,
            json_rows(rows.profile.as_slice())?,
            json_rows(&rows.emails)?,
            json_rows(&rows.phones)?,
            json_rows(&rows.addresses)?,
            json_rows(&self.events)?,
            json_rows(trail)?,
            json_rows(&self.tokens)?,
        ]);
        statement.execute(pg).map(drop)
    }
}

/// A row of `users` on Postgres.
#[derive(Serialize)]
struct UserWithTerms<'a> {
    #[serde(flatten)]
    user: &'a UserRow,
    terms: Option<String>,
}

/// The statement before each of its eight values.
const PARTS: [&str; 8] = [
    "WITH u AS (INSERT INTO users (id, username, password_hash, status, roles, email_verified, \
     phone_verified, two_factor_enabled, failed_login_attempts, account_locked_until, created_at, \
     updated_at, last_login_at, password_changed_at, preferences, version, status_reason, \
     status_actor, status_until, status_before, first_name_key, last_name_key, display_name_key, terms) \
     SELECT id, username, password_hash, status, roles, \
     email_verified, phone_verified, two_factor_enabled, failed_login_attempts, \
     account_locked_until, created_at, updated_at, last_login_at, password_changed_at, \
     preferences, version, status_reason, status_actor, status_until, status_before, \
     first_name_key, last_name_key, display_name_key, terms \
     FROM json_populate_recordset(NULL::users, ",
    ")), p AS (INSERT INTO user_profiles (user_id, first_name, last_name, display_name, \
     date_of_birth, gender, preferred_language, timezone, bio, avatar_url, created_at, updated_at) \
     SELECT user_id, first_name, last_name, display_name, date_of_birth, gender, \
     preferred_language, timezone, bio, avatar_url, created_at, updated_at \
     FROM json_populate_recordset(NULL::user_profiles, ",
    ")), e AS (INSERT INTO user_emails (user_id, uid, email, provider, contact_type, is_verified, \
     is_default, created_at, verified_at) SELECT user_id, uid, email, provider, contact_type, \
     is_verified, is_default, created_at, verified_at \
     FROM json_populate_recordset(NULL::user_emails, ",
    ")), t AS (INSERT INTO user_phones (user_id, uid, phone_number, country_code, \
     formatted_number, contact_type, is_verified, is_default, created_at, verified_at, \
     number_key) SELECT user_id, uid, phone_number, country_code, formatted_number, \
     contact_type, is_verified, is_default, created_at, verified_at, number_key \
     FROM json_populate_recordset(NULL::user_phones, ",
    ")), a AS (INSERT INTO user_addresses (user_id, uid, street_line1, street_line2, city, state, \
     postal_code, country, contact_type, is_default, created_at, city_key) SELECT user_id, uid, \
     street_line1, street_line2, city, state, postal_code, country, contact_type, is_default, \
     created_at, city_key FROM json_populate_recordset(NULL::user_addresses, ",
    ")), o AS (INSERT INTO outbox_events (id, user_id, kind, payload, occurred_at, available_at) \
     SELECT id, user_id, kind, payload, occurred_at, available_at \
     FROM json_populate_recordset(NULL::outbox_events, ",
    ")), l AS (INSERT INTO audit_events (id, occurred_at, kind, outcome, actor_id, api_key_id, \
     user_id, target_id, ip_address, user_agent, request_id) SELECT id, occurred_at, kind, \
     outcome, actor_id, api_key_id, user_id, target_id, ip_address, user_agent, request_id \
     FROM json_populate_recordset(NULL::audit_events, ",
    ")) INSERT INTO one_time_tokens (id, user_id, kind, target_id, token_hash, created_at, \
     expires_at) SELECT id, user_id, kind, target_id, token_hash, created_at, expires_at \
     FROM json_populate_recordset(NULL::one_time_tokens, ",
];

struct InsertRegistration([Json; 8]);

impl QueryId for InsertRegistration {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for InsertRegistration {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (part, rows) in PARTS.iter().zip(&self.0) {
            out.push_sql(part);
            out.push_bind_param::<JsonText, _>(rows)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for InsertRegistration {}
