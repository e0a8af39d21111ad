use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql_query,
    prelude::*,
    sql_types::{Array, BigInt, Integer, Nullable, Text},
};
use userdom_application::ports::{DirectoryQuery, DirectoryRepository};
use userdom_domain::{RepositoryError, UserAggregate, UserSnapshot, UserSpecification, sortable};

use super::load_user::{self, Columns};
use crate::persistence::{
    connection::DbConnection,
    keys,
    lenient::Words,
    models::{Row, UserRow, UserRows},
    schema::{user_profiles as profiles, users},
    search::{
        Attempt, Dialect, GramsFind, PageQuery, RowPlace, attempts, by_grams, condition,
        has_conjuncts, ids_by_grams, is_worth_walking, page, terms,
    },
    sql::{Rows, Sql},
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// To read the rows of so many users takes some tens of milliseconds.
const FEW_BY_GRAMS: usize = 10_000;

impl DirectoryRepository for SqlUnitOfWork {
    /// Whole users by one or two statements on Postgres, and by five on SQLite. Unreadable users are
    /// left out, with one warning (R29), and replaced by the next.
    fn page(&mut self, query: &DirectoryQuery<'_>) -> Result<Vec<UserAggregate>, RepositoryError> {
        let limit = query.limit as usize;
        let mut query = PageQuery::from(query);
        let (mut users, mut unreadable, mut first_error) = (Vec::new(), 0_usize, None);
        loop {
            let rows = self.rows(&query)?;
            let is_last = rows.len() < query.limit as usize;
            query.after = rows.last().map(|rows| RowPlace::of(&rows.user, query.order.by));
            for rows in rows {
                match UserSnapshot::try_from(rows) {
                    Ok(snapshot) => users.push(UserAggregate::restore(snapshot)),
                    Err(error) => {
                        unreadable += 1;
                        first_error.get_or_insert(error);
                    }
                }
            }
            // Such rows are rare: only a page that met one pays for the condition.
            query.only_readable = unreadable > 0;
            query.limit = u32::try_from(limit.saturating_sub(users.len())).unwrap_or(u32::MAX);
            if is_last || query.limit == 0 {
                break;
            }
        }
        if let Some(first) = first_error {
            tracing::warn!(
                users = unreadable,
                error = &first as &dyn std::error::Error,
                "users that cannot be read are left out of a list"
            );
        }
        Ok(users)
    }

    fn count(
        &mut self,
        specification: &UserSpecification,
        now: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let dialect = self.dialect();
        let count = |matching| Sql::new("(SELECT COUNT(*) FROM users u WHERE ").then(matching);
        let all = || condition(dialect, specification, now);
        let unreadable = all().push(format!(" AND {})", dialect.is_unreadable("u")));
        let sql = Sql::new("SELECT ").then(count(all())).push(") - ").then(count(unreadable));
        let count = on_either!(self.db()?, c => Rows::<BigInt>::of(sql).get_result::<i64>(c));
        Ok(u64::try_from(self.checked(count)?).unwrap_or_default())
    }

    fn index(&mut self, limit: u32) -> Result<u64, RepositoryError> {
        let of_number = |phone: &Contact| keys::of_number(&phone.value, phone.code.as_deref());
        let of_city = |address: &Contact| sortable(&address.value);
        let number = "phone_number AS value, country_code AS code";
        let city = "city AS value, NULL AS code";
        Ok(self.index_names(limit)?
            + self.index_contacts("user_phones", "number_key", number, of_number, limit)?
            + self.index_contacts("user_addresses", "city_key", city, of_city, limit)?
            + self.index_terms(limit)?)
    }
}

/// The lines of the plans by which Postgres reads the page; none on SQLite.
pub(crate) fn plan(
    connection: &mut DbConnection,
    query: &DirectoryQuery<'_>,
) -> QueryResult<Vec<String>> {
    let DbConnection::Postgres(pg) = connection else { return Ok(Vec::new()) };
    let query = &PageQuery::from(query);
    let mut lines = Vec::new();
    until_full(pg, query, |pg, sql| {
        let explain = Sql::new("EXPLAIN (ANALYZE, TIMING OFF) ").then(sql);
        let plan: Vec<String> = Rows::<Text>::of(explain).load(pg)?;
        let found = rows(&plan, "(actual rows=").unwrap_or_default();
        lines.extend(plan);
        Ok(found)
    })?;
    Ok(lines)
}

/// The columns of `users`; sort keys in the form in which an order compares them, so that a cursor
/// has it as well.
fn sqlite_select() -> String {
    let column = |name: &&str| match *name {
        users::created_at::NAME => Dialect::Sqlite.moment_key("u.created_at"),
        users::last_login_at::NAME => Dialect::Sqlite.maybe_moment_key("u.last_login_at"),
        name => format!("u.{name}"),
    };
    let columns: Vec<String> = UserRow::COLUMNS.iter().map(column).collect();
    format!("SELECT {} FROM ", columns.join(", "))
}

/// The rows of the whole of a plan.
fn rows(plan: &[String], label: &str) -> Option<usize> {
    let (_, rows) = plan.first()?.split_once(label)?;
    rows.split(' ').next()?.parse().ok()
}

/// The conjuncts whose grams the planner expects in few rows; `None` where there is no other
/// conjunct.
fn grams_find(pg: &mut PgConnection, query: &PageQuery<'_>) -> QueryResult<Option<GramsFind>> {
    if !has_conjuncts(query.specification) {
        return Ok(None);
    }
    let parts = ids_by_grams(query.specification, query.now);
    let mut few = Vec::new();
    for (part, ids) in parts.into_iter().enumerate() {
        let plan: Vec<String> = Rows::<Text>::of(Sql::new("EXPLAIN ").then(ids)).load(pg)?;
        if rows(&plan, " rows=").is_some_and(|expected| expected <= FEW_BY_GRAMS) {
            few.push(part);
        }
    }
    Ok(Some(if few.is_empty() { GramsFind::Many } else { GramsFind::Few(few) }))
}

/// Tries the ways to find the page, one after the other; `find` returns the number of rows.
fn until_full(
    pg: &mut PgConnection,
    query: &PageQuery<'_>,
    mut find: impl FnMut(&mut PgConnection, Sql) -> QueryResult<usize>,
) -> QueryResult<()> {
    let mut found = 0;
    for attempt in attempts(query) {
        let sql = match attempt {
            Attempt::By(sql) => sql,
            Attempt::WalkOn(sql) if is_worth_walking(found, query.limit, users_expected(pg)?) => {
                sql
            }
            Attempt::WalkOn(_) => continue,
            Attempt::ByGrams => by_grams(query, grams_find(pg, query)?.as_ref()),
        };
        found = find(pg, Sql::new(load_user::SELECT.as_str()).then(sql))?;
        if found == query.limit as usize {
            break;
        }
    }
    Ok(())
}

/// The planner's figure, which is of some time ago, and -1 before the first analysis.
fn users_expected(pg: &mut PgConnection) -> QueryResult<u64> {
    let sql =
        "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE oid = CAST('users' AS regclass)";
    let users: i64 = Rows::<BigInt>::of(Sql::new(sql)).get_result(pg)?;
    Ok(u64::try_from(users).unwrap_or_default())
}

#[derive(QueryableByName)]
struct Contact {
    #[diesel(sql_type = Integer)]
    id: i32,
    #[diesel(sql_type = Text, deserialize_as = Words)]
    value: String,
    #[diesel(sql_type = Nullable<Text>)]
    code: Option<String>,
}

/// Rows are locked before they are read, so that a key or a term is of the stored value: a change
/// waits, and then the triggers of migrations 4 and 5 remove the key. Only written rows count: one
/// that cannot be written must not be taken for progress.
impl SqlUnitOfWork {
    fn rows(&mut self, query: &PageQuery<'_>) -> Result<Vec<UserRows>, RepositoryError> {
        let found = match self.db()? {
            DbConnection::Postgres(pg) => {
                let mut found = Vec::new();
                until_full(pg, query, |pg, sql| {
                    found = Rows::<Columns>::of(sql).load(pg)?;
                    Ok(found.len())
                })
                .map(|()| found)
            }
            DbConnection::Sqlite(sqlite) => {
                let sql = Sql::new(sqlite_select()).then(page(Dialect::Sqlite, query));
                let users: Result<Vec<UserRow>, _> = Rows::<users::SqlType>::of(sql).load(sqlite);
                users.and_then(|users| load_user::with_children(sqlite, users))
            }
        };
        self.checked(found)
    }

    fn index_names(&mut self, limit: u32) -> Result<u64, RepositoryError> {
        let waiting = users::table
            .filter(users::last_name_key.is_null())
            .select(users::id)
            .limit(limit.into());
        let ids: QueryResult<Vec<String>> = match self.writing()? {
            DbConnection::Postgres(pg) => waiting.for_update().skip_locked().load(pg),
            DbConnection::Sqlite(sqlite) => waiting.load(sqlite),
        };
        let mut indexed = 0;
        for id in &self.checked(ids)? {
            let names = profiles::table.filter(profiles::user_id.eq(id)).select((
                profiles::first_name,
                profiles::last_name,
                profiles::display_name,
            ));
            let found: QueryResult<Option<(Words, Words, Option<String>)>> =
                on_either!(self.writing()?, c => names.first(c).optional());
            let [first, last, display] = match self.checked(found)? {
                Some((first, last, display)) => {
                    keys::of_names(&String::from(first), &String::from(last), display.as_deref())
                }
                None => keys::OF_NO_NAMES,
            };
            let update = diesel::update(users::table.filter(users::id.eq(id))).set((
                users::first_name_key.eq(first),
                users::last_name_key.eq(last),
                users::display_name_key.eq(display),
            ));
            let updated = on_either!(self.writing()?, c => update.execute(c));
            indexed += self.checked(updated)? as u64;
        }
        Ok(indexed)
    }

    fn index_contacts(
        &mut self,
        table: &str,
        key_column: &str,
        contact: &str,
        key: fn(&Contact) -> String,
        limit: u32,
    ) -> Result<u64, RepositoryError> {
        let lock = if self.is_postgres() { " FOR UPDATE SKIP LOCKED" } else { "" };
        let waiting = sql_query(format!(
            "SELECT id, {contact} FROM {table} WHERE {key_column} IS NULL LIMIT {limit}{lock}"
        ));
        let found = on_either!(self.writing()?, c => waiting.load::<Contact>(c));
        let update =
            format!("UPDATE {table} SET {key_column} = $1 WHERE id = $2 AND {key_column} IS NULL");
        let mut indexed = 0;
        for contact in &self.checked(found)? {
            let update =
                sql_query(&update).bind::<Text, _>(key(contact)).bind::<Integer, _>(contact.id);
            let updated = on_either!(self.writing()?, c => update.execute(c));
            indexed += self.checked(updated)? as u64;
        }
        Ok(indexed)
    }

    fn index_terms(&mut self, limit: u32) -> Result<u64, RepositoryError> {
        let DbConnection::Postgres(pg) = self.writing()? else { return Ok(0) };
        let written = write_terms(pg, limit);
        Ok(self.checked(written)? as u64)
    }
}

fn write_terms(pg: &mut PgConnection, limit: u32) -> QueryResult<usize> {
    let waiting = Sql::new(format!(
        "SELECT id FROM users WHERE terms IS NULL AND last_name_key IS NOT NULL LIMIT {limit} \
         FOR UPDATE SKIP LOCKED"
    ));
    let waiting: Vec<String> = Rows::<Text>::of(waiting).load(pg)?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let ids = Sql::joined(waiting.into_iter().map(|id| Sql::default().text(id)), ", ");
    let whole = Sql::new(load_user::SELECT.as_str()).push("users u WHERE u.id IN ").then(ids);
    let whole: Vec<UserRows> = Rows::<Columns>::of(whole).load(pg)?;
    let (ids, all_terms): (Vec<String>, Vec<String>) = whole
        .into_iter()
        .filter_map(|rows| terms(&rows).map(|terms| (rows.user.id, terms)))
        .unzip();
    sql_query(
        "UPDATE users SET terms = CAST(found.terms AS tsvector) \
         FROM unnest($1, $2) AS found(id, terms) WHERE users.id = found.id",
    )
    .bind::<Array<Text>, _>(ids)
    .bind::<Array<Text>, _>(all_terms)
    .execute(pg)
}
