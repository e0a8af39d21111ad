use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::{
    lenient::{Flag, Moment, Words},
    schema::user_addresses,
};

/// `UserAddressModel`, without its integer key: ours is `uid`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize,
)]
#[diesel(table_name = user_addresses, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct AddressRow {
    pub(crate) user_id: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) uid: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) street_line1: String,
    pub(crate) street_line2: Option<String>,
    #[diesel(deserialize_as = Words)]
    pub(crate) city: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) state: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) postal_code: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) country: String,
    #[diesel(deserialize_as = Words)]
    pub(crate) contact_type: String,
    #[diesel(deserialize_as = Flag)]
    pub(crate) is_default: bool,
    #[diesel(deserialize_as = Moment, skip_update)]
    pub(crate) created_at: NaiveDateTime,
    pub(crate) city_key: Option<String>,
}
