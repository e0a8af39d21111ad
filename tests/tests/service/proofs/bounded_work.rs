//! C2, C3, C4: what grows with one user, or with time, is worked on a part at a time. Work is
//! counted: in transactions, in statements, and in what indexes find.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use serde_json::json;
use userdom_api::Limits;
use userdom_application::{
    Actor, Caller, Commit, SignedInUser,
    ports::Clock,
    use_cases::{EraseUser, Swept},
};
use userdom_domain::{UserId, UserRole};
use userdom_tests::{
    app::{
        Client, Reply, TestApp,
        given::{self, Person, sign_in},
    },
    databases::Kind,
    on_both,
    process::eventually,
    through_rest_and_graphql,
};
use uuid::Uuid;

/// How many rows a transaction may touch.
const AT_ONCE: usize = 500;

/// `INSERT … SELECT` of so many rows; `{n}` stands for the number of a row as 12 digits.
fn fill(app: &TestApp, rows: usize, insert: &str, select: &str) {
    let (numbers, n) = match app.kind() {
        Kind::Postgres => (
            format!("SELECT g AS number FROM generate_series(1, {rows}) g"),
            "lpad(CAST(number AS TEXT), 12, '0')",
        ),
        Kind::Sqlite => (
            format!(
                "WITH RECURSIVE g(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM g \
                 WHERE number < {rows}) SELECT number FROM g"
            ),
            "printf('%012d', number)",
        ),
    };
    let select = select.replace("{n}", n);
    app.execute(&format!("INSERT INTO {insert} SELECT {select} FROM ({numbers}) numbers"));
}

/// A hash of 32 bytes that no other row has.
fn hash(app: &TestApp, letter: char) -> String {
    match app.kind() {
        Kind::Postgres => format!("decode(md5('{letter}' || {{n}}) || md5({{n}}), 'hex')"),
        Kind::Sqlite => format!("CAST('{letter}-------------------' || {{n}} AS BLOB)"),
    }
}

/// Half of the lines tell of the user, half of what it did.
fn give_lines(app: &TestApp, user: &str, lines: usize) {
    for (letter, owner) in [('1', "user_id"), ('2', "actor_id")] {
        fill(
            app,
            lines / 2,
            &format!(
                "audit_events (id, occurred_at, kind, outcome, {owner}, ip_address, user_agent, \
                 request_id)"
            ),
            &format!(
                "'00000000-0000-7{letter}00-8000-' || {{n}}, '2026-01-01 00:00:00', \
                 'session.opened', 'success', '{user}', '198.51.100.77', \
                 'marked {}', 'a request'",
                "x".repeat(240)
            ),
        );
    }
}

fn give_sessions(app: &TestApp, user: &str, sessions: usize, end: &str) {
    fill(
        app,
        sessions,
        "sessions (id, user_id, access_token_hash, access_expires_at, created_at, last_used_at, \
         user_agent, seed, idle_expires_at, expires_at)",
        &format!(
            "'00000000-0000-7300-8000-' || {{n}}, '{user}', {}, '{end}', '2025-12-01 00:00:00', \
             '2025-12-01 00:00:00', 'marked', {}, '{end}', '{end}'",
            hash(app, 's'),
            hash(app, 'z'),
        ),
    );
}

fn give_tokens(app: &TestApp, user: &str, tokens: usize) {
    fill(
        app,
        tokens,
        "one_time_tokens (id, user_id, kind, target_id, token_hash, created_at, expires_at, used_at)",
        &format!(
            "'00000000-0000-7400-8000-' || {{n}}, '{user}', 'challenge', '{user}', {}, \
             '2025-12-01 00:00:00', '2025-12-02 00:00:00', '2025-12-01 00:00:01'",
            hash(app, 't'),
        ),
    );
}

