use std::{
    fmt::Write,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use userdom_domain::{Password, PasswordHash};

use crate::ports::{HashingError, PasswordHasher, PasswordStrength, Verification, WeakPassword};

/// A "hash" that is the password in hex, and a count of the checks.
#[derive(Debug, Default)]
pub struct PlainHasher {
    is_busy: AtomicBool,
    real_checks: AtomicUsize,
    dummy_checks: AtomicUsize,
}

impl PlainHasher {
    /// From here on, or no longer, every call is refused as too many.
    pub fn set_busy(&self, is_busy: bool) {
        self.is_busy.store(is_busy, Ordering::SeqCst);
    }

    /// How often a guess was checked against a stored hash.
    pub fn real_checks(&self) -> usize {
        self.real_checks.load(Ordering::SeqCst)
    }

    /// How often the same work was done for nobody.
    pub fn dummy_checks(&self) -> usize {
        self.dummy_checks.load(Ordering::SeqCst)
    }

    /// The hash of a text, without counting.
    pub fn hash_of(text: &str) -> PasswordHash {
        phc("plain", text).unwrap()
    }

    /// The hash of a text with parameters of yesterday.
    pub fn outdated_hash_of(text: &str) -> PasswordHash {
        phc("old", text).unwrap()
    }

    fn check_busy(&self) -> Result<(), HashingError> {
        if self.is_busy.load(Ordering::SeqCst) { Err(HashingError::Busy) } else { Ok(()) }
    }
}

impl PasswordHasher for PlainHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash, HashingError> {
        self.check_busy()?;
        phc("plain", password.expose()).map_err(HashingError::Failed)
    }

    fn verify(
        &self,
        guess: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<Verification, HashingError> {
        self.check_busy()?;
        let Some(stored) = stored else {
            self.dummy_checks.fetch_add(1, Ordering::SeqCst);
            return Ok(Verification::Wrong);
        };
        self.real_checks.fetch_add(1, Ordering::SeqCst);
        let again = phc(stored.algorithm(), guess.expose()).map_err(HashingError::Failed)?;
        Ok(if again == *stored {
            Verification::Right { outdated: stored.algorithm() == "old" }
        } else {
            Verification::Wrong
        })
    }
}

fn phc(
    algorithm: &str,
    text: &str,
) -> Result<PasswordHash, Box<dyn std::error::Error + Send + Sync>> {
    let mut hash = format!("${algorithm}$v=1$");
    for byte in text.bytes() {
        write!(hash, "{byte:02x}")?;
    }
    Ok(PasswordHash::parse(&hash)?)
}

/// Takes every password.
#[derive(Debug, Clone, Copy, Default)]
pub struct AnyStrength;

impl PasswordStrength for AnyStrength {
    fn assess(&self, _: &Password, _: &[&str]) -> Result<(), WeakPassword> {
        Ok(())
    }
}

/// Takes no password.
#[derive(Debug, Clone, Copy, Default)]
pub struct RefusingStrength;

impl PasswordStrength for RefusingStrength {
    fn assess(&self, _: &Password, _: &[&str]) -> Result<(), WeakPassword> {
        Err(WeakPassword::Guessable { hint: "add another word".to_owned() })
    }
}
