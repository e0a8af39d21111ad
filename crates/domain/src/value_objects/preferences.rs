mod error;
mod known;
mod theme;

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::{
    LanguageTag,
    json::{Scanned, json_members, json_object, last_of_each, plain_string},
};
use known::{
    EMAIL_NOTIFICATIONS, KNOWN, Known, LANGUAGE, NEWSLETTER, SMS_NOTIFICATIONS, THEME, as_kept,
    known, language,
};

pub use error::PreferencesError;
pub use theme::Theme;

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

#[cfg(test)]
mod tests;