fn give_events(app: &TestApp, user: &str, events: usize) {
    fill(
        app,
        events,
        "outbox_events (id, user_id, kind, payload, occurred_at, available_at, processed_at)",
        &format!(
            "'00000000-0000-7500-8000-' || {{n}}, '{user}', 'user.activated', \
             '{{\"kind\": \"user_activated\"}}', '2025-11-01 00:00:00', '2025-11-01 00:00:00', \
             '2025-11-01 00:00:01'"
        ),
    );
}

fn give_answers(app: &TestApp, user: &str, answers: usize) {
    fill(
        app,
        answers,
        "idempotency_keys (id, fingerprint, claim, claimed_until, expires_at, answer)",
        &format!(
            "'{user}/' || {{n}}, {}, 'a', '2025-12-01 00:00:00', '2025-12-02 00:00:00', {}",
            hash(app, 'f'),
            hash(app, 'a'),
        ),
    );
}

/// What is left of somebody, apart from the lines of the audit trail that have been wiped.
fn left_of(app: &TestApp, user: &str) -> Vec<(String, String)> {
    let is_trace = |table: &str, row: &str| {
        row.contains("marked") || row.contains("198.51.100.77") || table != "audit_events"
    };
    let mut left = app.everything();
    left.retain(|(table, row)| row.contains(user) && is_trace(table, row));
    left.truncate(5);
    left
}

fn give_much(app: &TestApp, user: &str, rows: usize) {
    give_lines(app, user, rows);
    give_sessions(app, user, rows, "2026-06-01 00:00:00");
    give_tokens(app, user, rows);
    give_events(app, user, rows);
    give_answers(app, user, rows);
}

/// Seen to fail with steps of a million rows.
fn c2_erasing_much_is_done_in_short_transactions(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let rows = 2_400;
    give_much(app, &ada.id, rows);
    let (_, commits) = app.commits_of(|| ada.client.delete("/v1/users/me?erase=true").expect(204));
    assert!(commits >= 5 * rows / AT_ONCE, "{} rows in {commits} commits", 5 * rows);
    assert_eq!(left_of(app, &ada.id), []);
    assert_eq!(app.count("erasures"), 0);
}

fn eraser(app: &TestApp, person: &Person) -> Caller {
    let user = SignedInUser {
        user_id: UserId::parse(&person.id).unwrap(),
        session_id: Uuid::nil(),
        roles: [UserRole::User].into(),
        authenticated_at: app.clock.now(),
    };
    Caller { actor: Some(Actor::User(user)), ..Caller::default() }
}

/// As if the process had died after the first transaction. Seen to fail without the order
/// that the trigger leaves.
fn c2_an_erasure_that_was_cut_off_goes_on_by_itself(app: &TestApp) {
    let admin = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    give_much(app, &ada.id, 1_000);
    let command = EraseUser { user_id: UserId::parse(&ada.id).unwrap() };
    // An erasure within a batch is the first transaction alone.
    let first_step = |commit: &Commit| app.app.execute_with(commit, &eraser(app, &ada), &command);
    app.app.all_or_nothing(&Commit::AtOnce, first_step).unwrap();
    assert_ne!(left_of(app, &ada.id), [], "something is left");

    ada.client.get("/v1/users/me").expect_problem(401, "access.unauthenticated");
    let refresh = json!({"refresh_token": ada.refresh_token});
    app.client().post("/v1/sessions/refresh", &refresh).expect(401);
    sign_in(app, "ada", given::PASSWORD).expect_problem(401, "session.refused");
    let of_ada = format!("/v1/users/{}", ada.id);
    for part in ["", "/sessions", "/events", "/export", "/emails"] {
        admin.client.get(&format!("{of_ada}{part}")).expect_problem(404, "user.not_found");
    }
    admin.client.get("/v1/users/by-username/ada").expect(404);
    admin.client.get("/v1/users/by-email/ada@example.org").expect(404);
    admin.client.delete(&format!("{of_ada}?erase=true")).expect_problem(404, "user.not_found");
    let found = admin.client.get("/v1/users?q=ada").expect(200).json();
    assert_eq!(found["items"], json!([]));
    let again = given::a_verified_user(app).signed_in();
    assert_ne!(again.id, ada.id, "name and address are free");

    assert_eq!(app.app.finish_erasures(&|| true).unwrap(), 1);
    assert_eq!(left_of(app, &ada.id), []);
    assert_eq!(app.count("erasures"), 0);
    again.client.get("/v1/users/me").expect(200);
}

