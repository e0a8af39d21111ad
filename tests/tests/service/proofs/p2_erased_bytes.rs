use std::{fs, sync::Arc};

use chrono::{DateTime, Utc};
use userdom_application::ports::{
    AuditEvent, MailRequest, NewEntry, OutboxContent, Outcome, Session, Store, TokenHash,
};
use userdom_domain::{
    ContactType, EmailAddress, EmailId, PasswordHash, User, UserAggregate, UserId, Username,
};
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::databases::{Kind, TestDatabase};
use uuid::Uuid;

const USERS: u8 = 250;

fn now() -> DateTime<Utc> {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// Stands in everything personal of user `n`.
fn marker(n: u8) -> String {
    format!("marker-of-{n:03}")
}

fn user(n: u8) -> UserAggregate {
    let account = User::new(
        UserId::from_parts(now(), [n; 10]),
        Username::parse(&marker(n)).unwrap(),
        PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA").unwrap(),
        now(),
    );
    let mut user = UserAggregate::register(account, None, now());
    let email = EmailAddress::parse(&email(n)).unwrap();
    let id = EmailId::from_parts(now(), [n; 10]);
    user.add_email(id, email, ContactType::Primary, true, now()).unwrap();
    user
}

fn email(n: u8) -> String {
    format!("{0}@{0}.example", marker(n))
}

fn store(database: &Database, n: u8) {
    let mut user = user(n);
    let id = Uuid::from_bytes([n; 16]);
    let mut uow = database.begin().unwrap();
    uow.users().save(&mut user).unwrap();
    let session = Session {
        id,
        user_id: user.id(),
        seed: [n; 32],
        generation: 0,
        rotated_at: now(),
        access_token: TokenHash([n; 32]),
        access_expires_at: now(),
        idle_expires_at: now(),
        expires_at: now(),
        created_at: now(),
        last_used_at: now(),
        authenticated_at: now(),
        user_agent: marker(n).repeat(10),
        ip_address: String::new(),
    };
    uow.sessions().insert(&session).unwrap();
    let line = AuditEvent {
        id,
        occurred_at: now(),
        kind: "session.opened".to_owned(),
        outcome: Outcome::Success,
        actor_id: Some(user.id()),
        api_key_id: None,
        user_id: Some(user.id()),
        target_id: None,
        ip_address: marker(n),
        user_agent: marker(n).repeat(10),
        request_id: String::new(),
    };
    uow.audit().append(&line).unwrap();
    let content = OutboxContent::MailRequest(MailRequest::PasswordReset { email: email(n) });
    uow.outbox().enqueue(&NewEntry { id, user_id: None, content, created_at: now() }).unwrap();
    uow.commit().unwrap();
}

/// Many users, so that pages are split and freed. Seen to fail without `secure_delete`, and
/// without emptying the write-ahead log.
#[test]
fn p2_what_is_erased_is_in_no_file_of_sqlite() {
    let test_database = TestDatabase::new(Kind::Sqlite);
    let (database, _) = Database::open(&test_database.parsed(), 2, Arc::new(RandomIds)).unwrap();
    (1..=USERS).for_each(|n| store(&database, n));

    let holds = |n: u8| {
        let marker = marker(n);
        let files = fs::read_dir(test_database.folder()).unwrap();
        files
            .map(|file| fs::read(file.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(marker.len()).any(|window| window == marker.as_bytes()))
    };
    assert!(holds(7));
    for n in (7..=USERS).step_by(27) {
        let mut uow = database.begin().unwrap();
        let id = user(n).id();
        assert!(uow.accounts().erase(id, 1).unwrap());
        assert!(uow.accounts().wipe(&id.to_string(), 100).unwrap());
        uow.commit().unwrap();
        assert!(!holds(n), "something of user {n} is left");
    }
    assert!(holds(8));
}
