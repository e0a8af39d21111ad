use std::fmt;
use std::str::FromStr;

use super::person_name::{LineFault, one_line};

/// The name that others see, in any script: 1 to 100 characters after NFC,
/// trimmed, not blank, no control characters (rule R10).
///
/// ```
/// use userdom_domain::DisplayName;
///
/// assert_eq!(DisplayName::parse(" Ada Lovelace ")?.as_str(), "Ada Lovelace");
/// assert!(DisplayName::parse("").is_err());
/// # Ok::<(), userdom_domain::DisplayNameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DisplayName(String);

/// Why a text is not a display name (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DisplayNameError {
    /// Nothing that can be seen.
    #[error("Display name cannot be empty")]
    Empty,
    /// More than 100 characters.
    #[error("Display name must be at most 100 characters")]
    TooLong,
    /// A control character, a line separator or a change of writing direction.
    #[error("Display name cannot contain control characters")]
    ControlCharacter,
}

crate::error_codes! {
    DisplayNameError {
        Self::Empty => Rule("display_name.empty", "The display name is empty");
        Self::TooLong => Rule("display_name.too_long", "The display name is too long");
        Self::ControlCharacter =>
            Rule("display_name.control_character", "The display name has a control character");
    }
}

impl DisplayName {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 100;

    /// Reads a display name; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, DisplayNameError> {
        one_line(text, Self::MAX_CHARS).map(Self).map_err(|fault| match fault {
            LineFault::Empty => DisplayNameError::Empty,
            LineFault::TooLong => DisplayNameError::TooLong,
            LineFault::ControlCharacter => DisplayNameError::ControlCharacter,
        })
    }

    /// Takes what is stored as it stands (R29).
    pub const fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DisplayName {
    type Err = DisplayNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for DisplayName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> &'static str {
        DisplayName::parse(text).expect_err(text).code()
    }

    #[test]
    fn r10_a_display_name_has_the_limits_of_a_name() {
        assert_eq!(DisplayName::parse(" 山田 太郎 ").unwrap().as_str(), "山田 太郎");
        assert_eq!(code(" "), "display_name.empty");
        assert_eq!(code(&"x".repeat(101)), "display_name.too_long");
        assert_eq!(code("a\u{202e}b"), "display_name.control_character");
    }

    proptest! {
        #[test]
        fn r10_a_display_name_is_read_as_itself_again(text in any::<String>()) {
            if let Ok(name) = DisplayName::parse(&text) {
                prop_assert_eq!(DisplayName::parse(name.as_str()), Ok(name.clone()));
            }
        }
    }
}
