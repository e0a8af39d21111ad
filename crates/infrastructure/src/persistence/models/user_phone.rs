use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_domain::{PhoneSnapshot, RepositoryError};

use super::{UserRow, columns};
use crate::persistence::{
    conversions::{maybe_utc, naive, read_uuid, utc},
    keys,
    lenient::{Flag, MaybeMoment, Moment, Words, or_default},
    schema::user_phones,
};

columns! {
    /// `UserPhoneModel`, without its integer key: ours is `uid`.
    #[derive(PartialEq, Eq, Identifiable, Associations, Queryable, Selectable, AsChangeset)]
    #[diesel(primary_key(uid), belongs_to(UserRow, foreign_key = user_id))]
    PhoneRow of user_phones (id, ..) {
        user_id: String,
        phone_number: String as Words,
        country_code: Option<String>,
        formatted_number: Option<String>,
        contact_type: String as Words,
        is_verified: bool as Flag,
        is_default: bool as Flag,
        created_at: NaiveDateTime as Moment [skip_update],
        verified_at: Option<NaiveDateTime> as MaybeMoment [skip_update],
        uid: String as Words,
        number_key: Option<String>,
    }
}

impl PhoneRow {
    pub(crate) fn new(user_id: &str, s: PhoneSnapshot) -> Self {
        Self {
            user_id: user_id.to_owned(),
            number_key: Some(keys::of_number(&s.phone_number, s.country_code.as_deref())),
            phone_number: s.phone_number,
            country_code: s.country_code,
            formatted_number: s.formatted_number,
            contact_type: s.contact_type,
            is_verified: s.is_verified,
            is_default: s.is_default,
            created_at: s.created_at.naive_utc(),
            verified_at: naive(s.verified_at),
            uid: s.id.to_string(),
        }
    }
}

impl TryFrom<PhoneRow> for PhoneSnapshot {
    type Error = RepositoryError;

    fn try_from(row: PhoneRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            id: read_uuid("user_phones", &row.uid)?,
            phone_number: row.phone_number,
            country_code: row.country_code,
            formatted_number: row.formatted_number,
            contact_type: or_default(row.contact_type, "mobile"),
            is_verified: row.is_verified,
            is_default: row.is_default,
            created_at: utc(row.created_at),
            verified_at: maybe_utc(row.verified_at),
        })
    }
}
