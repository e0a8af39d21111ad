use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql_query,
    prelude::*,
    sql_types::{BigInt, Integer, Nullable, Text},
};
use userdom_application::ports::{DirectoryQuery, DirectoryRepository};
use userdom_domain::{RepositoryError, UserAggregate, UserSpecification, sortable};

use super::load_user::{self, Columns, Loaded};
use crate::persistence::{
    connection::DbConnection,
    errors::corrupt,
    keys,
    mappers::UserRows,
    models::UserRow,
    schema::{user_profiles as profiles, users},
    search::{Dialect, condition, condition_knowing, from_place, ordered, sets},
    sql::{Rows, Sql},
    unit_of_work::{SqlUnitOfWork, on_either},
};

impl DirectoryRepository for SqlUnitOfWork {
    /// Whole users by one statement on Postgres, and by five on SQLite.
    fn page(&mut self, query: &DirectoryQuery<'_>) -> Result<Vec<UserAggregate>, RepositoryError> {
        let found = match self.db()? {
            DbConnection::Postgres(pg) => are_large(pg, query).and_then(|are_large| {
                let sql = Sql::new(load_user::SELECT);
                let sql = sql.then(rest(Dialect::Postgres, query, &are_large));
                let rows: Vec<Loaded> = Rows::<Columns>::of(sql).load(pg)?;
                Ok(rows.into_iter().map(load_user::user_rows).collect())
            }),
            DbConnection::Sqlite(sqlite) => {
                let sql = Sql::new("SELECT u.* FROM users u WHERE ");
                let sql = sql.then(rest(Dialect::Sqlite, query, &[]));
                let users: Result<Vec<UserRow>, _> = Rows::<users::SqlType>::of(sql).load(sqlite);
                users.and_then(|users| load_user::with_children(sqlite, users))
            }
        };
        let restore =
            |rows: UserRows| UserAggregate::restore(rows.into_snapshot()?).map_err(corrupt);
        self.checked(found)?.into_iter().map(restore).collect()
    }

    fn count(
        &mut self,
        specification: &UserSpecification,
        now: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let sql = |dialect| {
            Sql::new("SELECT COUNT(*) FROM users u WHERE ").then(condition(
                dialect,
                specification,
                now,
            ))
        };
        let count: Result<i64, _> = match self.db()? {
            DbConnection::Postgres(pg) => Rows::<BigInt>::of(sql(Dialect::Postgres)).get_result(pg),
            DbConnection::Sqlite(sqlite) => {
                Rows::<BigInt>::of(sql(Dialect::Sqlite)).get_result(sqlite)
            }
        };
        Ok(u64::try_from(self.checked(count)?).unwrap_or_default())
    }

    fn index(&mut self, limit: u32) -> Result<u64, RepositoryError> {
        Ok(self.index_names(limit)? + self.index_numbers(limit)? + self.index_cities(limit)?)
    }
}

/// The plan by which Postgres reads the page, with what it came upon, a line each; nothing
/// on SQLite.
pub(crate) fn plan(
    connection: &mut DbConnection,
    query: &DirectoryQuery<'_>,
) -> QueryResult<Vec<String>> {
    match connection {
        DbConnection::Postgres(pg) => {
            let are_large = are_large(pg, query)?;
            let sql = Sql::new("EXPLAIN (ANALYZE, TIMING OFF) ").push(load_user::SELECT);
            Rows::<Text>::of(sql.then(rest(Dialect::Postgres, query, &are_large))).load(pg)
        }
        DbConnection::Sqlite(_) => Ok(Vec::new()),
    }
}

/// So many ids are collected and sorted as quickly as a page is found among so many.
const LARGE: u32 = 5_000;

/// Which of the sets of a search are large. The planner cannot know: it has no statistics of
/// a union, and takes each for two hundred rows.
fn are_large(pg: &mut PgConnection, query: &DirectoryQuery<'_>) -> QueryResult<Vec<bool>> {
    let sets = sets(Dialect::Postgres, query.specification, query.now).into_iter();
    let is_large = |set: Sql| {
        let sql = Sql::new("SELECT COUNT(*) FROM (SELECT 1 FROM ").then(set);
        let sql = sql.push(format!(" AS found LIMIT {LARGE}) AS counted"));
        let count: i64 = Rows::<BigInt>::of(sql).get_result(pg)?;
        Ok(count >= i64::from(LARGE))
    };
    sets.map(is_large).collect()
}

