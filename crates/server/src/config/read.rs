use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::Path,
    time::Duration,
};

use ipnet::IpNet;
use url::Url;
use userdom_api::Limits;
use userdom_domain::{Password, Region, Username};
use userdom_infrastructure::{persistence::DatabaseUrl, security::RedisLimiter};

use super::{Config, LogColors, LogFormat, SETTINGS};

/// What is left at least of a stop after the drain.
const SHORTEST_STOP: Duration = Duration::from_secs(5);

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    File,
    Environment,
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
        })
    }
}

/// Every setting that is wrong, each with what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError(pub(crate) Vec<String>);

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the settings cannot be used:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file, if one is given, and the environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let text = match file {
            None => None,
            Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
                ConfigError(vec![format!("--config {}: {error}", path.display())])
            })?),
        };
        // Other programs' variables need not be UTF-8.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
        });
        Self::read(text.as_deref(), environment)
    }

    fn read(
        file: Option<&str>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut values = Values::default();
        if let Some(file) = file {
            values.add_file(file);
        }
        values.add_environment(environment);
        values.into_config()
    }
}

#[derive(Default)]
struct Values {
    found: BTreeMap<&'static str, (String, Source)>,
    unknown: Vec<String>,
    faults: Vec<String>,
    log_colors: LogColors,
}

