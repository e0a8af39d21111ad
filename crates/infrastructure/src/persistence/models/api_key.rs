use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::persistence::{json_column::Json, schema::api_keys};

/// A key of another service.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys, treat_none_as_default_value = false)]
pub(crate) struct ApiKeyRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) token_hash: Vec<u8>,
    pub(crate) scopes: Json,
    pub(crate) created_by: String,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) expires_at: Option<NaiveDateTime>,
    pub(crate) last_used_at: Option<NaiveDateTime>,
}
