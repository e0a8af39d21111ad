use std::{fmt, sync::Arc};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use userdom_application::ports::{SecretToken, TokenHash, TokenKind, TokenMint};
use userdom_domain::UserId;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{random_bytes, recovery_codes};

/// 32 bytes in base64url without padding.
const BODY_CHARS: usize = 43;
const CHECKSUM_CHARS: usize = 6;

const REFRESH_PREFIX: &str = "ud_rt_";
/// Session id, generation and their HMAC.
const REFRESH_BYTES: usize = 16 + 4 + 32;

const CURSOR_TAG_BYTES: usize = 16;
/// Longer than any that is made: names have 100 characters.
const LONGEST_CURSOR: usize = 4096;

/// Makes tokens: prefix, 256 bits in base64url, and a checksum that lets a
/// mistyped or cut-off token be refused without a look-up.
pub struct HmacTokenMint {
    keyed: Hmac<Sha256>,
    previous: Vec<Arc<dyn TokenMint>>,
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
        Ok(Self { keyed, previous: Vec::new() })
    }

    /// The tokens of previous mints, which have earlier keys, stay good.
    #[must_use]
    pub fn after(self, previous: impl IntoIterator<Item = Self>) -> Self {
        let previous = previous.into_iter().map(|mint| Arc::new(mint) as Arc<dyn TokenMint>);
        Self { previous: previous.collect(), ..self }
    }

    /// Half a MAC: 128 bits cannot be guessed, and cursors stand in URLs.
    fn cursor_tag(&self, context: &str, place: &[u8]) -> [u8; CURSOR_TAG_BYTES] {
        let length = (context.len() as u64).to_be_bytes();
        let mac = self.mac(&[b"userdom:cursor:", &length, context.as_bytes(), place]);
        mac.first_chunk().copied().unwrap_or_default()
    }

    fn mac(&self, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut mac = self.keyed.clone();
        for part in parts {
            mac.update(part);
        }
        Zeroizing::new(mac.finalize().into_bytes().into())
    }
}

impl TokenMint for HmacTokenMint {
    fn random(&self, kind: TokenKind) -> SecretToken {
        token(kind.prefix(), Zeroizing::new(random_bytes::<32>()).as_slice())
    }

    fn derived(&self, kind: TokenKind, id: Uuid) -> SecretToken {
        let bytes = self.mac(&[b"userdom:", kind.prefix().as_bytes(), b":", id.as_bytes()]);
        token(kind.prefix(), bytes.as_slice())
    }

    fn code(&self, id: Uuid) -> SecretToken {
        let bytes = self.mac(&[b"userdom:code:", id.as_bytes()]);
        // Of 64 bits, the remainder favours no code by more than one in 10^13.
        let number =
            bytes.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        SecretToken::new(format!("{:06}", number % 1_000_000))
    }

    fn access(&self, seed: &[u8; 32], generation: u32) -> SecretToken {
        let bytes = self.mac(&[b"userdom:access:", seed, &generation.to_be_bytes()]);
        token(TokenKind::Access.prefix(), bytes.as_slice())
    }

    fn refresh(&self, session_id: Uuid, seed: &[u8; 32], generation: u32) -> SecretToken {
        let (id, generation) = (session_id.as_bytes(), generation.to_be_bytes());
        let mac = self.mac(&[b"userdom:refresh:", seed, id, &generation]);
        token(REFRESH_PREFIX, &Zeroizing::new([id, generation.as_slice(), mac.as_slice()].concat()))
    }

    fn read_refresh(&self, presented: &str) -> Option<(Uuid, u32)> {
        let at = presented.len().checked_sub(CHECKSUM_CHARS)?;
        let (text, checksum) = presented.split_at_checked(at)?;
        let body = text.strip_prefix(REFRESH_PREFIX)?;
        let mut bytes = [0; REFRESH_BYTES];
        let length = URL_SAFE_NO_PAD.decode_slice(body, &mut bytes).ok()?;
        if length != REFRESH_BYTES || checksum != checksum_of(text) {
            return None;
        }
        let (id, rest) = bytes.split_first_chunk()?;
        Some((Uuid::from_bytes(*id), u32::from_be_bytes(*rest.first_chunk()?)))
    }

