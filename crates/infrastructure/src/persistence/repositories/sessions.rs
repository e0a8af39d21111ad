use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use userdom_application::ports::{Session, SessionOwner, SessionRepository, TokenHash};
use userdom_domain::{RepositoryError, UserId, UserStatus};
use uuid::Uuid;

use crate::persistence::{
    conversions::{maybe_utc, read_uuid, utc},
    json_column::Json,
    lenient::{MaybeJson, MaybeMoment, Words},
    models::{SessionRow, roles},
    prepared::prepared,
    schema::{
        sessions::{self, dsl},
        users,
    },
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// Of the sessions of a user `$2` are kept; as many end at once, if there are more.
const END_OLDEST: &str = "\
DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 \
ORDER BY last_used_at DESC, id DESC LIMIT $2 OFFSET $2) RETURNING id";

struct EndOldest;
struct Rotate;
struct Touch;

#[derive(QueryableByName)]
struct Ended {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "what returns nothing is not kept prepared")]
    id: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct OpenSession {
    id: String,
    authenticated_at: NaiveDateTime,
    last_used_at: NaiveDateTime,
    rotated_at: NaiveDateTime,
    access_expires_at: NaiveDateTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
struct Owner {
    id: String,
    username: String,
    #[diesel(deserialize_as = MaybeJson)]
    roles: Json,
    #[diesel(deserialize_as = Words)]
    status: String,
    #[diesel(deserialize_as = MaybeMoment)]
    status_until: Option<NaiveDateTime>,
}

impl SessionRepository for SqlUnitOfWork {
    fn insert(&mut self, session: &Session) -> Result<(), RepositoryError> {
        let row = SessionRow::from(session);
        let inserted = on_either!(self.writing()?, c => {
            diesel::insert_into(sessions::table).values(&row).execute(c).and_then(|_| {
                let end = diesel::sql_query(END_OLDEST)
                    .bind::<Text, _>(&row.user_id)
                    .bind::<BigInt, _>(i64::from(Session::MOST));
                prepared::<EndOldest, _>(end).load::<Ended>(c)
            })
        });
        self.checked(inserted).map(drop)
    }

    fn find_owner(
        &mut self,
        access_token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<SessionOwner>, RepositoryError> {
        let now = now.naive_utc();
        let found = on_either!(self.db()?, c => {
            sessions::table
                .inner_join(users::table)
                .filter(dsl::access_token_hash.eq(access_token.0.as_slice()))
                .filter(dsl::access_expires_at.gt(now))
                .filter(dsl::idle_expires_at.gt(now))
                .filter(dsl::expires_at.gt(now))
                .select((OpenSession::as_select(), Owner::as_select()))
                .first(c)
                .optional()
        });
        self.checked(found)?.map(session_owner).transpose()
    }

    fn find(
        &mut self,
        session_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<Session>, RepositoryError> {
        let now = now.naive_utc();
        let found = on_either!(self.db()?, c => {
            sessions::table
                .filter(dsl::id.eq(session_id.to_string()))
                .filter(dsl::idle_expires_at.gt(now))
                .filter(dsl::expires_at.gt(now))
                .select(SessionRow::as_select())
                .first(c)
                .optional()
        });
        self.checked(found)?.map(TryInto::try_into).transpose()
    }

    fn of_user(
        &mut self,
        user_id: UserId,
        now: DateTime<Utc>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Session>, RepositoryError> {
        let now = now.naive_utc();
        // No identity comes after this one.
        let before = before.unwrap_or(Uuid::max()).to_string();
        let found = on_either!(self.db()?, c => {
            sessions::table
                .filter(dsl::user_id.eq(user_id.to_string()))
                .filter(dsl::id.lt(&before))
                .filter(dsl::idle_expires_at.gt(now))
                .filter(dsl::expires_at.gt(now))
                .order(dsl::id.desc())
                .limit(i64::from(limit))
                .select(SessionRow::as_select())
                .load(c)
        });
        self.checked(found)?.into_iter().map(TryInto::try_into).collect()
    }

    fn rotate(&mut self, session: &Session) -> Result<bool, RepositoryError> {
        let row = SessionRow::from(session);
        let one_before = dsl::generation.eq(row.generation.saturating_sub(1));
        let rotate = diesel::update(sessions::table.filter(dsl::id.eq(row.id).and(one_before)))
            .set((
                dsl::generation.eq(row.generation),
                dsl::rotated_at.eq(row.rotated_at),
                dsl::access_token_hash.eq(row.access_token_hash),
                dsl::access_expires_at.eq(row.access_expires_at),
                dsl::idle_expires_at.eq(row.idle_expires_at),
                dsl::last_used_at.eq(row.last_used_at),
                dsl::authenticated_at.eq(row.authenticated_at),
                dsl::user_agent.eq(row.user_agent),
                dsl::ip_address.eq(row.ip_address),
            ))
            .returning(dsl::id);
        let rotated = on_either!(self.writing()?, c => {
            prepared::<Rotate, _>(rotate).load::<String>(c)
        });
        Ok(!self.checked(rotated)?.is_empty())
    }

    fn touch(&mut self, session_id: Uuid, now: DateTime<Utc>) -> Result<(), RepositoryError> {
        // Two instances may note it at once: the later one stays.
        let earlier = dsl::id.eq(session_id.to_string()).and(dsl::last_used_at.lt(now.naive_utc()));
        let touch = diesel::update(sessions::table.filter(earlier))
            .set(dsl::last_used_at.eq(now.naive_utc()))
            .returning(dsl::id);
        let touched = on_either!(self.writing()?, c => {
            prepared::<Touch, _>(touch).load::<String>(c)
        });
        self.checked(touched).map(drop)
    }

    fn end(&mut self, user_id: UserId, session_id: Uuid) -> Result<bool, RepositoryError> {
        let one = dsl::id.eq(session_id.to_string()).and(dsl::user_id.eq(user_id.to_string()));
        let ended = on_either!(self.writing()?, c => {
            diesel::delete(sessions::table.filter(one)).execute(c)
        });
        Ok(self.checked(ended)? > 0)
    }

    fn end_all(&mut self, user_id: UserId, except: Option<Uuid>) -> Result<u64, RepositoryError> {
        // No session has the nil identity.
        let except = except.unwrap_or_default().to_string();
        let others = dsl::user_id.eq(user_id.to_string()).and(dsl::id.ne(except));
        let ended = on_either!(self.writing()?, c => {
            diesel::delete(sessions::table.filter(others)).execute(c)
        });
        Ok(self.checked(ended)? as u64)
    }
}

fn session_owner((session, owner): (OpenSession, Owner)) -> Result<SessionOwner, RepositoryError> {
    Ok(SessionOwner {
        session_id: read_uuid("sessions", &session.id)?,
        user_id: UserId::from_uuid(read_uuid("users", &owner.id)?),
        username: owner.username,
        roles: roles(&owner.roles),
        // An unknown status allows nothing.
        status: UserStatus::parse(&owner.status).unwrap_or(UserStatus::Deleted),
        status_until: maybe_utc(owner.status_until),
        authenticated_at: utc(session.authenticated_at),
        last_used_at: utc(session.last_used_at),
        issued_at: utc(session.rotated_at),
        access_expires_at: utc(session.access_expires_at),
    })
}
