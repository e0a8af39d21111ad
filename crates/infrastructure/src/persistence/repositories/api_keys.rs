use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use userdom_application::ports::{ApiKey, ApiKeyRepository, TokenHash};
use userdom_domain::{RepositoryError, UserId, UserRole, UserStatus};
use uuid::Uuid;

use crate::persistence::{
    conversions::utc,
    lenient::{MaybeJson, MaybeMoment, Words},
    models::{ApiKeyRow, roles},
    prepared::prepared,
    schema::{
        api_keys::{self as keys, dsl},
        users,
    },
    unit_of_work::{SqlUnitOfWork, on_either},
};

struct Touch;

/// Roles, status and its end of the maker of a key.
type Maker = (MaybeJson, Words, MaybeMoment);

impl ApiKeyRepository for SqlUnitOfWork {
    fn insert(&mut self, key: &ApiKey) -> Result<(), RepositoryError> {
        let row = ApiKeyRow::from(key);
        let inserted = on_either!(self.writing()?, c => {
            diesel::insert_into(keys::table).values(&row).execute(c)
        });
        self.checked(inserted).map(drop)
    }

    fn all(&mut self) -> Result<Vec<ApiKey>, RepositoryError> {
        let found = on_either!(self.db()?, c => {
            // The keys of a removed maker are wiped later.
            keys::table
                .inner_join(users::table)
                .order((dsl::created_at.desc(), dsl::id.desc()))
                .select(ApiKeyRow::as_select())
                .load(c)
        });
        self.checked(found)?.into_iter().map(TryInto::try_into).collect()
    }

    fn made_by(
        &mut self,
        user_id: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, RepositoryError> {
        // No identity comes after this one.
        let before = before.unwrap_or(Uuid::max()).to_string();
        let found = on_either!(self.db()?, c => {
            keys::table
                .filter(dsl::created_by.eq(user_id.to_string()))
                .filter(dsl::id.lt(&before))
                .order(dsl::id.desc())
                .limit(i64::from(limit))
                .select(ApiKeyRow::as_select())
                .load(c)
        });
        self.checked(found)?.into_iter().map(TryInto::try_into).collect()
    }

    fn find_live(
        &mut self,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<ApiKey>, RepositoryError> {
        let found = on_either!(self.db()?, c => {
            keys::table
                .inner_join(users::table)
                .filter(dsl::token_hash.eq(token.0.as_slice()))
                .filter(dsl::expires_at.is_null().or(dsl::expires_at.gt(now.naive_utc())))
                .select((ApiKeyRow::as_select(), (users::roles, users::status, users::status_until)))
                .first::<(ApiKeyRow, Maker)>(c)
                .optional()
        });
        match self.checked(found)? {
            Some((row, maker)) => is_active_admin(maker, now).then(|| row.try_into()).transpose(),
            None => Ok(None),
        }
    }

    fn touch(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<(), RepositoryError> {
        let touch = diesel::update(keys::table.filter(dsl::id.eq(id.to_string())))
            .set(dsl::last_used_at.eq(now.naive_utc()))
            .returning(dsl::id);
        let touched =
            on_either!(self.writing()?, c => prepared::<Touch, _>(touch).load::<String>(c));
        self.checked(touched).map(drop)
    }

    fn remove(&mut self, id: Uuid) -> Result<bool, RepositoryError> {
        let removed = on_either!(self.writing()?, c => {
            diesel::delete(keys::table.filter(dsl::id.eq(id.to_string()))).execute(c)
        });
        Ok(self.checked(removed)? > 0)
    }
}

/// A suspension or ban that has ended by time is over (R14).
fn is_active_admin((held, status, until): Maker, now: DateTime<Utc>) -> bool {
    let (status, until) = (String::from(status), Option::<NaiveDateTime>::from(until));
    let is_active = match UserStatus::parse(&status) {
        Some(UserStatus::Active) => true,
        Some(UserStatus::Suspended | UserStatus::Banned) => {
            until.is_some_and(|end| utc(end) <= now)
        }
        Some(UserStatus::Pending | UserStatus::Deleted) | None => false,
    };
    is_active && roles(&held.into()).contains(&UserRole::Admin)
}
