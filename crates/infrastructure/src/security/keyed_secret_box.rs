use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use userdom_application::ports::{OpenedSecret, SecretBox};
use zeroize::Zeroizing;

use super::{SecretKey, random_bytes};

/// Says how the rest was sealed, so that another way can come beside it.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 12;

/// Seals with ChaCha20-Poly1305 under a key that is derived from the service's own:
/// version, nonce, ciphertext with its tag.
pub struct KeyedSecretBox {
    cipher: ChaCha20Poly1305,
    previous: Vec<ChaCha20Poly1305>,
}

impl KeyedSecretBox {
    /// A box that seals with this key, and opens with it or an earlier one.
    pub fn new(secret_key: &SecretKey, previous: &[SecretKey]) -> Self {
        let previous = previous.iter().map(cipher).collect();
        Self { cipher: cipher(secret_key), previous }
    }
}

fn cipher(secret_key: &SecretKey) -> ChaCha20Poly1305 {
    let key = secret_key.derive(b"userdom:secret-box:1");
    ChaCha20Poly1305::new(&(*key).into())
}

impl SecretBox for KeyedSecretBox {
    fn seal(&self, secret: &[u8], context: &[u8]) -> Vec<u8> {
        let nonce = random_bytes::<NONCE_BYTES>();
        let payload = Payload { msg: secret, aad: context };
        let Ok(ciphertext) = self.cipher.encrypt(&Nonce::from(nonce), payload) else {
            panic!("a secret of more than 256 GiB does not fit into memory");
        };
        [[VERSION].as_slice(), &nonce, &ciphertext].concat()
    }

    fn open(&self, sealed: &[u8], context: &[u8]) -> Option<OpenedSecret> {
        let (nonce, ciphertext) =
            sealed.strip_prefix(&[VERSION])?.split_first_chunk::<NONCE_BYTES>()?;
        let open_with = |cipher: &ChaCha20Poly1305, is_outdated| {
            let payload = Payload { msg: ciphertext, aad: context };
            let secret = cipher.decrypt(&Nonce::from(*nonce), payload).ok()?;
            Some(OpenedSecret { secret: Zeroizing::new(secret), is_outdated })
        };
        let now = open_with(&self.cipher, false);
        now.or_else(|| self.previous.iter().find_map(|cipher| open_with(cipher, true)))
    }
}

impl fmt::Debug for KeyedSecretBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedSecretBox(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "8f3a1c5e7b2d4f60918273a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8";

    fn secret_box() -> KeyedSecretBox {
        KeyedSecretBox::new(&SecretKey::parse(HEX).unwrap(), &[])
    }

    fn opened(sealed: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let opened = secret_box().open(sealed, context)?;
        assert!(!opened.is_outdated);
        Some(opened.secret.to_vec())
    }

    #[test]
    fn what_is_sealed_opens_for_its_own_context_alone() {
        let sealed = secret_box().seal(b"secret", b"jane");
        assert_eq!(opened(&sealed, b"jane").unwrap(), b"secret");
        assert!(secret_box().open(&sealed, b"john").is_none());
        assert!(secret_box().open(&sealed, b"").is_none());
    }

    #[test]
    fn another_key_does_not_open_it() {
        let other = KeyedSecretBox::new(&SecretKey::parse(&HEX.replace('8', "9")).unwrap(), &[]);
        assert!(other.open(&secret_box().seal(b"secret", b"jane"), b"jane").is_none());
    }

    #[test]
    fn l5_what_an_earlier_key_has_sealed_opens_and_is_known_as_outdated() {
        let [old, new] = [HEX, &HEX.replace('8', "9")].map(|hex| SecretKey::parse(hex).unwrap());
        let sealed = secret_box().seal(b"secret", b"jane");
        let rotated = KeyedSecretBox::new(&new, &[old]);
        let opened = rotated.open(&sealed, b"jane").unwrap();
        assert_eq!((opened.secret.as_slice(), opened.is_outdated), (b"secret".as_slice(), true));
        assert!(rotated.open(&sealed, b"john").is_none());
        let anew = rotated.seal(b"secret", b"jane");
        assert!(!rotated.open(&anew, b"jane").unwrap().is_outdated);
        assert!(secret_box().open(&anew, b"jane").is_none());
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time_and_never_in_plain() {
        let (one, two) = (secret_box().seal(b"secret", b""), secret_box().seal(b"secret", b""));
        assert_ne!(one, two);
        assert!(!one.windows(6).any(|bytes| bytes == b"secret"));
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_noticed() {
        let sealed = secret_box().seal(b"secret", b"jane");
        for at in 0..sealed.len() {
            assert!(secret_box().open(&sealed[..at], b"jane").is_none(), "cut at {at}");
            for bit in 0..8 {
                let mut bytes = sealed.clone();
                bytes[at] ^= 1 << bit;
                assert!(secret_box().open(&bytes, b"jane").is_none(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn what_was_sealed_once_opens_for_ever() {
        // Made by other software: HMAC-SHA256 of "userdom:secret-box:1" is the key.
        let sealed = [
            0x01, 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x91,
            0x8a, 0xce, 0x4f, 0xb9, 0xd0, 0xef, 0xff, 0x96, 0x02, 0x5a, 0x22, 0x93, 0xdd, 0x95,
            0x6c, 0x7d, 0x2d, 0x67, 0x3f, 0x4c, 0x6e,
        ];
        assert_eq!(opened(&sealed, b"jane").unwrap(), b"secret");
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", secret_box()), "KeyedSecretBox(…)");
    }
}
