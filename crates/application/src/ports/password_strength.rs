use userdom_domain::Password;

/// Judges how hard a new password is to guess (rule R12).
pub trait PasswordStrength: Send + Sync {
    /// `own_words` are the user's own names and addresses: a guesser tries them first.
    fn assess(&self, password: &Password, own_words: &[&str]) -> Result<(), WeakPassword>;
}

/// Why a password is too easy to guess.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It is on the list of common passwords.
    #[error("This password is among the most common ones; choose another")]
    Common,
    /// zxcvbn scores it under 3.
    #[error("This password is too easy to guess; {hint}")]
    Guessable {
        /// What would make it better.
        hint: String,
    },
}

userdom_domain::error_codes! {
    WeakPassword {
        Self::Common => Rule("password.common", "The password is a common one");
        Self::Guessable { .. } => Rule("password.too_weak", "The password is too easy to guess");
    }
}
