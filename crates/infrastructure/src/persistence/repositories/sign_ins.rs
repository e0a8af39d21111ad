use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    prelude::*,
    sql_types::{Integer, Text, Timestamp},
};
use userdom_application::ports::{Credentials, Login, SignInRepository};
use userdom_domain::{PasswordHash, RepositoryError, User, UserId};

use crate::persistence::{
    errors::corrupt_value,
    prepared::prepared,
    schema::users,
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// Counts the attempt if the account is not locked; the fifth one in a row locks
/// it, and after an expired lock the count starts anew (R17).
const CLAIM: &str = "\
UPDATE users SET \
failed_login_attempts = \
  CASE WHEN account_locked_until IS NULL THEN failed_login_attempts + 1 ELSE 1 END, \
account_locked_until = \
  CASE WHEN account_locked_until IS NULL AND failed_login_attempts + 1 >= $1 THEN $2 END \
WHERE (account_locked_until IS NULL OR account_locked_until <= $3) AND ";

const BY_USERNAME: &str = "lower(username) = $4 RETURNING id, password_hash";
const BY_EMAIL: &str = "id = (SELECT user_id FROM user_emails WHERE is_verified \
AND lower(email) = $4) RETURNING id, password_hash";

struct ClaimByUsername;
struct ClaimByEmail;
struct ClearAttempts;
struct RecordLogin;

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    password_hash: String,
}

impl SqlUnitOfWork {
    /// `Name` is that of the statement with this condition.
    fn claim<Name: 'static>(
        &mut self,
        condition: &str,
        value: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Claimed>, RepositoryError> {
        let max = i32::try_from(User::MAX_FAILED_LOGINS).unwrap_or(i32::MAX);
        let locked_until: NaiveDateTime =
            (now + TimeDelta::minutes(User::LOCK_MINUTES)).naive_utc();
        let claimed = on_either!(self.writing()?, c => {
            let update = diesel::sql_query(format!("{CLAIM}{condition}"))
                .bind::<Integer, _>(max)
                .bind::<Timestamp, _>(locked_until)
                .bind::<Timestamp, _>(now.naive_utc())
                .bind::<Text, _>(value);
            prepared::<Name, _>(update).get_result::<Claimed>(c).optional()
        });
        self.checked(claimed)
    }
}

impl SignInRepository for SqlUnitOfWork {
    fn claim_attempt(
        &mut self,
        login: &Login,
        now: DateTime<Utc>,
    ) -> Result<Option<Credentials>, RepositoryError> {
        let claimed = match login {
            Login::Username(username) => {
                self.claim::<ClaimByUsername>(BY_USERNAME, username.key(), now)
            }
            Login::Email(email) => self.claim::<ClaimByEmail>(BY_EMAIL, email.as_str(), now),
        };
        claimed?.map(credentials).transpose()
    }

    fn clear_attempts(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        let cleared = on_either!(self.writing()?, c => {
                    let update = diesel::update(users::table.filter(users::id.eq(user_id.to_string()))).set((
                            users::failed_login_attempts.eq(0),
                            users::account_locked_until.eq(None::<NaiveDateTime>),
        ));
                    prepared::<ClearAttempts, _>(update.returning(users::id)).load::<String>(c)
                });
        self.checked(cleared).map(drop)
    }

    fn return_attempt(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        let claimed = users::id.eq(user_id.to_string()).and(users::failed_login_attempts.gt(0));
        let returned = on_either!(self.writing()?, c => {
            diesel::update(users::table.filter(claimed))
                .set((
                    users::failed_login_attempts.eq(users::failed_login_attempts - 1),
                    users::account_locked_until.eq(None::<NaiveDateTime>),
                ))
                .execute(c)
        });
        self.checked(returned).map(drop)
    }

    fn record_login(&mut self, user_id: UserId, now: DateTime<Utc>) -> Result<(), RepositoryError> {
        let recorded = on_either!(self.writing()?, c => {
            let update = diesel::update(users::table.filter(users::id.eq(user_id.to_string()))).set((users::failed_login_attempts.eq(0), users::account_locked_until.eq(None::<NaiveDateTime>), users::last_login_at.eq(now.naive_utc())));
            prepared::<RecordLogin, _>(update.returning(users::id)).load::<String>(c)
        });
        self.checked(recorded).map(drop)
    }

    fn upgrade_hash(
        &mut self,
        user_id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), RepositoryError> {
        let same = users::id.eq(user_id.to_string()).and(users::password_hash.eq(old.as_str()));
        let upgraded = on_either!(self.writing()?, c => {
            diesel::update(users::table.filter(same))
                .set((
                    users::password_hash.eq(new.as_str()),
                    users::version.eq(users::version + 1),
                ))
                .execute(c)
        });
        self.checked(upgraded).map(drop)
    }
}

fn credentials(claimed: Claimed) -> Result<Credentials, RepositoryError> {
    let corrupt = |error| corrupt_value("users", &claimed.id, error);
    Ok(Credentials {
        user_id: UserId::parse(&claimed.id).map_err(corrupt)?,
        password_hash: PasswordHash::stored(claimed.password_hash),
    })
}
