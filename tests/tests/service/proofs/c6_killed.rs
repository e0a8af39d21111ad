//! C6: `kill -9` of the real process at any point of a request with a key; what is sent again has
//! one effect and gets one answer.

use std::{thread, time::Duration};

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use serde_json::json;
use userdom_tests::{
    databases::{Kind, TestDatabase, sqlite},
    process::{Account, Answer, Service, pause, signal},
};

use super::support::alone;

/// A user has at most 20 emails.
const ROUNDS: u32 = 16;
const PATIENCE: Duration = Duration::from_secs(10);

fn add(service: &Service, ada: &Account, round: u32) -> Option<Answer> {
    let (bearer, key) = (format!("Bearer {}", ada.token), format!("round-{round}"));
    let headers = [("authorization", bearer.as_str()), ("idempotency-key", key.as_str())];
    let body = json!({"email": format!("ada-{round}@work.example")});
    service.send("POST", "/v1/users/me/emails", &headers, Some(&body)).ok()
}

/// As if the minute had passed after which the key of a dead process is free.
fn free_keys(database: &TestDatabase) {
    let sql = "UPDATE idempotency_keys SET claimed_until = '2000-01-01 00:00:00' \
               WHERE answer IS NULL";
    match database.url().strip_prefix("sqlite://") {
        Some(path) => sqlite(path).batch_execute(sql).unwrap(),
        None => PgConnection::establish(database.url()).unwrap().batch_execute(sql).unwrap(),
    }
}

/// Seen to fail with the effect committed before the answer, four times of four.
fn c6_a_killed_process_leaves_effect_and_answer_or_neither(kind: Kind) {
    let _alone = alone();
    let (mut service, database) = Service::new(kind);
    let ada = service.account("ada");
    let (mut answered, mut done, mut nothing) = (0, 0, 0);
    for round in 0..ROUNDS {
        let first = thread::scope(|scope| {
            let sent = scope.spawn(|| add(&service, &ada, round));
            pause(Duration::from_micros(2_000 + u64::from(round) * 700));
            signal(service.id(), "KILL");
            sent.join().unwrap()
        });
        service.ended(PATIENCE);
        service = Service::on(&database);
        let emails = |service: &Service| {
            let list = service.call_as(&ada, "GET", "/v1/users/me/emails", None).expect(200);
            let wanted = format!("ada-{round}@work.example");
            let items = list.body["items"].as_array().unwrap().clone();
            items.into_iter().filter(|it| it["email"] == wanted.as_str()).count()
        };
        let was_done = emails(&service) == 1;
        free_keys(&database);
        let again = add(&service, &ada, round).unwrap().expect(201);
        assert_eq!(emails(&service), 1);
        assert_eq!(add(&service, &ada, round).unwrap().text, again.text);
        match first {
            Some(first) => {
                assert_eq!(first.expect(201).text, again.text);
                answered += 1;
            }
            None if was_done => done += 1,
            None => nothing += 1,
        }
    }
    println!("{kind:?}: {answered} answered, {done} done and not answered, {nothing} not done");
}

#[test]
fn c6_a_killed_process_leaves_effect_and_answer_or_neither_on_sqlite() {
    c6_a_killed_process_leaves_effect_and_answer_or_neither(Kind::Sqlite);
}

#[test]
fn c6_a_killed_process_leaves_effect_and_answer_or_neither_on_postgres() {
    c6_a_killed_process_leaves_effect_and_answer_or_neither(Kind::Postgres);
}