impl Values {
    fn add_file(&mut self, text: &str) {
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => return self.faults.push(format!("the file is no TOML: {error}")),
        };
        for (key, value) in table {
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                _ => {
                    self.faults.push(format!("{key} in the file: expected text or a number"));
                    continue;
                }
            };
            match SETTINGS.iter().find(|setting| setting.key() == key) {
                Some(setting) => {
                    self.found.insert(setting.name, (text, Source::File));
                }
                None => self.faults.push(format!("{key} in the file: there is no such setting")),
            }
        }
    }

    fn add_environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        for (name, value) in environment.filter(|(_, value)| !value.trim().is_empty()) {
            match SETTINGS.iter().find(|setting| setting.name == name) {
                Some(setting) => {
                    self.found.insert(setting.name, (value, Source::Environment));
                }
                None if name.starts_with("USERDOM_") && !name.starts_with("USERDOM_TEST_") => {
                    self.unknown.push(name);
                }
                // https://no-color.org
                None if name == "NO_COLOR" => self.log_colors = LogColors::Never,
                None => {}
            }
        }
    }

    /// The setting as `read` understands it. Empty text counts as not set.
    fn get<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let (text, source) = self.found.get(name).filter(|(text, _)| !text.trim().is_empty())?;
        let value = read(text.trim());
        if value.is_none() {
            // A secret must not be repeated in a log.
            let secret = SETTINGS.iter().any(|setting| setting.name == name && setting.secret);
            let shown = if secret { String::new() } else { format!(" {text:?}") };
            self.faults.push(format!("{name}{shown} ({source}): expected {expected}"));
        }
        value
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        self.get(name, "text", |text| Some(text.to_owned()))
    }

    fn days(&mut self, name: &'static str) -> Option<u32> {
        self.get(name, "a number of days from 1 to 3650", |text| {
            text.parse().ok().filter(|days| (1..=3650).contains(days))
        })
    }

    fn connections(&mut self, name: &'static str) -> Option<usize> {
        self.get(name, "a number of connections from 1 to 1000000", |text| {
            text.parse().ok().filter(|connections| (1..=1_000_000).contains(connections))
        })
    }

    /// The drain, and all of a stop.
    fn times_of_a_stop(&mut self) -> (Option<Duration>, Duration) {
        let seconds = |text: &str, range: RangeInclusive<u64>| {
            text.parse().ok().filter(|n| range.contains(n)).map(Duration::from_secs)
        };
        let drain = self.get("USERDOM_DRAIN_SECONDS", "a number of seconds from 0 to 3600", |it| {
            seconds(it, 0..=3600)
        });
        let stop = self.get("USERDOM_STOP_SECONDS", "a number of seconds from 5 to 7200", |it| {
            seconds(it, 5..=7200)
        });
        (drain, stop.unwrap_or(Duration::from_secs(30)))
    }

    fn trusted_proxies(&mut self) -> Option<Vec<IpNet>> {
        self.get(
            "USERDOM_TRUSTED_PROXIES",
            "addresses or networks with commas between, as in 10.0.0.0/8, ::1",
            networks,
        )
    }

    fn cors_origins(&mut self) -> Option<Vec<String>> {
        self.get(
            "USERDOM_CORS_ORIGINS",
            "origins with commas between, as in https://app.example.org, http://localhost:5173: \
             http or https, a host and perhaps a port, without path, and neither * nor null",
            origins,
        )
    }

    fn into_config(mut self) -> Result<Config, ConfigError> {
        let bind =
            self.get("USERDOM_BIND", "an address and a port, as in 127.0.0.1:8080", |text| {
                text.parse::<SocketAddr>().ok()
            });
        let bind = bind.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
        let data_dir = self.text("USERDOM_DATA_DIR").unwrap_or_else(|| "./userdom-data".to_owned());
        let database_url = self.get(
            "USERDOM_DATABASE_URL",
            "sqlite://<path of a file> or postgres://<user>:<password>@<host>/<database>",
            |text| text.parse::<DatabaseUrl>().ok(),
        );
        let database_url = database_url
            .unwrap_or_else(|| DatabaseUrl::Sqlite(Path::new(&data_dir).join("userdom.db")));
        let min = Password::MIN_CHARS;
        let password_min_chars = self.get(
            "USERDOM_PASSWORD_MIN_LENGTH",
            &format!("a number from {min} to 128"),
            |text| text.parse().ok().filter(|n| (min..=128).contains(n)),
        );
        let limits = Limits::default();
        let (drain, stop) = self.times_of_a_stop();
        let config = Config {
            bind,
            public_url: self.get(
                "USERDOM_PUBLIC_URL",
                "an http or https URL without query, as in https://accounts.example.org",
                public_url,
            ),
            secret_key: self.text("USERDOM_SECRET_KEY"),
            secret_key_file: self.text("USERDOM_SECRET_KEY_FILE").map(Into::into),
            previous_secret_keys: self
                .text("USERDOM_PREVIOUS_SECRET_KEYS")
                .map(|keys| keys.split(',').map(|key| key.trim().to_owned()).collect())
                .unwrap_or_default(),
            smtp_url: self.get("USERDOM_SMTP_URL", "smtp(s)://user:password@host:port", |text| {
                (text.starts_with("smtp://") || text.starts_with("smtps://"))
                    .then(|| text.to_owned())
            }),
            mail_from: self
                .text("USERDOM_MAIL_FROM")
                .unwrap_or_else(|| "Userdom <userdom@localhost>".to_owned()),
            sms_url: self.get("USERDOM_SMS_URL", "an http or https URL", |text| {
                let url = Url::parse(text).ok()?;
                (matches!(url.scheme(), "http" | "https") && url.has_host())
                    .then(|| text.to_owned())
            }),
            redis_url: self.get(
                "USERDOM_REDIS_URL",
                "redis://user:password@host:port/database (TLS is not supported)",
                |text| RedisLimiter::accepts(text).then(|| text.to_owned()),
            ),
            trusted_proxies: self.trusted_proxies().unwrap_or_default(),
            max_connections: self
                .connections("USERDOM_MAX_CONNECTIONS")
                .unwrap_or(limits.connections),
            max_connections_per_address: self
                .connections("USERDOM_MAX_CONNECTIONS_PER_ADDRESS")
                .unwrap_or(limits.connections_per_address),
            drain,
            stop,
            cors_origins: self.cors_origins().unwrap_or_default(),
            requires_if_match: self
                .get("USERDOM_REQUIRE_IF_MATCH", "on or off", on_or_off)
                .unwrap_or(false),
            shows_graphiql: self.get("USERDOM_GRAPHIQL", "on or off", on_or_off).unwrap_or(false),
            rate_limits: self.get("USERDOM_RATE_LIMITS", "on or off", on_or_off).unwrap_or(true),
            access_token_minutes: self
                .get("USERDOM_ACCESS_TOKEN_MINUTES", "a number of minutes from 1 to 1440", |text| {
                    text.parse().ok().filter(|minutes| (1..=1440).contains(minutes))
                })
                .unwrap_or(15),
            session_idle_days: self.days("USERDOM_SESSION_IDLE_DAYS").unwrap_or(14),
            session_days: self.days("USERDOM_SESSION_DAYS").unwrap_or(90),
            purge_unverified_days: self.days("USERDOM_PURGE_UNVERIFIED_DAYS").unwrap_or(7),
            deleted_retention_days: self.days("USERDOM_DELETED_RETENTION_DAYS").unwrap_or(30),
            issuer: self
                .get("USERDOM_ISSUER", "a name of 1 to 64 characters without a colon", issuer)
                .unwrap_or_else(|| "Userdom".to_owned()),
            default_region: self.get(
                "USERDOM_DEFAULT_REGION",
                "a country of two letters, as in US",
                |text| Region::parse(text).ok(),
            ),
            password_min_chars: password_min_chars.unwrap_or(min),
            reserved_usernames: self
                .get("USERDOM_RESERVED_USERNAMES", "usernames with commas between", usernames)
                .unwrap_or_default(),
            log_format: self.get("USERDOM_LOG_FORMAT", "pretty or json", |text| match text {
                "pretty" => Some(LogFormat::Pretty),
                "json" => Some(LogFormat::Json),
                _ => None,
            }),
            log_colors: self.log_colors,
            data_dir: data_dir.into(),
            database_url,
            shown: Vec::new(),
            unknown: Vec::new(),
        };
        self.finish(config)
    }

    fn finish(mut self, config: Config) -> Result<Config, ConfigError> {
        let on_postgres = matches!(config.database_url, DatabaseUrl::Postgres(_));
        if on_postgres && config.secret_key.is_none() && config.secret_key_file.is_none() {
            self.faults.push(
                "USERDOM_SECRET_KEY or USERDOM_SECRET_KEY_FILE is required on Postgres, the same \
                 for all instances: `openssl rand -base64 32` makes one"
                    .to_owned(),
            );
        }
        if config.drain.is_some_and(|drain| drain + SHORTEST_STOP > config.stop) {
            self.faults.push(
                "USERDOM_STOP_SECONDS must be at least 5 more than USERDOM_DRAIN_SECONDS: running \
                 requests and messages are finished in the rest"
                    .to_owned(),
            );
        }
        if self.faults.is_empty() {
            let shown = self.shown(&config);
            Ok(Config { shown, unknown: self.unknown, ..config })
        } else {
            Err(ConfigError(self.faults))
        }
    }

    fn shown(&self, config: &Config) -> Vec<(&'static str, String, Source)> {
        SETTINGS
            .iter()
            .map(|setting| match self.found.get(setting.name) {
                Some((_, source)) if setting.name == "USERDOM_DATABASE_URL" => {
                    (setting.name, config.database_url.to_string(), *source)
                }
                Some((_, source)) if setting.secret => {
                    (setting.name, "(hidden)".to_owned(), *source)
                }
                Some((value, source)) => (setting.name, value.clone(), *source),
                None => (setting.name, setting.default.to_owned(), Source::Default),
            })
            .collect()
    }
}

