use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Binary, Integer, Text, Timestamp},
};
use userdom_application::ports::{SecondFactorRepository, TokenHash, TotpCredential};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use crate::persistence::{
    models::{RecoveryCodeRow, TotpRow},
    prepared::prepared,
    schema::{
        recovery_codes as codes,
        totp_credentials::{self as totp, dsl},
    },
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// The guesses stay counted: a new set-up does not give more of them.
const SET_UP: &str = "\
INSERT INTO totp_credentials (user_id, sealed_secret, created_at) VALUES ($1, $2, $3) \
ON CONFLICT (user_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, \
created_at = excluded.created_at, last_step = NULL \
WHERE totp_credentials.confirmed_at IS NULL RETURNING user_id";

const CLAIM_GUESS: &str = "\
UPDATE totp_credentials SET \
guesses = CASE WHEN guesses_since > $1 THEN guesses + 1 ELSE 1 END, \
guesses_since = CASE WHEN guesses_since > $1 THEN guesses_since ELSE $2 END \
WHERE user_id = $3 AND (guesses_since IS NULL OR guesses_since <= $1 OR guesses < $4) \
RETURNING user_id";

struct SetUp;
struct UseStep;
struct ClaimGuess;
struct ClearGuesses;
struct UseRecoveryCode;

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = Text)]
    #[expect(dead_code, reason = "only its being there counts")]
    user_id: String,
}

impl SecondFactorRepository for SqlUnitOfWork {
    fn find(&mut self, user_id: UserId) -> Result<Option<TotpCredential>, RepositoryError> {
        let found = on_either!(self.db()?, c => {
            totp::table
                .filter(dsl::user_id.eq(user_id.to_string()))
                .select(TotpRow::as_select())
                .first(c)
                .optional()
        });
        self.checked(found)?.map(TryInto::try_into).transpose()
    }

    fn set_up(&mut self, credential: &TotpCredential) -> Result<bool, RepositoryError> {
        let set_up = diesel::sql_query(SET_UP)
            .bind::<Text, _>(credential.user_id.to_string())
            .bind::<Binary, _>(credential.sealed_secret.clone())
            .bind::<Timestamp, _>(credential.created_at.naive_utc());
        let done = on_either!(self.writing()?, c => prepared::<SetUp, _>(set_up).load::<Done>(c));
        Ok(!self.checked(done)?.is_empty())
    }

    fn confirm(
        &mut self,
        user_id: UserId,
        step: i64,
        now: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let open = totp::table
            .filter(dsl::user_id.eq(user_id.to_string()))
            .filter(dsl::confirmed_at.is_null());
        let confirm = diesel::update(open)
            .set((dsl::confirmed_at.eq(now.naive_utc()), dsl::last_step.eq(step)))
            .returning(dsl::user_id);
        let confirmed = on_either!(self.writing()?, c => confirm.load::<String>(c));
        Ok(!self.checked(confirmed)?.is_empty())
    }

    fn reseal(&mut self, user_id: UserId, old: &[u8], new: &[u8]) -> Result<(), RepositoryError> {
        let same = dsl::user_id.eq(user_id.to_string()).and(dsl::sealed_secret.eq(old));
        let reseal = diesel::update(totp::table.filter(same)).set(dsl::sealed_secret.eq(new));
        let resealed = on_either!(self.writing()?, c => reseal.execute(c));
        self.checked(resealed).map(drop)
    }

    fn use_step(&mut self, user_id: UserId, step: i64) -> Result<bool, RepositoryError> {
        let fresh = totp::table
            .filter(dsl::user_id.eq(user_id.to_string()))
            .filter(dsl::confirmed_at.is_not_null())
            .filter(dsl::last_step.is_null().or(dsl::last_step.lt(step)));
        let take = diesel::update(fresh).set(dsl::last_step.eq(step)).returning(dsl::user_id);
        let taken =
            on_either!(self.writing()?, c => prepared::<UseStep, _>(take).load::<String>(c));
        Ok(!self.checked(taken)?.is_empty())
    }

    fn claim_guess(
        &mut self,
        user_id: UserId,
        limit: u32,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let claim = diesel::sql_query(CLAIM_GUESS)
            .bind::<Timestamp, _>(since.naive_utc())
            .bind::<Timestamp, _>(now.naive_utc())
            .bind::<Text, _>(user_id.to_string())
            .bind::<Integer, _>(i32::try_from(limit).unwrap_or(i32::MAX));
        let claimed =
            on_either!(self.writing()?, c => prepared::<ClaimGuess, _>(claim).load::<Done>(c));
        Ok(!self.checked(claimed)?.is_empty())
    }

    fn clear_guesses(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        let clear = diesel::update(totp::table.filter(dsl::user_id.eq(user_id.to_string())))
            .set((dsl::guesses.eq(0), dsl::guesses_since.eq(None::<NaiveDateTime>)))
            .returning(dsl::user_id);
        let cleared =
            on_either!(self.writing()?, c => prepared::<ClearGuesses, _>(clear).load::<String>(c));
        self.checked(cleared).map(drop)
    }

    fn remove(&mut self, user_id: UserId) -> Result<bool, RepositoryError> {
        let id = user_id.to_string();
        let removed = on_either!(self.writing()?, c => {
            diesel::delete(codes::table.filter(codes::user_id.eq(&id)))
                .execute(c)
                .and_then(|_| diesel::delete(totp::table.filter(dsl::user_id.eq(&id))).execute(c))
        });
        Ok(self.checked(removed)? > 0)
    }

    fn replace_recovery_codes(
        &mut self,
        user_id: UserId,
        new: &[(Uuid, TokenHash)],
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let user = user_id.to_string();
        let rows: Vec<_> = new
            .iter()
            .map(|(id, hash)| RecoveryCodeRow {
                id: id.to_string(),
                user_id: user.clone(),
                code_hash: hash.0.to_vec(),
                created_at: now.naive_utc(),
            })
            .collect();
        let replaced = on_either!(self.writing()?, c => {
            diesel::delete(codes::table.filter(codes::user_id.eq(&user)))
                .execute(c)
                .and_then(|_| diesel::insert_into(codes::table).values(&rows).execute(c))
        });
        self.checked(replaced).map(drop)
    }

    fn use_recovery_code(
        &mut self,
        user_id: UserId,
        code: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let unused = codes::table
            .filter(codes::user_id.eq(user_id.to_string()))
            .filter(codes::code_hash.eq(code.0.as_slice()))
            .filter(codes::used_at.is_null());
        let take =
            diesel::update(unused).set(codes::used_at.eq(now.naive_utc())).returning(codes::id);
        let taken = on_either!(self.writing()?, c => {
            prepared::<UseRecoveryCode, _>(take).load::<String>(c)
        });
        Ok(!self.checked(taken)?.is_empty())
    }

    fn recovery_codes_left(&mut self, user_id: UserId) -> Result<u64, RepositoryError> {
        let left = on_either!(self.db()?, c => {
            codes::table
                .filter(codes::user_id.eq(user_id.to_string()))
                .filter(codes::used_at.is_null())
                .count()
                .get_result::<i64>(c)
        });
        Ok(self.checked(left)?.unsigned_abs())
    }
}
