use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::LanguageTag;

/// What a user has chosen for the products' behaviour (rule R13): five known
/// keys, and those of other teams, whose JSON text is kept and never read.
///
/// Kept as the text of a JSON object: the order of its keys and the bytes of its values stay.
/// All keys and values together have at most 4,096 bytes, and 32 levels. A merge patch works on
/// [`Preferences::entries`] and reads the result by [`Preferences::replaced_by`].
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
pub struct Preferences(String);

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
    /// A key or a text, at any depth, has U+0000, which no database keeps.
    #[error("Preferences cannot contain the character U+0000")]
    NulCharacter,
    /// A value is no JSON.
    #[error("Preferences must be JSON values")]
    NotJson,
}

impl PreferencesError {
    /// The stable code that clients see.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidValue { .. } => "preferences.invalid_value",
            Self::TooLarge => "preferences.too_large",
            Self::TooDeep => "preferences.too_deep",
            Self::NulCharacter => "preferences.nul_character",
            Self::NotJson => "preferences.not_json",
        }
    }

    /// The key at fault; `None` when it is the whole.
    pub const fn key(&self) -> Option<&'static str> {
        match self {
            Self::InvalidValue { key, .. } => Some(key),
            Self::TooLarge | Self::TooDeep | Self::NulCharacter | Self::NotJson => None,
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
        Self::of(&[])
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
        Self::checked(entries, &[])
    }

    /// The same for what takes the place of these preferences: a value that stands here already
    /// is not checked again (R29), and they need not become smaller than they are.
    pub fn replaced_by(
        &self,
        entries: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Vec<PreferencesError>> {
        Self::checked(entries, &self.entries())
    }

    /// Takes the text of a JSON object as it is stored; whatever is no such text counts as an
    /// empty object, and is kept (R29).
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text of a JSON object, to be stored.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    fn checked(
        entries: impl IntoIterator<Item = (String, String)>,
        present: &[(String, String)],
    ) -> Result<Self, Vec<PreferencesError>> {
        let entries: Vec<_> = entries.into_iter().map(|(key, json)| as_kept(key, &json)).collect();
        let mut given = last_of_each(entries);
        given.retain(|(key, json)| json != "null" || known(key).is_none());
        let mut errors = Vec::new();
        let unchecked: BTreeSet<_> = present.iter().collect();
        for fault in given.iter().filter(|entry| !unchecked.contains(entry)).filter_map(fault) {
            if !errors.contains(&fault) {
                errors.push(fault);
            }
        }
        let chosen = Self::of(&given);
        if size(&chosen.entries()) > Self::MAX_BYTES.max(size(present)) {
            errors.push(PreferencesError::TooLarge);
        }
        if errors.is_empty() { Ok(chosen) } else { Err(errors) }
    }

    /// The entries, and after them the known keys that are missing.
    fn of(given: &[(String, String)]) -> Self {
        let missing = KNOWN.iter().filter(|known| !given.iter().any(|(key, _)| key == known.key));
        let missing = missing.map(|known| (known.key, known.default));
        let given = given.iter().map(|(key, json)| (key.as_str(), json.as_str()));
        Self(json_object(given.chain(missing)))
    }

    /// All keys with their values' JSON text, in their order; the known ones that are missing
    /// follow with their defaults.
    pub fn entries(&self) -> Vec<(String, String)> {
        let mut entries = self.stored_entries();
        for known in &KNOWN {
            match entries.iter_mut().find(|(key, _)| key == known.key) {
                Some((_, json)) if json == "null" => known.default.clone_into(json),
                Some(_) => {}
                None => entries.push((known.key.to_owned(), known.default.to_owned())),
            }
        }
        entries
    }

    /// What is wrong with preferences that another application has stored (R25).
    pub(crate) fn faults(&self) -> Vec<PreferencesError> {
        if json_members(&self.0).is_none() {
            return vec![PreferencesError::NotJson];
        }
        Self::from_entries(self.entries()).err().unwrap_or_default()
    }

    fn stored_entries(&self) -> Vec<(String, String)> {
        json_members(&self.0).unwrap_or_default()
    }

    fn value(&self, key: &str) -> Option<String> {
        let entries = self.stored_entries();
        entries.into_iter().find(|(present, _)| present == key).map(|(_, json)| json)
    }

    fn flag(&self, key: &str, default: bool) -> bool {
        self.value(key).and_then(|json| json.parse().ok()).unwrap_or(default)
    }

    /// Whether the user wants mail about what happens; `true` by default.
    pub fn email_notifications(&self) -> bool {
        self.flag(EMAIL_NOTIFICATIONS, true)
    }

    /// Whether the user wants text messages about what happens; `false` by default.
    pub fn sms_notifications(&self) -> bool {
        self.flag(SMS_NOTIFICATIONS, false)
    }

    /// Whether the user wants the newsletter; `true` by default.
    pub fn newsletter(&self) -> bool {
        self.flag(NEWSLETTER, true)
    }

    /// How the products look; light by default.
    pub fn theme(&self) -> Theme {
        let json = self.value(THEME);
        json.as_deref().and_then(plain_string).and_then(Theme::named).unwrap_or_default()
    }

    /// The language of the products; `en` by default.
    pub fn language(&self) -> LanguageTag {
        let json = self.value(LANGUAGE);
        json.as_deref().and_then(language).unwrap_or_default()
    }

    /// The keys of other teams, each with its value's JSON text.
    pub fn others(&self) -> Vec<(String, String)> {
        let mut entries = self.stored_entries();
        entries.retain(|(key, _)| known(key).is_none());
        entries
    }
}

