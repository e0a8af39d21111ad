//! What one declaration of a setting makes.

/// A setting, apart from its type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting {
    /// The environment variable.
    pub(crate) name: &'static str,
    default: Fallback,
    pub(crate) shown: Shown,
    /// In Markdown, a line of the source each.
    meaning: &'static [&'static str],
}

/// What holds without a setting.
#[derive(Debug, Clone, Copy)]
enum Fallback {
    /// As somebody would write it.
    Value(&'static str),
    /// Something that follows from other settings or from the surroundings, in Markdown.
    Described(&'static str),
}

/// How a value is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown {
    Whole,
    Never,
    /// Without its secret parts.
    Redacted(fn(&str) -> String),
}

impl Setting {
    /// One that always has a value.
    pub(super) const fn with_default(
        name: &'static str,
        value: &'static str,
        meaning: &'static [&'static str],
    ) -> Self {
        Self { name, default: Fallback::Value(value), shown: Shown::Whole, meaning }
    }

    /// One that may be missing, with what is done then.
    pub(super) const fn optional(
        name: &'static str,
        description: &'static str,
        meaning: &'static [&'static str],
    ) -> Self {
        Self { name, default: Fallback::Described(description), shown: Shown::Whole, meaning }
    }

    /// One of several values, by default of none.
    pub(super) const fn list(
        name: &'static str,
        description: &'static str,
        meaning: &'static [&'static str],
    ) -> Self {
        Self::optional(name, description, meaning)
    }

    pub(super) const fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    /// The key in the file.
    pub(crate) fn key(&self) -> String {
        self.name.trim_start_matches("USERDOM_").to_lowercase()
    }

    /// The default, without Markdown.
    pub(crate) fn plain_default(&self) -> String {
        match self.default {
            Fallback::Value(text) => text.to_owned(),
            Fallback::Described(text) => text.replace('`', ""),
        }
    }

    /// Its row in the manual.
    pub(crate) fn row(&self) -> String {
        let default = match self.default {
            Fallback::Value(text) => format!("`{text}`"),
            Fallback::Described(text) => text.to_owned(),
        };
        let meaning: Vec<_> = self.meaning.iter().map(|line| line.trim()).collect();
        let secret = match self.shown {
            Shown::Whole => "",
            Shown::Never => ". Secret",
            Shown::Redacted(_) => ". Secret: shown without user, password and parameters",
        };
        format!("| `{}` | {default} | {}{secret} |", self.name, meaning.join(" "))
    }
}

/// Declares each setting once: its meaning as the comment, its name, the field that holds it, the
/// default, how its text is read, and how it is shown if that is not as a whole.
///
/// Makes the struct `Config`, the list `SETTINGS`, and `Config::read`, which reads them all.
macro_rules! settings {
    ($(
        $(#[doc = $meaning:literal])+
        $name:literal => $field:ident: $type:ty, $default:ident($text:literal), $kind:expr
            $(, $shown:expr)?;
    )+) => {
        /// All settings, read and checked.
        #[derive(Debug, Clone)]
        pub(crate) struct Config {
            $($(#[doc = $meaning])+ pub(crate) $field: $type,)+
        }

        /// In the order of the manual.
        pub(crate) const SETTINGS: &[Setting] = &[
            $(Setting::$default($name, $text, &[$($meaning),+])$(.shown($shown))?,)+
        ];

        impl Config {
            /// What is wrong is among the faults of `texts`.
            pub(super) fn read(texts: &mut Texts) -> Result<Self, ConfigError> {
                Ok(Self { $($field: texts.$default($name, $text, &$kind)?,)+ })
            }
        }
    };
}
pub(super) use settings;
