use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A plain-text password on its way to the hasher (rule R12).
///
/// NFKC-normalised, so that the same password typed on another keyboard is the
/// same password; never truncated; wiped from memory when dropped; its `Debug`
/// shows nothing.
///
/// How hard it is to guess is not judged here: that needs word lists, which the
/// service brings along.
///
/// ```
/// use userdom_domain::Password;
///
/// let password = Password::parse("correct horse battery", Password::MIN_CHARS)?;
/// assert_eq!(password.expose(), "correct horse battery");
/// assert_eq!(format!("{password:?}"), "Password(…)");
/// assert!(Password::parse("short", Password::MIN_CHARS).is_err());
/// # Ok::<(), userdom_domain::PasswordError>(())
/// ```
#[derive(Clone)]
pub struct Password {
    normal: Zeroizing<String>,
    /// What was typed, where that is another text.
    sent: Option<Zeroizing<String>>,
}

/// Why a text is not accepted as a password (R12).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Fewer characters than asked for, after NFKC.
    #[error("Password must be at least {min} characters")]
    TooShort {
        /// The least number of characters.
        min: usize,
    },
    /// More than 1,024 bytes after NFKC.
    #[error("Password must be at most 1024 bytes")]
    TooLong,
}

crate::error_codes! {
    PasswordError {
        Self::TooShort { .. } => Rule("password.too_short", "The password is too short");
        Self::TooLong => Rule("password.too_long", "The password is too long");
    }
}

impl Password {
    /// The least number of characters that any installation may ask for.
    pub const MIN_CHARS: usize = 8;
    /// The greatest length in bytes, after NFKC.
    pub const MAX_BYTES: usize = 1024;

    /// Reads a password of at least `min_chars` characters (never fewer than
    /// [`Password::MIN_CHARS`]).
    pub fn parse(text: &str, min_chars: usize) -> Result<Self, PasswordError> {
        let min = min_chars.max(Self::MIN_CHARS);
        // A longer text cannot fit after NFKC either: at most eleven bytes become one.
        if text.len() > Self::MAX_BYTES * 11 {
            return Err(PasswordError::TooLong);
        }
        let normal = Zeroizing::new(text.nfkc().collect::<String>());
        if normal.len() > Self::MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        if normal.chars().count() < min {
            return Err(PasswordError::TooShort { min });
        }
        Ok(Self { normal, sent: None })
    }

    /// Reads what somebody types to sign in: any text is a guess, and only the
    /// hash decides, so nothing but the greatest length is checked. What was sent is kept
    /// beside the normal form: another application may have hashed it as it was.
    pub fn guess(text: &str) -> Result<Self, PasswordError> {
        let normal = match Self::parse(text, Self::MIN_CHARS) {
            Err(PasswordError::TooShort { .. }) => Zeroizing::new(text.nfkc().collect()),
            Err(other) => return Err(other),
            Ok(read) => read.normal,
        };
        let sent = (*normal != text && text.len() <= Self::MAX_BYTES)
            .then(|| Zeroizing::new(text.to_owned()));
        Ok(Self { normal, sent })
    }

    /// The plain text, for the hasher alone.
    pub fn expose(&self) -> &str {
        &self.normal
    }

    /// All that is to be tried against a stored hash, for the hasher alone: the guess as it was
    /// sent, where that is another text, and then in NFKC.
    ///
    /// ```
    /// use userdom_domain::Password;
    ///
    /// let guess = Password::guess("x²")?;
    /// assert!(guess.readings().eq(["x²", "x2"]));
    /// assert!(Password::guess("x2")?.readings().eq(["x2"]));
    /// # Ok::<(), userdom_domain::PasswordError>(())
    /// ```
    pub fn readings(&self) -> impl Iterator<Item = &str> {
        self.sent.iter().map(|sent| sent.as_str()).chain([self.normal.as_str()])
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// A stored password hash: a PHC string such as `$argon2id$v=19$m=19456,…` (R12).
///
/// ```
/// use userdom_domain::PasswordHash;
///
/// let hash = PasswordHash::parse("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA")?;
/// assert_eq!(hash.algorithm(), "argon2id");
/// assert!(PasswordHash::parse("secret").is_err());
/// # Ok::<(), userdom_domain::PasswordHashError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// Why a text is not a password hash (R12).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Password hash must be a PHC string of at most 255 characters")]
pub struct PasswordHashError;

impl PasswordHash {
    /// Reads a PHC string: `$`, the algorithm's name, `$`, the rest; 255 characters at most.
    pub fn parse(text: &str) -> Result<Self, PasswordHashError> {
        let known = text.strip_prefix('$').and_then(|rest| rest.split_once('$')).is_some_and(
            |(name, rest)| {
                !name.is_empty() && !rest.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
            },
        );
        if known && text.len() <= 255 { Ok(Self(text.to_owned())) } else { Err(PasswordHashError) }
    }

    /// Takes a hash as another application stored it. A text that is no PHC
    /// string is kept as it is: no password ever matches it.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name between the first two `$`; empty for a text that is no PHC string.
    pub fn algorithm(&self) -> &str {
        self.0.split('$').nth(1).unwrap_or_default()
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash(${}$…)", self.algorithm())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r12_a_password_has_8_characters_to_1024_bytes() {
        assert_eq!(Password::parse("1234567", 8).unwrap_err(), PasswordError::TooShort { min: 8 });
        assert!(Password::parse("12345678", 8).is_ok());
        assert!(Password::parse(&"x".repeat(1024), 8).is_ok());
        assert_eq!(Password::parse(&"x".repeat(1025), 8).unwrap_err(), PasswordError::TooLong);
    }

    #[test]
    fn r12_the_setting_may_ask_for_more_but_never_for_less_than_8() {
        assert!(Password::parse("1234567890", 15).is_err());
        assert!(Password::parse("1234567", 1).is_err());
    }

    #[test]
    fn r12_composed_and_decomposed_letters_are_one_password() {
        let composed = Password::parse("caf\u{e9} au lait", 8).unwrap();
        let decomposed = Password::parse("cafe\u{301} au lait", 8).unwrap();
        assert_eq!(composed.expose(), decomposed.expose());
    }

    #[test]
    fn r12_nothing_is_cut_off_at_a_nul() {
        let password = Password::parse("before\0after", 8).unwrap();
        assert_eq!(password.expose(), "before\0after");
    }

    #[test]
    fn r12_debug_shows_no_secret() {
        let password = Password::parse("hunter2hunter2", 8).unwrap();
        assert!(!format!("{password:?}").contains("hunter2"));
        let hash = PasswordHash::parse("$argon2id$v=19$salt$hash").unwrap();
        assert!(!format!("{hash:?}").contains("salt"));
    }
}
