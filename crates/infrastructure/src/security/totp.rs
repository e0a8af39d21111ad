use hmac::{Hmac, KeyInit, Mac};
use qrcodegen::{QrCode, QrCodeEcc};
use sha1::Sha1;
use userdom_application::ports::{Enrolment, SecretToken, Totp};
use userdom_domain::Username;
use zeroize::Zeroizing;

use super::random_bytes;

const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// Light modules around a QR code, without which readers do not find it.
const QUIET_ZONE: i32 = 4;

/// The one-time passwords that authenticator apps show.
#[derive(Debug, Clone, Copy, Default)]
pub struct AuthenticatorTotp;

impl Totp for AuthenticatorTotp {
    fn new_secret(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(random_bytes::<20>().to_vec())
    }

    fn step_of(&self, secret: &[u8], code: &str, unix_seconds: i64) -> Option<i64> {
        let current = unix_seconds.div_euclid(STEP_SECONDS);
        [current, current - 1, current + 1].into_iter().find(|step| {
            let right = u64::try_from(*step)
                .ok()
                .and_then(|step| one_time_password::<Hmac<Sha1>>(secret, step, DIGITS));
            right.is_some_and(|right| right.is(code))
        })
    }

    fn enrolment(&self, secret: &[u8], issuer: &str, account: &Username) -> Enrolment {
        let secret = base32(secret);
        let (issuer, account) = (percent_encoded(issuer), percent_encoded(account.as_str()));
        let otpauth_uri = Zeroizing::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1\
             &digits={DIGITS}&period={STEP_SECONDS}",
            *secret
        ));
        // A URI that is too long for a QR code can still be clicked or typed.
        let qr_svg = QrCode::encode_text(&otpauth_uri, QrCodeEcc::Medium)
            .map_or_else(|_| Zeroizing::default(), |code| svg(&code));
        Enrolment { secret, otpauth_uri, qr_svg }
    }
}

/// HOTP (RFC 4226), and with the step as counter TOTP (RFC 6238).
fn one_time_password<M: Mac + KeyInit>(
    secret: &[u8],
    counter: u64,
    digits: usize,
) -> Option<SecretToken> {
    let mac = <M as KeyInit>::new_from_slice(secret).ok()?.chain_update(counter.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last()? & 0x0f);
    let bytes = digest.get(offset..)?.first_chunk()?;
    let number = u32::from_be_bytes(*bytes) & 0x7fff_ffff;
    let modulus = 10_u32.checked_pow(u32::try_from(digits).ok()?)?;
    Some(SecretToken::new(format!("{:0digits$}", number % modulus)))
}

/// RFC 4648, without padding: apps do not want it.
fn base32(bytes: &[u8]) -> Zeroizing<String> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 2));
    for chunk in bytes.chunks(5) {
        let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        let bits = bits << (8 * (5 - chunk.len()));
        for at in 0..(chunk.len() * 8).div_ceil(5) {
            let five = usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or_default();
            text.push(char::from(ALPHABET.get(five).copied().unwrap_or_default()));
        }
    }
    text
}

fn percent_encoded(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}

fn svg(code: &QrCode) -> Zeroizing<String> {
    use std::fmt::Write as _;
    let size = code.size();
    let width = size + 2 * QUIET_ZONE;
    // A buffer that grows leaves copies behind: no dark module takes more than this.
    let modules = usize::try_from(size * size).unwrap_or_default();
    let mut text = Zeroizing::new(String::with_capacity(300 + modules * 14));
    let _ = write!(
        text,
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {width}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{width}v{width}H0z"/><path d=""##
    );
    for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))) {
        if code.get_module(x, y) {
            let _ = write!(text, "M{} {}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
        }
    }
    text.push_str(r#""/></svg>"#);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Sha256, Sha512};

    /// RFC 6238, appendix B: the seed is this text, as long as the hash.
    const SEED: &[u8] = b"1234567890123456789012345678901234567890123456789012345678901234";

    #[test]
    fn a4_the_vectors_of_rfc_6238_hold_for_all_three_hashes() {
        let vectors = [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ];
        for (seconds, codes) in vectors {
            let step = seconds / 30;
            let made = [
                one_time_password::<Hmac<Sha1>>(&SEED[..20], step, 8).unwrap(),
                one_time_password::<Hmac<Sha256>>(&SEED[..32], step, 8).unwrap(),
                one_time_password::<Hmac<Sha512>>(SEED, step, 8).unwrap(),
            ];
            assert_eq!(made.each_ref().map(SecretToken::expose), codes, "at {seconds}");
        }
    }

    #[test]
    fn a4_only_the_step_and_its_neighbours_match_and_each_is_named() {
        let now = 1_111_111_111_i64;
        for (away, matches) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let step = now / 30 + away;
            let code =
                one_time_password::<Hmac<Sha1>>(&SEED[..20], step.unsigned_abs(), 6).unwrap();
            let found = AuthenticatorTotp.step_of(&SEED[..20], code.expose(), now);
            assert_eq!(found, matches.then_some(step), "{away}");
        }
    }

    #[test]
    fn a4_anything_but_the_six_digits_is_wrong() {
        let at = 59;
        assert_eq!(AuthenticatorTotp.step_of(&SEED[..20], "287082", at), Some(1));
        for code in
            ["", "28708", "2870821", "94287082", " 287082", "287 082", "２８７０８２", "abcdef"]
        {
            assert_eq!(AuthenticatorTotp.step_of(&SEED[..20], code, at), None, "{code}");
        }
        assert_eq!(AuthenticatorTotp.step_of(&SEED[..20], "287082", i64::MIN / 2), None);
    }

    #[test]
    fn base32_is_that_of_rfc_4648_without_padding() {
        let vectors = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(*base32(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn the_uri_has_issuer_and_account_percent_encoded() {
        let account = Username::parse("jane_doe").unwrap();
        let shown = AuthenticatorTotp.enrolment(&SEED[..20], "Müller & Co: Test", &account);
        assert_eq!(
            *shown.otpauth_uri,
            "otpauth://totp/M%C3%BCller%20%26%20Co%3A%20Test:jane_doe\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=M%C3%BCller%20%26%20Co%3A%20Test\
             &algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(*shown.secret, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn the_qr_code_has_every_dark_module_of_the_uri() {
        let account = Username::parse("jane_doe").unwrap();
        let shown = AuthenticatorTotp.enrolment(&SEED[..20], "Userdom", &account);
        let code = QrCode::encode_text(&shown.otpauth_uri, QrCodeEcc::Medium).unwrap();
        let all = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark: Vec<_> = all.filter(|(x, y)| code.get_module(*x, *y)).collect();
        assert_eq!(shown.qr_svg.matches("h1v1h-1z").count(), dark.len());
        for (x, y) in dark {
            assert!(shown.qr_svg.contains(&format!("M{} {}h1v1h-1z", x + 4, y + 4)));
        }
        let side = code.size() + 8;
        assert!(shown.qr_svg.contains(&format!(r#"viewBox="0 0 {side} {side}""#)));
    }

    #[test]
    fn an_issuer_too_long_for_a_qr_code_leaves_the_rest() {
        let account = Username::parse("jane_doe").unwrap();
        let shown = AuthenticatorTotp.enrolment(&SEED[..20], &"x".repeat(3000), &account);
        assert!(shown.qr_svg.is_empty() && shown.otpauth_uri.len() > 6000);
    }

    #[test]
    fn secrets_have_160_random_bits() {
        let (one, two) = (AuthenticatorTotp.new_secret(), AuthenticatorTotp.new_secret());
        assert_eq!(one.len(), 20);
        assert_ne!(one, two);
    }
}