/// Another application knows no more than the five tables. Seen to fail without the trigger.
fn c2_who_is_removed_by_another_application_is_erased_as_well(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    give_much(app, &ada.id, 600);
    app.execute(&format!("DELETE FROM users WHERE id = '{}'", ada.id));
    ada.client.get("/v1/users/me").expect(401);
    assert_eq!(app.app.finish_erasures(&|| true).unwrap(), 1);
    assert_eq!(left_of(app, &ada.id), []);
}

fn c2_an_atomic_batch_erases_all_or_nobody(app: &TestApp) {
    let admin = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    give_much(app, &ada.id, 400);
    let erase = json!({"method": "DELETE", "path": format!("/v1/users/{}?erase=true", ada.id)});
    let batch = |last: serde_json::Value| {
        let body = json!({"atomic": true, "operations": [erase, last]});
        admin.client.post("/v1/batch", &body).expect(200).json()
    };
    let undone = batch(json!({"method": "PATCH", "path": format!("/v1/users/{}", ada.id),
        "body": {"username": "eve"}}));
    assert_eq!(undone["committed"], false);
    ada.client.get("/v1/users/me").expect(200);
    assert_eq!(app.count("erasures"), 0);
    let done = batch(json!({"method": "PATCH", "path": "/v1/users/me",
        "body": {"username": "chief"}}));
    assert_eq!(done["committed"], true, "{done}");
    ada.client.get("/v1/users/me").expect(401);
    app.app.finish_erasures(&|| true).unwrap();
    assert_eq!(left_of(app, &ada.id), []);
}

/// Seen to fail while all admins were locked: 503 after five seconds.
#[test]
fn c2_erasing_waits_for_no_admin() {
    let app = TestApp::start(Kind::Postgres);
    let admin = given::an_admin(&app).signed_in();
    let ada = given::a_verified_user(&app).signed_in();
    let mut other = PgConnection::establish(&app.database_url()).unwrap();
    let lock = format!("BEGIN; SELECT 1 FROM users WHERE id = '{}' FOR UPDATE", admin.id);
    other.batch_execute(&lock).unwrap();
    ada.client.delete("/v1/users/me?erase=true").expect(204);
    other.batch_execute("ROLLBACK").unwrap();
}

/// Two admins who erase each other: one stays. Seen to fail when nobody asked who is left.
fn r15_of_two_admins_who_erase_each_other_one_stays(app: &TestApp) {
    for round in 0..5 {
        let names = [format!("first{round}"), format!("second{round}")];
        let admins = names.map(|name| given::an_admin(app).with_username(&name).signed_in());
        // Those of the rounds before.
        app.execute(&format!(
            "UPDATE users SET roles = '[\"user\"]' WHERE id NOT IN ('{}', '{}')",
            admins[0].id, admins[1].id
        ));
        std::thread::scope(|scope| {
            for (one, other) in [(0, 1), (1, 0)] {
                let (client, id) = (&admins[one].client, &admins[other].id);
                scope.spawn(move || client.delete(&format!("/v1/users/{id}?erase=true")));
            }
        });
        let left = app.texts(&format!(
            "SELECT id AS value FROM users WHERE id IN ('{}', '{}')",
            admins[0].id, admins[1].id
        ));
        assert_eq!(left.len(), 1, "round {round}");
    }
}

/// Of those who erase somebody at once, one does, and the others find nobody.
fn c2_somebody_is_erased_once(app: &TestApp) {
    let admin = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    give_much(app, &ada.id, 700);
    let path = format!("/v1/users/{}?erase=true", ada.id);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let calls: Vec<_> =
            (0..4).map(|_| scope.spawn(|| admin.client.delete(&path).status)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [204, 404].contains(status)), "{statuses:?}");
    app.app.finish_erasures(&|| true).unwrap();
    assert_eq!(left_of(app, &ada.id), []);
}

