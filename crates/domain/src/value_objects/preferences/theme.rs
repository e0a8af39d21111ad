use std::{fmt, str::FromStr};

use super::{PreferencesError, known::THEME};

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

impl Theme {
    /// The name on the wire: `light`, `dark` or `system`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
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
