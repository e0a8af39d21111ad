use userdom_domain::Username;
use zeroize::Zeroizing;

/// Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, 30 seconds.
pub trait Totp: Send + Sync {
    /// A new random secret of 20 bytes.
    fn new_secret(&self) -> Zeroizing<Vec<u8>>;

    /// The step that `code` belongs to, if it is that of `unix_seconds` or a neighbour (±1).
    fn step_of(&self, secret: &[u8], code: &str, unix_seconds: i64) -> Option<i64>;

    /// What an authenticator app needs to know.
    fn enrolment(&self, secret: &[u8], issuer: &str, account: &Username) -> Enrolment;
}

/// What an authenticator app needs to know; shown once.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "all of it is secret")]
pub struct Enrolment {
    /// The secret in base32, to type.
    pub secret: Zeroizing<String>,
    /// `otpauth://totp/…`, to click.
    pub otpauth_uri: Zeroizing<String>,
    /// The URI as a QR code, to scan.
    pub qr_svg: Zeroizing<String>,
}
