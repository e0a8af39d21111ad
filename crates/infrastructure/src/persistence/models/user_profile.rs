use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::{
    lenient::{MaybeDay, Moment, Words},
    schema::user_profiles,
};

/// `UserProfileModel`, without its integer key: the user's is enough.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize,
)]
#[diesel(table_name = user_profiles, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct ProfileRow {
    pub(crate) user_id: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) first_name: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) last_name: String,
    pub(crate) display_name: Option<String>,
    #[diesel(deserialize_as = MaybeDay)]
    pub(crate) date_of_birth: Option<NaiveDate>,
    pub(crate) gender: Option<String>,
    #[diesel(deserialize_as = Words)]
    pub(crate) preferred_language: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) timezone: String,
    pub(crate) bio: Option<String>,
    pub(crate) avatar_url: Option<String>,
    #[diesel(deserialize_as = Moment, skip_update)]
    pub(crate) created_at: NaiveDateTime,
    #[diesel(deserialize_as = Moment)]
    pub(crate) updated_at: NaiveDateTime,
}
