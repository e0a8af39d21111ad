use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{Connection, PgConnection, RunQueryDsl};
use serde_json::json;
use userdom_application::ports::Store;
use userdom_domain::Username;
use userdom_infrastructure::{external::RandomIds, persistence::Database};
use userdom_tests::{
    databases::{Kind, TestDatabase, server_url},
    process::{Account, Answer, Launch, Proxy, Service, eventually},
};

use super::support::{alone, at_once};

/// The limit is 2 s for the wait; the rest is for a machine that is busy, and less than the wait
/// of the pool as it comes.
const SOON: Duration = Duration::from_secs(25);
const BACK: Duration = Duration::from_secs(5);

fn timed(ask: impl FnOnce() -> Answer) -> (Answer, Duration) {
    let started = Instant::now();
    (ask(), started.elapsed())
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    let known = ["store.unavailable", "service.busy", "service.not_ready"];
    assert!(known.iter().any(|code| answer.is_problem(code)), "{}", answer.text);
    let wait: u64 = answer.headers["retry-after"].parse().unwrap();
    assert!((1..=5).contains(&wait));
}

fn set_bio(service: &Service, ada: &Account, bio: &str) -> Answer {
    service.call_as(ada, "PATCH", "/v1/users/me/profile", Some(&json!({"bio": bio})))
}

fn bio(service: &Service, ada: &Account) -> Answer {
    service.call_as(ada, "GET", "/v1/users/me/profile", None)
}

/// Seen to fail: with the pool's usual wait of 30 s the first 503 took as long.
#[test]
fn d1_without_its_database_the_service_says_so_and_comes_back_by_itself() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Postgres);
    let (proxy, url) = Proxy::before(database.url());
    let service = Launch::on(&database).with("USERDOM_DATABASE_URL", url).start();
    let ada = service.account("ada");
    set_bio(&service, &ada, "before").expect(200);

    for outage in 0..2 {
        proxy.break_off();
        let mut slowest = Duration::ZERO;
        for round in 0..3 {
            let (answer, took) = timed(|| set_bio(&service, &ada, "lost"));
            assert_unavailable(&answer);
            slowest = slowest.max(took);
            let (answer, took) = timed(|| bio(&service, &ada));
            assert_unavailable(&answer);
            slowest = slowest.max(took);
            assert!(slowest < SOON, "outage {outage}, round {round}: {slowest:?}");
        }
        // More clients at once than there are permits, so that some wait twice.
        let crowd = at_once(40, |_| timed(|| bio(&service, &ada)));
        let in_crowd = crowd.iter().map(|(_, took)| *took).max().unwrap();
        for (answer, _) in &crowd {
            assert_unavailable(answer);
        }
        println!("slowest 503: one at a time {slowest:?}, forty at once {in_crowd:?}");
        assert!(in_crowd < SOON, "forty at once: {in_crowd:?}");
        assert_unavailable(&service.call("GET", "/readyz", None));
        assert_eq!(service.call("GET", "/livez", None).status, 200);

        proxy.restore();
        let restored = Instant::now();
        eventually("the service to be back", BACK, || {
            let ready = service.call("GET", "/readyz", None).status == 200;
            (ready && bio(&service, &ada).status == 200).then_some(())
        });
        println!("back {:?} after the database", restored.elapsed());
        // Nothing that was refused was done after all.
        assert_eq!(bio(&service, &ada).body["bio"], "before");
        for _ in 0..20 {
            set_bio(&service, &ada, "before").expect(200);
        }
    }
    service.account("late");
}

/// Seen to fail: when lost connections were not reported, 4 of 20 requests failed.
/// As after a restart of the server: every pooled connection is dead, and none knows it.
#[test]
fn d1_connections_that_died_cost_one_failed_request_at_most() {
    let _alone = alone();
    let (service, database) = Service::new(Kind::Postgres);
    let ada = service.account("ada");
    let mut server = PgConnection::establish(server_url()).unwrap();
    for round in 0..5 {
        // Fills the pool.
        at_once(12, |_| {
            eventually("an answer", BACK, || (bio(&service, &ada).status == 200).then_some(()));
        });
        let (_, name) = database.url().rsplit_once('/').unwrap();
        diesel::sql_query(format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ))
        .execute(&mut server)
        .unwrap();
        let answers: Vec<_> = (0..20).map(|_| bio(&service, &ada)).collect();
        let failed = answers.iter().filter(|answer| answer.status != 200).count();
        answers.iter().filter(|answer| answer.status != 200).for_each(assert_unavailable);
        println!("round {round}: {failed} of 20 requests failed after all connections died");
        assert!(failed <= 1, "{failed} requests met a dead connection");
    }
}

/// A database that takes connections and says nothing.
#[test]
fn d1_a_database_that_is_silent_does_not_stop_the_process() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Postgres);
    let (proxy, url) = Proxy::before(database.url());
    let service = Launch::on(&database).with("USERDOM_DATABASE_URL", url).start();
    let ada = service.account("ada");
    proxy.stall();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| timed(|| bio(&service, &ada)));
        // Before the database speaks again: it would never be answered by a thread that waits.
        for _ in 0..5 {
            assert_eq!(service.call("GET", "/livez", None).status, 200);
        }
        userdom_tests::process::pause(Duration::from_secs(3));
        proxy.restore();
        let (answer, took) = waiting.join().unwrap();
        println!("a request met 3 s of silence: {} after {took:?}", answer.status);
        assert!([200, 503].contains(&answer.status), "{}", answer.text);
    });
    eventually("the service to be back", BACK, || {
        (bio(&service, &ada).status == 200).then_some(())
    });
}

