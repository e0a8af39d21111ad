use std::sync::Arc;

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Integer},
};
use userdom_application::ports::{Login, Store};
use userdom_domain::Username;
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::databases::{Kind, TestDatabase, sqlite};

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Integer)]
    data_version: i32,
}

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

fn claim_of_nobody(database: &Database) {
    let login = Login::Username(Username::parse("nobody").unwrap());
    let now = "2026-01-01T12:00:00Z".parse().unwrap();
    let mut uow = database.begin().unwrap();
    assert!(uow.sign_ins().claim_attempt(&login, None, now).unwrap().is_none());
    uow.commit().unwrap();
}

fn opened(kind: Kind) -> (TestDatabase, Database) {
    let test_database = TestDatabase::new(kind);
    let (database, _) = Database::open(&test_database.parsed(), 2, Arc::new(RandomIds)).unwrap();
    (test_database, database)
}

/// Seen to fail without the write that leaves nothing: the version stays.
#[test]
fn e2_a_claim_of_nobody_is_a_write_on_sqlite() {
    let (test_database, database) = opened(Kind::Sqlite);
    let path = test_database.url().strip_prefix("sqlite://").unwrap();
    let mut other = sqlite(path);
    let mut version = || {
        let row = sql_query("PRAGMA data_version").get_result::<Version>(&mut other);
        row.unwrap().data_version
    };
    let before = version();
    claim_of_nobody(&database);
    assert_ne!(version(), before);
}

/// Seen to fail without the write that leaves nothing, alone on its cluster.
#[test]
fn e2_a_claim_of_nobody_is_a_write_on_postgres() {
    let (test_database, database) = opened(Kind::Postgres);
    let mut other = PgConnection::establish(test_database.url()).unwrap();
    let mut written = || {
        let sql = "SELECT (pg_current_wal_insert_lsn() - '0/0')::int8 AS bytes";
        sql_query(sql).get_result::<Size>(&mut other).unwrap().bytes
    };
    let before = written();
    claim_of_nobody(&database);
    assert!(written() > before);
}
