use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_domain::{AddressSnapshot, RepositoryError, sortable};

use super::{UserRow, columns};
use crate::persistence::{
    conversions::{read_uuid, utc},
    lenient::{Flag, Moment, Words, or_default},
    schema::user_addresses,
};

columns! {
    /// `UserAddressModel`, without its integer key: ours is `uid`.
    #[derive(PartialEq, Eq, Identifiable, Associations, Queryable, Selectable, AsChangeset)]
    #[diesel(primary_key(uid), belongs_to(UserRow, foreign_key = user_id))]
    AddressRow of user_addresses (id, ..) {
        user_id: String,
        street_line1: String as Words,
        street_line2: Option<String>,
        city: String as Words,
        state: String as Words,
        postal_code: String as Words,
        country: String as Words,
        contact_type: String as Words,
        is_default: bool as Flag,
        created_at: NaiveDateTime as Moment [skip_update],
        uid: String as Words,
        city_key: Option<String>,
    }
}

impl AddressRow {
    pub(crate) fn new(user_id: &str, s: AddressSnapshot) -> Self {
        Self {
            user_id: user_id.to_owned(),
            city_key: Some(sortable(&s.city)),
            street_line1: s.street_line1,
            street_line2: s.street_line2,
            city: s.city,
            state: s.state,
            postal_code: s.postal_code,
            country: s.country,
            contact_type: s.contact_type,
            is_default: s.is_default,
            created_at: s.created_at.naive_utc(),
            uid: s.id.to_string(),
        }
    }
}

impl TryFrom<AddressRow> for AddressSnapshot {
    type Error = RepositoryError;

    fn try_from(row: AddressRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            id: read_uuid("user_addresses", &row.uid)?,
            street_line1: row.street_line1,
            street_line2: row.street_line2,
            city: row.city,
            state: row.state,
            postal_code: row.postal_code,
            country: or_default(row.country, "USA"),
            contact_type: or_default(row.contact_type, "home"),
            is_default: row.is_default,
            created_at: utc(row.created_at),
        })
    }
}
