//! Password hashes of other applications: imported users keep
//! their passwords, and sign-in replaces such a hash by one of ours.

use base64::Engine;
use base64::alphabet::{Alphabet, BCRYPT, STANDARD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::Hmac;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

/// A stored hash that asks for more was not made by a sane application; one row must
/// not be able to exhaust the machine. Each is about two seconds of a core.
const MOST_BCRYPT_COST: u32 = 15;
const MOST_SCRYPT_BYTES: u64 = 128 * 1024 * 1024;
const MOST_SCRYPT_PASSES: u64 = 16;
const MOST_PBKDF2_ROUNDS: u64 = 4_000_000;

/// A shorter output would match too many passwords.
const LEAST_OUTPUT_BYTES: usize = 16;
const MOST_OUTPUT_BYTES: usize = 64;

/// A hash that this module can check.
pub(super) struct ForeignHash {
    function: Function,
    salt: Vec<u8>,
    output: Vec<u8>,
}

enum Function {
    Bcrypt { cost: u32, of_digest: bool },
    Scrypt(scrypt::Params),
    Pbkdf2 { digest: Digest, rounds: u32 },
}

#[derive(Clone, Copy)]
enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl ForeignHash {
    /// `None` for anything but a complete hash of bearable cost.
    pub(super) fn read(stored: &str) -> Option<Self> {
        let hash = Self::read_any(stored)?;
        let bearable = hash.is_bearable();
        if !bearable {
            tracing::warn!("a stored password hash asks for too much work, and counts as wrong");
        }
        bearable.then_some(hash)
    }

    /// Whether this is the password; takes the same time for any wrong one.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let mut made = Zeroizing::new(vec![0; self.output.len()]);
        match &self.function {
            Function::Bcrypt { cost, of_digest } => {
                let Some(salt) = self.salt.first_chunk() else { return false };
                let key = if *of_digest { hex_digest(password) } else { bcrypt_key(password) };
                let bytes = bcrypt::bcrypt(*cost, *salt, &key);
                made.copy_from_slice(bytes.get(..self.output.len()).unwrap_or_default());
            }
            Function::Scrypt(params) => {
                if scrypt::scrypt(password, &self.salt, params, &mut made).is_err() {
                    return false;
                }
            }
            Function::Pbkdf2 { digest, rounds } => {
                let run = match digest {
                    Digest::Sha1 => pbkdf2::pbkdf2::<Hmac<Sha1>>,
                    Digest::Sha256 => pbkdf2::pbkdf2::<Hmac<Sha256>>,
                    Digest::Sha512 => pbkdf2::pbkdf2::<Hmac<Sha512>>,
                };
                if run(password, &self.salt, *rounds, &mut made).is_err() {
                    return false;
                }
            }
        }
        let differing = made.iter().zip(&self.output).fold(0, |seen, (a, b)| seen | (a ^ b));
        std::hint::black_box(differing) == 0
    }

    fn read_any(stored: &str) -> Option<Self> {
        let (of_digest, stored) = match stored.strip_prefix("bcrypt_sha256$") {
            Some(rest) => (true, rest),
            None => (false, stored.strip_prefix("bcrypt$").unwrap_or(stored)),
        };
        let (first, rest) = stored.strip_prefix('$').unwrap_or(stored).split_once('$')?;
        let hash = match first {
            "2a" | "2b" | "2x" | "2y" => read_bcrypt(rest, of_digest),
            _ if of_digest => None,
            "scrypt" if stored.starts_with('$') => read_phc_scrypt(rest),
            "scrypt" => read_django_scrypt(rest),
            "pbkdf2" | "pbkdf2-sha256" | "pbkdf2-sha512" => read_phc_pbkdf2(first, rest),
            "pbkdf2_sha1" | "pbkdf2_sha256" | "pbkdf2_sha512" => read_django(first, rest),
            _ => read_werkzeug(first, rest),
        }?;
        let sound = (LEAST_OUTPUT_BYTES..=MOST_OUTPUT_BYTES).contains(&hash.output.len());
        sound.then_some(hash)
    }

    fn is_bearable(&self) -> bool {
        match &self.function {
            Function::Bcrypt { cost, .. } => *cost <= MOST_BCRYPT_COST,
            Function::Scrypt(params) => {
                let bytes = params.n().saturating_mul(u64::from(params.r())).saturating_mul(128);
                let p = u64::from(params.p());
                bytes <= MOST_SCRYPT_BYTES
                    && p <= MOST_SCRYPT_PASSES
                    && bytes.saturating_mul(p) <= 2 * MOST_SCRYPT_BYTES
            }
            Function::Pbkdf2 { digest, rounds } => {
                let blocks = self.output.len().div_ceil(digest.bytes()) as u64;
                u64::from(*rounds).saturating_mul(blocks) <= MOST_PBKDF2_ROUNDS
            }
        }
    }
}

