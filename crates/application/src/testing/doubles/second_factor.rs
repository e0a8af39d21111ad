use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use userdom_domain::Username;
use zeroize::Zeroizing;

use crate::ports::{Enrolment, OpenedSecret, SecretBox, Totp};

const STEP_SECONDS: i64 = 30;

/// Codes that anybody could work out: the secret, and the number of the half minute.
#[derive(Debug, Default)]
pub struct TestTotp(AtomicU64);

impl TestTotp {
    /// What an authenticator app with this secret shows.
    pub fn code(secret: &str, at: DateTime<Utc>) -> String {
        Self::code_of_step(secret, at.timestamp().div_euclid(STEP_SECONDS))
    }

    fn code_of_step(secret: &str, step: i64) -> String {
        // Whatever is typed loses its spaces.
        format!("{secret}at{step}").replace(' ', "")
    }
}

impl Totp for TestTotp {
    fn new_secret(&self) -> Zeroizing<Vec<u8>> {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        Zeroizing::new(format!("secret {count}").into_bytes())
    }

    fn step_of(&self, secret: &[u8], code: &str, unix_seconds: i64) -> Option<i64> {
        let (secret, now) =
            (String::from_utf8_lossy(secret), unix_seconds.div_euclid(STEP_SECONDS));
        (now - 1..=now + 1).find(|step| Self::code_of_step(&secret, *step) == code)
    }

    fn enrolment(&self, secret: &[u8], issuer: &str, account: &Username) -> Enrolment {
        let secret = String::from_utf8_lossy(secret).into_owned();
        let uri = format!("otpauth://totp/{issuer}:{account}?secret={secret}");
        Enrolment {
            qr_svg: Zeroizing::new(format!("<svg>{uri}</svg>")),
            otpauth_uri: Zeroizing::new(uri),
            secret: Zeroizing::new(secret),
        }
    }
}

/// A box that is not locked: it only knows the owner of the secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct GlassBox;

impl SecretBox for GlassBox {
    fn seal(&self, secret: &[u8], context: &[u8]) -> Vec<u8> {
        [context, secret].concat()
    }

    fn open(&self, sealed: &[u8], context: &[u8]) -> Option<OpenedSecret> {
        let secret = Zeroizing::new(sealed.strip_prefix(context)?.to_vec());
        Some(OpenedSecret { secret, is_outdated: false })
    }
}
