use unicode_normalization::UnicodeNormalization;

use super::super::person_name::{is_control, line_trimmed};

/// What a user tells about themselves: at most 4,000 characters after NFC, with
/// line breaks and tabs, trimmed; may be empty (rule R10).
///
/// ```
/// use userdom_domain::Bio;
///
/// assert_eq!(Bio::parse("One line.\r\nAnother.")?.as_str(), "One line.\nAnother.");
/// # Ok::<(), userdom_domain::BioError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bio(String);

/// Why a text is not kept as a bio (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BioError {
    /// More than 4,000 characters.
    #[error("Bio must be at most 4000 characters")]
    TooLong,
    /// A control character other than a line break or a tab.
    #[error("Bio cannot contain control characters")]
    ControlCharacter,
}

crate::error_codes! {
    BioError {
        Self::TooLong => Rule("bio.too_long", "The bio is too long");
        Self::ControlCharacter => Rule("bio.control_character", "The bio has a control character");
    }
}

impl Bio {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 4000;

    /// Reads a bio; surrounding white space is dropped, CR LF becomes LF.
    pub fn parse(text: &str) -> Result<Self, BioError> {
        let text = line_trimmed(text);
        // NFC makes one character of a few at most, so that a far longer text cannot fit.
        if text.chars().nth(Self::MAX_CHARS * 4).is_some() {
            return Err(BioError::TooLong);
        }
        let normal: String = text.replace("\r\n", "\n").nfc().collect();
        if normal.chars().any(|c| is_control(c) && !matches!(c, '\n' | '\t')) {
            return Err(BioError::ControlCharacter);
        }
        if normal.chars().count() > Self::MAX_CHARS {
            return Err(BioError::TooLong);
        }
        Ok(Self(normal))
    }

    /// Takes what is stored as it stands (R29).
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_what_a_copied_bio_brings_along_is_dropped() {
        assert_eq!(Bio::parse("\u{2068}Hello\nyou\u{2069} \n").unwrap().as_str(), "Hello\nyou");
    }

    #[test]
    fn r10_a_bio_has_at_most_4000_characters() {
        assert_eq!(Bio::parse("").unwrap().as_str(), "");
        assert!(Bio::parse(&"字".repeat(4000)).is_ok());
        assert_eq!(Bio::parse(&"字".repeat(4001)).unwrap_err().code(), "bio.too_long");
        assert_eq!(Bio::parse(&"x".repeat(1_000_000)).unwrap_err().code(), "bio.too_long");
    }

    #[test]
    fn r10_a_bio_may_have_line_breaks_and_tabs_but_no_other_control() {
        assert_eq!(Bio::parse("a\r\n\tb\n\nc").unwrap().as_str(), "a\n\tb\n\nc");
        for text in ["a\0b", "a\rb", "a\u{1b}[31mb", "a\u{202e}b"] {
            assert_eq!(Bio::parse(text).unwrap_err().code(), "bio.control_character");
        }
    }
}
