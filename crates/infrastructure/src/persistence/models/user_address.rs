use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use crate::persistence::schema::user_addresses;

/// `UserAddressModel`, without its integer key: ours is `uid`.
#[derive(
    Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize,
)]
#[diesel(table_name = user_addresses, treat_none_as_default_value = false, treat_none_as_null = true)]
pub(crate) struct AddressRow {
    pub(crate) user_id: String,
    pub(crate) uid: String,
    pub(crate) street_line1: String,
    pub(crate) street_line2: Option<String>,
    pub(crate) city: String,
    pub(crate) state: String,
    pub(crate) postal_code: String,
    pub(crate) country: String,
    pub(crate) contact_type: String,
    pub(crate) is_default: bool,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) city_key: Option<String>,
}
