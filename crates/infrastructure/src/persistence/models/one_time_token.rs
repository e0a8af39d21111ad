use chrono::NaiveDateTime;
use serde::Serializer;
use userdom_application::ports::NewToken;

use super::columns;
use crate::persistence::schema::one_time_tokens;

columns! {
    /// A token that is good for one use, and has not been used yet.
    TokenRow of one_time_tokens (.., used_at, attempts) {
        id: String,
        user_id: String,
        kind: &'static str,
        target_id: String,
        #[serde(serialize_with = "bytea")]
        token_hash: Vec<u8>,
        created_at: NaiveDateTime,
        expires_at: NaiveDateTime,
    }
}

/// Bytes as Postgres reads them from text.
fn bytea<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    use std::fmt::Write as _;
    let mut text = "\\x".to_owned();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    serializer.serialize_str(&text)
}

impl From<&NewToken> for TokenRow {
    fn from(token: &NewToken) -> Self {
        Self {
            id: token.id.to_string(),
            user_id: token.user_id.to_string(),
            kind: token.kind.as_str(),
            target_id: token.target_id.to_string(),
            token_hash: token.hash.0.to_vec(),
            created_at: token.created_at.naive_utc(),
            expires_at: token.expires_at.naive_utc(),
        }
    }
}
