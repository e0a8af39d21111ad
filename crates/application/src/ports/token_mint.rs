use std::fmt;

use uuid::Uuid;
use zeroize::Zeroizing;

/// What a token is good for; a token of one kind is noise everywhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Bearer token of a session, prefix `ud_at_`.
    Access,
    /// The link in the verification mail, prefix `ud_ev_`.
    EmailVerification,
}

impl TokenKind {
    /// The prefix that tells a leaked token's kind at sight.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "ud_at_",
            Self::EmailVerification => "ud_ev_",
        }
    }

    /// The name under which it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::EmailVerification => "email_verification",
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
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

/// The SHA-256 of a token: all that is ever stored of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

/// Makes tokens and reads them back.
pub trait TokenMint: Send + Sync {
    /// A new token of 256 random bits.
    fn random(&self, kind: TokenKind) -> SecretToken;

    /// The token that belongs to `id`: the same at every call, and known to
    /// nobody without the service's secret key. So a mail that is sent again
    /// carries the same link, and the outbox holds no secret.
    fn derived(&self, kind: TokenKind, id: Uuid) -> SecretToken;

    /// The hash to look a presented token up by; `None` for anything that is no
    /// token of this kind (prefix, length, alphabet or checksum are wrong).
    fn hash(&self, kind: TokenKind, presented: &str) -> Option<TokenHash>;
}
