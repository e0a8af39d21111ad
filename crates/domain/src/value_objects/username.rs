use std::fmt;
use std::str::FromStr;

/// The name that a user signs in with: 3 to 50 ASCII letters, digits, `.`, `_`
/// and `-`, the first a letter or digit (rule R9).
///
/// Kept as typed. Two names that differ only in case are one name to the
/// directory: compare [`Username::key`] for that.
///
/// ```
/// use userdom_domain::Username;
///
/// let name = Username::parse("Jane.Doe")?;
/// assert_eq!(name.as_str(), "Jane.Doe");
/// assert_eq!(name.key(), "jane.doe");
/// assert!(Username::parse("jane@doe").is_err());
/// # Ok::<(), userdom_domain::UsernameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Username {
    text: String,
    key: String,
}

/// Why a text is not a username (R9).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsernameError {
    /// Fewer than 3 characters.
    #[error("Username must be at least 3 characters")]
    TooShort,
    /// More than 50 characters.
    #[error("Username must be at most 50 characters")]
    TooLong,
    /// A character other than the ones allowed.
    #[error("Username may contain only letters, digits, '.', '_' and '-'")]
    InvalidCharacter,
    /// The first character is `.`, `_` or `-`.
    #[error("Username must start with a letter or digit")]
    InvalidStart,
}

crate::error_codes! {
    UsernameError {
        Self::TooShort => Rule("username.too_short", "The username is too short");
        Self::TooLong => Rule("username.too_long", "The username is too long");
        Self::InvalidCharacter =>
            Rule("username.invalid_character", "The username has a character that is not allowed");
        Self::InvalidStart =>
            Rule("username.invalid_start", "The username starts with a character that is not allowed");
    }
}

/// Names that pose as the system, lower case and without separators.
const RESERVED: [&str; 44] = [
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "admins",
    "anonymous",
    "api",
    "billing",
    "bot",
    "daemon",
    "everyone",
    "guest",
    "help",
    "helpdesk",
    "hostmaster",
    "info",
    "mailerdaemon",
    "me",
    "moderator",
    "moderators",
    "nobody",
    "noreply",
    "donotreply",
    "null",
    "official",
    "operator",
    "owner",
    "postmaster",
    "root",
    "security",
    "service",
    "staff",
    "superuser",
    "support",
    "sysadmin",
    "system",
    "team",
    "undefined",
    "user",
    "userdom",
    "users",
    "webmaster",
    "www",
];

impl Username {
    /// The least number of characters.
    pub const MIN_CHARS: usize = 3;
    /// The greatest number of characters.
    pub const MAX_CHARS: usize = 50;

    /// Reads a username; surrounding white space is a fault, not trimmed.
    pub fn parse(text: &str) -> Result<Self, UsernameError> {
        if text.chars().take(Self::MIN_CHARS).count() < Self::MIN_CHARS {
            return Err(UsernameError::TooShort);
        }
        if text.chars().nth(Self::MAX_CHARS).is_some() {
            return Err(UsernameError::TooLong);
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')) {
            return Err(UsernameError::InvalidCharacter);
        }
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Err(UsernameError::InvalidStart);
        }
        Ok(Self { text: text.to_owned(), key: text.to_ascii_lowercase() })
    }

    /// Takes what is stored as it stands (R29).
    pub fn from_stored(text: String) -> Self {
        Self { key: text.to_ascii_lowercase(), text }
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The lower-case form, by which names are compared and unique.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether the name poses as the system, so that only an admin may give it.
    /// `extra` lengthens the built-in list; case and separators do not matter in either.
    pub fn is_reserved(&self, extra: &[String]) -> bool {
        let plain = plain(&self.key);
        RESERVED.contains(&plain.as_str()) || extra.iter().any(|name| self::plain(name) == plain)
    }
}

fn plain(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace(['.', '_', '-'], "")
}

impl FromStr for Username {
    type Err = UsernameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsRef<str> for Username {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> &'static str {
        Username::parse(text).expect_err(text).code()
    }

    #[test]
    fn r9_a_username_has_3_to_50_characters() {
        let error = Username::parse("ab").unwrap_err();
        assert_eq!(error.to_string(), "Username must be at least 3 characters");
        assert_eq!(code(""), "username.too_short");
        assert!(Username::parse("abc").is_ok());
        assert!(Username::parse(&"a".repeat(50)).is_ok());
        assert_eq!(code(&"a".repeat(51)), "username.too_long");
        assert_eq!(code("éé"), "username.too_short");
    }

    #[test]
    fn r9_other_characters_are_refused() {
        for text in
            ["jane@doe", "jane doe", " jane", "jane\n", "jané", "\u{430}dmin", "jane\0doe", "a/b/c"]
        {
            assert_eq!(code(text), "username.invalid_character", "{text:?}");
        }
    }

    #[test]
    fn r9_the_first_character_is_a_letter_or_digit() {
        for text in [".abc", "_abc", "-abc"] {
            assert_eq!(code(text), "username.invalid_start");
        }
        assert!(Username::parse("1.-_").is_ok());
    }

    #[test]
    fn r9_the_name_is_kept_as_typed_and_compared_without_case() {
        let (one, other) = (Username::parse("Jane").unwrap(), Username::parse("jANE").unwrap());
        assert_eq!(one.as_str(), "Jane");
        assert_eq!(one.key(), other.key());
        assert_ne!(one, other);
    }

    #[test]
    fn r9_names_that_pose_as_the_system_are_reserved() {
        for text in
            ["admin", "Root", "S.u.p.p.o.r.t", "no-reply", "mailer_daemon", "user-dom", "ADMIN-"]
        {
            assert!(Username::parse(text).unwrap().is_reserved(&[]), "{text}");
        }
        for text in ["jane", "rooted", "administer"] {
            assert!(!Username::parse(text).unwrap().is_reserved(&[]), "{text}");
        }
    }

    #[test]
    fn r9_the_list_of_reserved_names_can_be_extended() {
        let extra = ["Acme-Corp".to_owned()];
        assert!(Username::parse("acme.corp").unwrap().is_reserved(&extra));
        assert!(!Username::parse("acme").unwrap().is_reserved(&extra));
    }

    #[test]
    fn r9_the_list_is_written_as_it_is_compared() {
        for name in RESERVED {
            assert_eq!(plain(name), name);
        }
    }

    proptest! {
        #[test]
        fn r9_any_text_is_read_or_refused(text in any::<String>()) {
            let _ = Username::parse(&text);
        }

        #[test]
        fn r9_a_name_is_read_as_itself_again(text in "[a-zA-Z0-9][a-zA-Z0-9._-]{2,49}") {
            let name = Username::parse(&text).unwrap();
            prop_assert_eq!(Username::parse(name.as_str()).unwrap(), name.clone());
            let lower = Username::parse(name.key()).unwrap();
            prop_assert_eq!(lower.key(), name.key());
        }
    }
}
