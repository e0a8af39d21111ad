use std::sync::LazyLock;

use diesel::{
    PgConnection, SqliteConnection,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
};
use serde::Serialize;

use super::{
    audit,
    json_rows::{json_rows, push_insert},
};
use crate::persistence::{
    connection::DbConnection,
    json_column::Json,
    models::{
        AddressRow, AuditRow, EmailRow, OutboxRow, PhoneRow, ProfileRow, Row, TokenRow, UserRow,
        UserRows,
    },
    schema::{
        one_time_tokens, outbox_events, user_addresses, user_emails, user_phones, user_profiles,
        users,
    },
    search::terms,
};

/// The rows of a new user.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) rows: UserRows,
    pub(crate) outbox: Vec<OutboxRow>,
    pub(crate) tokens: Vec<TokenRow>,
}

impl Registration {
    /// Inserts them, with the lines of the audit trail about them.
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
        diesel::insert_into(outbox_events::table).values(&self.outbox).execute(c)?;
        diesel::insert_into(one_time_tokens::table).values(&self.tokens).execute(c)?;
        Ok(())
    }

    /// One statement, so one round trip: data-modifying CTEs, whose foreign keys are checked at its
    /// end.
    fn insert_postgres(&self, pg: &mut PgConnection, trail: &[AuditRow]) -> QueryResult<()> {
        let rows = &self.rows;
        let statement = InsertRegistration {
            user: json_rows(&[UserWithTerms { user: &rows.user, terms: terms(rows) }])?,
            profile: json_rows(rows.profile.as_slice())?,
            emails: json_rows(&rows.emails)?,
            phones: json_rows(&rows.phones)?,
            addresses: json_rows(&rows.addresses)?,
            outbox: json_rows(&self.outbox)?,
            trail: json_rows(trail)?,
            tokens: json_rows(&self.tokens)?,
        };
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

/// Each row of `users` on Postgres has terms.
static USER_COLUMNS: LazyLock<Vec<&str>> =
    LazyLock::new(|| [UserRow::COLUMNS, &["terms"]].concat());

struct InsertRegistration {
    user: Json,
    profile: Json,
    emails: Json,
    phones: Json,
    addresses: Json,
    outbox: Json,
    trail: Json,
    tokens: Json,
}

impl QueryId for InsertRegistration {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for InsertRegistration {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        fn insert<'b, R: Row>(out: &mut AstPass<'_, 'b, Pg>, rows: &'b Json) -> QueryResult<()> {
            push_insert(out, R::TABLE, R::COLUMNS, rows)
        }
        out.push_sql("WITH u AS (");
        push_insert(&mut out, UserRow::TABLE, &USER_COLUMNS, &self.user)?;
        out.push_sql("), p AS (");
        insert::<ProfileRow>(&mut out, &self.profile)?;
        out.push_sql("), e AS (");
        insert::<EmailRow>(&mut out, &self.emails)?;
        out.push_sql("), t AS (");
        insert::<PhoneRow>(&mut out, &self.phones)?;
        out.push_sql("), a AS (");
        insert::<AddressRow>(&mut out, &self.addresses)?;
        out.push_sql("), o AS (");
        insert::<OutboxRow>(&mut out, &self.outbox)?;
        out.push_sql("), l AS (");
        insert::<AuditRow>(&mut out, &self.trail)?;
        out.push_sql(") ");
        insert::<TokenRow>(&mut out, &self.tokens)
    }
}

impl RunQueryDsl<PgConnection> for InsertRegistration {}
