use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_application::ports::{ApiKey, Scope, TokenHash};
use userdom_domain::{RepositoryError, UserId};

use crate::persistence::{
    conversions::{maybe_utc, naive, read_hash, read_uuid, utc},
    errors::corrupt_value,
    json_column::Json,
    schema::api_keys,
};

/// A key of another service.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys, treat_none_as_default_value = false)]
pub(crate) struct ApiKeyRow {
    id: String,
    name: String,
    token_hash: Vec<u8>,
    scopes: Json,
    created_by: String,
    created_at: NaiveDateTime,
    expires_at: Option<NaiveDateTime>,
    last_used_at: Option<NaiveDateTime>,
}

impl From<&ApiKey> for ApiKeyRow {
    fn from(key: &ApiKey) -> Self {
        let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
        Self {
            id: key.id.to_string(),
            name: key.name.clone(),
            token_hash: key.token.0.to_vec(),
            scopes: Json(serde_json::Value::from(scopes).to_string()),
            created_by: key.created_by.to_string(),
            created_at: key.created_at.naive_utc(),
            expires_at: naive(key.expires_at),
            last_used_at: naive(key.last_used_at),
        }
    }
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = RepositoryError;

    fn try_from(row: ApiKeyRow) -> Result<Self, RepositoryError> {
        let scopes: Vec<String> = serde_json::from_str(&row.scopes.0)
            .map_err(|error| corrupt_value("api_keys", &row.id, error))?;
        Ok(Self {
            id: read_uuid("api_keys", &row.id)?,
            token: TokenHash(read_hash("api_keys", &row.id, &row.token_hash)?),
            // An unknown scope grants nothing.
            scopes: scopes.iter().filter_map(|scope| Scope::parse(scope)).collect(),
            created_by: UserId::from_uuid(read_uuid("api_keys", &row.created_by)?),
            created_at: utc(row.created_at),
            expires_at: maybe_utc(row.expires_at),
            last_used_at: maybe_utc(row.last_used_at),
            name: row.name,
        })
    }
}