/// A page is 500 lines, and nothing is read twice.
fn c3_an_export_is_read_in_pages_and_is_whole(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let before = ada.client.get("/v1/users/me/events?limit=200").expect(200).json();
    give_lines(app, &ada.id, 1_600);
    let (export, sent) =
        app.statements_of(|| ada.client.get("/v1/users/me/export").expect(200).json());
    let ids: Vec<_> = export["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), before["items"].as_array().unwrap().len() + 1_600);
    assert!(ids.is_sorted_by(|a, b| a > b), "each line once, the newest first");
    let pages = sent.iter().filter(|sql| sql.contains("FROM audit_events")).count();
    assert_eq!(pages, 1 + ids.len().div_ceil(AT_ONCE), "{sent:#?}");
}

/// Seen to fail without the bound.
fn c3_what_cannot_stream_says_where_to_stream(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let batch = json!({"operations": [{"method": "GET", "path": "/v1/users/me/export"}]});
    let graphql = json!({"query": "{ export { exportedAt } }"});
    let answers = || {
        let batch = ada.client.post("/v1/batch", &batch).expect(200).json();
        let graphql = ada.client.post("/graphql", &graphql).expect(200).json();
        (batch["results"][0].clone(), graphql)
    };
    let (batched, shown) = answers();
    assert_eq!(batched["status"], 200);
    assert!(shown["data"]["export"]["exportedAt"].is_string(), "{shown}");
    give_lines(app, &ada.id, 4_000);
    let (batched, shown) = answers();
    assert_eq!(batched["body"]["code"], "export.too_long");
    assert_eq!(shown["errors"][0]["extensions"]["code"], "export.too_long", "{shown}");
    ada.client.get("/v1/users/me/export").expect(200);
}

/// Asks for an export, and takes no more of it than its beginning.
fn begun(address: &str, client: &Client, id: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let request = format!(
        "GET /v1/users/{id}/export HTTP/1.1\r\nhost: {address}\r\nauthorization: {}\r\n\r\n",
        client.sends("authorization")
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut beginning = [0; 256];
    stream.read_exact(&mut beginning).unwrap();
    // Busy for a moment with the others.
    if beginning.starts_with(b"HTTP/1.1 503") {
        return None;
    }
    assert!(beginning.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&beginning));
    Some(stream)
}

/// More exports than there are permits, whose clients take nothing. When one of them reads on
/// after the user was erased, the body has no end. Seen to fail when an error in the middle was
/// taken for the end.
fn c3_who_reads_slowly_holds_nothing_and_sees_an_export_cut_off(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    // More than the buffers between the two hold.
    give_lines(app, &ada.id, 60_000);
    let soon = Duration::from_mins(1);
    // A slow machine must not cut off who reads slowly before the erasing does.
    let address = app.with_limits(Limits { write: 5 * soon, ..Limits::default() });
    let begin = |_| eventually("an export", soon, || begun(&address, &ada.client, "me"));
    let mut streams: Vec<_> = (0..20).map(begin).collect();
    let done = |status: u16, reply: &Reply| (reply.status == status).then_some(());
    eventually("a read", soon, || done(200, &ada.client.get("/v1/users/me")));
    let erase = || ada.client.delete("/v1/users/me?erase=true");
    eventually("the erasing", soon, || done(204, &erase()));
    let mut rest = Vec::new();
    // Reset or closed: it is not whole in any case.
    let _ = streams[0].read_to_end(&mut rest);
    assert!(!rest.is_empty());
    assert!(!rest.ends_with(b"0\r\n\r\n"), "it looks whole");
}

fn sweep(app: &TestApp) -> (Swept, usize) {
    app.commits_of(|| app.sweep())
}

/// Seen to fail with steps of a million rows.
fn c4_a_sweep_commits_part_by_part(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let rows = 1_200;
    give_sessions(app, &ada.id, rows, "2025-12-02 00:00:00");
    give_tokens(app, &ada.id, rows);
    give_events(app, &ada.id, rows);
    give_answers(app, &ada.id, rows);
    let (swept, commits) = sweep(app);
    assert!(swept.ended >= 4 * rows as u64, "{swept:?}");
    assert!(commits >= 4 * rows / AT_ONCE, "{} rows in {commits} commits", 4 * rows);
    assert_eq!((app.count("sessions"), app.count("idempotency_keys")), (1, 0));
}

/// Seen to fail when the first error ended the sweep.
fn c4_a_table_that_fails_stops_no_other(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    give_sessions(app, &ada.id, 10, "2025-12-02 00:00:00");
    give_tokens(app, &ada.id, 10);
    give_events(app, &ada.id, 10);
    for table in ["outbox_events", "sessions"] {
        app.execute(&match app.kind() {
            Kind::Sqlite => format!(
                "CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'stays'); END"
            ),
            Kind::Postgres => format!(
                "CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'stays'; END $$; \
                 CREATE TRIGGER {table}_stay BEFORE DELETE ON {table} FOR EACH ROW \
                 EXECUTE FUNCTION {table}_stay()"
            ),
        });
    }
    let tokens = app.count("one_time_tokens");
    app.sweep();
    assert_eq!(app.count("one_time_tokens"), tokens - 10);
    assert_eq!(app.count("sessions"), 11);
}

/// Seen to fail without the bound.
fn c4_a_user_has_two_hundred_sessions_at_most(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    give_sessions(app, &ada.id, 250, "2026-06-01 00:00:00");
    let session = sign_in(app, "ada", given::PASSWORD).expect(201);
    assert_eq!(app.count("sessions"), 200);
    ada.client.get("/v1/users/me").expect(200);
    let ada = app.client().bearer(&session.at("/access_token"));
    let listed = ada.get("/v1/users/me/sessions").expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 200);
}

