use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Binary, Integer, Nullable, Text, Timestamp},
};
use userdom_application::ports::{Credentials, Login, SignInRepository, TokenHash};
use userdom_domain::{Lockout, PasswordHash, RepositoryError, UserId};
use uuid::Uuid;

use crate::persistence::{
    connection::DbConnection,
    conversions::read_uuid,
    prepared::prepared,
    schema::{known_devices as devices, users},
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
WHERE (account_locked_until IS NULL OR LOCK_END <= NOW) AND ";
const CLAIMED: &str = " RETURNING id, password_hash, NULL AS device_id";
/// Attempts from a known device count there, and get no more tries here once it is locked.
const UNLESS_ON_DEVICE: &str = " AND NOT EXISTS (SELECT 1 FROM known_devices \
WHERE user_id = users.id AND token_hash = $5 AND expires_at > $3)";

/// The same for a device of the user, which has a lock of its own.
const CLAIM_ON_DEVICE: &str = "\
UPDATE known_devices SET \
failed_attempts = CASE WHEN locked_until IS NULL THEN failed_attempts + 1 ELSE 1 END, \
locked_until = CASE WHEN locked_until IS NULL AND failed_attempts + 1 >= $1 THEN $2 END \
WHERE (locked_until IS NULL OR locked_until <= $3) AND expires_at > $3 \
AND user_id IN (SELECT users.id FROM users WHERE ";
const CLAIMED_ON_DEVICE: &str = ") AND token_hash = $5 RETURNING user_id AS id, \
(SELECT password_hash FROM users WHERE users.id = user_id) AS password_hash, id AS device_id";

/// Folded by the database on both sides: it may fold more letters than ASCII has (R29).
const BY_USERNAME: &str = "lower(username) = lower($4)";
const BY_EMAIL: &str = "users.id = (SELECT user_emails.user_id FROM user_emails \
WHERE is_verified AND lower(email) = $4)";
const BY_ID: &str = "users.id = $4";

/// Writes, and leaves nothing. A commit without a write is faster, and the time of an answer would
/// reveal unknown accounts.
const WRITE_NOTHING_ON_POSTGRES: &str =
    "SELECT pg_logical_emit_message(true, 'userdom', '')::text AS written";
const WRITE_NOTHING_ON_SQLITE: &str = "PRAGMA user_version = 0";

struct ByUsername;
struct ByEmail;
struct ById;
/// Names of statements, one for each of the three above.
struct Anywhere<By>(By);
struct OnDevice<By>(By);
struct OffDevice<By>(By);

struct ClearAttempts;
struct ClearOnDevice;
struct ReturnAttempt;
struct ReturnOnDevice;
struct RecordLogin;
struct RecordOnDevice;
struct UseDevice;
struct WriteNothing;

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    password_hash: String,
    #[diesel(sql_type = Nullable<Text>)]
    device_id: Option<String>,
}

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "Diesel keeps only what returns rows prepared")]
    written: String,
}

impl SqlUnitOfWork {
    fn write_nothing(&mut self) -> Result<(), RepositoryError> {
        let written = match self.writing()? {
            DbConnection::Postgres(pg) => {
                let message = diesel::sql_query(WRITE_NOTHING_ON_POSTGRES);
                prepared::<WriteNothing, _>(message).get_result::<Written>(pg).map(drop)
            }
            DbConnection::Sqlite(sqlite) => {
                diesel::sql_query(WRITE_NOTHING_ON_SQLITE).execute(sqlite).map(drop)
            }
        };
        self.checked(written)
    }

    /// Another application may have written the end of the lock in its own way (R29).
    fn claim_sql(&mut self) -> String {
        let dialect = self.dialect();
        CLAIM
            .replace("LOCK_END", &dialect.moment_key("account_locked_until"))
            .replace("NOW", &dialect.moment_key("$3"))
    }

    /// `By` is that of the condition.
    fn claim<By: 'static>(
        &mut self,
        condition: &str,
        login: &str,
        device: Option<&TokenHash>,
        now: DateTime<Utc>,
    ) -> Result<Option<Claimed>, RepositoryError> {
        let Some(device) = device else {
            let sql = format!("{}{condition}{CLAIMED}", self.claim_sql());
            return self.claim_by::<Anywhere<By>>(sql, login, None, now);
        };
        let sql = format!("{CLAIM_ON_DEVICE}{condition}{CLAIMED_ON_DEVICE}");
        let claimed = self.claim_by::<OnDevice<By>>(sql, login, Some(device), now)?;
        if claimed.is_some() {
            return Ok(claimed);
        }
        let sql = format!("{}{condition}{UNLESS_ON_DEVICE}{CLAIMED}", self.claim_sql());
        self.claim_by::<OffDevice<By>>(sql, login, Some(device), now)
    }

    /// `Name` is that of this statement.
    fn claim_by<Name: 'static>(
        &mut self,
        sql: String,
        login: &str,
        device: Option<&TokenHash>,
        now: DateTime<Utc>,
    ) -> Result<Option<Claimed>, RepositoryError> {
        let max = i32::try_from(Lockout::MAX_FAILURES).unwrap_or(i32::MAX);
        let locked_until: NaiveDateTime = (now + Lockout::DURATION).naive_utc();
        let claimed = on_either!(self.writing()?, c => {
            let update = diesel::sql_query(sql)
                .bind::<Integer, _>(max)
                .bind::<Timestamp, _>(locked_until)
                .bind::<Timestamp, _>(now.naive_utc())
                .bind::<Text, _>(login);
            match device {
                None => prepared::<Name, _>(update).get_result::<Claimed>(c),
                Some(device) => {
                    let update = update.bind::<Binary, _>(device.0.as_slice());
                    prepared::<Name, _>(update).get_result::<Claimed>(c)
                }
            }
            .optional()
        });
        self.checked(claimed)
    }
}

