//! Secrets: how they are made, hashed and judged.

mod argon2_hasher;
mod foreign_hash;
mod hmac_token_mint;
mod keyed_secret_box;
mod password_strength;
mod permits;
mod random;
mod rate_limiting;
mod recovery_codes;
mod secret_key;
mod totp;

pub use argon2_hasher::Argon2Hasher;
pub use hmac_token_mint::{HmacTokenMint, ShortKeyError};
pub use keyed_secret_box::KeyedSecretBox;
pub use password_strength::ZxcvbnStrength;
pub(crate) use random::random_bytes;
pub use rate_limiting::{LocalLimiter, NoLimits, RedisLimiter, RedisUrlError};
pub use secret_key::{SecretKey, SecretKeyError};
pub use totp::AuthenticatorTotp;