/// Holds few rows, each of which is meant to be found: those of ids that cannot be read.
const READ_AS_A_WHOLE: &str = "ix_users_unreadable";

/// The steps of a plan that read a table, or an index, from one end to the other.
fn whole_tables(plan: &str) -> Vec<&str> {
    let lines: Vec<&str> = plan.lines().collect();
    let is_whole = |n: &usize| {
        let step = lines[*n].trim_start_matches([' ', '-', '>']);
        // What the statement itself has selected before.
        let is_selected = step.strip_prefix("SCAN ").is_some_and(|name| {
            ["CO-ROUTINE", "MATERIALIZE"]
                .iter()
                .any(|from| plan.contains(&format!("{from} {name}")))
        });
        if is_selected || step.contains(READ_AS_A_WHOLE) || step.starts_with("SCAN json_each ") {
            return false;
        }
        // What the database looks for in an index stands in the next line on Postgres.
        let is_by_index = ["Index Scan ", "Index Only Scan ", "Bitmap Index Scan "];
        let has_condition = lines.get(n + 1).is_some_and(|line| line.contains("Index Cond:"));
        step.starts_with("SCAN ")
            || step.starts_with("Seq Scan on ")
            || is_by_index.iter().any(|scan| step.starts_with(scan)) && !has_condition
    };
    (0..lines.len()).filter(is_whole).map(|n| lines[n]).collect()
}

/// The sweep takes the first of a status in the order of an index.
fn c4_a_sweep_sorts_no_users(app: &TestApp) {
    let (_, sent) = app.statements_of(|| app.sweep());
    let sent: Vec<_> = sent.iter().filter(|sql| sql.contains("ORDER BY")).collect();
    assert!(sent.len() >= 2, "{sent:?}");
    for statement in sent {
        let plan = app.plan_of(statement);
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("Sort"), "{statement}\n{plan}");
    }
}

