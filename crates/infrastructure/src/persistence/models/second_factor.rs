use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::persistence::schema::{recovery_codes, totp_credentials};

/// The TOTP secret of a user.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = totp_credentials)]
pub(crate) struct TotpRow {
    pub(crate) user_id: String,
    pub(crate) sealed_secret: Vec<u8>,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) confirmed_at: Option<NaiveDateTime>,
    pub(crate) last_step: Option<i64>,
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
