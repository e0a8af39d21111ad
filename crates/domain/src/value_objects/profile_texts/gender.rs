use super::super::person_name::{LineFault, one_line};

/// A gender in the user's own words: 1 to 20 characters after NFC, trimmed
/// (rule R10).
///
/// ```
/// use userdom_domain::Gender;
///
/// assert_eq!(Gender::parse(" non-binary ")?.as_str(), "non-binary");
/// # Ok::<(), userdom_domain::GenderError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gender(String);

/// Why a text is not kept as a gender (R10).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenderError {
    /// Nothing that can be seen.
    #[error("Gender cannot be empty")]
    Empty,
    /// More than 20 characters.
    #[error("Gender must be at most 20 characters")]
    TooLong,
    /// A control character, a line separator or a change of writing direction.
    #[error("Gender cannot contain control characters")]
    ControlCharacter,
}

crate::error_codes! {
    GenderError {
        Self::Empty => Rule("gender.empty", "The gender is empty");
        Self::TooLong => Rule("gender.too_long", "The gender is too long");
        Self::ControlCharacter =>
            Rule("gender.control_character", "The gender has a control character");
    }
}

impl Gender {
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 20;

    /// Reads a gender; surrounding white space is dropped.
    pub fn parse(text: &str) -> Result<Self, GenderError> {
        one_line(text, Self::MAX_CHARS).map(Self).map_err(|fault| match fault {
            LineFault::Empty => GenderError::Empty,
            LineFault::TooLong => GenderError::TooLong,
            LineFault::ControlCharacter => GenderError::ControlCharacter,
        })
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
    fn r10_a_gender_is_free_text_of_20_characters() {
        assert!(Gender::parse(&"é".repeat(20)).is_ok());
        assert_eq!(Gender::parse(&"é".repeat(21)).unwrap_err().code(), "gender.too_long");
        assert_eq!(Gender::parse("  ").unwrap_err().code(), "gender.empty");
        assert_eq!(Gender::parse("a\tb").unwrap_err().code(), "gender.control_character");
    }
}
