use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_application::ports::TotpCredential;
use userdom_domain::{RepositoryError, UserId};

use crate::persistence::{
    conversions::{maybe_utc, read_uuid, utc},
    schema::{recovery_codes, totp_credentials},
};

/// The TOTP secret of a user.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = totp_credentials)]
pub(crate) struct TotpRow {
    user_id: String,
    sealed_secret: Vec<u8>,
    created_at: NaiveDateTime,
    confirmed_at: Option<NaiveDateTime>,
    last_step: Option<i64>,
}

impl TryFrom<TotpRow> for TotpCredential {
    type Error = RepositoryError;

    fn try_from(row: TotpRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            user_id: UserId::from_uuid(read_uuid("totp_credentials", &row.user_id)?),
            sealed_secret: row.sealed_secret,
            created_at: utc(row.created_at),
            confirmed_at: maybe_utc(row.confirmed_at),
            last_step: row.last_step,
        })
    }
}

/// A code that stands in for the authenticator app once.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = recovery_codes, treat_none_as_default_value = false)]
pub(crate) struct RecoveryCodeRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) code_hash: Vec<u8>,
    pub(crate) created_at: NaiveDateTime,
}
