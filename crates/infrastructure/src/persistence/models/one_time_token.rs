use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Serialize, Serializer};

use crate::persistence::schema::one_time_tokens;

/// A token that is good for one use.
#[derive(Debug, Clone, Insertable, Serialize)]
#[diesel(table_name = one_time_tokens, treat_none_as_default_value = false)]
pub(crate) struct TokenRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) kind: &'static str,
    pub(crate) target_id: String,
    #[serde(serialize_with = "bytea")]
    pub(crate) token_hash: Vec<u8>,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) expires_at: NaiveDateTime,
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
