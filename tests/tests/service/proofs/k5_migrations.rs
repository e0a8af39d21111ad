use std::{
    fs,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use diesel::{
    Connection, PgConnection, RunQueryDsl, connection::SimpleConnection, dsl::sql, sql_types::Text,
};
use userdom_tests::{
    databases::{Kind, TestDatabase, sqlite},
    process::{SECRET_KEY, ended, eventually, finished, pause, repository, userdom},
};

use super::support::alone;

const KILLS: u32 = 10;
/// The lock that starting services take: "userdom" in ASCII.
const LOCK: i64 = 0x0075_7365_7264_6f6d;

/// All tables, columns, indexes, constraints and triggers, and which migrations were applied.
const POSTGRES_SCHEMA: &str = "(SELECT string_agg(line, E'\n' ORDER BY line) FROM (
    SELECT concat_ws(' ', 'column', table_name, column_name, ordinal_position, data_type,
        character_maximum_length, is_nullable, column_default) AS line
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname,
        pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function ' || pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'applied ' || version FROM __diesel_schema_migrations
) AS lines)";

const SQLITE_SCHEMA: &str = "(SELECT group_concat(line, char(10)) FROM (
    SELECT concat_ws(' ', type, name, tbl_name, sql) AS line FROM sqlite_master
    UNION ALL SELECT 'applied ' || version FROM __diesel_schema_migrations
    ORDER BY line
))";

/// What is there beside the table of migrations.
const POSTGRES_LEFT: &str = "(SELECT coalesce(string_agg(name, ' '), '') FROM (
    SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT typname FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
) AS names WHERE name NOT LIKE '%diesel%')";

const SQLITE_LEFT: &str = "(SELECT coalesce(group_concat(name, ' '), '') FROM sqlite_master
    WHERE name NOT LIKE '%diesel%' AND name <> 'sqlite_sequence')";

fn schema(database: &TestDatabase) -> String {
    dump(database, POSTGRES_SCHEMA, SQLITE_SCHEMA)
}

fn left_over(database: &TestDatabase) -> String {
    dump(database, POSTGRES_LEFT, SQLITE_LEFT)
}

fn dump(database: &TestDatabase, on_postgres: &str, on_sqlite: &str) -> String {
    if let Some(path) = database.url().strip_prefix("sqlite://") {
        let mut connection = sqlite(path);
        diesel::select(sql::<Text>(on_sqlite)).get_result(&mut connection).unwrap()
    } else {
        let mut connection = PgConnection::establish(database.url()).unwrap();
        diesel::select(sql::<Text>(on_postgres)).get_result(&mut connection).unwrap()
    }
}

fn run(database: &TestDatabase, statements: &str) {
    match database.url().strip_prefix("sqlite://") {
        Some(path) => sqlite(path).batch_execute(statements),
        None => PgConnection::establish(database.url()).unwrap().batch_execute(statements),
    }
    .unwrap();
}

fn migrate(database: &TestDatabase) -> Command {
    let settings = [("USERDOM_DATABASE_URL", database.url()), ("USERDOM_SECRET_KEY", SECRET_KEY)];
    userdom(&database.folder(), &settings, &["migrate"])
}

