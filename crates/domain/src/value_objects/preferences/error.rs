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