/// A key whose values are checked.
struct Known {
    key: &'static str,
    default: &'static str,
    expected: &'static str,
    accepts: fn(&str) -> bool,
}

const KNOWN: [Known; 5] = [
    flag(EMAIL_NOTIFICATIONS, "true"),
    flag(SMS_NOTIFICATIONS, "false"),
    flag(NEWSLETTER, "true"),
    Known {
        key: THEME,
        default: "\"light\"",
        expected: "\"light\", \"dark\" or \"system\"",
        accepts: |json| plain_string(json).and_then(Theme::named).is_some(),
    },
    Known {
        key: LANGUAGE,
        default: "\"en\"",
        expected: "a BCP 47 tag",
        accepts: |json| language(json).is_some(),
    },
];

const fn flag(key: &'static str, default: &'static str) -> Known {
    Known {
        key,
        default,
        expected: "true or false",
        accepts: |json| matches!(json, "true" | "false"),
    }
}

fn known(key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.key == key)
}

fn language(json: &str) -> Option<LanguageTag> {
    LanguageTag::parse(plain_string(json)?).ok()
}

/// What is wrong with one key and its value.
fn fault((key, json): &(String, String)) -> Option<PreferencesError> {
    if serde_json::from_str::<&RawValue>(json).is_err() {
        return Some(PreferencesError::NotJson);
    }
    if let Some(known) = known(key).filter(|known| !(known.accepts)(json)) {
        let Known { key, expected, .. } = *known;
        return Some(PreferencesError::InvalidValue { key, expected });
    }
    let scanned = Scanned::of(json);
    if key.contains('\0') || scanned.has_nul {
        return Some(PreferencesError::NulCharacter);
    }
    (scanned.depth > Preferences::MAX_DEPTH).then_some(PreferencesError::TooDeep)
}

fn size(entries: &[(String, String)]) -> usize {
    entries.iter().map(|(key, json)| key.len() + json.len()).sum()
}

/// The value as it is kept: without white space around it, and a language in canonical case, as
/// everywhere.
fn as_kept(key: String, json: &str) -> (String, String) {
    let json = json.trim();
    let canonical = language(json).filter(|_| key == LANGUAGE).map(|tag| format!("\"{tag}\""));
    (key, canonical.unwrap_or_else(|| json.to_owned()))
}

/// Of equal keys the last value, where the first one stood.
fn last_of_each(entries: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut last = BTreeMap::new();
    let mut keys = Vec::with_capacity(entries.len());
    for (key, json) in entries {
        if last.insert(key.clone(), json).is_none() {
            keys.push(key);
        }
    }
    keys.into_iter().filter_map(|key| last.remove_entry(&key)).collect()
}

/// The text of a JSON object with these members, whose values are JSON texts.
///
/// ```
/// assert_eq!(userdom_domain::json_object([("b", "1.50"), ("a", "[]")]), r#"{"b":1.50,"a":[]}"#);
/// ```
pub fn json_object<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let member = |(key, json)| format!("{}:{json}", serde_json::Value::from(key));
    let members: Vec<_> = members.into_iter().map(member).collect();
    format!("{{{}}}", members.join(","))
}

/// The members of a JSON object in their order, each with the text of its value; `None` for a
/// text that is no object. Of two equal keys the last counts.
///
/// ```
/// let members = userdom_domain::json_members(r#"{"b": 1.50, "a": [1e400]}"#).unwrap();
/// assert_eq!(members[0], ("b".to_owned(), "1.50".to_owned()));
/// assert_eq!(members[1].1, "[1e400]");
/// ```
pub fn json_members(text: &str) -> Option<Vec<(String, String)>> {
    serde_json::from_str::<Entries>(text).ok().map(|entries| last_of_each(entries.0))
}

/// The members of a JSON object, whose values are found and not read.
struct Entries(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, json)) = map.next_entry::<String, Box<RawValue>>()? {
            entries.push((key, json.get().to_owned()));
        }
        Ok(Entries(entries))
    }
}

/// What is to be known of a JSON text without reading it.
#[derive(Default)]
struct Scanned {
    /// Of the brackets, those in its strings apart.
    depth: usize,
    /// Whether a string has U+0000, which JSON writes as an escape only.
    has_nul: bool,
}

