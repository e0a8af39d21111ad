use std::marker::PhantomData;

use diesel::{
    PgConnection,
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    result::Error,
};
use serde::Serialize;

use crate::persistence::{
    json_column::{Json, JsonText},
    models::Row,
};

/// Rows as one JSON parameter: the text of the statement is the same for any number of rows, so it
/// stays prepared.
pub(super) fn json_rows<T: Serialize>(rows: &[T]) -> QueryResult<Json> {
    serde_json::to_string(rows).map(Json).map_err(|error| Error::SerializationError(error.into()))
}

/// `INSERT INTO … SELECT … FROM json_populate_recordset(…)`.
pub(super) fn push_insert<'b>(
    out: &mut AstPass<'_, 'b, Pg>,
    table: &str,
    columns: &[&str],
    rows: &'b Json,
) -> QueryResult<()> {
    let names = |out: &mut AstPass<'_, 'b, Pg>| {
        for (n, column) in columns.iter().enumerate() {
            out.push_sql(if n == 0 { "" } else { ", " });
            out.push_sql(column);
        }
    };
    out.push_sql("INSERT INTO ");
    out.push_sql(table);
    out.push_sql(" (");
    names(out);
    out.push_sql(") SELECT ");
    names(out);
    out.push_sql(" FROM json_populate_recordset(NULL::");
    out.push_sql(table);
    out.push_sql(", ");
    out.push_bind_param::<JsonText, _>(rows)?;
    out.push_sql(")");
    Ok(())
}

/// Inserts all rows by one statement.
pub(super) fn insert<R: Row + Serialize + 'static>(
    pg: &mut PgConnection,
    rows: &[R],
) -> QueryResult<usize> {
    Insert::<R> { rows: json_rows(rows)?, row: PhantomData }.execute(pg)
}

struct Insert<R> {
    rows: Json,
    row: PhantomData<R>,
}

impl<R: 'static> QueryId for Insert<R> {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<R: Row> QueryFragment<Pg> for Insert<R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        push_insert(&mut out, R::TABLE, R::COLUMNS, &self.rows)
    }
}

impl<R> RunQueryDsl<PgConnection> for Insert<R> {}
