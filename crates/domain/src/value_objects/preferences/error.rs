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

crate::error_codes! {
    PreferencesError {
        Self::InvalidValue { .. } =>
            Rule("preferences.invalid_value", "A preference has a value that is not allowed");
        Self::TooLarge => Rule("preferences.too_large", "The preferences are too large");
        Self::TooDeep => Rule("preferences.too_deep", "The preferences are too deep");
        Self::NulCharacter =>
            Rule("preferences.nul_character", "A preference contains the character U+0000");
        Self::NotJson => Rule("preferences.not_json", "A preference is no JSON value");
    }
}

impl PreferencesError {
    /// The key at fault; `None` when it is the whole.
    pub const fn key(&self) -> Option<&'static str> {
        match self {
            Self::InvalidValue { key, .. } => Some(key),
            Self::TooLarge | Self::TooDeep | Self::NulCharacter | Self::NotJson => None,
        }
    }
}