#[test]
fn c4_what_reads_a_whole_table_shows_in_its_plan() {
    for plan in [
        "SCAN users",
        "SCAN u USING INDEX ix_users_created_at",
        "SCAN u USING COVERING INDEX ix_users_created_at",
        "Limit\n  ->  Seq Scan on users u",
        "Limit  (cost=0)\n  ->  Index Scan using ix_users_status on users\n        Filter: (id > 'a')",
        "Delete on sessions\n  ->  Bitmap Index Scan on ix_sessions_user_id_id  (cost=0)",
    ] {
        assert_eq!(whole_tables(plan).len(), 1, "{plan}");
    }
    for plan in [
        "SEARCH users USING INDEX ix_users_status (status=?)",
        "Index Scan using users_pkey on users  (cost=0)\n  Index Cond: (id = $1)",
    ] {
        assert!(whole_tables(plan).is_empty(), "{plan}");
    }
}

/// Whatever the statements of erasing, exporting, listing and sweeping look for, an index finds.
/// Seen to fail without the index of `idle_expires_at`.
fn c4_no_statement_reads_a_whole_table(app: &TestApp) {
    let admin = given::an_admin(app).signed_in();
    let ada = given::a_verified_user(app).signed_in();
    let ((), sent) = app.statements_of(|| {
        ada.client.get("/v1/users/me/export").expect(200);
        ada.client.get("/v1/users/me/events").expect(200);
        ada.client.get("/v1/users/me/sessions").expect(200);
        ada.client.delete("/v1/users/me/sessions").expect(204);
        admin.client.delete(&format!("/v1/users/{}?erase=true", ada.id)).expect(204);
        app.app.finish_erasures(&|| true).unwrap();
        app.sweep();
        app.deliver_mail();
    });
    // Of the indexes of an empty table Postgres takes any.
    fill(
        app,
        3_000,
        "outbox_events (id, user_id, kind, payload, occurred_at, available_at)",
        "'00000000-0000-7600-8000-' || {n}, '00000000-0000-0000-0000-000000000000', \
         'wish.password_reset', CAST('{\"email\": \"' || {n} || '\", \"user_id\": \"' || {n} \
         || '\"}' AS JSON), '2025-11-01 00:00:00', '2025-11-01 00:00:00'",
    );
    let id = "'00000000-0000-7700-8000-' || {n}";
    fill(
        app,
        1_000,
        "users (id, username, password_hash, status)",
        &format!("{id}, 'user' || {{n}}, 'x', 'active'"),
    );
    fill(
        app,
        1_000,
        "user_emails (user_id, email, is_verified)",
        &format!("{id}, {{n}} || '@example.org', TRUE"),
    );
    if app.kind() == Kind::Postgres {
        app.execute("ANALYZE outbox_events, users, user_emails");
    }
    let mut looked_at = 0;
    for statement in &sent {
        if statement.starts_with("INSERT") || statement.starts_with("WITH") {
            continue;
        }
        looked_at += 1;
        let plan = app.plan_of(statement);
        let read = whole_tables(&plan);
        assert!(read.is_empty(), "{read:?}: {statement}\n{plan}");
    }
    assert!(looked_at > 30, "{looked_at}");
}

on_both!(
    c2_an_erasure_that_was_cut_off_goes_on_by_itself,
    c2_who_is_removed_by_another_application_is_erased_as_well,
    c2_an_atomic_batch_erases_all_or_nobody,
    r15_of_two_admins_who_erase_each_other_one_stays,
    c2_somebody_is_erased_once,
    c3_an_export_is_read_in_pages_and_is_whole,
    c3_what_cannot_stream_says_where_to_stream,
    c3_who_reads_slowly_holds_nothing_and_sees_an_export_cut_off,
    c4_a_sweep_commits_part_by_part,
    c4_a_table_that_fails_stops_no_other,
    c4_a_user_has_two_hundred_sessions_at_most,
    c4_a_sweep_sorts_no_users,
    c4_no_statement_reads_a_whole_table,
);
through_rest_and_graphql!(c2_erasing_much_is_done_in_short_transactions);
