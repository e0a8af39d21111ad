use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::{
    json_column::Json,
    lenient::{Count, Flag, MaybeJson, MaybeMoment, Moment, Words},
    schema::users,
};

/// `UserModel`.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, Serialize)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub(crate) struct UserRow {
    pub(crate) id: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) username: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) password_hash: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) status: String,
    #[diesel(deserialize_as = MaybeJson)]
    pub(crate) roles: Json,
    #[diesel(deserialize_as = Flag)]
    pub(crate) email_verified: bool,
    #[diesel(deserialize_as = Flag)]
    pub(crate) phone_verified: bool,
    #[diesel(deserialize_as = Flag)]
    pub(crate) two_factor_enabled: bool,
    #[diesel(deserialize_as = Count)]
    pub(crate) failed_login_attempts: i32,
    #[diesel(deserialize_as = MaybeMoment)]
    pub(crate) account_locked_until: Option<NaiveDateTime>,
    #[diesel(deserialize_as = Moment)]
    pub(crate) created_at: NaiveDateTime,
    #[diesel(deserialize_as = Moment)]
    pub(crate) updated_at: NaiveDateTime,
    #[diesel(deserialize_as = MaybeMoment)]
    pub(crate) last_login_at: Option<NaiveDateTime>,
    #[diesel(deserialize_as = Moment)]
    pub(crate) password_changed_at: NaiveDateTime,
    #[diesel(deserialize_as = MaybeJson)]
    pub(crate) preferences: Json,
    pub(crate) version: i64,
    pub(crate) status_reason: Option<String>,
    pub(crate) status_actor: Option<String>,
    #[diesel(deserialize_as = MaybeMoment)]
    pub(crate) status_until: Option<NaiveDateTime>,
    pub(crate) status_before: Option<String>,
    pub(crate) first_name_key: Option<String>,
    pub(crate) last_name_key: Option<String>,
    pub(crate) display_name_key: Option<String>,
}
