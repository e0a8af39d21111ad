use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::LanguageTag;

/// What a user has chosen for the products' behaviour (rule R13): five known
/// keys, and those of other teams, whose JSON text is kept and never read.
///
/// All keys and texts together have at most 4,096 bytes, and 32 levels. A merge patch works on
/// [`Preferences::entries`] and reads the result by [`Preferences::from_entries`].
///
/// ```
/// use userdom_domain::{Preferences, Theme};
///
/// let entry = |key: &str, json: &str| (key.to_owned(), json.to_owned());
/// let chosen = Preferences::from_entries([entry("theme", r#""dark""#), entry("crm.tabs", "[1,2]")]).unwrap();
/// assert_eq!(chosen.theme(), Theme::Dark);
/// assert!(chosen.newsletter());
/// assert!(chosen.entries().contains(&entry("crm.tabs", "[1,2]")));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Preferences {
    email_notifications: bool,
    sms_notifications: bool,
    newsletter: bool,
    theme: Theme,
    language: LanguageTag,
    others: BTreeMap<String, String>,
}

/// How the products look (R13): `light`, `dark`, or as the user's system does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
    /// As the user's device is set.
    System,
}

/// Why preferences are refused (R13).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreferencesError {
    /// The value of a known key is of another kind.
    #[error("Preference {key} must be {expected}")]
    InvalidValue {
        /// The known key.
        key: &'static str,
        /// What its value has to be.
        expected: &'static str,
    },
    /// More than 4,096 bytes in all.
    #[error("Preferences must be at most 4 KiB")]
    TooLarge,
    /// Lists and objects lie in each other more than 32 levels deep.
    #[error("Preferences must be at most 32 levels deep")]
    TooDeep,
}

impl PreferencesError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidValue { .. } => "preferences.invalid_value",
            Self::TooLarge => "preferences.too_large",
            Self::TooDeep => "preferences.too_deep",
        }
    }

    /// The key at fault; `None` when it is the whole.
    pub const fn key(&self) -> Option<&'static str> {
        match self {
            Self::InvalidValue { key, .. } => Some(key),
            Self::TooLarge | Self::TooDeep => None,
        }
    }
}

const EMAIL_NOTIFICATIONS: &str = "email_notifications";
const SMS_NOTIFICATIONS: &str = "sms_notifications";
const NEWSLETTER: &str = "newsletter";
const THEME: &str = "theme";
const LANGUAGE: &str = "language";

impl Default for Preferences {
    fn default() -> Self {
        Self {
            email_notifications: true,
            sms_notifications: false,
            newsletter: true,
            theme: Theme::default(),
            language: LanguageTag::default(),
            others: BTreeMap::new(),
        }
    }
}

impl Preferences {
    /// The greatest size of all keys and JSON texts together, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// How deep lists and objects may lie in each other: whoever reads a user must be able to
    /// read its preferences inside of something else.
    pub const MAX_DEPTH: usize = 32;

