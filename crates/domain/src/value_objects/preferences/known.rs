//! The keys whose values have a type (R13).

use super::Theme;
use crate::value_objects::{LanguageTag, json::plain_string};

pub(super) const EMAIL_NOTIFICATIONS: &str = "email_notifications";
pub(super) const SMS_NOTIFICATIONS: &str = "sms_notifications";
pub(super) const NEWSLETTER: &str = "newsletter";
pub(super) const THEME: &str = "theme";
pub(super) const LANGUAGE: &str = "language";

/// A key whose values are checked.
pub(super) struct Known {
    pub(super) key: &'static str,
    pub(super) default: &'static str,
    pub(super) expected: &'static str,
    pub(super) accepts: fn(&str) -> bool,
}

/// All of them, in the order in which they are shown.
pub(super) const KNOWN: [Known; 5] = [
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

pub(super) fn known(key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.key == key)
}

/// The language that a JSON text names.
pub(super) fn language(json: &str) -> Option<LanguageTag> {
    LanguageTag::parse(plain_string(json)?).ok()
}

/// The value as it is kept: without white space around it, and a language in canonical case, as
/// everywhere.
pub(super) fn as_kept(key: String, json: &str) -> (String, String) {
    let json = json.trim();
    let canonical = language(json).filter(|_| key == LANGUAGE).map(|tag| format!("\"{tag}\""));
    (key, canonical.unwrap_or_else(|| json.to_owned()))
}