/// Without the slash at its end: links are put behind it.
fn public_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (web && plain).then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// Each as a browser sends it: small letters, no port that the scheme has anyway, no slash.
fn origins(text: &str) -> Option<Vec<String>> {
    let origin = |text: &str| {
        let url = Url::parse(text).ok()?;
        let web = matches!(url.scheme(), "http" | "https");
        let origin = url.origin().ascii_serialization();
        // What is more than an origin, such as a path or a name, would be lost without a word.
        let is_plain = url.as_str() == format!("{origin}/") && !url.as_str().contains('*');
        (web && is_plain).then_some(origin)
    };
    text.split(',').map(|part| origin(part.trim())).collect()
}

fn on_or_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn usernames(text: &str) -> Option<Vec<String>> {
    text.split(',').map(|name| Username::parse(name.trim()).ok().map(|n| n.to_string())).collect()
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    let network =
        |text: &str| text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok();
    text.split(',').map(|part| network(part.trim())).collect()
}

/// Authenticator apps take a colon for the end of the name.
fn issuer(text: &str) -> Option<String> {
    let fits = text.chars().count() <= 64 && !text.contains(|c: char| c == ':' || c.is_control());
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
        Config::read(None, environment(pairs)).unwrap_err().0
    }

    #[test]
    fn without_any_setting_everything_has_a_default() {
        let config = Config::read(None, environment(&[])).unwrap();
        assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(config.database_url.to_string(), "sqlite://./userdom-data/userdom.db");
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let file = "bind = \"127.0.0.1:1\"\npassword_min_length = 15";
        let config =
            Config::read(Some(file), environment(&[("USERDOM_BIND", "127.0.0.1:2")])).unwrap();
        assert_eq!(config.bind.port(), 2);
        assert_eq!(config.password_min_chars, 15);
        let report = config.report();
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
        assert_eq!(Config::read(None, environment(&pairs)).unwrap().stop.as_secs(), 65);
    }

    #[test]
    fn l5_postgres_without_a_secret_key_is_refused() {
        let found = faults(&[("USERDOM_DATABASE_URL", "postgres://localhost/userdom")]);
        assert!(found[0].contains("USERDOM_SECRET_KEY"), "{found:?}");
    }

    #[test]
    fn a_key_of_the_file_that_is_no_setting_is_refused() {
        let refused = Config::read(Some("bnid = \"x\""), environment(&[])).unwrap_err();
        assert_eq!(refused.0, ["bnid in the file: there is no such setting"]);
    }

    #[test]
    fn secrets_are_never_reported() {
        let config = Config::read(
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
        assert!(!config.report().contains("geheim"), "{}", config.report());
    }

    #[test]
    fn r2_proxies_are_addresses_or_networks() {
        let found = networks("10.0.0.0/8, 192.0.2.7,2001:db8::/32 , ::1").unwrap();
        let texts: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "::1/128"]);
        for text in ["10.0.0.0/33", "proxy.example", "10.0.0.1,", "10.0.0", "*"] {
            assert_eq!(networks(text), None, "{text}");
        }
    }

    #[test]
    fn no_color_is_honoured_unless_it_is_empty() {
        for (pairs, colors) in [
            (&[][..], LogColors::OnTerminals),
            (&[("NO_COLOR", "")], LogColors::OnTerminals),
            (&[("NO_COLOR", "1")], LogColors::Never),
        ] {
            assert_eq!(Config::read(None, environment(pairs)).unwrap().log_colors, colors);
        }
    }

    #[test]
    fn f3_origins_are_exact_and_written_as_browsers_send_them() {
        let found = origins("https://app.example.org, http://localhost:5173,https://[::1]:8443");
        let exact = ["https://app.example.org", "http://localhost:5173", "https://[::1]:8443"];
        assert_eq!(found.unwrap(), exact);
        for (text, sent) in [
            ("https://App.Example.org/", "https://app.example.org"),
            ("https://app.example.org:443", "https://app.example.org"),
            ("http://app.example.org:80", "http://app.example.org"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(origins(text).unwrap(), [sent], "{text}");
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
            assert_eq!(origins(text), None, "{text}");
        }
        let found = faults(&[("USERDOM_CORS_ORIGINS", "*")]);
        assert!(found[0].starts_with("USERDOM_CORS_ORIGINS \"*\" (environment): expected origins"));
    }

    #[test]
    fn links_never_get_two_slashes() {
        assert_eq!(public_url("https://a.example/").as_deref(), Some("https://a.example"));
        assert_eq!(
            public_url("https://a.example/users/").as_deref(),
            Some("https://a.example/users")
        );
        assert_eq!(public_url("https://a.example/?x=1"), None);
    }
}
