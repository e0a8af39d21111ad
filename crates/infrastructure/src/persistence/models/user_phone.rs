use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::{
    lenient::{Flag, MaybeMoment, Moment, Words},
    schema::user_phones,
};

/// `UserPhoneModel`, without its integer key: ours is `uid`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize,
)]
#[diesel(table_name = user_phones, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct PhoneRow {
    pub(crate) user_id: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) uid: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) phone_number: String,
    pub(crate) country_code: Option<String>,
    pub(crate) formatted_number: Option<String>,
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
    pub(crate) number_key: Option<String>,
}
