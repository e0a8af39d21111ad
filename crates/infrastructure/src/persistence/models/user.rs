use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::{json_column::Json, schema::users};

/// `UserModel`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(crate) struct UserRow {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) password_hash: String,
    pub(crate) status: String,
    pub(crate) roles: Json,
    pub(crate) email_verified: bool,
    pub(crate) phone_verified: bool,
    pub(crate) two_factor_enabled: bool,
    pub(crate) failed_login_attempts: i32,
    pub(crate) account_locked_until: Option<NaiveDateTime>,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) updated_at: NaiveDateTime,
    pub(crate) last_login_at: Option<NaiveDateTime>,
    pub(crate) password_changed_at: NaiveDateTime,
    pub(crate) preferences: Json,
    pub(crate) version: i64,
    pub(crate) status_reason: Option<String>,
    pub(crate) status_actor: Option<String>,
    pub(crate) status_until: Option<NaiveDateTime>,
    pub(crate) status_before: Option<String>,
    pub(crate) first_name_key: Option<String>,
    pub(crate) last_name_key: Option<String>,
    pub(crate) display_name_key: Option<String>,
}
