//! Backups of SQLite beside the service, and the way back.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Output,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use diesel::{RunQueryDsl as _, connection::SimpleConnection as _, dsl::sql, sql_types::Text};
use userdom_tests::{
    databases::{Kind, TestDatabase, sqlite},
    process::{Launch, Service, eventually, finished, userdom},
};

use super::support::alone;

const PATIENCE: Duration = Duration::from_secs(20);

fn launch(database: &TestDatabase) -> Service {
    Launch::on(database).with("USERDOM_RATE_LIMITS", "off").start()
}

fn run(database: &TestDatabase, arguments: &[&str]) -> Output {
    let url = ("USERDOM_DATABASE_URL", database.url());
    finished(userdom(&database.folder(), &[url], arguments))
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn refused(output: &Output, reason: &str) {
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains(reason) && message.lines().count() == 1, "{message}");
}

fn file(database: &TestDatabase) -> PathBuf {
    database.url().trim_start_matches("sqlite://").into()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    format!("{}{ending}", path.display()).into()
}

fn names(path: &Path) -> Vec<String> {
    let mut connection = sqlite(path.to_str().unwrap());
    let whole: String =
        diesel::select(sql::<Text>("(SELECT integrity_check FROM pragma_integrity_check)"))
            .get_result(&mut connection)
            .unwrap();
    assert_eq!(whole, "ok", "{}", path.display());
    diesel::select(sql::<Text>("(SELECT coalesce(group_concat(username), '') FROM users)"))
        .get_result::<String>(&mut connection)
        .unwrap()
        .split(',')
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn assert_holds(path: &Path, users: std::ops::Range<usize>) {
    let names = names(path);
    for n in users {
        let name = format!("user-{n}");
        let found = names.iter().filter(|other| **other == name).count();
        assert_eq!(found, 1, "{name} in {}", path.display());
    }
}

/// Registers users one after the other until the service is gone; `acknowledged` is the next one.
fn write(service: &Service, acknowledged: &AtomicUsize) {
    loop {
        let n = acknowledged.load(Ordering::Acquire);
        let body = userdom_tests::process::registration(&format!("user-{n}"));
        match service.send("POST", "/v1/users", &[], Some(&body)) {
            Ok(answer) => drop(answer.expect(201)),
            Err(_) => return,
        }
        acknowledged.store(n + 1, Ordering::Release);
    }
}

/// Seen to fail with a copy of the file alone: it lacked what was in the log.
#[test]
fn copies_of_a_running_and_of_a_killed_service_hold_what_was_acknowledged() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Sqlite);
    let mut service = launch(&database);
    let acknowledged = AtomicUsize::new(0);
    let passed = |n| {
        eventually("writes", PATIENCE, || {
            (acknowledged.load(Ordering::Acquire) >= n).then_some(())
        });
    };
    let (before, in_all) = thread::scope(|scope| {
        let writer = scope.spawn(|| write(&service, &acknowledged));
        passed(5);
        let before = acknowledged.load(Ordering::Acquire);
        done(&run(&database, &["backup", "beside.db"]));
        passed(before + 5);
        userdom_tests::process::signal(service.id(), "KILL");
        writer.join().unwrap();
        (before, acknowledged.load(Ordering::Acquire))
    });
    service.ended(PATIENCE);
    let folder = database.folder();
    assert_holds(&folder.join("beside.db"), 0..before);
    let mode = fs::metadata(folder.join("beside.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    done(&run(&database, &["backup", "after.db"]));
    assert_holds(&folder.join("after.db"), 0..in_all);
    refused(&run(&database, &["backup", "after.db"]), "is there already");

    // Back to the first one; what it replaces keeps all that was acknowledged.
    done(&run(&database, &["restore", "beside.db"]));
    let path = file(&database);
    assert_eq!(names(&path), names(&folder.join("beside.db")));
    let old = |entry: &PathBuf| {
        let name = entry.to_str().unwrap();
        name.contains(".before-") && !name.ends_with("-wal") && !name.ends_with("-shm")
    };
    let mut entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    assert_holds(&entries.find(old).unwrap(), 0..in_all);
    launch(&database).register("user-again").expect(201);
}

/// Seen to fail without the check, and with `quick_check` alone: the file was served.
#[test]
fn copies_put_back_beside_an_old_log_are_not_served() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Sqlite);
    let path = file(&database);
    let mut service = launch(&database);
    for n in 0..10 {
        service.register(&format!("user-{n}")).expect(201);
    }
    // Of the same pages, as another tool's backup is. The log holds a row of a table, and not its
    // entry in the index, which was changed before the last checkpoint.
    let mut other = sqlite(path.to_str().unwrap());
    other
        .batch_execute(
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('0');
             PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .unwrap();
    fs::copy(&path, database.folder().join("plain.db")).unwrap();
    other
        .batch_execute(
            "UPDATE __diesel_schema_migrations SET version = '00' WHERE version = '0';
             PRAGMA wal_checkpoint(RESTART);
             UPDATE __diesel_schema_migrations SET run_on = '2000-01-01' WHERE version = '00'",
        )
        .unwrap();
    service.kill();
    // Closed, it would merge the log.
    std::mem::forget(other);
    assert!(fs::metadata(beside(&path, "-wal")).unwrap().len() > 0);

    fs::copy(database.folder().join("plain.db"), &path).unwrap();
    let (bytes, log) = (fs::read(&path).unwrap(), fs::read(beside(&path, "-wal")).unwrap());
    let settings = [
        ("USERDOM_DATABASE_URL", database.url()),
        ("USERDOM_BIND", "127.0.0.1:0"),
        ("USERDOM_SECRET_KEY", userdom_tests::process::SECRET_KEY),
    ];
    let serve = || finished(userdom(&database.folder(), &settings, &["serve"]));
    refused(&serve(), "userdom restore FILE");
    refused(&serve(), "is malformed");
    assert!(bytes == fs::read(&path).unwrap(), "it was changed");
    assert!(log == fs::read(beside(&path, "-wal")).unwrap(), "its log was changed");

    done(&run(&database, &["restore", "plain.db"]));
    assert_holds(&path, 0..10);
    launch(&database).register("user-10").expect(201);
}

