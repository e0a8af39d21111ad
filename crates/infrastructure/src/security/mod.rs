//! Secrets: how they are made, hashed and judged.

mod argon2_hasher;
mod hmac_token_mint;
mod password_strength;
mod permits;
mod random;
mod secret_key;

pub use argon2_hasher::Argon2Hasher;
pub use hmac_token_mint::{HmacTokenMint, ShortKeyError};
pub use password_strength::ZxcvbnStrength;
pub(crate) use random::random_bytes;
pub use secret_key::{SecretKey, SecretKeyError};