/// What stands behind WHERE.
fn rest(dialect: Dialect, query: &DirectoryQuery<'_>, are_large: &[bool]) -> Sql {
    let mut sql = condition_knowing(dialect, query.specification, query.now, are_large);
    if let Some(last) = &query.after {
        sql = sql.push(" AND ").then(from_place(dialect, query.order, last));
    }
    sql.then(ordered(dialect, query.order)).push(format!(" LIMIT {}", query.limit))
}

#[derive(QueryableByName)]
struct Contact {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Text)]
    value: String,
    #[diesel(sql_type = Nullable<Text>)]
    calling_code: Option<String>,
}

/// A key is written only if the value is still the one that it was made of: the triggers
/// of migration 4 forget it otherwise.
impl SqlUnitOfWork {
    /// The users are locked before their names are read: whoever changes a name waits, and
    /// finds the key that is to be forgotten.
    fn index_names(&mut self, limit: u32) -> Result<u64, RepositoryError> {
        let waiting = users::table
            .filter(users::last_name_key.is_null())
            .select(users::id)
            .limit(limit.into());
        let ids: QueryResult<Vec<String>> = match self.writing()? {
            DbConnection::Postgres(pg) => waiting.for_update().skip_locked().load(pg),
            DbConnection::Sqlite(sqlite) => waiting.load(sqlite),
        };
        let ids = self.checked(ids)?;
        for id in &ids {
            let names = profiles::table.filter(profiles::user_id.eq(id)).select((
                profiles::first_name,
                profiles::last_name,
                profiles::display_name,
            ));
            let found: QueryResult<Option<(String, String, Option<String>)>> =
                on_either!(self.writing()?, c => names.first(c).optional());
            let [first, last, display] = match self.checked(found)? {
                Some((first, last, display)) => keys::of_names(&first, &last, display.as_deref()),
                None => keys::OF_NO_NAMES,
            };
            let update = diesel::update(users::table.filter(users::id.eq(id))).set((
                users::first_name_key.eq(first),
                users::last_name_key.eq(last),
                users::display_name_key.eq(display),
            ));
            let updated = on_either!(self.writing()?, c => update.execute(c));
            self.checked(updated)?;
        }
        Ok(ids.len() as u64)
    }

    fn index_numbers(&mut self, limit: u32) -> Result<u64, RepositoryError> {
        let waiting = sql_query(format!(
            "SELECT id, phone_number AS value, country_code AS calling_code FROM user_phones \
             WHERE number_key IS NULL LIMIT {limit}"
        ));
        let found = on_either!(self.writing()?, c => waiting.load::<Contact>(c));
        let found = self.checked(found)?;
        for phone in &found {
            let update = sql_query(
                "UPDATE user_phones SET number_key = $1 WHERE id = $2 AND phone_number = $3",
            )
            .bind::<Text, _>(keys::of_number(&phone.value, phone.calling_code.as_deref()))
            .bind::<Integer, _>(phone.id)
            .bind::<Text, _>(&phone.value);
            let updated = on_either!(self.writing()?, c => update.execute(c));
            self.checked(updated)?;
        }
        Ok(found.len() as u64)
    }

    fn index_cities(&mut self, limit: u32) -> Result<u64, RepositoryError> {
        let waiting = sql_query(format!(
            "SELECT id, city AS value, NULL AS calling_code FROM user_addresses \
             WHERE city_key IS NULL LIMIT {limit}"
        ));
        let found = on_either!(self.writing()?, c => waiting.load::<Contact>(c));
        let found = self.checked(found)?;
        for address in &found {
            let update =
                sql_query("UPDATE user_addresses SET city_key = $1 WHERE id = $2 AND city = $3")
                    .bind::<Text, _>(sortable(&address.value))
                    .bind::<Integer, _>(address.id)
                    .bind::<Text, _>(&address.value);
            let updated = on_either!(self.writing()?, c => update.execute(c));
            self.checked(updated)?;
        }
        Ok(found.len() as u64)
    }
}
