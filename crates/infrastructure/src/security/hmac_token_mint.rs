use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use userdom_application::ports::{SecretToken, TokenHash, TokenKind, TokenMint};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::random_bytes;

/// 32 bytes in base64url without padding.
const BODY_CHARS: usize = 43;
const CHECKSUM_CHARS: usize = 6;

/// Makes tokens: prefix, 256 bits in base64url, and a checksum that lets a
/// mistyped or cut-off token be refused without a look-up.
pub struct HmacTokenMint {
    keyed: Hmac<Sha256>,
}

/// The key has fewer than 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the secret key must have at least 32 bytes")]
pub struct ShortKeyError;

impl HmacTokenMint {
    /// A mint whose derived tokens depend on this key of at least 32 bytes.
    pub fn new(secret_key: &[u8]) -> Result<Self, ShortKeyError> {
        if secret_key.len() < 32 {
            return Err(ShortKeyError);
        }
        let keyed = Hmac::new_from_slice(secret_key).map_err(|_| ShortKeyError)?;
        Ok(Self { keyed })
    }
}

impl TokenMint for HmacTokenMint {
    fn random(&self, kind: TokenKind) -> SecretToken {
        token(kind, &Zeroizing::new(random_bytes()))
    }

    fn derived(&self, kind: TokenKind, id: Uuid) -> SecretToken {
        let mut mac = self.keyed.clone();
        for part in [b"userdom:", kind.prefix().as_bytes(), b":", id.as_bytes()] {
            mac.update(part);
        }
        token(kind, &Zeroizing::new(mac.finalize().into_bytes().into()))
    }

    fn hash(&self, kind: TokenKind, presented: &str) -> Option<TokenHash> {
        let length = kind.prefix().len() + BODY_CHARS;
        let (text, checksum) = presented.split_at_checked(length)?;
        let body = text.strip_prefix(kind.prefix())?;
        let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !body.bytes().all(in_alphabet) || checksum != checksum_of(text) {
            return None;
        }
        Some(TokenHash(Sha256::digest(presented).into()))
    }
}

impl fmt::Debug for HmacTokenMint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacTokenMint(…)")
    }
}

fn token(kind: TokenKind, bytes: &[u8; 32]) -> SecretToken {
    // Big enough from the start: a buffer that grows leaves copies behind.
    let mut text = String::with_capacity(kind.prefix().len() + BODY_CHARS + CHECKSUM_CHARS + 1);
    text.push_str(kind.prefix());
    URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    text.push_str(&checksum_of(&text));
    SecretToken::new(text)
}

fn checksum_of(text: &str) -> String {
    let mut checksum = URL_SAFE_NO_PAD.encode(Sha256::digest(text));
    checksum.truncate(CHECKSUM_CHARS);
    checksum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const KINDS: [TokenKind; 2] = [TokenKind::Access, TokenKind::EmailVerification];

    fn mint() -> HmacTokenMint {
        HmacTokenMint::new(&[7; 32]).unwrap()
    }

    #[test]
    fn a_key_under_32_bytes_is_refused() {
        assert_eq!(HmacTokenMint::new(&[7; 31]).unwrap_err(), ShortKeyError);
        assert!(HmacTokenMint::new(&[7; 64]).is_ok());
    }

    #[test]
    fn a_token_is_prefix_body_and_checksum_and_hashes_as_a_whole() {
        for kind in KINDS {
            let token = mint().random(kind);
            let text = token.expose();
            assert!(text.starts_with(kind.prefix()));
            assert_eq!(text.len(), kind.prefix().len() + 49);
            let expected: [u8; 32] = Sha256::digest(text).into();
            assert_eq!(mint().hash(kind, text), Some(TokenHash(expected)));
        }
    }

    #[test]
    fn random_tokens_differ() {
        let texts: HashSet<String> =
            (0..1000).map(|_| mint().random(TokenKind::Access).expose().to_owned()).collect();
        assert_eq!(texts.len(), 1000);
    }

    #[test]
    fn a_derived_token_depends_on_key_kind_and_id_alone() {
        let id = Uuid::from_u128(1);
        let derived = |key: u8, kind, id| {
            let mint = HmacTokenMint::new(&[key; 32]).unwrap();
            mint.derived(kind, id).expose().to_owned()
        };
        let token = derived(7, TokenKind::EmailVerification, id);
        assert_eq!(token, derived(7, TokenKind::EmailVerification, id));
        assert_ne!(token, derived(8, TokenKind::EmailVerification, id));
        assert_ne!(token, derived(7, TokenKind::EmailVerification, Uuid::from_u128(2)));
        let other_kind = derived(7, TokenKind::Access, id);
        assert_ne!(token.strip_prefix("ud_ev_"), other_kind.strip_prefix("ud_at_"));
        assert!(mint().hash(TokenKind::EmailVerification, &token).is_some());
    }

    #[test]
    fn a_derived_token_never_changes_its_form() {
        // Links that are under way must stay good after an upgrade. Made by other software:
        // HMAC-SHA256 of "userdom:ud_ev_:" and the id's sixteen bytes.
        let token = mint().derived(TokenKind::EmailVerification, Uuid::from_u128(1));
        assert_eq!(token.expose(), "ud_ev_UWDfFz7q9okW1__ZaSM7H4_ujN11o6t6HkdH4v93rgsnC1fts");
    }

    #[test]
    fn a_token_of_one_kind_is_noise_for_the_other() {
        let token = mint().random(TokenKind::Access);
        assert_eq!(mint().hash(TokenKind::EmailVerification, token.expose()), None);
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let token = mint().random(TokenKind::Access);
        for at in 0..token.expose().len() {
            for bit in 0..8 {
                let mut bytes = token.expose().as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let text = String::from_utf8_lossy(&bytes);
                assert_eq!(mint().hash(TokenKind::Access, &text), None, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn anything_else_is_no_token() {
        let token = mint().random(TokenKind::Access);
        let text = token.expose();
        let odd_body = format!("ud_at_{}", "+".repeat(43));
        let odd = format!("{odd_body}{}", checksum_of(&odd_body));
        for other in [
            "",
            "ud_at_",
            &text[..54],
            &format!("{text}x"),
            &format!(" {text}"),
            &text.to_uppercase(),
            &"é".repeat(60),
            &format!("ud_at_{}", "é".repeat(25)),
            &odd,
        ] {
            assert_eq!(mint().hash(TokenKind::Access, other), None, "{other}");
        }
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", mint()), "HmacTokenMint(…)");
    }
}