#[track_caller]
fn migrated(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Seen to fail: with migrations outside of transactions the second run found its tables there.
fn killed_at_any_moment_it_can_be_run_again(kind: Kind) {
    let _alone = alone();
    let whole = TestDatabase::empty(kind);
    let started = Instant::now();
    migrated(&finished(migrate(&whole)));
    let duration = started.elapsed();
    let wanted = schema(&whole);
    assert!(wanted.contains("uq_user_emails_default"), "{wanted}");
    assert!(migrated(&finished(migrate(&whole))).contains("up to date"));

    let mut interrupted = 0;
    for kill in 0..KILLS {
        let database = TestDatabase::empty(kind);
        // Spread over the whole run, wherever a migration may stand then.
        let moment = duration * (2 * kill + 1) / (2 * KILLS);
        let mut command = migrate(&database);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause(moment);
        child.kill().unwrap();
        interrupted += u32::from(!child.wait().unwrap().success());
        migrated(&finished(migrate(&database)));
        assert_eq!(schema(&database), wanted, "killed after {moment:?}");
    }
    println!("{kind:?}: {interrupted} of {KILLS} runs of {duration:?} were interrupted");
    assert!(interrupted > 0, "no run was interrupted");
}

#[test]
fn k5_killed_at_any_moment_it_can_be_run_again_on_sqlite() {
    killed_at_any_moment_it_can_be_run_again(Kind::Sqlite);
}

#[test]
fn k5_killed_at_any_moment_it_can_be_run_again_on_postgres() {
    killed_at_any_moment_it_can_be_run_again(Kind::Postgres);
}

/// Seen to fail: without the advisory lock the others met a duplicate type.
#[test]
fn k5_of_several_at_once_one_migrates_and_all_succeed() {
    let _alone = alone();
    let alone = TestDatabase::empty(Kind::Postgres);
    let applied = migrated(&finished(migrate(&alone))).lines().count();
    let wanted = schema(&alone);
    for processes in [2, 6, 6] {
        let database = TestDatabase::empty(Kind::Postgres);
        let running: Vec<_> = (0..processes)
            .map(|_| {
                let command = migrate(&database);
                std::thread::spawn(move || finished(command))
            })
            .collect();
        let outputs: Vec<_> =
            running.into_iter().map(|thread| migrated(&thread.join().unwrap())).collect();
        let by_all: usize = outputs.iter().map(|output| output.matches("Applied").count()).sum();
        assert_eq!(by_all, applied, "each is applied once: {outputs:?}");
        assert_eq!(schema(&database), wanted);
    }
}

/// The way back leaves nothing, and the way there again gives the same.
fn there_and_back_and_there_again(kind: Kind) {
    let database = TestDatabase::empty(kind);
    migrated(&finished(migrate(&database)));
    let first = schema(&database);
    let folder = if kind == Kind::Sqlite { "sqlite" } else { "postgres" };
    let entries = fs::read_dir(repository().join("migrations").join(folder)).unwrap();
    let mut migrations: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    migrations.sort();
    assert!(!migrations.is_empty());
    for migration in migrations.iter().rev() {
        run(&database, &fs::read_to_string(migration.join("down.sql")).unwrap());
    }
    run(&database, "DELETE FROM __diesel_schema_migrations");
    assert_eq!(left_over(&database), "", "{kind:?}: the way down leaves something");
    migrated(&finished(migrate(&database)));
    assert_eq!(schema(&database), first);
}

#[test]
fn k5_migrations_go_there_and_back_and_there_again() {
    Kind::BOTH.into_iter().for_each(there_and_back_and_there_again);
}

fn hold_lock(database: &TestDatabase) -> PgConnection {
    let mut holder = PgConnection::establish(database.url()).unwrap();
    diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(&mut holder).unwrap();
    holder
}

/// A starting service waits for the one that migrates, and says so.
#[test]
fn k5_a_lock_that_is_held_long_is_waited_for() {
    let database = TestDatabase::empty(Kind::Postgres);
    migrated(&finished(migrate(&database)));
    let holder = hold_lock(&database);
    let log = database.folder().join("migrate.log");
    let mut waiting = migrate(&database).stderr(fs::File::create(&log).unwrap()).spawn().unwrap();
    // It says so after 5 s.
    eventually("a line about the lock", Duration::from_secs(7), || {
        fs::read_to_string(&log).unwrap().contains("waiting for another process").then_some(())
    });
    assert!(waiting.try_wait().unwrap().is_none(), "it must wait");
    drop(holder);
    let status = ended(&mut waiting, Duration::from_secs(20));
    assert!(status.success(), "{}", fs::read_to_string(&log).unwrap());
}

/// Seen to fail with `pg_advisory_lock`: it waited without a word and without an end.
#[test]
fn k5_a_lock_that_is_never_released_is_given_up() {
    let database = TestDatabase::empty(Kind::Postgres);
    let holder = hold_lock(&database);
    let started = Instant::now();
    let output = finished(migrate(&database));
    let (waited, message) =
        (started.elapsed(), String::from_utf8_lossy(&output.stderr).into_owned());
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(waited >= Duration::from_mins(1), "{waited:?}: {message}");
    let lines = message.matches("waiting for another process").count();
    assert!((9..=11).contains(&lines), "every five seconds: {message}");
    assert!(message.contains("lock on migrations for 60 s"), "{message}");
    // A process that gave up holds nothing.
    drop(holder);
    migrated(&finished(migrate(&database)));
}

/// Seen to fail without the comparison: the old binary served the newer schema.
#[test]
fn k5_a_database_newer_than_the_binary_is_refused() {
    for kind in Kind::BOTH {
        let database = TestDatabase::new(kind);
        migrated(&finished(migrate(&database)));
        let entries = fs::read_dir(repository().join("migrations/sqlite")).unwrap();
        let newest = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).max();
        let binary = newest.unwrap().split('_').next().unwrap().to_owned();
        run(
            &database,
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')",
        );
        let settings = [
            ("USERDOM_DATABASE_URL", database.url()),
            ("USERDOM_SECRET_KEY", SECRET_KEY),
            ("USERDOM_BIND", "127.0.0.1:0"),
        ];
        for command in ["serve", "migrate"] {
            let output = finished(userdom(&database.folder(), &settings, &[command]));
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(1), "{kind:?}: {message}");
            assert!(message.contains("99990101000000") && message.contains(&binary), "{message}");
        }
    }
}
