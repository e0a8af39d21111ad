use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::{
    lenient::{Flag, MaybeMoment, Moment, Words},
    schema::user_emails,
};

/// `UserEmailModel`, without its integer key: ours is `uid`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize,
)]
#[diesel(table_name = user_emails, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct EmailRow {
    pub(crate) user_id: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) uid: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) email: String,
    pub(crate) provider: Option<String>,
    #[diesel(deserialize_as = Words)]
    pub(crate) contact_type: String,
    #[diesel(deserialize_as = Flag)]
    pub(crate) is_verified: bool,
    #[diesel(deserialize_as = Flag)]
    pub(crate) is_default: bool,
    #[diesel(deserialize_as = Moment, skip_update)]
    pub(crate) created_at: NaiveDateTime,
    #[diesel(deserialize_as = MaybeMoment, skip_update)]
    pub(crate) verified_at: Option<NaiveDateTime>,
}
