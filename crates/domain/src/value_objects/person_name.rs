use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization;

use crate::as_typed::is_invisible;

/// A first or last name in any script: 1 to 100 characters after NFC, trimmed,
/// not blank, no control characters (rule R10). A last name may be empty.
///
/// ```
/// use userdom_domain::PersonName;
///
/// let name = PersonName::parse(" Zoe\u{308} ")?;
/// assert_eq!(name.as_str(), "Zoë");
/// assert!(PersonName::parse("   ").is_err());
/// # Ok::<(), userdom_domain::PersonNameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PersonName(String);

/// Why a text is not a name (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonNameError {
    /// Nothing that can be seen.
    #[error("Name cannot be empty")]
    Empty,
    /// More than 100 characters.
    #[error("Name must be at most 100 characters")]
    TooLong,
    /// A control character, a line separator or a change of writing direction.
    #[error("Name cannot contain control characters")]
    ControlCharacter,
}

crate::error_codes! {
    PersonNameError {
        Self::Empty => Rule("name.empty", "The name is empty");
        Self::TooLong => Rule("name.too_long", "The name is too long");
        Self::ControlCharacter =>
            Rule("name.control_character", "The name has a control character");
    }
}

impl PersonName {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 100;

    /// Reads a name; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, PersonNameError> {
        one_line(text, Self::MAX_CHARS).map(Self).map_err(|fault| match fault {
            LineFault::Empty => PersonNameError::Empty,
            LineFault::TooLong => PersonNameError::TooLong,
            LineFault::ControlCharacter => PersonNameError::ControlCharacter,
        })
    }

    /// Takes what is stored as it stands (R29).
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Reads a last name, which people with one name leave empty.
    ///
    /// ```
    /// use userdom_domain::PersonName;
    ///
    /// assert_eq!(PersonName::parse_last(" ")?.as_str(), "");
    /// assert!(PersonName::parse(" ").is_err());
    /// # Ok::<(), userdom_domain::PersonNameError>(())
    /// ```
    pub fn parse_last(text: &str) -> Result<Self, PersonNameError> {
        match Self::parse(text) {
            Err(PersonNameError::Empty) => Ok(Self(String::new())),
            read => read,
        }
    }

    /// "First Last", or the first name where there is no last.
    pub(crate) fn full(first: &Self, last: &Self) -> String {
        if last.0.is_empty() { first.0.clone() } else { format!("{first} {last}") }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PersonName {
    type Err = PersonNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for PersonName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// What can be wrong with a short text of one line.
pub(super) enum LineFault {
    Empty,
    TooLong,
    ControlCharacter,
}

/// The trimmed NFC form of a text that stands on one line and can be seen.
pub(super) fn one_line(text: &str, max_chars: usize) -> Result<String, LineFault> {
    let text = line_trimmed(text);
    // NFC makes one character of a few at most, so that a far longer text cannot fit.
    if text.chars().nth(max_chars * 4).is_some() {
        return Err(LineFault::TooLong);
    }
    let normal: String = text.nfc().collect();
    if normal.chars().any(is_control) {
        return Err(LineFault::ControlCharacter);
    }
    if normal.chars().all(is_blank) {
        return Err(LineFault::Empty);
    }
    if normal.chars().count() > max_chars {
        return Err(LineFault::TooLong);
    }
    Ok(normal)
}

/// Control characters, and those that act like one: line and paragraph
/// separators, and the overrides that turn the writing direction of what follows.
pub(super) fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Without white space around it, and without the marks that a copied text brings along. Joiners
/// and variation selectors may belong to the last letter.
pub(super) fn line_trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || is_copied_along(c))
}

pub(super) fn is_copied_along(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202c}'
        | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Joiners and marks are part of real names, but make none alone; U+2800 is an empty Braille cell.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c) || c == '\u{2800}'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> &'static str {
        PersonName::parse(text).expect_err(text).code()
    }

    #[test]
    fn r10_a_name_has_1_to_100_characters() {
        assert!(PersonName::parse("X").is_ok());
        assert!(PersonName::parse(&"é".repeat(100)).is_ok());
        assert_eq!(code(&"x".repeat(101)), "name.too_long");
        assert_eq!(code(&"x".repeat(1_000_000)), "name.too_long");
    }

    #[test]
    fn r10_the_length_is_counted_after_nfc() {
        assert!(PersonName::parse(&"e\u{301}".repeat(100)).is_ok());
        // U+FB2C becomes three characters.
        assert_eq!(code(&"\u{fb2c}".repeat(34)), "name.too_long");
    }

    #[test]
    fn r10_a_blank_name_is_refused() {
        for text in ["", "  \t ", "\u{3000}", "\u{200b}\u{200d}", "\u{3164}"] {
            assert_eq!(code(text), "name.empty", "{text:?}");
        }
    }

    #[test]
    fn r10_a_last_name_may_be_empty() {
        for text in ["", "  \t ", "\u{200b}\u{200d}", "\u{2068}\u{2069}"] {
            assert_eq!(PersonName::parse_last(text).unwrap().as_str(), "", "{text:?}");
        }
        assert_eq!(PersonName::parse_last(" Lovelace "), PersonName::parse("Lovelace"));
        assert_eq!(PersonName::parse_last("a\0b").unwrap_err().code(), "name.control_character");
    }

    #[test]
    fn r10_what_a_copied_name_brings_along_is_dropped() {
        for text in ["\u{2068}Ada\u{2069}", "\u{feff}Ada\u{200b}", "\u{200f} Ada \u{202c}"] {
            assert_eq!(PersonName::parse(text).unwrap().as_str(), "Ada", "{text:?}");
        }
    }

    #[test]
    fn r10_control_characters_are_refused() {
        for text in
            ["a\0b", "a\nb", "a\u{85}b", "a\u{202e}b", "a\u{2066}b", "a\u{2028}b", "a\u{2029}b"]
        {
            assert_eq!(code(text), "name.control_character", "{text:?}");
        }
    }

    #[test]
    fn r10_names_of_any_script_are_kept() {
        for text in ["O'Brien", "María José", "李", "Нина", "नि\u{200d}", "d’Arc-Müller Jr."]
        {
            assert_eq!(PersonName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn r10_composed_and_decomposed_letters_are_one_name() {
        assert_eq!(PersonName::parse("Zoe\u{308}"), PersonName::parse("Zoë"));
    }

    proptest! {
        #[test]
        fn r10_a_name_is_read_as_itself_again(text in any::<String>()) {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
            }
        }
    }
}
