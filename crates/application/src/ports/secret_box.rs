/// Seals small secrets that must be read again (TOTP secrets), with the service's secret key.
pub trait SecretBox: Send + Sync {
    /// Seals a secret; `context` (whose it is) must be the same to open it.
    fn seal(&self, secret: &[u8], context: &[u8]) -> Vec<u8>;

    /// Opens it; `None` when it was not sealed here, for this context.
    fn open(&self, sealed: &[u8], context: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>>;
}
