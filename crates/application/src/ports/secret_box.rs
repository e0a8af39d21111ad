use zeroize::Zeroizing;

/// Seals small secrets that must be read again (TOTP secrets), with the service's secret key.
pub trait SecretBox: Send + Sync {
    /// Seals a secret; `context` (its owner) must be the same to open it.
    fn seal(&self, secret: &[u8], context: &[u8]) -> Vec<u8>;

    /// Opens it; `None` when it was not sealed here, for this context.
    fn open(&self, sealed: &[u8], context: &[u8]) -> Option<OpenedSecret>;
}

/// A secret, for as long as it is needed.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "all of it is secret")]
pub struct OpenedSecret {
    /// The secret.
    pub secret: Zeroizing<Vec<u8>>,
    /// It was sealed with an earlier secret key.
    pub is_outdated: bool,
}
