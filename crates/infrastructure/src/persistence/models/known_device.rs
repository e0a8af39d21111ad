use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::persistence::schema::known_devices;

/// A device on which somebody has signed in.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = known_devices, treat_none_as_default_value = false)]
pub(crate) struct DeviceRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) token_hash: Vec<u8>,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) last_used_at: NaiveDateTime,
    pub(crate) expires_at: NaiveDateTime,
}
