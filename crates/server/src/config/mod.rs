//! Settings: defaults, then a TOML file, then the environment.

mod declaration;
mod kinds;
mod settings;
mod texts;

use std::{
    fmt::{self, Display},
    path::{Path, PathBuf},
    time::Duration,
};

use userdom_infrastructure::persistence::DatabaseUrl;

pub(crate) use settings::{Config, SETTINGS};
use texts::Texts;

/// What is left at least of a stop after the drain.
const SHORTEST_STOP: Duration = Duration::from_secs(5);

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// The settings, and what is said of them.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// Every setting with its value, secrets hidden, and where it comes from.
    pub(crate) report: String,
    /// Names in the environment that look like settings and are none.
    pub(crate) unknown: Vec<String>,
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

impl Loaded {
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
        let mut texts = Texts::default();
        if let Some(file) = file {
            texts.add_file(file);
        }
        texts.add_environment(environment);
        let config = Config::read(&mut texts)?;
        texts.faults.extend(config.contradictions());
        if texts.faults.is_empty() {
            Ok(Self { config, report: texts.report(), unknown: texts.unknown })
        } else {
            Err(ConfigError(texts.faults))
        }
    }
}

impl Config {
    /// Settings that do not go together.
    fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        let on_postgres = matches!(self.database, Some(DatabaseUrl::Postgres(_)));
        if on_postgres && self.secret_key.is_none() && self.secret_key_file.is_none() {
            found.push(
                "USERDOM_SECRET_KEY or USERDOM_SECRET_KEY_FILE is required on Postgres, the same \
                 for all instances: `openssl rand -base64 32` makes one"
                    .to_owned(),
            );
        }
        if self.drain.is_some_and(|drain| drain + SHORTEST_STOP > self.stop) {
            found.push(
                "USERDOM_STOP_SECONDS must be at least 5 more than USERDOM_DRAIN_SECONDS: running \
                 requests and messages are finished in the rest"
                    .to_owned(),
            );
        }
        found
    }

    /// Where the data is.
    pub(crate) fn database_url(&self) -> DatabaseUrl {
        let embedded = || DatabaseUrl::Sqlite(self.data_dir.join("userdom.db"));
        self.database.clone().unwrap_or_else(embedded)
    }

    /// Where mails are written when no server is set.
    pub(crate) fn mail_dir(&self) -> PathBuf {
        self.data_dir.join("mail")
    }

    /// Where text messages are written when no endpoint is set.
    pub(crate) fn sms_dir(&self) -> PathBuf {
        self.data_dir.join("sms")
    }
}

/// The settings as the manual lists them.
pub(crate) fn manual() -> String {
    let rows: Vec<_> = SETTINGS.iter().map(|setting| setting.row() + "\n").collect();
    format!("| variable | default | meaning |\n|---|---|---|\n{}", rows.concat())
}

#[cfg(test)]
mod tests;