impl SignInRepository for SqlUnitOfWork {
    fn claim_attempt(
        &mut self,
        login: &Login,
        device: Option<&TokenHash>,
        now: DateTime<Utc>,
    ) -> Result<Option<Credentials>, RepositoryError> {
        let claimed = match login {
            Login::Username(username) => {
                self.claim::<ByUsername>(BY_USERNAME, username.key(), device, now)
            }
            Login::Email(email) => self.claim::<ByEmail>(BY_EMAIL, email.as_str(), device, now),
            Login::Id(id) => self.claim::<ById>(BY_ID, &id.to_string(), device, now),
        };
        match claimed? {
            Some(claimed) => credentials(claimed).map(Some),
            None => self.write_nothing().map(|()| None),
        }
    }

    fn clear_attempts(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<(), RepositoryError> {
        let user = users::table.filter(users::id.eq(user_id.to_string()));
        let cleared = on_either!(self.writing()?, c => match device_id {
            None => {
                let update = diesel::update(user).set((
                    users::failed_login_attempts.eq(0),
                    users::account_locked_until.eq(None::<NaiveDateTime>),
                ));
                prepared::<ClearAttempts, _>(update.returning(users::id)).load::<String>(c)
            }
            Some(id) => {
                let device = devices::table.filter(devices::id.eq(id.to_string()));
                let update = diesel::update(device).set((
                    devices::failed_attempts.eq(0),
                    devices::locked_until.eq(None::<NaiveDateTime>),
                ));
                prepared::<ClearOnDevice, _>(update.returning(devices::id)).load::<String>(c)
            }
        });
        self.checked(cleared).map(drop)
    }

    fn return_attempt(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<(), RepositoryError> {
        let user = users::id.eq(user_id.to_string()).and(users::failed_login_attempts.gt(0));
        let returned = on_either!(self.writing()?, c => match device_id {
            None => {
                let update = diesel::update(users::table.filter(user)).set((
                    users::failed_login_attempts.eq(users::failed_login_attempts - 1),
                    users::account_locked_until.eq(None::<NaiveDateTime>),
                ));
                prepared::<ReturnAttempt, _>(update.returning(users::id)).load::<String>(c)
            }
            Some(id) => {
                let device = devices::id.eq(id.to_string()).and(devices::failed_attempts.gt(0));
                let update = diesel::update(devices::table.filter(device)).set((
                    devices::failed_attempts.eq(devices::failed_attempts - 1),
                    devices::locked_until.eq(None::<NaiveDateTime>),
                ));
                prepared::<ReturnOnDevice, _>(update.returning(devices::id)).load::<String>(c)
            }
        });
        self.checked(returned).map(drop)
    }

    fn record_login(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let user = users::table.filter(users::id.eq(user_id.to_string()));
        let login = users::last_login_at.eq(now.naive_utc());
        let recorded = on_either!(self.writing()?, c => match device_id {
            None => {
                let update = diesel::update(user).set((
                    users::failed_login_attempts.eq(0),
                    users::account_locked_until.eq(None::<NaiveDateTime>),
                    login,
                ));
                prepared::<RecordLogin, _>(update.returning(users::id)).load::<String>(c)
            }
            Some(id) => {
                let update = diesel::update(user).set(login).returning(users::id);
                let device = devices::table.filter(devices::id.eq(id.to_string()));
                let clear = diesel::update(device).set((
                    devices::failed_attempts.eq(0),
                    devices::locked_until.eq(None::<NaiveDateTime>),
                    devices::last_used_at.eq(now.naive_utc()),
                ));
                prepared::<RecordOnDevice, _>(update).load::<String>(c).and_then(|_| {
                    prepared::<UseDevice, _>(clear.returning(devices::id)).load::<String>(c)
                })
            }
        });
        self.checked(recorded).map(drop)
    }

    fn upgrade_hash(
        &mut self,
        user_id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, RepositoryError> {
        let same = users::id.eq(user_id.to_string()).and(users::password_hash.eq(old.as_str()));
        let upgraded = on_either!(self.writing()?, c => {
            diesel::update(users::table.filter(same))
                .set((
                    users::password_hash.eq(new.as_str()),
                    users::version.eq(users::version + 1),
                ))
                .execute(c)
        });
        Ok(self.checked(upgraded)? > 0)
    }
}

fn credentials(claimed: Claimed) -> Result<Credentials, RepositoryError> {
    let device = claimed.device_id.map(|id| read_uuid("known_devices", &id));
    Ok(Credentials {
        user_id: UserId::from_uuid(read_uuid("users", &claimed.id)?),
        password_hash: PasswordHash::stored(claimed.password_hash),
        device_id: device.transpose()?,
    })
}
