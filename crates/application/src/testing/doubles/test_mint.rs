use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::ports::{SecretToken, TokenHash, TokenKind, TokenMint};

/// Tokens that anybody could guess: a prefix, 32 hex digits and two more that
/// are their sum.
#[derive(Debug, Default)]
pub struct TestMint(AtomicU64);

impl TokenMint for TestMint {
    fn random(&self, kind: TokenKind) -> SecretToken {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        token(kind, Uuid::from_u128(u128::from(count)))
    }

    fn derived(&self, kind: TokenKind, id: Uuid) -> SecretToken {
        token(kind, id)
    }

    fn hash(&self, kind: TokenKind, presented: &str) -> Option<TokenHash> {
        let body = presented.strip_prefix(kind.prefix())?.get(..32)?;
        let id = Uuid::try_parse(body).ok()?;
        if token(kind, id).expose() != presented {
            return None;
        }
        let mut hash = [0; 32];
        hash[..16].copy_from_slice(id.as_bytes());
        hash[16..16 + kind.prefix().len()].copy_from_slice(kind.prefix().as_bytes());
        Some(TokenHash(hash))
    }
}

fn token(kind: TokenKind, id: Uuid) -> SecretToken {
    let sum = id.as_bytes().iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    SecretToken::new(format!("{}{}{sum:02x}", kind.prefix(), id.simple()))
}
