use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::TestApp;

/// The app on somebody's telephone (RFC 6238), written apart from the service's own.
#[derive(Debug, Clone)]
pub struct Authenticator {
    secret: Vec<u8>,
}

impl Authenticator {
    /// With the secret as it is typed: base32.
    pub fn with_secret(typed: &str) -> Self {
        let (mut secret, mut bits, mut count) = (Vec::new(), 0_u32, 0);
        for letter in typed.bytes() {
            let five = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'2'..=b'7' => letter - b'2' + 26,
                _ => panic!("{typed:?} is no base32"),
            };
            bits = (bits << 5) | u32::from(five);
            count += 5;
            if count >= 8 {
                count -= 8;
                secret.push(u8::try_from(bits >> count & 0xff).unwrap());
            }
        }
        Self { secret }
    }

    /// The code of a moment, so many steps of 30 seconds away from the present one.
    pub fn code(&self, app: &TestApp, steps_away: i64) -> String {
        self.code_at(app.now() + TimeDelta::seconds(30 * steps_away))
    }

    /// The code of a moment.
    pub fn code_at(&self, moment: DateTime<Utc>) -> String {
        let step = moment.timestamp().div_euclid(30);
        let mac = Hmac::<Sha1>::new_from_slice(&self.secret).unwrap();
        let digest = mac.chain_update(step.to_be_bytes()).finalize().into_bytes();
        let at = usize::from(digest[19] & 15);
        let number = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }

    /// A code that has not been used yet: half a minute passes first.
    pub fn fresh_code(&self, app: &TestApp) -> String {
        app.after(TimeDelta::seconds(30));
        self.code(app, 0)
    }
}
