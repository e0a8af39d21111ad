use std::marker::PhantomData;

use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A statement of constant SQL, kept prepared on its connection.
///
/// Diesel prepares an UPDATE, and SQL that is written by hand, anew at each run,
/// which on Postgres costs a second round trip: it cannot know that the shape is
/// always the same. `Name` says so; each name stands for one SQL text only.
///
/// For statements that return rows: `execute` gives Diesel a reference, which loses the name.
pub(crate) struct Prepared<Name, Q> {
    query: Q,
    name: PhantomData<Name>,
}

/// Keeps `query` prepared under the name.
pub(crate) fn prepared<Name, Q>(query: Q) -> Prepared<Name, Q> {
    Prepared { query, name: PhantomData }
}

impl<Name: 'static, Q> QueryId for Prepared<Name, Q> {
    type QueryId = Name;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<Name, Q: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Prepared<Name, Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.query.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Name, Q: Query> Query for Prepared<Name, Q> {
    type SqlType = Q::SqlType;
}

impl<Name, Q, Connection> RunQueryDsl<Connection> for Prepared<Name, Q> {}