    /// Reads pairs of a key and its value's JSON text. A known key that is
    /// missing or `null` has its default; of two equal keys the last counts.
    /// Every fault is named.
    pub fn from_entries(
        entries: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<PreferencesError>> {
        match Self::stored(entries) {
            Ok(chosen) if chosen.others.values().any(|json| depth(json) > Self::MAX_DEPTH) => {
                Err(vec![PreferencesError::TooDeep])
            }
            read => read,
        }
    }

    /// The same of what is stored already, however deep it is.
    pub(crate) fn stored(
        entries: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<PreferencesError>> {
        let mut given: BTreeMap<String, String> = entries.into_iter().collect();
        let mut errors = Vec::new();
        let mut known =
            |key: &'static str, expected: &'static str, accept: &mut dyn FnMut(&str) -> bool| {
                let Some(json) = given.remove(key) else {
                    return;
                };
                if json.trim() != "null" && !accept(json.trim()) {
                    errors.push(PreferencesError::InvalidValue { key, expected });
                }
            };

        let mut chosen = Self::default();
        let boolean = "true or false";
        known(EMAIL_NOTIFICATIONS, boolean, &mut |json| {
            set(&mut chosen.email_notifications, json.parse().ok())
        });
        known(SMS_NOTIFICATIONS, boolean, &mut |json| {
            set(&mut chosen.sms_notifications, json.parse().ok())
        });
        known(NEWSLETTER, boolean, &mut |json| set(&mut chosen.newsletter, json.parse().ok()));
        known(THEME, "\"light\", \"dark\" or \"system\"", &mut |json| {
            set(&mut chosen.theme, plain_string(json).and_then(Theme::named))
        });
        known(LANGUAGE, "a BCP 47 tag of at most 10 characters", &mut |json| {
            set(
                &mut chosen.language,
                plain_string(json).and_then(|tag| LanguageTag::parse(tag).ok()),
            )
        });
        chosen.others = given;

        let bytes: usize = chosen.entries().iter().map(|(key, json)| key.len() + json.len()).sum();
        if bytes > Self::MAX_BYTES {
            errors.push(PreferencesError::TooLarge);
        }
        if errors.is_empty() { Ok(chosen) } else { Err(errors) }
    }

    /// All keys with their values' JSON text: the known ones first, then the
    /// others by name.
    pub fn entries(&self) -> Vec<(String, String)> {
        let known = [
            (EMAIL_NOTIFICATIONS, self.email_notifications.to_string()),
            (SMS_NOTIFICATIONS, self.sms_notifications.to_string()),
            (NEWSLETTER, self.newsletter.to_string()),
            (THEME, format!("\"{}\"", self.theme)),
            (LANGUAGE, format!("\"{}\"", self.language)),
        ];
        let others = self.others.iter().map(|(key, json)| (key.clone(), json.clone()));
        known.into_iter().map(|(key, json)| (key.to_owned(), json)).chain(others).collect()
    }

    /// Whether the user wants mail about what happens; `true` by default.
    pub const fn email_notifications(&self) -> bool {
        self.email_notifications
    }

    /// Whether the user wants text messages about what happens; `false` by default.
    pub const fn sms_notifications(&self) -> bool {
        self.sms_notifications
    }

    /// Whether the user wants the newsletter; `true` by default.
    pub const fn newsletter(&self) -> bool {
        self.newsletter
    }

    /// How the products look; light by default.
    pub const fn theme(&self) -> Theme {
        self.theme
    }

    /// The language of the products; `en` by default.
    pub const fn language(&self) -> &LanguageTag {
        &self.language
    }

    /// The keys of other teams, each with its value's JSON text.
    pub const fn others(&self) -> &BTreeMap<String, String> {
        &self.others
    }
}

/// Of the brackets in a JSON text, those in its strings apart.
fn depth(json: &str) -> usize {
    let (mut deepest, mut depth) = (0_usize, 0_usize);
    let (mut in_string, mut is_escaped) = (false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn set<T>(field: &mut T, value: Option<T>) -> bool {
    value.map(|value| *field = value).is_some()
}

/// The text of a JSON string without escapes; no known value needs one.
fn plain_string(json: &str) -> Option<&str> {
    json.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains(['"', '\\']))
}

impl Theme {
    /// The name on the wire: `light`, `dark` or `system`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Light, Self::Dark, Self::System].into_iter().find(|theme| theme.as_str() == name)
    }
}

impl FromStr for Theme {
    type Err = PreferencesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::named(text)
            .ok_or(PreferencesError::InvalidValue { key: THEME, expected: "light, dark or system" })
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Preferences, Vec<PreferencesError>> {
        Preferences::from_entries(
            pairs.iter().map(|(key, json)| ((*key).to_owned(), (*json).to_owned())),
        )
    }

    #[test]
    fn r13_the_defaults_are_the_seeds() {
        let chosen = read(&[]).unwrap();
        assert_eq!(chosen, Preferences::default());
        assert!(chosen.email_notifications() && !chosen.sms_notifications() && chosen.newsletter());
        assert_eq!((chosen.theme().as_str(), chosen.language().as_str()), ("light", "en"));
    }

    #[test]
    fn r13_known_keys_are_typed() {
        let chosen = read(&[
            ("email_notifications", "false"),
            ("sms_notifications", " true "),
            ("newsletter", "false"),
            ("theme", "\"system\""),
            ("language", "\"pt-br\""),
        ])
        .unwrap();
        assert!(
            !chosen.email_notifications() && chosen.sms_notifications() && !chosen.newsletter()
        );
        assert_eq!((chosen.theme(), chosen.language().as_str()), (Theme::System, "pt-BR"));
    }

    #[test]
    fn r13_every_fault_is_named() {
        let errors = read(&[
            ("email_notifications", "1"),
            ("newsletter", "\"true\""),
            ("theme", "\"pink\""),
            ("language", "true"),
        ])
        .unwrap_err();
        let keys: Vec<_> = errors.iter().map(PreferencesError::key).collect();
        assert_eq!(
            keys,
            [Some("email_notifications"), Some("newsletter"), Some("theme"), Some("language")]
        );
        assert!(errors.iter().all(|error| error.code() == "preferences.invalid_value"));
        for json in ["light", "\"light", "\"", "\"Light\"", "{}", ""] {
            assert!(read(&[("theme", json)]).is_err(), "{json}");
        }
    }

    #[test]
    fn r13_null_gives_a_known_key_its_default() {
        assert_eq!(read(&[("theme", "null")]), Ok(Preferences::default()));
        assert_eq!(read(&[("crm", "null")]).unwrap().others().len(), 1);
    }

    #[test]
    fn r13_unknown_keys_survive_a_round_trip() {
        let chosen =
            read(&[("crm", "{\"tabs\": [1, 2.50]}"), ("", "\"\\u00e9\""), ("theme", "\"dark\"")])
                .unwrap();
        assert_eq!(Preferences::from_entries(chosen.entries()), Ok(chosen.clone()));
        assert_eq!(chosen.others()["crm"], "{\"tabs\": [1, 2.50]}");
        assert_eq!(chosen.entries().len(), 7);
    }

    #[test]
    fn r13_all_keys_and_texts_have_4_kib_together() {
        let rest: usize =
            Preferences::default().entries().iter().map(|(key, json)| key.len() + json.len()).sum();
        let room = 4096 - rest - 1;
        assert!(read(&[("k", &"1".repeat(room))]).is_ok());
        let errors = read(&[("k", &"1".repeat(room + 1))]).unwrap_err();
        assert_eq!((errors[0].code(), errors[0].key()), ("preferences.too_large", None));
    }

    #[test]
    fn r13_a_theme_is_read_by_its_name() {
        assert_eq!("dark".parse(), Ok(Theme::Dark));
        assert_eq!("DARK".parse::<Theme>().unwrap_err().key(), Some("theme"));
    }

    proptest! {
        #[test]
        fn r13_any_entries_are_read_or_refused(entries in prop::collection::vec((prop_oneof![any::<String>(), "(theme|language|newsletter)"], prop_oneof![any::<String>(), "(true|null|\"dark\"|\"[a-zA-Z-]{2,6}\")"]), 0..6)) {
            if let Ok(chosen) = Preferences::from_entries(entries) {
                prop_assert_eq!(Preferences::from_entries(chosen.entries()), Ok(chosen.clone()));
            }
        }
    }
}