impl Digest {
    /// `sha256`, also at the end of a longer name.
    fn read(name: &str) -> Option<Self> {
        match name.rsplit(['-', '_']).next()? {
            "sha1" | "pbkdf2" => Some(Self::Sha1),
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// bcrypt reads the text up to its NUL and no further than 72 bytes.
fn bcrypt_key(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let text = password.split(|byte| *byte == 0).next().unwrap_or_default();
    Zeroizing::new(text.iter().copied().chain([0]).take(72).collect())
}

/// Django's way around those 72 bytes: SHA-256 in hex.
fn hex_digest(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let digest = Sha256::digest(password);
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    let hex = digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let hex = Zeroizing::new(hex.collect::<String>());
    bcrypt_key(hex.as_bytes())
}

/// `12$<22 characters of salt><31 of hash>`.
fn read_bcrypt(rest: &str, of_digest: bool) -> Option<ForeignHash> {
    let (cost, text) = rest.split_once('$')?;
    let cost = cost.parse().ok().filter(|cost| (4..=31).contains(cost))?;
    let (salt, output) = text.split_at_checked(22)?;
    let (salt, output) = (decoded(&BCRYPT, salt)?, decoded(&BCRYPT, output)?);
    let complete = salt.len() == 16 && output.len() == 23;
    let function = Function::Bcrypt { cost, of_digest };
    complete.then_some(ForeignHash { function, salt, output })
}

/// `ln=16,r=8,p=1$<salt>$<hash>`.
fn read_phc_scrypt(rest: &str) -> Option<ForeignHash> {
    let (params, salt, output) = three(rest)?;
    let (mut log_n, mut r, mut p) = (None, None, None);
    for param in params.split(',') {
        let (name, value) = param.split_once('=')?;
        match name {
            "ln" => log_n = value.parse().ok(),
            "r" => r = value.parse().ok(),
            "p" => p = value.parse().ok(),
            _ => return None,
        }
    }
    let function = scrypt_of(log_n?, r?, p?)?;
    Some(ForeignHash {
        function,
        salt: decoded(&STANDARD, salt)?,
        output: decoded(&STANDARD, output)?,
    })
}

/// `16384$<salt as it is>$8$5$<hash in base64>`.
fn read_django_scrypt(rest: &str) -> Option<ForeignHash> {
    let (n, salt, rest) = three(rest)?;
    let (r, p, output) = three(rest)?;
    let function = scrypt_by_cost(n, r, p)?;
    Some(ForeignHash {
        function,
        salt: salt.as_bytes().to_vec(),
        output: decoded(&STANDARD, output)?,
    })
}

/// `29000$<salt>$<hash>` as passlib writes it, or `i=29000,l=32$<salt>$<hash>`.
fn read_phc_pbkdf2(name: &str, rest: &str) -> Option<ForeignHash> {
    let (params, salt, output) = three(rest)?;
    let rounds = params.split(',').find_map(|param| param.strip_prefix("i="));
    let function = pbkdf2_of(name, rounds.unwrap_or(params))?;
    let decoded = |text: &str| decoded(&STANDARD, &text.replace('.', "+"));
    Some(ForeignHash { function, salt: decoded(salt)?, output: decoded(output)? })
}

/// `600000$<salt as it is>$<hash in base64>`.
fn read_django(name: &str, rest: &str) -> Option<ForeignHash> {
    let (rounds, salt, output) = three(rest)?;
    let (function, output) = (pbkdf2_of(name, rounds)?, decoded(&STANDARD, output)?);
    Some(ForeignHash { function, salt: salt.as_bytes().to_vec(), output })
}

/// `scrypt:32768:8:1$<salt as it is>$<hash in hex>` or `pbkdf2:sha256:600000$…`.
fn read_werkzeug(method: &str, rest: &str) -> Option<ForeignHash> {
    let (salt, output) = rest.split_once('$')?;
    let mut parts = method.split(':');
    let function = match (parts.next()?, parts.next()?, parts.next()?, parts.next()) {
        ("scrypt", n, r, Some(p)) => scrypt_by_cost(n, r, p)?,
        ("pbkdf2", digest, rounds, None) => pbkdf2_of(digest, rounds)?,
        _ => return None,
    };
    Some(ForeignHash { function, salt: salt.as_bytes().to_vec(), output: from_hex(output)? })
}

fn scrypt_by_cost(n: &str, r: &str, p: &str) -> Option<Function> {
    let n: u64 = n.parse().ok().filter(|n: &u64| n.is_power_of_two())?;
    scrypt_of(u8::try_from(n.ilog2()).ok()?, r.parse().ok()?, p.parse().ok()?)
}

fn scrypt_of(log_n: u8, r: u32, p: u32) -> Option<Function> {
    // The library multiplies them in 32 bits.
    r.checked_mul(p)?;
    scrypt::Params::new(log_n, r, p).ok().map(Function::Scrypt)
}

fn pbkdf2_of(digest: &str, rounds: &str) -> Option<Function> {
    let rounds = rounds.parse().ok().filter(|rounds| *rounds > 0)?;
    Some(Function::Pbkdf2 { digest: Digest::read(digest)?, rounds })
}

fn three(text: &str) -> Option<(&str, &str, &str)> {
    let (first, rest) = text.split_once('$')?;
    let (second, third) = rest.split_once('$')?;
    Some((first, second, third))
}

/// Some applications leave padding away, and bits in the last character.
fn decoded(alphabet: &Alphabet, text: &str) -> Option<Vec<u8>> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config).decode(text).ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests;