impl Scanned {
    fn of(json: &str) -> Self {
        let mut scanned = Self::default();
        let mut depth = 0_usize;
        let mut in_string = false;
        let mut rest = json.as_bytes();
        while let [byte, after @ ..] = rest {
            rest = after;
            match byte {
                b'\\' if in_string => {
                    scanned.has_nul |= after.starts_with(b"u0000");
                    rest = after.get(1..).unwrap_or_default();
                }
                b'"' => in_string = !in_string,
                b'[' | b'{' if !in_string => {
                    depth += 1;
                    scanned.depth = scanned.depth.max(depth);
                }
                b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        scanned
    }
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

    fn stored(text: &str) -> Preferences {
        Preferences::from_stored(text.to_owned())
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
        assert_eq!(errors[3].to_string(), "Preference language must be a BCP 47 tag");
        assert!(read(&[("language", "\"ca-valencia\"")]).is_ok(), "shortened, as in a profile");
        for json in ["light", "\"light", "\"", "\"Light\"", "{}", ""] {
            assert!(read(&[("theme", json)]).is_err(), "{json}");
        }
    }

    #[test]
    fn r13_null_gives_a_known_key_its_default() {
        assert_eq!(read(&[("theme", "null")]), Ok(Preferences::default()));
        assert_eq!(read(&[("crm", "null")]).unwrap().others().len(), 1);
        assert_eq!(stored(r#"{"theme":null}"#).theme(), Theme::Light);
    }

    #[test]
    fn r13_unknown_keys_survive_a_round_trip() {
        let chosen =
            read(&[("crm", "{\"tabs\": [1, 2.50]}"), ("", "\"\\u00e9\""), ("theme", "\"dark\"")])
                .unwrap();
        assert_eq!(Preferences::from_entries(chosen.entries()), Ok(chosen.clone()));
        assert_eq!(chosen.others()[0].1, "{\"tabs\": [1, 2.50]}");
        assert_eq!(chosen.entries().len(), 7);
    }

    #[test]
    fn r13_keys_keep_their_order_and_values_their_bytes() {
        let text = r#"{"z":123456789012345678901234567890,"theme":"dark","a":[1.50, -0.0, 1E400],"m":"\u00e9\/"}"#;
        let chosen = stored(text);
        let entries = chosen.entries();
        let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys[..4], ["z", "theme", "a", "m"]);
        let again = Preferences::from_entries(entries).unwrap();
        assert!(again.as_json().starts_with(text.trim_end_matches('}')), "{}", again.as_json());
    }

    #[test]
    fn r29_what_is_no_object_reads_as_the_defaults_and_stays() {
        for text in ["null", "", "[]", "7", "\"x\"", "{\"a\":NaN}", "{"] {
            let chosen = stored(text);
            assert_eq!(chosen.entries(), Preferences::default().entries(), "{text}");
            assert_eq!(chosen.as_json(), text);
            assert_eq!(chosen.faults(), [PreferencesError::NotJson], "{text}");
        }
    }

    #[test]
    fn r29_an_odd_value_is_named_and_not_checked_again_when_another_changes() {
        let odd = stored(r#"{"theme":"pink","newsletter":"yes","x":"a\u0000b"}"#);
        assert_eq!((odd.theme(), odd.newsletter()), (Theme::Light, true));
        assert_eq!(odd.faults().len(), 3);
        let mut entries = odd.entries();
        entries.push(("crm".to_owned(), "1".to_owned()));
        let changed = odd.replaced_by(entries.clone()).unwrap();
        assert!(
            changed.as_json().starts_with(r#"{"theme":"pink","newsletter":"yes","x":"a\u0000b","#)
        );
        entries.push(("theme".to_owned(), "\"green\"".to_owned()));
        assert_eq!(odd.replaced_by(entries).unwrap_err().len(), 1);
    }

    #[test]
    fn r13_the_character_nul_is_refused_at_any_depth() {
        for (key, json) in [
            ("x", r#""a\u0000b""#),
            ("x", r#"[{"y\u0000":1}]"#),
            ("a\0b", "1"),
            ("x", r#""\\\u0000""#),
        ] {
            let errors = read(&[(key, json)]).unwrap_err();
            assert_eq!(errors, [PreferencesError::NulCharacter], "{json}");
        }
        assert!(read(&[("x", r#""\\u0000""#)]).is_ok(), "a backslash and five letters");
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

    /// So many that comparing each with each would take many minutes.
    fn many_entries() -> Vec<(String, String)> {
        (0..200_000).map(|n| (n.to_string(), "0".to_owned())).collect()
    }

    #[test]
    fn r13_any_number_of_keys_is_refused_at_once() {
        assert_eq!(
            Preferences::from_entries(many_entries()),
            Err(vec![PreferencesError::TooLarge])
        );
    }

    #[test]
    fn r29_any_number_of_stored_keys_is_read_judged_and_replaced() {
        let many = many_entries();
        let huge = stored(&json_object(many.iter().map(|(key, json)| (&**key, &**json))));
        let entries = huge.entries();
        assert_eq!(entries.len(), 200_000 + KNOWN.len());
        assert_eq!(huge.faults(), [PreferencesError::TooLarge]);
        assert_eq!(huge.replaced_by(entries.clone()).unwrap().entries(), entries);
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