/// Seen to fail: without a deadline of its own the first request was never answered.
#[test]
fn d2_connections_to_a_silent_server_are_given_up_and_replaced() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Postgres);
    let (proxy, url) = Proxy::before(database.url());
    let service = Launch::on(&database).with("USERDOM_DATABASE_URL", url).start();
    let ada = service.account("ada");
    set_bio(&service, &ada, "before").expect(200);
    for round in 0..2 {
        proxy.stall();
        let silent = Instant::now();
        let answers = at_once(12, |n| {
            timed(|| if n % 2 == 0 { bio(&service, &ada) } else { set_bio(&service, &ada, "lost") })
        });
        let slowest = answers.iter().map(|(_, took)| *took).max().unwrap();
        for (answer, _) in &answers {
            assert_unavailable(answer);
        }
        let (ready, took) = timed(|| service.call("GET", "/readyz", None));
        assert_unavailable(&ready);
        println!(
            "round {round}: slowest 503 {slowest:?} (limit 5 s), /readyz {took:?} (limit 2 s)"
        );
        assert!(slowest < SOON && took < SOON, "{slowest:?} {took:?}");
        // The old connections stay silent for ever: there is another server.
        proxy.strand();
        eventually("the service to be back", BACK, || {
            let ready = service.call("GET", "/readyz", None).status == 200;
            (ready && bio(&service, &ada).status == 200).then_some(())
        });
        println!("round {round}: served {:?} after the silence began", silent.elapsed());
        for _ in 0..20 {
            set_bio(&service, &ada, "before").expect(200);
        }
    }
}

/// Seen to fail when each of them was asked whether it still works: the second took 28 s.
#[test]
fn d2_many_connections_to_a_silent_server_are_given_up_at_once() {
    let database = TestDatabase::new(Kind::Postgres);
    let (proxy, url) = Proxy::before(database.url());
    let (store, _) = Database::open(&url.parse().unwrap(), 40, Arc::new(RandomIds)).unwrap();
    let open = |_| eventually("a connection", SOON, || store.begin().ok());
    let all: Vec<_> = (0..40).map(open).collect();
    drop(all);
    proxy.stall();
    let find = || store.read()?.users().find_by_username(&Username::parse("ada").unwrap());
    assert!(find().is_err(), "the server is silent");
    let began = Instant::now();
    assert!(find().is_err());
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

/// As when the network is cut between two statements: the server never hears that the client has
/// gone. Seen to fail without `idle_in_transaction_session_timeout`: the user stayed locked.
#[test]
fn d2_a_transaction_whose_client_has_gone_holds_its_user_for_seconds() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Postgres);
    let (proxy, url) = Proxy::before(database.url());
    let service = Launch::on(&database).with("USERDOM_DATABASE_URL", url).start();
    let ada = service.account("ada");
    let mut other = PgConnection::establish(database.url()).unwrap();
    let mut run = |sql: &str| diesel::sql_query(sql.to_owned()).execute(&mut other).unwrap();
    run("BEGIN");
    run("SELECT id FROM users FOR UPDATE");
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| set_bio(&service, &ada, "lost"));
        let mut seen = PgConnection::establish(database.url()).unwrap();
        eventually("the write to wait for the lock", BACK, || {
            let waiting = "SELECT 1 FROM pg_locks WHERE NOT granted";
            (diesel::sql_query(waiting).execute(&mut seen).unwrap() > 0).then_some(())
        });
        proxy.strand();
        // Now the write goes on, but not its transaction.
        run("COMMIT");
        assert_unavailable(&waits.join().unwrap());
    });
    eventually("the user to be free", Duration::from_secs(30), || {
        (set_bio(&service, &ada, "after").status == 200).then_some(())
    });
}

/// As after a failover: the address leads to a server that reads only, and later writes again.
/// Seen to fail without `target_session_attrs` and with a ping of `SELECT 1`: it was ready.
#[test]
fn d2_a_server_that_only_reads_is_not_the_database() {
    let _alone = alone();
    let (service, database) = Service::new(Kind::Postgres);
    let ada = service.account("ada");
    let mut server = PgConnection::establish(server_url()).unwrap();
    let (_, name) = database.url().rsplit_once('/').unwrap();
    let mut run = |sql: &str| {
        diesel::sql_query(sql.replace("$DB", name)).execute(&mut server).unwrap();
    };
    let all_end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$DB'";
    run("ALTER DATABASE \"$DB\" SET default_transaction_read_only = on");
    run(all_end);
    for _ in 0..3 {
        assert_unavailable(&set_bio(&service, &ada, "lost"));
        assert_unavailable(&service.call("GET", "/readyz", None));
    }
    run("ALTER DATABASE \"$DB\" RESET default_transaction_read_only");
    let restored = Instant::now();
    eventually("the service to write again", BACK, || {
        let ready = service.call("GET", "/readyz", None).status == 200;
        (ready && set_bio(&service, &ada, "after").status == 200).then_some(())
    });
    println!("writes {:?} after there is a server that does", restored.elapsed());
}
