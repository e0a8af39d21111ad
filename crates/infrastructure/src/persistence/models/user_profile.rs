use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use userdom_domain::ProfileSnapshot;

use super::{UserRow, columns};
use crate::persistence::{
    conversions::utc,
    lenient::{MaybeDay, Moment, Words, or_default},
    schema::user_profiles,
};

columns! {
    /// `UserProfileModel`, without its integer key: the user's is enough.
    #[derive(PartialEq, Eq, Identifiable, Associations, Queryable, Selectable, AsChangeset)]
    #[diesel(primary_key(user_id), belongs_to(UserRow, foreign_key = user_id))]
    ProfileRow of user_profiles (id, ..) {
        user_id: String,
        first_name: String as Words,
        last_name: String as Words,
        display_name: Option<String>,
        date_of_birth: Option<NaiveDate> as MaybeDay,
        gender: Option<String>,
        preferred_language: String as Words,
        timezone: String as Words,
        bio: Option<String>,
        avatar_url: Option<String>,
        created_at: NaiveDateTime as Moment [skip_update],
        updated_at: NaiveDateTime as Moment,
    }
}

impl ProfileRow {
    pub(crate) fn new(user_id: &str, s: ProfileSnapshot) -> Self {
        Self {
            user_id: user_id.to_owned(),
            first_name: s.first_name,
            last_name: s.last_name,
            display_name: s.display_name,
            date_of_birth: s.date_of_birth,
            gender: s.gender,
            preferred_language: s.preferred_language,
            timezone: s.timezone,
            bio: s.bio,
            avatar_url: s.avatar_url,
            created_at: s.created_at.naive_utc(),
            updated_at: s.updated_at.naive_utc(),
        }
    }
}

impl From<ProfileRow> for ProfileSnapshot {
    fn from(row: ProfileRow) -> Self {
        Self {
            first_name: row.first_name,
            last_name: row.last_name,
            display_name: row.display_name,
            date_of_birth: row.date_of_birth,
            gender: row.gender,
            preferred_language: or_default(row.preferred_language, "en"),
            timezone: or_default(row.timezone, "UTC"),
            bio: row.bio,
            avatar_url: row.avatar_url,
            created_at: utc(row.created_at),
            updated_at: utc(row.updated_at),
        }
    }
}
