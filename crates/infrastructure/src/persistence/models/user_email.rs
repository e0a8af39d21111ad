use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::schema::user_emails;

/// `UserEmailModel`, without its integer key: ours is `uid`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize,
)]
#[diesel(table_name = user_emails, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct EmailRow {
    pub(crate) user_id: String,
    pub(crate) uid: String,
    pub(crate) email: String,
    pub(crate) provider: Option<String>,
    pub(crate) contact_type: String,
    pub(crate) is_verified: bool,
    pub(crate) is_default: bool,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) verified_at: Option<NaiveDateTime>,
}
