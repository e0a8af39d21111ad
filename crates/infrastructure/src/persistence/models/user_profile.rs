use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::schema::user_profiles;

/// `UserProfileModel`, without its integer key: the user's is enough.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize,
)]
#[diesel(table_name = user_profiles, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct ProfileRow {
    pub(crate) user_id: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) display_name: Option<String>,
    pub(crate) date_of_birth: Option<NaiveDate>,
    pub(crate) gender: Option<String>,
    pub(crate) preferred_language: String,
    pub(crate) timezone: String,
    pub(crate) bio: Option<String>,
    pub(crate) avatar_url: Option<String>,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) updated_at: NaiveDateTime,
}
