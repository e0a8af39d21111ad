use userdom_api::Limits;
use userdom_application::Settings;

use super::{
    kinds::{NETWORKS, ORIGINS, PUBLIC_URL},
    *,
};
use crate::wiring;

fn environment(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>().into_iter()
}

fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
    Loaded::read(None, environment(pairs)).unwrap_err().0
}

#[test]
fn without_any_setting_everything_has_a_default() {
    let config = Loaded::read(None, environment(&[])).unwrap().config;
    assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.database_url().to_string(), "sqlite://./userdom-data/userdom.db");
}

#[test]
fn the_other_crates_have_the_same_defaults() {
    let config = Loaded::read(None, environment(&[])).unwrap().config;
    assert_eq!(wiring::settings(&config), Settings::default());
    let limits = Limits::default();
    assert_eq!(config.max_connections, limits.connections);
    assert_eq!(config.max_connections_per_address, limits.connections_per_address);
}

#[test]
fn the_manual_has_the_table_that_the_settings_make() {
    let operations = include_str!("../../../../docs/operations.md");
    assert!(operations.contains(&manual()), "`userdom settings` prints it:\n{}", manual());
}

#[test]
fn the_environment_goes_before_the_file() {
    let file = "bind = \"127.0.0.1:1\"\npassword_min_length = 15";
    let loaded = Loaded::read(Some(file), environment(&[("USERDOM_BIND", "127.0.0.1:2")])).unwrap();
    assert_eq!(loaded.config.bind.port(), 2);
    assert_eq!(loaded.config.password_min_chars, 15);
    let report = loaded.report;
    assert!(report.contains("USERDOM_BIND = 127.0.0.1:2  (environment)"), "{report}");
    assert!(report.contains("USERDOM_PASSWORD_MIN_LENGTH = 15  (file)"), "{report}");
}

#[test]
fn every_wrong_setting_is_named_with_what_was_expected() {
    let found = faults(&[
        ("USERDOM_BIND", "8080"),
        ("USERDOM_DATABASE_URL", "mysql://u:geheim@h/db"),
        ("USERDOM_PUBLIC_URL", "ftp://x"),
        ("USERDOM_DEFAULT_REGION", "Mars"),
        ("USERDOM_PASSWORD_MIN_LENGTH", "7"),
        ("USERDOM_LOG_FORMAT", "xml"),
        ("USERDOM_SMS_URL", "sms://geheim"),
        ("USERDOM_REDIS_URL", "rediss://:geheim@h"),
        ("USERDOM_TRUSTED_PROXIES", "10.0.0.0/8, 10.0.0.0/33"),
        ("USERDOM_RATE_LIMITS", "no"),
        ("USERDOM_MAX_CONNECTIONS", "0"),
        ("USERDOM_MAX_CONNECTIONS_PER_ADDRESS", "many"),
        ("USERDOM_PURGE_UNVERIFIED_DAYS", "0"),
        ("USERDOM_DELETED_RETENTION_DAYS", "a month"),
        ("USERDOM_ISSUER", "House: Garden"),
        ("USERDOM_DRAIN_SECONDS", "-1"),
        ("USERDOM_STOP_SECONDS", "4"),
    ]);
    assert_eq!(found.len(), 17, "{found:?}");
    assert!(found[0].starts_with("USERDOM_BIND \"8080\" (environment): expected an address"));
    assert!(!found.join("\n").contains("geheim"));
}

#[test]
fn d8_a_stop_leaves_time_after_the_drain() {
    let found = faults(&[("USERDOM_DRAIN_SECONDS", "26")]);
    assert!(found[0].starts_with("USERDOM_STOP_SECONDS must be at least 5 more"), "{found:?}");
    let pairs = [("USERDOM_DRAIN_SECONDS", "60"), ("USERDOM_STOP_SECONDS", "65")];
    assert_eq!(Loaded::read(None, environment(&pairs)).unwrap().config.stop.as_secs(), 65);
}

#[test]
fn l5_postgres_without_a_secret_key_is_refused() {
    let found = faults(&[("USERDOM_DATABASE_URL", "postgres://localhost/userdom")]);
    assert!(found[0].contains("USERDOM_SECRET_KEY"), "{found:?}");
}

#[test]
fn a_key_of_the_file_that_is_no_setting_is_refused() {
    let refused = Loaded::read(Some("bnid = \"x\""), environment(&[])).unwrap_err();
    assert_eq!(refused.0, ["bnid in the file: there is no such setting"]);
}

#[test]
fn secrets_are_never_reported() {
    let loaded = Loaded::read(
        None,
        environment(&[
            ("USERDOM_SECRET_KEY", "geheim"),
            ("USERDOM_SMTP_URL", "smtp://u:geheim@h"),
            ("USERDOM_SMS_URL", "https://u:geheim@h/?key=geheim"),
            ("USERDOM_REDIS_URL", "redis://u:geheim@h"),
            ("USERDOM_DATABASE_URL", "postgres://u:geheim@h/db"),
        ]),
    )
    .unwrap();
    assert!(!loaded.report.contains("geheim"), "{}", loaded.report);
}

#[test]
fn r2_proxies_are_addresses_or_networks() {
    let found = (NETWORKS.read)("10.0.0.0/8, 192.0.2.7,2001:db8::/32 , ::1").unwrap();
    let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128"]);
    for text in ["10.0.0.0/33", "proxy.example", "10.0.0.1,", "10.0.0", "*"] {
        assert_eq!((NETWORKS.read)(text), None, "{text}");
    }
}

#[test]
fn f3_origins_are_exact_and_written_as_browsers_send_them() {
    let found = (ORIGINS.read)("https://app.example.org, http://localhost:5173,https://[::1]:8443");
    let exact = ["https://app.example.org", "http://localhost:5173", "https://[::1]:8443"];
    assert_eq!(found.unwrap(), exact);
    for (text, sent) in [
        ("https://App.Example.org/", "https://app.example.org"),
        ("https://app.example.org:443", "https://app.example.org"),
        ("http://app.example.org:80", "http://app.example.org"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ] {
        assert_eq!((ORIGINS.read)(text).unwrap(), [sent], "{text}");
    }
    for text in [
        "*",
        "null",
        "https://*",
        "https://*.example.org",
        "https://app.example.org/path",
        "https://app.example.org/?x=1",
        "https://app.example.org#x",
        "https://ada@app.example.org",
        "app.example.org",
        "//app.example.org",
        "ftp://app.example.org",
        "file:///srv/app",
        "https://",
        "https://a.example https://b.example",
        "https://a.example,",
        "https://a.example:port",
    ] {
        assert_eq!((ORIGINS.read)(text), None, "{text}");
    }
    let found = faults(&[("USERDOM_CORS_ORIGINS", "*")]);
    assert!(found[0].starts_with("USERDOM_CORS_ORIGINS \"*\" (environment): expected origins"));
}

#[test]
fn links_never_get_two_slashes() {
    assert_eq!((PUBLIC_URL.read)("https://a.example/").as_deref(), Some("https://a.example"));
    assert_eq!(
        (PUBLIC_URL.read)("https://a.example/users/").as_deref(),
        Some("https://a.example/users")
    );
    assert_eq!((PUBLIC_URL.read)("https://a.example/?x=1"), None);
}
