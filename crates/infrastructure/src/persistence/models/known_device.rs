use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_application::ports::{KnownDevice, NewDevice};
use userdom_domain::RepositoryError;

use crate::persistence::{
    conversions::{read_uuid, utc},
    schema::known_devices,
};

/// A device that was used to sign in.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = known_devices)]
pub(crate) struct DeviceRow {
    id: String,
    pub(crate) user_id: String,
    token_hash: Vec<u8>,
    created_at: NaiveDateTime,
    last_used_at: NaiveDateTime,
    expires_at: NaiveDateTime,
}

impl From<&NewDevice> for DeviceRow {
    fn from(device: &NewDevice) -> Self {
        Self {
            id: device.id.to_string(),
            user_id: device.user_id.to_string(),
            token_hash: device.token.0.to_vec(),
            created_at: device.created_at.naive_utc(),
            last_used_at: device.created_at.naive_utc(),
            expires_at: device.expires_at.naive_utc(),
        }
    }
}

impl TryFrom<DeviceRow> for KnownDevice {
    type Error = RepositoryError;

    fn try_from(row: DeviceRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            id: read_uuid("known_devices", &row.id)?,
            created_at: utc(row.created_at),
            last_used_at: utc(row.last_used_at),
            expires_at: utc(row.expires_at),
        })
    }
}
