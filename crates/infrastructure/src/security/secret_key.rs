use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::general_purpose::STANDARD as PADDED;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::random_bytes;

const LEAST_BYTES: usize = 32;
/// 32 random bytes have about thirty different values; fewer than this is a pattern.
const LEAST_VARIETY: usize = 12;
/// No key file is longer; a wrong path must not fill the memory.
const MOST_FILE_BYTES: u64 = 4096;

/// The service's secret key; wiped when dropped, invisible in `Debug`.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<Vec<u8>>);

/// Why there is no secret key. Never contains any of it.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyError {
    /// Neither 64 hex digits nor 32 bytes in base64.
    #[error(
        "the secret key must be at least 32 random bytes in base64 or hex; \
         make one with: openssl rand -base64 32"
    )]
    Malformed,
    /// Long enough, but a pattern or a placeholder.
    #[error(
        "the secret key is a placeholder or a pattern that can be guessed; \
         make one with: openssl rand -base64 32"
    )]
    Guessable,
    /// Other users of the machine may read the file.
    #[error(
        "{path} may be read by other users (mode {mode:04o}); \
         put that right with: chmod 600 {path}"
    )]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds no good key.
    #[error("the key in {path} cannot be used")]
    InFile {
        /// The key file.
        path: PathBuf,
        /// The fault of the key.
        #[source]
        source: Box<SecretKeyError>,
    },
    /// The file cannot be read or made.
    #[error("the key file {path} cannot be read or made")]
    Io {
        /// The key file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
}

impl SecretKey {
    /// Reads a key: 64 hex digits or more, or base64 (either alphabet) of at least 32 bytes.
    pub fn parse(text: &str) -> Result<Self, SecretKeyError> {
        let text = text.trim();
        let bytes = from_hex(text).or_else(|| from_base64(text)).ok_or_else(|| {
            if is_placeholder(text.as_bytes()) {
                SecretKeyError::Guessable
            } else {
                SecretKeyError::Malformed
            }
        })?;
        if is_placeholder(text.as_bytes()) || is_placeholder(&bytes) || !is_varied(&bytes) {
            return Err(SecretKeyError::Guessable);
        }
        Ok(Self(bytes))
    }

    /// Reads the key file, or makes it: 32 random bytes in base64, readable by its owner alone.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretKeyError> {
        match create(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(unreadable(path, error)),
            _ => Self::load(path),
        }
    }

    /// Reads the key file, which only its owner may be allowed to read.
    pub fn load(path: &Path) -> Result<Self, SecretKeyError> {
        let failed = |source| unreadable(path, source);
        let file = File::open(path).map_err(failed)?;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(SecretKeyError::Exposed { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MOST_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
        Self::parse(&text).map_err(|source| SecretKeyError::InFile {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// The key's bytes, at least 32.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A key for one purpose, which reveals neither this one nor that of another purpose.
    ///
    /// # Panics
    /// Never: HMAC takes keys of any length.
    pub fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            panic!("HMAC takes keys of any length");
        };
        Zeroizing::new(mac.chain_update(purpose).finalize().into_bytes().into())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

fn unreadable(path: &Path, source: io::Error) -> SecretKeyError {
    SecretKeyError::Io { path: path.to_owned(), source }
}

fn create(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let mut text = Zeroizing::new(PADDED.encode(Zeroizing::new(random_bytes::<LEAST_BYTES>())));
    text.push('\n');
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key would be refused at every later start.
        let _ = std::fs::remove_file(path);
    }
    written?;
    // The name must last as well: without the key, everything sealed with it is lost.
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    File::open(dir.unwrap_or(Path::new(".")))?.sync_all()
}

fn from_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() < LEAST_BYTES * 2 || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let digits: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.as_bytes().iter().map(digit).collect::<Option<_>>()?);
    let byte = |pair: &[u8]| pair.iter().fold(0, |byte, digit| byte << 4 | digit);
    Some(Zeroizing::new(digits.chunks_exact(2).map(byte).collect()))
}

fn from_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [STANDARD, URL_SAFE]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, config).decode(text).ok())
        .map(Zeroizing::new)
        .filter(|bytes| bytes.len() >= LEAST_BYTES)
}

