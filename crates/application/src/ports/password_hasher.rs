use userdom_domain::{Password, PasswordHash};

/// Hashes passwords, slowly on purpose. Never call it inside a transaction.
pub trait PasswordHasher: Send + Sync {
    /// Hashes a new password.
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashingError>;

    /// Checks a guess. `None` stands for a user who does not exist or may not
    /// try: the same work is done, and the verdict is [`Verification::Wrong`].
    fn verify(
        &self,
        guess: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<Verification, HashingError>;
}

/// The verdict on a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// It does not match.
    Wrong,
    /// It matches.
    Right {
        /// The hash was made with weaker parameters than today's.
        outdated: bool,
    },
}

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// All permits are taken and the queue is full.
    #[error("too many passwords are being hashed at once")]
    Busy,
    /// The hash function itself failed.
    #[error("the password could not be hashed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
