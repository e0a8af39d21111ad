use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::persistence::schema::sessions;

/// An open session.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) access_token_hash: Vec<u8>,
    pub(crate) access_expires_at: NaiveDateTime,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) last_used_at: NaiveDateTime,
    pub(crate) user_agent: String,
    pub(crate) ip_address: String,
    pub(crate) seed: Vec<u8>,
    pub(crate) generation: i32,
    pub(crate) rotated_at: NaiveDateTime,
    pub(crate) idle_expires_at: NaiveDateTime,
    pub(crate) expires_at: NaiveDateTime,
    pub(crate) authenticated_at: NaiveDateTime,
}