/// Seen to fail without the lock, and with the checks of the file left out.
#[test]
fn copies_are_restored_only_if_they_can_be_served_and_nobody_serves() {
    let (service, database) = Service::new(Kind::Sqlite);
    let folder = database.folder();
    done(&run(&database, &["backup", "good.db"]));
    refused(&run(&database, &["restore", "good.db"]), "in use by another process");
    drop(service);

    let good = fs::read(folder.join("good.db")).unwrap();
    fs::write(folder.join("junk.db"), [7; 5000]).unwrap();
    fs::write(folder.join("torn.db"), &good[..good.len() / 2]).unwrap();
    sqlite(folder.join("other.db").to_str().unwrap())
        .batch_execute("CREATE TABLE users (id TEXT)")
        .unwrap();
    fs::write(folder.join("newer.db"), &good).unwrap();
    sqlite(folder.join("newer.db").to_str().unwrap())
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
        .unwrap();
    let path = file(&database);
    let before = fs::read(&path).unwrap();
    for (name, reason) in [
        ("missing.db", "No such file"),
        ("junk.db", "cannot be read as an SQLite database"),
        ("torn.db", "torn.db"),
        ("other.db", "no database of Userdom"),
        ("newer.db", "99990101000000"),
    ] {
        refused(&run(&database, &["restore", name]), reason);
    }
    assert!(before == fs::read(&path).unwrap(), "it was changed");
    assert!(done(&run(&database, &["restore", "good.db"])).contains("0 users"));
}

/// Seen to fail with the last step left out: the old database was served beside the new one.
#[test]
fn copies_whose_restore_was_killed_are_put_in_place_by_the_next_start() {
    let database = TestDatabase::new(Kind::Sqlite);
    let path = file(&database);
    launch(&database).register("ada").expect(201);
    done(&run(&database, &["backup", "ada.db"]));
    let mut service = launch(&database);
    service.register("bob").expect(201);
    service.kill();
    // As it is after the kill: the copy is ready, and the old database has moved without its log.
    fs::copy(database.folder().join("ada.db"), beside(&path, ".restoring")).unwrap();
    fs::rename(&path, beside(&path, ".moved")).unwrap();
    drop(launch(&database));
    assert_eq!(names(&path), ["ada"]);
}

/// What cannot be done is an error, so that no script takes it for a backup.
#[test]
fn copies_of_postgres_are_left_to_its_own_tools() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("USERDOM_DATABASE_URL", "postgres://ada:geheim@db.example/userdom"),
        ("USERDOM_SECRET_KEY", userdom_tests::process::SECRET_KEY),
    ];
    for (command, tool) in [("backup", "pg_dump --format=custom"), ("restore", "pg_restore")] {
        let output = finished(userdom(folder.path(), &settings, &[command, "a copy"]));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(tool) && message.contains("'a copy'"), "{message}");
        assert!(!message.contains("geheim"), "{message}");
    }
}
