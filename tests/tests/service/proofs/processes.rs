//! One process, two processes, and the commands beside `serve`.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Output,
    time::{Duration, Instant},
};

use diesel::{Connection, PgConnection, RunQueryDsl, connection::SimpleConnection};
use serde_json::json;
use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{Launch, SECRET_KEY, Service, finished, pause, userdom},
};

use super::support::alone;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    finished(userdom(folder, settings, arguments))
}

#[test]
fn a_second_process_on_the_same_sqlite_file_is_refused_with_the_reason() {
    let (mut service, database) = Service::new(Kind::Sqlite);
    let settings = [
        ("USERDOM_DATABASE_URL", database.url()),
        ("USERDOM_BIND", "127.0.0.1:0"),
        ("USERDOM_SECRET_KEY", SECRET_KEY),
    ];
    for arguments in [
        ["serve"].as_slice(),
        &["migrate"],
        &["admin", "create", "--username", "root-of-all", "--email", "root@example.org"],
    ] {
        let output = run(&database.folder(), &settings, arguments);
        let error = text(&output.stderr);
        assert!(!output.status.success());
        assert!(
            error.contains("in use by another process") && error.contains("userdom.db"),
            "{error}"
        );
    }
    // A process that died has left nothing in the way.
    service.kill();
    assert!(run(&database.folder(), &settings, &["migrate"]).status.success());
}

#[test]
fn what_lies_in_the_data_folder_is_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(
        folder.path(),
        &[("USERDOM_DATA_DIR", "data")],
        &["admin", "create", "--username", "first-admin", "--email", "admin@example.org"],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let data = folder.path().join("data");
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("secret.key")), 0o600);
    let key = fs::read_to_string(data.join("secret.key")).unwrap();
    run(folder.path(), &[("USERDOM_DATA_DIR", "data")], &["migrate"]);
    assert_eq!(fs::read_to_string(data.join("secret.key")).unwrap(), key, "made once");
}

fn an_admin_can_be_made_and_sign_in(kind: Kind) {
    let database = TestDatabase::new(kind);
    let folder = database.folder();
    fs::write(folder.join("password"), "granite otter canyon 93\nsecond line\n").unwrap();
    fs::write(folder.join("weak"), "password123\n").unwrap();
    fs::write(folder.join("short"), "x7!\n").unwrap();
    fs::write(folder.join("empty"), "").unwrap();
    let settings = [("USERDOM_DATABASE_URL", database.url()), ("USERDOM_SECRET_KEY", SECRET_KEY)];
    let create = |username: &str, email: &str, more: &[&str]| {
        let arguments = ["admin", "create", "--username", username, "--email", email];
        let output = run(&folder, &settings, &[&arguments, more].concat());
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let file = |name| ["--password-file", name];

    let (code, printed, error) = create("chief", "chief@example.org", &file("password"));
    assert_eq!(code, Some(0), "{error}");
    assert!(printed.contains("chief") && !printed.contains("granite"), "{printed}");
    let (code, printed, _) = create("deputy", "deputy@example.org", &[]);
    assert_eq!(code, Some(0));
    let made = printed.split("shown this once: ").nth(1).unwrap().trim().to_owned();

    for (what, (code, _, error)) in [
        ("weak", create("other", "other@example.org", &file("weak"))),
        ("short", create("other", "other@example.org", &file("short"))),
        ("empty", create("other", "other@example.org", &file("empty"))),
        ("missing", create("other", "other@example.org", &file("missing"))),
        ("--username", create("CHIEF", "other@example.org", &file("password"))),
        ("--username", create("x", "other@example.org", &file("password"))),
        ("--email", create("other", "nowhere", &file("password"))),
        ("--email", create("other", "Chief@example.org", &file("password"))),
    ] {
        assert_eq!(code, Some(2), "{what}: {error}");
        assert!(error.starts_with("userdom: ") && error.lines().count() == 1, "{what}: {error}");
        assert!(!what.starts_with("--") || error.contains(what), "{what}: {error}");
    }

    let service = Service::on(&database);
    for (login, password) in [
        ("chief", "granite otter canyon 93"),
        ("chief@example.org", "granite otter canyon 93"),
        ("deputy", made.as_str()),
    ] {
        let opened = service.sign_in(login, password).expect(201);
        assert!(opened.body["user"]["roles"].as_array().unwrap().contains(&json!("admin")));
    }
    assert_eq!(service.sign_in("other", "password123").status, 401);
}

#[test]
fn an_admin_can_be_made_and_sign_in_on_sqlite() {
    an_admin_can_be_made_and_sign_in(Kind::Sqlite);
}

#[test]
fn an_admin_can_be_made_and_sign_in_on_postgres() {
    an_admin_can_be_made_and_sign_in(Kind::Postgres);
}

#[test]
fn check_config_shows_every_setting_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("u.toml"), "password_min_length = 12\n").unwrap();
    let settings = [
        ("USERDOM_DATABASE_URL", "postgres://ada:geheim@db.example/users?password=geheim"),
        ("USERDOM_SECRET_KEY", "Geheim/geheim/geheim/geheim/geheim/geheim+9"),
        ("USERDOM_SMTP_URL", "smtp://u:geheim@mail.example"),
        ("USERDOM_BIND", "127.0.0.1:0"),
        ("USERDOM_NO_SUCH", "geheim"),
    ];
    let output = run(folder.path(), &settings, &["check-config", "--config", "u.toml"]);
    let (shown, error) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{error}");
    assert!(!format!("{shown}{error}").to_lowercase().contains("geheim"), "{shown}{error}");
    for line in [
        "USERDOM_BIND = 127.0.0.1:0  (environment)",
        "USERDOM_PASSWORD_MIN_LENGTH = 12  (file)",
        "USERDOM_DATABASE_URL = postgres://db.example/users  (environment)",
        "USERDOM_SECRET_KEY = (hidden)  (environment)",
        "USERDOM_DEFAULT_REGION = none  (default)",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line:?} is not in\n{shown}");
    }
    assert!(shown.contains("USERDOM_NO_SUCH"), "{shown}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "checking makes nothing");
}

