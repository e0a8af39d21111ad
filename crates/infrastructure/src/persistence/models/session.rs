use chrono::NaiveDateTime;
use diesel::prelude::*;
use userdom_application::ports::{Session, TokenHash};
use userdom_domain::{RepositoryError, UserId};

use crate::persistence::{
    conversions::{read_hash, read_uuid, utc},
    schema::sessions,
};

/// An open session.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(crate) struct SessionRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) access_token_hash: Vec<u8>,
    pub(crate) access_expires_at: NaiveDateTime,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) last_used_at: NaiveDateTime,
    pub(crate) user_agent: String,
    pub(crate) ip_address: String,
    pub(crate) seed: Vec<u8>,
    pub(crate) generation: i32,
    pub(crate) rotated_at: NaiveDateTime,
    pub(crate) idle_expires_at: NaiveDateTime,
    pub(crate) expires_at: NaiveDateTime,
    pub(crate) authenticated_at: NaiveDateTime,
}

impl From<&Session> for SessionRow {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            user_id: session.user_id.to_string(),
            access_token_hash: session.access_token.0.to_vec(),
            access_expires_at: session.access_expires_at.naive_utc(),
            created_at: session.created_at.naive_utc(),
            last_used_at: session.last_used_at.naive_utc(),
            user_agent: session.user_agent.clone(),
            ip_address: session.ip_address.clone(),
            seed: session.seed.to_vec(),
            generation: i32::try_from(session.generation).unwrap_or(i32::MAX),
            rotated_at: session.rotated_at.naive_utc(),
            idle_expires_at: session.idle_expires_at.naive_utc(),
            expires_at: session.expires_at.naive_utc(),
            authenticated_at: session.authenticated_at.naive_utc(),
        }
    }
}

impl TryFrom<SessionRow> for Session {
    type Error = RepositoryError;

    fn try_from(row: SessionRow) -> Result<Self, RepositoryError> {
        Ok(Self {
            id: read_uuid("sessions", &row.id)?,
            user_id: UserId::from_uuid(read_uuid("sessions", &row.user_id)?),
            seed: read_hash("sessions", &row.id, &row.seed)?,
            generation: u32::try_from(row.generation).unwrap_or(0),
            rotated_at: utc(row.rotated_at),
            access_token: TokenHash(read_hash("sessions", &row.id, &row.access_token_hash)?),
            access_expires_at: utc(row.access_expires_at),
            idle_expires_at: utc(row.idle_expires_at),
            expires_at: utc(row.expires_at),
            created_at: utc(row.created_at),
            last_used_at: utc(row.last_used_at),
            authenticated_at: utc(row.authenticated_at),
            user_agent: row.user_agent,
            ip_address: row.ip_address,
        })
    }
}
