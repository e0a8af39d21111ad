use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use userdom_application::ports::{NewSession, SessionOwner, SessionRepository, TokenHash};
use userdom_domain::{RepositoryError, UserId, UserRole, UserStatus};
use uuid::Uuid;

use crate::persistence::{
    errors::corrupt_value,
    json_column::Json,
    mappers::utc,
    models::SessionRow,
    schema::{sessions, users},
    unit_of_work::{SqlUnitOfWork, on_either},
};

type OwnerRow = (String, String, Json, String, Option<NaiveDateTime>);

impl SessionRepository for SqlUnitOfWork {
    fn insert(&mut self, session: &NewSession) -> Result<(), RepositoryError> {
        let row = SessionRow {
            id: session.id.to_string(),
            user_id: session.user_id.to_string(),
            access_token_hash: session.access_token.0.to_vec(),
            access_expires_at: session.access_expires_at.naive_utc(),
            created_at: session.created_at.naive_utc(),
            last_used_at: session.created_at.naive_utc(),
            user_agent: session.user_agent.clone(),
            ip_address: session.ip_address.clone(),
        };
        let inserted = on_either!(self.writing()?, c => {
            diesel::insert_into(sessions::table).values(&row).execute(c)
        });
        self.checked(inserted).map(drop)
    }

    fn find_owner(
        &mut self,
        access_token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, RepositoryError> {
        let found = on_either!(self.db()?, c => {
            sessions::table
                .inner_join(users::table)
                .filter(sessions::access_token_hash.eq(access_token.0.as_slice()))
                .filter(sessions::access_expires_at.gt(now.naive_utc()))
                .select((sessions::id, users::id, users::roles, users::status, users::status_until))
                .first::<OwnerRow>(c)
                .optional()
        });
        self.checked(found)?.map(owner).transpose()
    }

    fn end(&mut self, session_id: Uuid) -> Result<bool, RepositoryError> {
        let ended = on_either!(self.writing()?, c => {
            diesel::delete(sessions::table.filter(sessions::id.eq(session_id.to_string()))).execute(c)
        });
        Ok(self.checked(ended)? > 0)
    }

    fn end_all(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        let ended = on_either!(self.writing()?, c => {
            diesel::delete(sessions::table.filter(sessions::user_id.eq(user_id.to_string())))
                .execute(c)
        });
        self.checked(ended).map(drop)
    }
}

fn owner(row: OwnerRow) -> Result<SessionOwner, RepositoryError> {
    let (session, user, Json(roles), status, status_until) = row;
    let corrupt = |error| corrupt_value("users", &user, error);
    let roles: Vec<String> = serde_json::from_str(&roles).map_err(corrupt)?;
    Ok(SessionOwner {
        session_id: Uuid::parse_str(&session)
            .map_err(|error| corrupt_value("sessions", &session, error))?,
        user_id: UserId::parse(&user).map_err(|error| corrupt_value("users", &user, error))?,
        // A role or status that nobody knows opens nothing.
        roles: roles.iter().filter_map(|role| UserRole::parse(role)).collect::<BTreeSet<_>>(),
        status: UserStatus::parse(&status).unwrap_or(UserStatus::Deleted),
        status_until: status_until.map(utc),
    })
}