    fn previous(&self) -> &[Arc<dyn TokenMint>] {
        &self.previous
    }

    fn fingerprint(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        mac.update(b"userdom:fingerprint:");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn cursor(&self, context: &str, place: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([place, &self.cursor_tag(context, place)].concat())
    }

    fn read_cursor(&self, context: &str, cursor: &str) -> Option<Vec<u8>> {
        if cursor.len() > LONGEST_CURSOR {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (place, tag) = bytes.split_last_chunk::<CURSOR_TAG_BYTES>()?;
        let differing =
            self.cursor_tag(context, place).iter().zip(tag).fold(0, |d, (a, b)| d | a ^ b);
        (std::hint::black_box(differing) == 0).then(|| place.to_vec())
    }

    fn seed(&self) -> [u8; 32] {
        random_bytes()
    }

    fn recovery_code_hash(&self, user_id: UserId, code: &str) -> TokenHash {
        let code = recovery_codes::normalised(code);
        let user_id = user_id.as_uuid();
        TokenHash(*self.mac(&[b"userdom:recovery:", user_id.as_bytes(), code.as_bytes()]))
    }

    fn recovery_code(&self) -> SecretToken {
        recovery_codes::random()
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

fn token(prefix: &str, bytes: &[u8]) -> SecretToken {
    // Big enough from the start: a buffer that grows leaves copies behind.
    let mut text = String::with_capacity(prefix.len() + bytes.len() * 3 / 2 + CHECKSUM_CHARS);
    text.push_str(prefix);
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

    const KINDS: [TokenKind; 8] = [
        TokenKind::Access,
        TokenKind::EmailVerification,
        TokenKind::PasswordReset,
        TokenKind::PhoneVerification,
        TokenKind::Challenge,
        TokenKind::Device,
        TokenKind::ApiKey,
        TokenKind::RecoveryCode,
    ];
    const SEED: [u8; 32] = [9; 32];

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
    fn a_cursor_is_good_for_its_list_alone_and_with_any_key() {
        let cursor = mint().cursor("users", b"place");
        assert_eq!(mint().read_cursor("users", &cursor).unwrap(), b"place");
        assert_eq!(mint().read_cursor("events", &cursor), None);
        let other = || HmacTokenMint::new(&[8; 32]).unwrap();
        assert_eq!(other().read_cursor("users", &cursor), None);
        let rotated: Arc<dyn TokenMint> = Arc::new(other().after([mint()]));
        assert_eq!(rotated.read_cursor_of_any_key("users", &cursor).unwrap(), b"place");
    }

    #[test]
    fn no_other_text_is_a_cursor() {
        let cursor = mint().cursor("users", b"place");
        for at in 0..cursor.len() {
            for letter in ['A', 'B', '_', '=', '%'] {
                let mut other: Vec<char> = cursor.chars().collect();
                other[at] = letter;
                let other: String = other.into_iter().collect();
                let is_same = other == cursor;
                assert_eq!(mint().read_cursor("users", &other).is_some(), is_same, "{other}");
            }
            assert_eq!(mint().read_cursor("users", &cursor[..at]), None);
        }
        for text in [format!("{cursor}="), format!("{cursor}A"), "A".repeat(5000)] {
            assert_eq!(mint().read_cursor("users", &text), None);
        }
        // A context and a place that together are the same bytes are not the same cursor.
        let shifted = mint().cursor("user", b"splace");
        assert_eq!(mint().read_cursor("users", &shifted), None);
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
    fn s4_session_tokens_never_change_their_form() {
        // Made by other software from the labels and bytes that the port's text names.
        let session = Uuid::from_u128(1);
        assert_eq!(
            mint().access(&SEED, 3).expose(),
            "ud_at_-ps-EGqyUMQGOmuDPFVQlkxS_6LcNpLlPCQ_latvo2ocQzX5v"
        );
        assert_eq!(
            mint().refresh(session, &SEED, 3).expose(),
            "ud_rt_AAAAAAAAAAAAAAAAAAAAAQAAAANbExUdAM-izO8zeGSel4Sn7NHA5Lgb4vJdboHl2VWAqwkxdldW"
        );
        assert_eq!(mint().code(session).expose(), "200253");
    }

    #[test]
    fn s4_a_refresh_token_names_its_session_and_generation() {
        let session = Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        for generation in [0, 1, 256, u32::MAX] {
            let token = mint().refresh(session, &SEED, generation);
            assert!(token.expose().starts_with("ud_rt_"));
            assert_eq!(mint().read_refresh(token.expose()), Some((session, generation)));
        }
    }

    #[test]
    fn s4_session_tokens_depend_on_key_seed_session_and_generation() {
        let other = HmacTokenMint::new(&[8; 32]).unwrap();
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let tokens = [
            mint().refresh(one, &SEED, 1),
            mint().refresh(two, &SEED, 1),
            mint().refresh(one, &SEED, 2),
            mint().refresh(one, &[1; 32], 1),
            other.refresh(one, &SEED, 1),
            mint().access(&SEED, 1),
            mint().access(&SEED, 2),
            mint().access(&[1; 32], 1),
            other.access(&SEED, 1),
        ];
        let texts: HashSet<_> = tokens.iter().map(SecretToken::expose).collect();
        assert_eq!(texts.len(), tokens.len());
    }

    #[test]
    fn s5_any_flipped_bit_of_a_refresh_token_is_noticed() {
        let token = mint().refresh(Uuid::from_u128(1), &SEED, 1);
        for at in 0..token.expose().len() {
            for bit in 0..8 {
                let mut bytes = token.expose().as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let text = String::from_utf8_lossy(&bytes);
                assert_eq!(mint().read_refresh(&text), None, "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn s5_anything_else_is_no_refresh_token() {
        let token = mint().refresh(Uuid::from_u128(1), &SEED, 1);
        let text = token.expose();
        let access = mint().access(&SEED, 1);
        let short = super::token(REFRESH_PREFIX, &[0; 51]);
        let long = super::token(REFRESH_PREFIX, &[0; 53]);
        for other in [
            "",
            "ud_rt_",
            "é",
            &"é".repeat(41),
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}x"),
            &text.repeat(10_000),
            access.expose(),
            short.expose(),
            long.expose(),
        ] {
            assert_eq!(mint().read_refresh(other), None, "{other:.100}");
        }
    }

    #[test]
    fn a_code_is_six_digits_and_belongs_to_its_id() {
        let codes: HashSet<String> = (0..200)
            .map(|id| mint().code(Uuid::from_u128(id)).expose().to_owned())
            .inspect(|code| assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())))
            .collect();
        assert!(codes.len() > 190);
        let id = Uuid::from_u128(1);
        assert!(mint().code(id).is(mint().code(id).expose()));
    }

    #[test]
    fn a_recovery_code_is_the_same_however_it_is_typed_and_belongs_to_one_user() {
        let hash =
            |user, code| mint().recovery_code_hash(UserId::from_uuid(Uuid::from_u128(user)), code);
        for same in ["X7K1M-9QP0T", "x7k1m9qp0t", " x7k1m 9qp0t\n", "x7kim-9qpot", "x7kLm-9qpOt"] {
            assert_eq!(hash(1, same), hash(1, "x7k1m-9qp0t"), "{same}");
        }
        assert_ne!(hash(2, "x7k1m-9qp0t"), hash(1, "x7k1m-9qp0t"));
        assert_ne!(hash(1, "x7k1m-9qp0v"), hash(1, "x7k1m-9qp0t"));
        let other = HmacTokenMint::new(&[8; 32]).unwrap();
        let user = UserId::from_uuid(Uuid::from_u128(1));
        assert_ne!(other.recovery_code_hash(user, "x7k1m-9qp0t"), hash(1, "x7k1m-9qp0t"));
    }

    #[test]
    fn a_token_of_one_kind_is_noise_for_every_other() {
        for (kind, other) in KINDS.iter().flat_map(|kind| KINDS.map(|other| (*kind, other))) {
            let token = mint().random(kind);
            assert_eq!(mint().hash(other, token.expose()).is_some(), kind == other);
        }
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
