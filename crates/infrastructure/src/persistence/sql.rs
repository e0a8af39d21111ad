//! SQL that is put together while the service runs.

use std::marker::PhantomData;

use chrono::NaiveDateTime;
use diesel::{
    RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::QueryResult,
    serialize::ToSql,
    sql_types::{HasSqlType, Text, Timestamp},
};

/// A statement in pieces. Outside input is a bound value, never part of the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Sql(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Sql(String),
    Text(String),
    Moment(NaiveDateTime),
}

impl Sql {
    /// The text must be of this program.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(vec![Piece::Sql(text.into())])
    }

    pub(super) fn push(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Sql(text.into()));
        self
    }

    /// Postgres refuses U+0000, and no text of the tables has it. Neither has one the noncharacter
    /// U+FFFF, which so finds as little.
    pub(super) fn text(mut self, value: impl Into<String>) -> Self {
        self.0.push(Piece::Text(value.into().replace('\0', "\u{ffff}")));
        self
    }

    pub(super) fn moment(mut self, value: NaiveDateTime) -> Self {
        self.0.push(Piece::Moment(value));
        self
    }

    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// `(a <between> b <between> c)`.
    pub(super) fn joined(parts: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut all = Self::new("(");
        for (n, part) in parts.into_iter().enumerate() {
            if n > 0 {
                all = all.push(between);
            }
            all = all.then(part);
        }
        all.push(")")
    }
}

impl QueryId for Sql {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for Sql
where
    DB: Backend + HasSqlType<Text> + HasSqlType<Timestamp>,
    String: ToSql<Text, DB>,
    NaiveDateTime: ToSql<Timestamp, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // A shape may never come again, and the planner shall know the values.
        out.unsafe_to_cache_prepared();
        for piece in &self.0 {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Piece::Moment(value) => out.push_bind_param::<Timestamp, _>(value)?,
            }
        }
        Ok(())
    }
}

/// A statement whose rows are of the SQL type `T`.
#[derive(Debug, Clone)]
pub(super) struct Rows<T> {
    sql: Sql,
    of: PhantomData<T>,
}

impl<T> Rows<T> {
    pub(super) fn of(sql: Sql) -> Self {
        Self { sql, of: PhantomData }
    }
}

impl<T> QueryId for Rows<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T> Query for Rows<T> {
    type SqlType = T;
}

impl<T, DB: Backend> QueryFragment<DB> for Rows<T>
where
    Sql: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.sql.walk_ast(out)
    }
}

impl<T, Connection> RunQueryDsl<Connection> for Rows<T> {}
