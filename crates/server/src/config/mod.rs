//! Settings: defaults, then a TOML file, then the environment.

mod read;
mod settings;

use std::{fmt::Write as _, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use userdom_domain::Region;
use userdom_infrastructure::persistence::DatabaseUrl;

pub(crate) use read::{ConfigError, Source};
use settings::SETTINGS;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// Whether the log has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogColors {
    /// Where somebody watches.
    #[default]
    OnTerminals,
    /// `NO_COLOR` is set.
    Never,
}

/// All settings, read and checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) bind: SocketAddr,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: DatabaseUrl,
    /// `None`: the address that is listened on.
    pub(crate) public_url: Option<String>,
    pub(crate) secret_key: Option<String>,
    pub(crate) secret_key_file: Option<PathBuf>,
    pub(crate) previous_secret_keys: Vec<String>,
    pub(crate) smtp_url: Option<String>,
    pub(crate) mail_from: String,
    pub(crate) sms_url: Option<String>,
    pub(crate) redis_url: Option<String>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    pub(crate) max_connections: usize,
    pub(crate) max_connections_per_address: usize,
    /// `None`: it depends on whether somebody watches.
    pub(crate) drain: Option<Duration>,
    pub(crate) stop: Duration,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) rate_limits: bool,
    pub(crate) requires_if_match: bool,
    pub(crate) shows_graphiql: bool,
    pub(crate) access_token_minutes: u32,
    pub(crate) session_idle_days: u32,
    pub(crate) session_days: u32,
    pub(crate) purge_unverified_days: u32,
    pub(crate) deleted_retention_days: u32,
    pub(crate) issuer: String,
    pub(crate) default_region: Option<Region>,
    pub(crate) password_min_chars: usize,
    pub(crate) reserved_usernames: Vec<String>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) log_colors: LogColors,
    /// Names in the environment that look like settings and are none.
    pub(crate) unknown: Vec<String>,
    shown: Vec<(&'static str, String, Source)>,
}

impl Config {
    /// Every setting with its value, secrets hidden, and where it comes from.
    pub(crate) fn report(&self) -> String {
        let mut report = String::new();
        for (name, value, source) in &self.shown {
            let _ = writeln!(report, "{name} = {value}  ({source})");
        }
        for name in &self.unknown {
            let _ = writeln!(report, "# {name} is set, but there is no such setting");
        }
        report
    }

    /// Where mails lie that no server takes.
    pub(crate) fn mail_dir(&self) -> PathBuf {
        self.data_dir.join("mail")
    }

    /// Where text messages lie that no endpoint takes.
    pub(crate) fn sms_dir(&self) -> PathBuf {
        self.data_dir.join("sms")
    }
}