fn is_placeholder(text: &[u8]) -> bool {
    let word: Vec<u8> = text
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .take(16)
        .map(u8::to_ascii_lowercase)
        .collect();
    ["changeme", "changethis", "replaceme", "secretkey", "password", "example", "yoursecret"]
        .iter()
        .any(|start| word.starts_with(start.as_bytes()))
}

fn is_varied(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    bytes
        .iter()
        .filter(|byte| {
            seen.get_mut(usize::from(**byte)).is_some_and(|seen| !std::mem::replace(seen, true))
        })
        .count()
        >= LEAST_VARIETY
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const HEX: &str = "8f3a1c5e7b2d4f60918273a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8";
    const BASE64: &str = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQz4Xk2b1nT7M=";

    #[test]
    fn base64_and_hex_of_32_bytes_are_accepted() {
        assert_eq!(SecretKey::parse(HEX).unwrap().as_bytes()[..2], [0x8f, 0x3a]);
        assert_eq!(SecretKey::parse(&HEX.to_uppercase()).unwrap().as_bytes().len(), 32);
        assert_eq!(SecretKey::parse(BASE64).unwrap().as_bytes().len(), 32);
        assert_eq!(SecretKey::parse(BASE64.trim_end_matches('=')).unwrap().as_bytes().len(), 32);
        assert_eq!(SecretKey::parse(&format!(" {BASE64}\n")).unwrap().as_bytes().len(), 32);
        let url_safe = "-_3vEjRWeJCrze8SNFZ4kKvN7xI0VniQz4Xk2b1nT7M";
        assert_eq!(SecretKey::parse(url_safe).unwrap().as_bytes()[..2], [0xfb, 0xfd]);
    }

    #[test]
    fn short_and_other_texts_are_refused_with_a_way_out() {
        for text in [
            "",
            "short",
            &HEX[..62],
            &BASE64[..40],
            "a passphrase of more than thirty-two characters",
            "é",
        ] {
            let error = SecretKey::parse(text).unwrap_err();
            assert!(matches!(error, SecretKeyError::Malformed), "{text}: {error}");
            assert!(error.to_string().contains("openssl rand -base64 32"));
        }
    }

    #[test]
    fn placeholders_and_patterns_are_refused() {
        for text in [
            "0".repeat(64),
            "A".repeat(44),
            "deadbeef".repeat(8),
            "0123456789abcdef".repeat(4),
            "changeme".to_owned(),
            "change-me-change-me-change-me-change-me-change-me".to_owned(),
            "ChangeMe0123456789abcdefghijklmnopqrstuvwxyz".to_owned(),
            PADDED.encode("changeme, this is not a key at all, is it"),
        ] {
            let error = SecretKey::parse(&text).unwrap_err();
            assert!(matches!(error, SecretKeyError::Guessable), "{text}: {error}");
        }
    }

    #[test]
    fn random_keys_are_never_called_patterns() {
        for _ in 0..1000 {
            assert!(SecretKey::parse(&PADDED.encode(random_bytes::<32>())).is_ok());
        }
    }

    #[test]
    fn the_file_is_made_once_and_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        let made = SecretKey::load_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(made.as_bytes().len(), 32);
        assert_eq!(SecretKey::load_or_create(&path).unwrap().as_bytes(), made.as_bytes());
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        fs::write(&path, BASE64).unwrap();
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = SecretKey::load_or_create(&path).unwrap_err();
            assert!(error.to_string().contains("chmod 600"), "{error}");
            assert!(error.to_string().contains(&format!("0{mode:o}")), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(SecretKey::load_or_create(&path).is_ok());
    }

    #[test]
    fn a_bad_file_and_a_missing_directory_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret.key");
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).unwrap();
        let empty = SecretKey::load_or_create(&path).unwrap_err();
        assert!(empty.to_string().contains("secret.key"), "{empty}");
        let absent = SecretKey::load(&dir.path().join("absent.key")).unwrap_err();
        assert!(matches!(absent, SecretKeyError::Io { .. }));
        let missing = SecretKey::load_or_create(&dir.path().join("none/key")).unwrap_err();
        assert!(matches!(missing, SecretKeyError::Io { .. }));
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(format!("{:?}", SecretKey::parse(HEX).unwrap()), "SecretKey(…)");
    }
}
