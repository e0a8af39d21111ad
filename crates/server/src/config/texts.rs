//! The texts of the settings: defaults, then a file, then the environment.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
};

use super::{ConfigError, SETTINGS, declaration::Shown, kinds::Kind};

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

/// What somebody has set, and all that is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Texts {
    found: BTreeMap<&'static str, (String, Source)>,
    /// Names in the environment that look like settings and are none.
    pub(super) unknown: Vec<String>,
    pub(super) faults: Vec<String>,
}

impl Texts {
    pub(super) fn add_file(&mut self, text: &str) {
        let table = match text.parse::<toml::Table>() {
            Ok(table) => table,
            Err(error) => return self.faults.push(format!("the file is no TOML: {error}")),
        };
        for (key, value) in table {
            let text = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                toml::Value::Boolean(flag) => flag.to_string(),
                toml::Value::Float(_)
                | toml::Value::Datetime(_)
                | toml::Value::Array(_)
                | toml::Value::Table(_) => {
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

    pub(super) fn add_environment(&mut self, environment: impl Iterator<Item = (String, String)>) {
        for (name, value) in environment.filter(|(_, value)| !value.trim().is_empty()) {
            match SETTINGS.iter().find(|setting| setting.name == name) {
                Some(setting) => {
                    self.found.insert(setting.name, (value, Source::Environment));
                }
                None if name.starts_with("USERDOM_") && !name.starts_with("USERDOM_TEST_") => {
                    self.unknown.push(name);
                }
                None => {}
            }
        }
    }

    /// The value of a setting; the default stands in for a text that is wrong, so that all other
    /// faults are found too.
    pub(super) fn with_default<T>(
        &mut self,
        name: &'static str,
        default: &str,
        kind: &Kind<T>,
    ) -> Result<T, ConfigError> {
        let value = self.value(name, kind).or_else(|| (kind.read)(default));
        value.ok_or_else(|| ConfigError(vec![format!("{name}: the default {default} is wrong")]))
    }

    /// The value of a setting that may be missing.
    #[expect(clippy::unnecessary_wraps, reason = "the macro calls all three alike")]
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        _description: &str,
        kind: &Kind<T>,
    ) -> Result<Option<T>, ConfigError> {
        Ok(self.value(name, kind))
    }

    /// The values of a setting that has none by default.
    #[expect(clippy::unnecessary_wraps, reason = "the macro calls all three alike")]
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        _description: &str,
        kind: &Kind<Vec<T>>,
    ) -> Result<Vec<T>, ConfigError> {
        Ok(self.value(name, kind).unwrap_or_default())
    }

    /// Empty text counts as not set.
    fn value<T>(&mut self, name: &'static str, kind: &Kind<T>) -> Option<T> {
        let (text, source) = self.found.get(name)?;
        let text = Some(text.trim()).filter(|text| !text.is_empty())?;
        let value = (kind.read)(text);
        if value.is_none() {
            // A secret must not be repeated in a log.
            let setting = SETTINGS.iter().find(|setting| setting.name == name);
            let is_public = setting.is_some_and(|setting| matches!(setting.shown, Shown::Whole));
            let shown = if is_public { format!(" {text:?}") } else { String::new() };
            self.faults.push(format!("{name}{shown} ({source}): expected {}", kind.expected));
        }
        value
    }

    /// Every setting with its value, secrets hidden, and where it comes from.
    pub(super) fn report(&self) -> String {
        let settings = SETTINGS.iter().map(|setting| {
            let name = setting.name;
            let (value, source) = match (self.found.get(name), setting.shown) {
                (None, _) => (setting.plain_default(), Source::Default),
                (Some((text, source)), Shown::Whole) => (text.clone(), *source),
                (Some((_, source)), Shown::Never) => ("(hidden)".to_owned(), *source),
                (Some((text, source)), Shown::Redacted(redact)) => (redact(text), *source),
            };
            format!("{name} = {value}  ({source})\n")
        });
        let unknown = self
            .unknown
            .iter()
            .map(|name| format!("# {name} is set, but there is no such setting\n"));
        settings.chain(unknown).collect()
    }
}
