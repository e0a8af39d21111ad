use std::{fmt, iter, sync::Arc};

use userdom_domain::UserId;
use uuid::Uuid;
use zeroize::Zeroizing;

/// What a token is good for; a token of one kind is noise everywhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Bearer token of a session, prefix `ud_at_`.
    Access,
    /// The link in the verification mail, prefix `ud_ev_`.
    EmailVerification,
    /// The link in the reset mail, prefix `ud_pr_`.
    PasswordReset,
    /// Stands behind the six digits of a text message; never shown itself.
    PhoneVerification,
    /// Between the password and the second factor, prefix `ud_ch_`.
    Challenge,
    /// A device that somebody has signed in on, prefix `ud_dt_`.
    Device,
    /// The key of another service, prefix `ud_key_`.
    ApiKey,
    /// One of the ten codes on paper, prefix `ud_rc_` in the store only.
    RecoveryCode,
}

impl TokenKind {
    /// The prefix that tells a leaked token's kind at sight.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "ud_at_",
            Self::EmailVerification => "ud_ev_",
            Self::PasswordReset => "ud_pr_",
            Self::PhoneVerification => "ud_pv_",
            Self::Challenge => "ud_ch_",
            Self::Device => "ud_dt_",
            Self::ApiKey => "ud_key_",
            Self::RecoveryCode => "ud_rc_",
        }
    }

    /// The name under which it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::EmailVerification => "email_verification",
            Self::PasswordReset => "password_reset",
            Self::PhoneVerification => "phone_verification",
            Self::Challenge => "challenge",
            Self::Device => "device",
            Self::ApiKey => "api_key",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

/// A token as its holder sees it; wiped when dropped, invisible in `Debug`.
#[derive(Clone)]
pub struct SecretToken(Zeroizing<String>);

impl SecretToken {
    /// Wraps a token's text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The token itself, for its holder alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether somebody presents this very token; takes the same time for any of its length.
    pub fn is(&self, presented: &str) -> bool {
        let (own, other) = (self.0.as_bytes(), presented.as_bytes());
        let differing = own.iter().zip(other).fold(0, |seen, (a, b)| seen | (a ^ b));
        own.len() == other.len() && std::hint::black_box(differing) == 0
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

/// The SHA-256 of a token: all that is ever stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// Makes tokens and reads them back.
pub trait TokenMint: Send + Sync {
    /// A new token of 256 random bits.
    fn random(&self, kind: TokenKind) -> SecretToken;

    /// The token that belongs to `id`: the same at every call, and known to
    /// nobody without the service's secret key. So a mail that is sent again
    /// carries the same link, and the outbox holds no secret.
    fn derived(&self, kind: TokenKind, id: Uuid) -> SecretToken;

    /// The six digits that belong to `id`, for text messages; as [`derived`](Self::derived).
    fn code(&self, id: Uuid) -> SecretToken;

    /// The access token of a session's generation.
    fn access(&self, seed: &[u8; 32], generation: u32) -> SecretToken;

    /// The refresh token of a session's generation, prefix `ud_rt_`. It names both, so
    /// that an old one is recognised however old it is.
    fn refresh(&self, session_id: Uuid, seed: &[u8; 32], generation: u32) -> SecretToken;

    /// The session and the generation that a refresh token names; `None` for anything
    /// that is none. Nothing is proven by it: compare with [`refresh`](Self::refresh).
    fn read_refresh(&self, presented: &str) -> Option<(Uuid, u32)>;

    /// The mints of the secret keys before the present one: what was made then stays good.
    fn previous(&self) -> &[Arc<dyn TokenMint>] {
        &[]
    }

    /// 32 random bytes.
    fn seed(&self) -> [u8; 32];

    /// What is stored of a recovery code: keyed, because codes are short. Letters in
    /// either case and any hyphens and spaces are the same code.
    fn recovery_code_hash(&self, user_id: UserId, code: &str) -> TokenHash;

    /// A new recovery code, such as `x7k2m-9qp4t`.
    fn recovery_code(&self) -> SecretToken;

    /// What stands for a request, of which a password may be part: nobody can guess at it
    /// without the secret key.
    fn fingerprint(&self, parts: &[&[u8]]) -> [u8; 32];

    /// Where a list goes on, as text that nobody else can make; it is good for this
    /// `context` alone.
    fn cursor(&self, context: &str, place: &[u8]) -> String;

    /// The place that [`cursor`](Self::cursor) was made of; `None` for any other text.
    fn read_cursor(&self, context: &str, cursor: &str) -> Option<Vec<u8>>;

    /// The hash to look a presented token up by; `None` for anything that is no
    /// token of this kind (prefix, length, alphabet or checksum are wrong).
    fn hash(&self, kind: TokenKind, presented: &str) -> Option<TokenHash>;
}

impl dyn TokenMint {
    /// The mints of all secret keys, that of the present one first.
    pub fn of_all_keys(&self) -> impl Iterator<Item = &dyn TokenMint> {
        iter::once(self).chain(self.previous().iter().map(AsRef::as_ref))
    }

    /// [`TokenMint::read_cursor`] with whichever key made it.
    pub fn read_cursor_of_any_key(&self, context: &str, cursor: &str) -> Option<Vec<u8>> {
        self.of_all_keys().find_map(|mint| mint.read_cursor(context, cursor))
    }
}
