use std::sync::atomic::{AtomicU64, Ordering};

use userdom_domain::UserId;
use uuid::Uuid;

use crate::ports::{SecretToken, TokenHash, TokenKind, TokenMint};

const REFRESH_PREFIX: &str = "ud_rt_";

/// Tokens that anybody could guess: a prefix, 32 hex digits and two more that
/// are their sum.
#[derive(Debug, Default)]
pub struct TestMint(AtomicU64);

impl TestMint {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl TokenMint for TestMint {
    fn random(&self, kind: TokenKind) -> SecretToken {
        token(kind, Uuid::from_u128(u128::from(self.next())))
    }

    fn derived(&self, kind: TokenKind, id: Uuid) -> SecretToken {
        token(kind, id)
    }

    fn code(&self, id: Uuid) -> SecretToken {
        SecretToken::new(format!("{:06}", id.as_u128() % 1_000_000))
    }

    fn access(&self, seed: &[u8; 32], generation: u32) -> SecretToken {
        token(TokenKind::Access, of_generation(seed, generation))
    }

    fn refresh(&self, session_id: Uuid, seed: &[u8; 32], generation: u32) -> SecretToken {
        let (id, proof) = (session_id.simple(), of_generation(seed, generation).simple());
        SecretToken::new(format!("{REFRESH_PREFIX}{id}{generation:08x}{proof}"))
    }

    fn read_refresh(&self, presented: &str) -> Option<(Uuid, u32)> {
        let body = presented.strip_prefix(REFRESH_PREFIX)?;
        let id = Uuid::try_parse(body.get(..32)?).ok()?;
        Some((id, u32::from_str_radix(body.get(32..40)?, 16).ok()?))
    }

    fn fingerprint(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = [0_u8; 32];
        let bytes = parts.iter().flat_map(|part| part.iter().copied().chain([0]));
        for (n, byte) in bytes.enumerate() {
            digest[n % 32] = digest[n % 32].wrapping_mul(31).wrapping_add(byte);
        }
        digest
    }

    fn cursor(&self, context: &str, place: &[u8]) -> String {
        let bytes = place.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        format!("{bytes}-{:04x}", context.bytes().map(u32::from).sum::<u32>())
    }

    fn read_cursor(&self, context: &str, cursor: &str) -> Option<Vec<u8>> {
        let (hex, _) = cursor.split_once('-')?;
        let digits: Vec<_> = hex.chars().collect();
        let bytes: Option<Vec<u8>> = digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok())
            .collect();
        bytes.filter(|place| self.cursor(context, place) == cursor)
    }

    fn seed(&self) -> [u8; 32] {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&self.next().to_be_bytes());
        seed
    }

    fn recovery_code_hash(&self, user_id: UserId, code: &str) -> TokenHash {
        let typed = code.chars().filter(char::is_ascii_alphanumeric);
        let mut hash = [0; 32];
        hash[..16].copy_from_slice(user_id.as_uuid().as_bytes());
        for (byte, letter) in hash[16..].iter_mut().zip(typed) {
            *byte = u8::try_from(letter.to_ascii_lowercase()).unwrap();
        }
        TokenHash(hash)
    }

    fn recovery_code(&self) -> SecretToken {
        SecretToken::new(format!("code-{:06}", self.next()))
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

fn of_generation(seed: &[u8; 32], generation: u32) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&seed[..8]);
    bytes[12..].copy_from_slice(&generation.to_be_bytes());
    Uuid::from_bytes(bytes)
}

fn token(kind: TokenKind, id: Uuid) -> SecretToken {
    let sum = id.as_bytes().iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    SecretToken::new(format!("{}{}{sum:02x}", kind.prefix(), id.simple()))
}
