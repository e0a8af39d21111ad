use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Binary, Text, Timestamp},
};
use userdom_application::ports::{Claim, Claimed, IdempotencyRepository};
use userdom_domain::{RepositoryError, UserId};

use crate::persistence::{
    schema::{
        idempotency_keys::{self as keys, dsl},
        idempotency_subjects as subjects,
    },
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// Takes a key that is new, that has expired, or that an unfinished attempt has left.
const CLAIM: &str = "\
INSERT INTO idempotency_keys (id, fingerprint, claim, claimed_until, expires_at) \
VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, \
claim = excluded.claim, claimed_until = excluded.claimed_until, \
expires_at = excluded.expires_at, answer = NULL \
WHERE idempotency_keys.expires_at <= $6 OR (idempotency_keys.answer IS NULL \
AND idempotency_keys.claimed_until <= $6 \
AND idempotency_keys.fingerprint = excluded.fingerprint)";

/// The fingerprint, and the answer once there is one.
type Kept = (Vec<u8>, Option<Vec<u8>>);

impl IdempotencyRepository for SqlUnitOfWork {
    fn claim(&mut self, claim: &Claim, now: DateTime<Utc>) -> Result<Claimed, RepositoryError> {
        let taken = on_either!(self.writing()?, c => {
            sql_query(CLAIM)
                .bind::<Text, _>(&claim.key)
                .bind::<Binary, _>(claim.fingerprint.as_slice())
                .bind::<Text, _>(claim.attempt.to_string())
                .bind::<Timestamp, _>(claim.claimed_until.naive_utc())
                .bind::<Timestamp, _>(claim.expires_at.naive_utc())
                .bind::<Timestamp, _>(now.naive_utc())
                .execute(c)
        });
        if self.checked(taken)? > 0 {
            return Ok(Claimed::Ours);
        }
        let found: QueryResult<Option<Kept>> = on_either!(self.db()?, c => {
            keys::table
                .filter(dsl::id.eq(&claim.key))
                .select((dsl::fingerprint, dsl::answer))
                .first(c)
                .optional()
        });
        Ok(match self.checked(found)? {
            Some((fingerprint, _)) if !claim.is_same(&fingerprint) => Claimed::Another,
            Some((_, Some(answer))) => Claimed::Answered(answer),
            // Given back a moment ago: the client may try again.
            Some((_, None)) | None => Claimed::Running,
        })
    }

    fn answer(
        &mut self,
        claim: &Claim,
        answer: &[u8],
        about: &[UserId],
    ) -> Result<bool, RepositoryError> {
        let kept = on_either!(self.writing()?, c => {
            diesel::update(keys::table.filter(dsl::id.eq(&claim.key)))
                .filter(dsl::claim.eq(claim.attempt.to_string()))
                .set(dsl::answer.eq(answer))
                .execute(c)
        });
        if self.checked(kept)? == 0 {
            return Ok(false);
        }
        for user_id in about {
            let subject =
                (subjects::key_id.eq(&claim.key), subjects::user_id.eq(user_id.to_string()));
            let noted = on_either!(self.writing()?, c => {
                diesel::insert_into(subjects::table)
                    .values(subject)
                    .on_conflict_do_nothing()
                    .execute(c)
            });
            self.checked(noted)?;
        }
        Ok(true)
    }

    fn release(&mut self, claim: &Claim) -> Result<(), RepositoryError> {
        let released = on_either!(self.writing()?, c => {
            diesel::delete(keys::table.filter(dsl::id.eq(&claim.key)))
                .filter(dsl::claim.eq(claim.attempt.to_string()).and(dsl::answer.is_null()))
                .execute(c)
        });
        self.checked(released).map(drop)
    }
}