#[test]
fn every_command_has_help() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        [].as_slice(),
        &["serve"],
        &["migrate"],
        &["admin"],
        &["admin", "create"],
        &["check-config"],
        &["settings"],
    ] {
        let output = run(folder.path(), &[], &[command, &["--help"]].concat());
        let shown = text(&output.stdout);
        assert!(output.status.success(), "{command:?}");
        assert!(shown.contains("Usage: userdom") && shown.contains("--config"), "{shown}");
    }
    let output = run(folder.path(), &[], &["serv"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Seen to fail: when the server was stopped at once, the clients lost their connections.
/// Requests wait for a row that the test holds, so that they surely run when the signal comes.
#[test]
fn l1_sigterm_lets_running_requests_finish() {
    let _alone = alone();
    let (mut service, database) = Service::new(Kind::Postgres);
    let ada = service.account("ada");
    let mut holder = PgConnection::establish(database.url()).unwrap();
    holder.batch_execute("BEGIN; SELECT 1 FROM users FOR UPDATE").unwrap();
    std::thread::scope(|scope| {
        let change = || {
            let body = json!({"bio": "the last change"});
            service.call_as(&ada, "PATCH", "/v1/users/me/profile", Some(&body))
        };
        let running: Vec<_> = (0..3).map(|_| scope.spawn(change)).collect();
        let waits = "SELECT 1 FROM pg_stat_activity \
                     WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let mut observer = PgConnection::establish(database.url()).unwrap();
        userdom_tests::process::eventually("the requests", Duration::from_secs(5), || {
            (diesel::sql_query(waits).execute(&mut observer).unwrap() >= 3).then_some(())
        });
        service.terminate();
        pause(Duration::from_millis(500));
        holder.batch_execute("COMMIT").unwrap();
        for request in running {
            let answer = request.join().unwrap();
            // They are in each other's way, too.
            assert!([200, 409].contains(&answer.status), "{}", answer.text);
        }
    });
    let released = Instant::now();
    assert_eq!(service.ended(Duration::from_secs(10)).code(), Some(0));
    println!("ended {:?} after the last request", released.elapsed());
    // Far less than a stop takes that waits for idle connections: 25 s.
    assert!(released.elapsed() < Duration::from_secs(20));
    assert!(service.log().contains("stopped"));
}

#[test]
fn l1_sigterm_with_idle_connections_ends_within_seconds() {
    let _alone = alone();
    for kind in Kind::BOTH {
        let (mut service, _database) = Service::new(kind);
        // The client keeps its connections open.
        super::support::at_once(8, |_| service.call("GET", "/livez", None).expect(200));
        let started = Instant::now();
        service.terminate();
        assert_eq!(service.ended(Duration::from_secs(10)).code(), Some(0));
        println!("{kind:?}: ended {:?} after SIGTERM", started.elapsed());
        assert!(started.elapsed() < Duration::from_secs(20));
    }
}

/// Figures, and no limit: the machine of the tests may be busy.
#[test]
fn the_start_and_the_memory_are_measured() {
    let _alone = alone();
    let service = Launch::default().start();
    let status = fs::read_to_string(format!("/proc/{}/status", service.id())).unwrap();
    let memory = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    println!("cold start to ready on SQLite: {:?}; idle {memory}", service.started_in());
    assert!(service.log().contains("make an admin: userdom admin create"), "{}", service.log());
}
