//! Wipes the remaining rows of removed users, a number of them at a time.

use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Nullable, Text},
};

use crate::persistence::{
    connection::DbConnection, schema::erasures as orders, unit_of_work::on_either,
};

/// Rows to remove: the table, and those of the user `$1`. Requests for mail belong to the nil
/// identity, which is written out as in the indexes on them.
const GOING: [(&str, &str); 8] = [
    ("sessions", "SELECT id FROM sessions WHERE user_id = $1"),
    ("one_time_tokens", "SELECT id FROM one_time_tokens WHERE user_id = $1"),
    ("known_devices", "SELECT id FROM known_devices WHERE user_id = $1"),
    ("api_keys", "SELECT id FROM api_keys WHERE created_by = $1"),
    ("outbox_events", "SELECT id FROM outbox_events WHERE user_id = $1"),
    (
        "outbox_events",
        "SELECT id FROM outbox_events WHERE user_id = '00000000-0000-0000-0000-000000000000' \
         AND payload ->> 'user_id' = $1",
    ),
    // A key without an answer holds nothing yet, and may be of this very request.
    (
        "idempotency_keys",
        "SELECT id FROM idempotency_keys WHERE id > $1 || '/' AND id < $1 || '0' \
         AND answer IS NOT NULL",
    ),
    (
        "idempotency_keys",
        "SELECT kept.id FROM idempotency_subjects subject JOIN idempotency_keys kept \
         ON kept.id = subject.key_id WHERE subject.user_id = $1 AND kept.answer IS NOT NULL",
    ),
];

/// Requests for mail to an address that the user had. An array is always looked up in the index;
/// with IN the planner of Postgres may rather read all requests.
const WISHED_POSTGRES: &str = "\
SELECT id FROM outbox_events WHERE user_id = '00000000-0000-0000-0000-000000000000' \
AND payload ->> 'email' = ANY(ARRAY( \
SELECT json_array_elements_text(addresses) FROM erasures WHERE erasures.user_id = $1))";
const WISHED_SQLITE: &str = "\
SELECT id FROM outbox_events WHERE user_id = '00000000-0000-0000-0000-000000000000' \
AND payload ->> 'email' IN \
(SELECT value FROM json_each((SELECT addresses FROM erasures WHERE erasures.user_id = $1)))";

/// How far the lines about the user, and the lines of its own acts, are wiped.
#[derive(Queryable, Selectable, AsChangeset)]
#[diesel(table_name = orders)]
struct Progress {
    wiped_as_user: String,
    wiped_as_actor: String,
}

/// Wipes up to `most` rows; `true` when nothing is left, and so the order is gone.
pub(super) fn wipe(connection: &mut DbConnection, user: &str, most: u32) -> QueryResult<bool> {
    let Some(mut progress) = lock(connection, user)? else {
        return Ok(true);
    };
    let mut left = i64::from(most);
    let wished = match connection {
        DbConnection::Postgres(_) => WISHED_POSTGRES,
        DbConnection::Sqlite(_) => WISHED_SQLITE,
    };
    for (table, of_user) in GOING.into_iter().chain([("outbox_events", wished)]) {
        left -= remove(connection, table, of_user, user, left)?;
        if left <= 0 {
            return Ok(false);
        }
    }
    left -= wipe_trail(connection, "user_id", user, &mut progress.wiped_as_user, left)?;
    if left > 0 {
        left -= wipe_trail(connection, "actor_id", user, &mut progress.wiped_as_actor, left)?;
    }
    finish(connection, user, &progress, left > 0)?;
    Ok(left > 0)
}

/// Locks the order, so that no other process sees it done while this one works on it.
fn lock(connection: &mut DbConnection, user: &str) -> QueryResult<Option<Progress>> {
    let one = orders::table.filter(orders::user_id.eq(user));
    match connection {
        DbConnection::Postgres(pg) => one.select(Progress::as_select()).for_update().first(pg),
        DbConnection::Sqlite(sqlite) => one.select(Progress::as_select()).first(sqlite),
    }
    .optional()
}

fn remove(
    connection: &mut DbConnection,
    table: &str,
    of_user: &str,
    user: &str,
    most: i64,
) -> QueryResult<i64> {
    let sql = format!("DELETE FROM {table} WHERE id IN ({of_user} LIMIT $2)");
    let gone = on_either!(connection, c => {
        sql_query(sql).bind::<Text, _>(user).bind::<BigInt, _>(most).execute(c)
    })?;
    Ok(i64::try_from(gone).unwrap_or(i64::MAX))
}

#[derive(QueryableByName)]
struct Batch {
    #[diesel(sql_type = Nullable<Text>)]
    last: Option<String>,
    #[diesel(sql_type = BigInt)]
    lines: i64,
}

/// Wipes the next lines after `wiped`, which moves on.
fn wipe_trail(
    connection: &mut DbConnection,
    column: &str,
    user: &str,
    wiped: &mut String,
    most: i64,
) -> QueryResult<i64> {
    let next = format!(
        "SELECT max(id) AS last, count(*) AS lines FROM (SELECT id FROM audit_events \
         WHERE {column} = $1 AND id > $2 ORDER BY id LIMIT $3) next"
    );
    let batch: Batch = on_either!(connection, c => {
        sql_query(next)
            .bind::<Text, _>(user)
            .bind::<Text, _>(&*wiped)
            .bind::<BigInt, _>(most)
            .get_result(c)
    })?;
    let Some(last) = batch.last else {
        return Ok(0);
    };
    let wipe = format!(
        "UPDATE audit_events SET ip_address = '', user_agent = '' WHERE {column} = $1 \
         AND id > $2 AND id <= $3 AND (ip_address <> '' OR user_agent <> '')"
    );
    on_either!(connection, c => {
        sql_query(wipe)
            .bind::<Text, _>(user)
            .bind::<Text, _>(&*wiped)
            .bind::<Text, _>(&last)
            .execute(c)
    })?;
    *wiped = last;
    Ok(batch.lines)
}

fn finish(
    connection: &mut DbConnection,
    user: &str,
    progress: &Progress,
    is_done: bool,
) -> QueryResult<()> {
    let order = orders::table.filter(orders::user_id.eq(user));
    on_either!(connection, c => if is_done {
        diesel::delete(order).execute(c)
    } else {
        diesel::update(order).set(progress).execute(c)
    })
    .map(drop)
}
