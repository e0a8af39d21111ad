//! Any text where a token, a code or a key is expected.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use userdom_application::ports::{SecretBox, TokenKind, TokenMint, Totp};
use userdom_domain::UserId;
use userdom_infrastructure::{
    persistence::DatabaseUrl,
    security::{AuthenticatorTotp, HmacTokenMint, KeyedSecretBox, RedisLimiter, SecretKey},
};
use uuid::Uuid;

const KEY: &str = "8f1d03a45be7c2961f70d8e94ab35c26de01973f684acb50e2197d3b86f4a05c";

static MINT: LazyLock<HmacTokenMint> =
    LazyLock::new(|| HmacTokenMint::new(KEY.as_bytes()).expect("a long key"));
static SECRETS: LazyLock<KeyedSecretBox> =
    LazyLock::new(|| KeyedSecretBox::new(&SecretKey::parse(KEY).expect("a good key"), &[]));

fuzz_target!(|text: &str| {
    for kind in [TokenKind::Access, TokenKind::Challenge, TokenKind::ApiKey, TokenKind::Device] {
        let _ = MINT.hash(kind, text);
    }
    if let Some((session, generation)) = MINT.read_refresh(text) {
        let _ = MINT.refresh(session, &[7; 32], generation).is(text);
    }
    let _ = MINT.recovery_code_hash(UserId::from_uuid(Uuid::nil()), text);
    let _ = AuthenticatorTotp.step_of(b"twenty bytes of secret", text, 1_700_000_000);
    assert!(SECRETS.open(text.as_bytes(), b"somebody").is_none());
    let _ = SecretKey::parse(text);
    let _ = text.parse::<DatabaseUrl>();
    let _ = RedisLimiter::accepts(text);
});
