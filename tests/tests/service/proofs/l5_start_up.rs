use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{SECRET_KEY, finished, userdom},
};

struct Refusal {
    code: Option<i32>,
    message: String,
}

fn run(folder: &Path, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    finished(userdom(folder, settings, arguments))
}

/// Starts the service, which must refuse before it has done anything.
fn refused(settings: &[(&str, &str)]) -> Refusal {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), settings, &["serve"]);
    let made: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert!(made.is_empty(), "{settings:?} left {made:?}");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    let logged = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!logged.contains("listens"), "{settings:?} started: {logged}");
    assert!(!message.contains("panicked"), "{message}");
    Refusal { code: output.status.code(), message }
}

#[track_caller]
fn assert_refused(settings: &[(&str, &str)], words: &[&str]) {
    let refusal = refused(settings);
    assert_eq!(refusal.code, Some(2), "{settings:?}: {}", refusal.message);
    for word in words {
        assert!(
            refusal.message.contains(word),
            "{settings:?}: {word:?} is not in {:?}",
            refusal.message
        );
    }
}

#[test]
fn l5_postgres_without_a_secret_key_is_refused() {
    let database = TestDatabase::new(Kind::Postgres);
    let url = ("USERDOM_DATABASE_URL", database.url());
    assert_refused(&[url], &["USERDOM_SECRET_KEY", "required on Postgres", "openssl rand"]);
    assert_refused(&[url, ("USERDOM_SECRET_KEY", "")], &["USERDOM_SECRET_KEY"]);
}

#[test]
fn l5_a_short_default_or_guessable_key_is_refused_and_not_repeated() {
    let database = TestDatabase::new(Kind::Postgres);
    for key in [
        "c2hvcnQ=",
        "q6Zt0yI1m5mP2w0bJxv7Qk9sUu3RZc8L",
        "changeme",
        "secret",
        "change-me-change-me-change-me-change-me-change-me",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ] {
        for url in [Some(database.url()), None] {
            let mut settings = vec![("USERDOM_SECRET_KEY", key)];
            settings.extend(url.map(|url| ("USERDOM_DATABASE_URL", url)));
            assert_refused(&settings, &["USERDOM_SECRET_KEY", "openssl rand -base64 32"]);
            // "secret" is part of the setting's name.
            assert!(key == "secret" || !refused(&settings).message.contains(key));
        }
    }
}

#[test]
fn l5_a_key_file_that_others_may_read_is_refused() {
    let database = TestDatabase::new(Kind::Postgres);
    let path = database.folder().join("key");
    fs::write(&path, SECRET_KEY).unwrap();
    let name = path.to_str().unwrap();
    let settings = [("USERDOM_DATABASE_URL", database.url()), ("USERDOM_SECRET_KEY_FILE", name)];
    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_refused(&settings, &["USERDOM_SECRET_KEY_FILE", name, "chmod 600"]);
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(run(&database.folder(), &settings, &["migrate"]).status.success());
    fs::remove_file(&path).unwrap();
    assert_refused(&settings, &["USERDOM_SECRET_KEY_FILE", name]);
}

#[test]
fn l5_each_wrong_setting_is_named_with_what_was_expected() {
    for (name, value, expected) in [
        ("USERDOM_BIND", "8080", "127.0.0.1:8080"),
        ("USERDOM_BIND", "localhost", "127.0.0.1:8080"),
        ("USERDOM_DATABASE_URL", "mysql://u:geheim@h/db", "postgres://"),
        ("USERDOM_DATABASE_URL", "userdom.db", "sqlite://"),
        ("USERDOM_PUBLIC_URL", "accounts.example.org", "https://"),
        ("USERDOM_PUBLIC_URL", "https://a.example/?x=1", "without query"),
        ("USERDOM_SMTP_URL", "mail.example.org", "smtp(s)://"),
        ("USERDOM_SMTP_URL", "smtp://u:geheim@h?tls=maybe", "smtps://"),
        ("USERDOM_MAIL_FROM", "nobody", "user@host"),
        ("USERDOM_DEFAULT_REGION", "Mars", "two letters"),
        ("USERDOM_PASSWORD_MIN_LENGTH", "7", "from 8 to 128"),
        ("USERDOM_RESERVED_USERNAMES", "a b c,,", "commas"),
        ("USERDOM_LOG_FORMAT", "xml", "pretty or json"),
    ] {
        assert_refused(&[(name, value)], &[name, expected]);
        assert!(!refused(&[(name, value)]).message.contains("geheim"), "{name}");
    }
}

#[test]
fn l5_all_wrong_settings_are_named_at_once() {
    let wrong = [
        ("USERDOM_BIND", "x"),
        ("USERDOM_LOG_FORMAT", "x"),
        ("USERDOM_DEFAULT_REGION", "x"),
        ("USERDOM_PASSWORD_MIN_LENGTH", "x"),
    ];
    assert_refused(&wrong, &wrong.map(|(name, _)| name));
}

#[test]
fn l5_a_wrong_file_of_settings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("userdom.toml");
    for (text, message) in [("bnid = \"x\"", "bnid"), ("bind = ", "no TOML"), ("bind = 1", "bind")]
    {
        fs::write(&file, text).unwrap();
        let output = run(folder.path(), &[], &["serve", "--config", "userdom.toml"]);
        let error = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert_eq!(output.status.code(), Some(2), "{text}: {error}");
        assert!(error.contains(&message.to_lowercase()), "{text}: {error}");
        assert!(!folder.path().join("userdom-data").exists());
    }
    let output = run(folder.path(), &[], &["serve", "--config", "missing.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("missing.toml"));
}

#[test]
fn l5_an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[("USERDOM_BIND", &address)], &["serve"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(error.contains(&address) && error.contains("USERDOM_BIND"), "{error}");
}

#[test]
fn l5_a_postgres_that_is_not_there_is_named_without_its_password() {
    let url = "postgres://ada:geheim@127.0.0.1:1/userdom";
    let settings = [("USERDOM_DATABASE_URL", url), ("USERDOM_SECRET_KEY", SECRET_KEY)];
    let refusal = refused(&settings);
    assert_eq!(refusal.code, Some(1), "{}", refusal.message);
    assert!(refusal.message.contains("127.0.0.1:1/userdom"), "{}", refusal.message);
    assert!(!refusal.message.contains("geheim"), "{}", refusal.message);
}
