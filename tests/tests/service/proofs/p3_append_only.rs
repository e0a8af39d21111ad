use std::sync::Arc;

use diesel::{Connection, PgConnection, QueryResult, connection::SimpleConnection};
use userdom_application::ports::{AuditEvent, Outcome, Store};
use userdom_domain::UserId;
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::{
    databases::{Kind, TestDatabase, sqlite},
    example,
};
use uuid::Uuid;

fn run(database: &TestDatabase, statement: &str) -> QueryResult<()> {
    match database.url().strip_prefix("sqlite://") {
        Some(path) => sqlite(path).batch_execute(statement),
        None => PgConnection::establish(database.url()).unwrap().batch_execute(statement),
    }
}

fn line(user_id: UserId) -> AuditEvent {
    AuditEvent {
        id: Uuid::from_u128(1),
        occurred_at: "2026-01-01T12:00:00Z".parse().unwrap(),
        kind: "session.opened".to_owned(),
        outcome: Outcome::Success,
        actor_id: Some(user_id),
        api_key_id: None,
        user_id: Some(user_id),
        target_id: None,
        ip_address: "192.0.2.1".to_owned(),
        user_agent: "a client".to_owned(),
        request_id: "a request".to_owned(),
    }
}

/// Seen to fail without the triggers.
fn the_database_itself_keeps_the_audit_trail(kind: Kind) {
    let test_database = TestDatabase::new(kind);
    let (database, _) = Database::open(&test_database.parsed(), 2, Arc::new(RandomIds)).unwrap();
    let mut john = example::john();
    let line = line(john.id());
    let mut uow = database.begin().unwrap();
    uow.users().save(&mut john).unwrap();
    uow.audit().append(&line).unwrap();
    uow.commit().unwrap();

    for refused in [
        "DELETE FROM audit_events",
        "UPDATE audit_events SET kind = 'nothing'",
        "UPDATE audit_events SET ip_address = '198.51.100.1'",
        "UPDATE audit_events SET ip_address = '', user_agent = '', user_id = NULL",
    ] {
        let error = run(&test_database, refused).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{kind:?} {refused}: {error}");
    }
    let trail = || database.read().unwrap().audit().of_user(john.id(), None, 10).unwrap();
    assert_eq!(trail(), std::slice::from_ref(&line));

    let mut uow = database.begin().unwrap();
    assert!(uow.accounts().erase(john.id(), john.version()).unwrap());
    assert!(uow.accounts().wipe(&john.id().to_string(), 100).unwrap());
    uow.commit().unwrap();
    let wiped = AuditEvent { ip_address: String::new(), user_agent: String::new(), ..line };
    assert_eq!(trail(), [wiped]);
}

#[test]
fn p3_the_database_itself_keeps_the_audit_trail() {
    for kind in Kind::BOTH {
        the_database_itself_keeps_the_audit_trail(kind);
    }
}
