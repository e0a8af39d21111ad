use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_domain::{EmailSnapshot, RepositoryError};

use super::{UserRow, columns};
use crate::persistence::{
    conversions::{maybe_utc, naive, read_uuid, utc},
    lenient::{Flag, MaybeMoment, Moment, Words, or_default},
    schema::user_emails,
};

columns! {
    /// `UserEmailModel`, without its integer key: ours is `uid`.
    #[derive(PartialEq, Eq, Identifiable, Associations, Queryable, Selectable, AsChangeset)]
    #[diesel(primary_key(uid), belongs_to(UserRow, foreign_key = user_id))]
    EmailRow of user_emails (id, ..) {
        user_id: String,
        email: String as Words,
        provider: Option<String>,
        contact_type: String as Words,
        is_verified: bool as Flag,
        is_default: bool as Flag,
        created_at: NaiveDateTime as Moment [skip_update],
        verified_at: Option<NaiveDateTime> as MaybeMoment [skip_update],
        uid: String as Words,
    }
}

impl EmailRow {
    pub(crate) fn new(user_id: &str, s: EmailSnapshot) -> Self {
        Self {
            user_id: user_id.to_owned(),
            email: s.email,
            provider: s.provider,
            contact_type: s.contact_type,
            is_verified: s.is_verified,
            is_default: s.is_default,
            created_at: s.created_at.naive_utc(),
            verified_at: naive(s.verified_at),
            uid: s.id.to_string(),
        }
    }
}

impl TryFrom<EmailRow> for EmailSnapshot {
    type Error = RepositoryError;

    fn try_from(row: EmailRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            id: read_uuid("user_emails", &row.uid)?,
            email: row.email,
            provider: row.provider,
            contact_type: or_default(row.contact_type, "primary"),
            is_verified: row.is_verified,
            is_default: row.is_default,
            created_at: utc(row.created_at),
            verified_at: maybe_utc(row.verified_at),
        })
    }
}
