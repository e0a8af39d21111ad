use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Binary, Text, Timestamp},
};
use userdom_application::ports::{
    NewToken, OneTimeTokenRepository, TokenHash, TokenKind, UsedToken,
};
use userdom_domain::{EmailAddress, RepositoryError, UserId};
use uuid::Uuid;

use crate::persistence::{
    conversions::read_uuid,
    models::TokenRow,
    prepared::prepared,
    schema::{
        one_time_tokens::{self as tokens, dsl},
        users,
    },
    unit_of_work::{SqlUnitOfWork, on_either},
};

/// Five guesses, and not one more however many come at once.
const GUESS: &str = "\
UPDATE one_time_tokens SET attempts = attempts + 1 \
WHERE used_at IS NULL AND attempts < 5 AND expires_at > $1 AND kind = $2 \
AND user_id IN (SELECT users.id FROM users) AND ";
const BY_HASH: &str = "token_hash = $3 RETURNING id, user_id, target_id";
/// There is one at most: the newest wins.
const AT_TARGET: &str = "user_id = $3 AND target_id = $4 RETURNING id, user_id, target_id";

/// The address is looked for as it is stored, in canonical form, since that has an index.
const END_OLDER_CLAIMS: &str = "\
UPDATE one_time_tokens SET used_at = $1 \
WHERE used_at IS NULL AND kind = $2 AND user_id <> $3 AND id < $4 AND (user_id, target_id) IN \
(SELECT user_emails.user_id, uid FROM user_emails WHERE email = $5 AND NOT is_verified) \
RETURNING id, user_id, target_id";

struct EndOlder;
struct EndOlderClaims;
struct Consume;
struct ConsumeById;
struct Guess;
struct GuessAt;
struct EndAll;
struct EndFor;

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = tokens)]
struct Found {
    id: String,
    user_id: String,
    target_id: String,
}

/// The tokens of a removed user open nothing, although they are wiped later.
impl OneTimeTokenRepository for SqlUnitOfWork {
    fn issue(&mut self, token: &NewToken) -> Result<(), RepositoryError> {
        let row = TokenRow::from(token);
        // A new user has no older tokens to end.
        if let Some(registration) = &mut self.registration
            && registration.rows.user.id == row.user_id
        {
            registration.tokens.push(row);
            return Ok(());
        }
        let older = tokens::table
            .filter(dsl::user_id.eq(&row.user_id))
            .filter(dsl::kind.eq(row.kind))
            .filter(dsl::target_id.eq(&row.target_id))
            .filter(dsl::used_at.is_null());
        let end = diesel::update(older).set(dsl::used_at.eq(row.created_at)).returning(dsl::id);
        let issued = on_either!(self.writing()?, c => {
            prepared::<EndOlder, _>(end)
                .load::<String>(c)
                .and_then(|_| diesel::insert_into(tokens::table).values(&row).execute(c))
        });
        self.checked(issued).map(drop)
    }

    fn issued_after(
        &mut self,
        kind: TokenKind,
        user_id: UserId,
        target_id: Uuid,
        moment: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let later = tokens::table
            .filter(dsl::user_id.eq(user_id.to_string()))
            .filter(dsl::kind.eq(kind.as_str()))
            .filter(dsl::target_id.eq(target_id.to_string()))
            .filter(dsl::created_at.gt(moment.naive_utc()))
            .select(dsl::id);
        let found = on_either!(self.db()?, c => later.first::<String>(c).optional());
        Ok(self.checked(found)?.is_some())
    }

    fn peek(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let found = on_either!(self.db()?, c => {
            tokens::table
                .filter(dsl::token_hash.eq(hash.0.as_slice()))
                .filter(dsl::user_id.eq_any(users::table.select(users::id)))
                .filter(dsl::kind.eq(kind.as_str()))
                .filter(dsl::used_at.is_null())
                .filter(dsl::expires_at.gt(now.naive_utc()))
                .select(Found::as_select())
                .first::<Found>(c)
                .optional()
        });
        self.checked(found)?.as_ref().map(used_token).transpose()
    }

    fn consume(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let live = tokens::table
            .filter(dsl::token_hash.eq(hash.0.as_slice()))
            .filter(dsl::user_id.eq_any(users::table.select(users::id)))
            .filter(dsl::kind.eq(kind.as_str()))
            .filter(dsl::used_at.is_null())
            .filter(dsl::expires_at.gt(now.naive_utc()));
        let consume = diesel::update(live).set(dsl::used_at.eq(now.naive_utc()));
        let used = on_either!(self.writing()?, c => {
            let consume = consume.returning(Found::as_returning());
            prepared::<Consume, _>(consume).get_result::<Found>(c).optional()
        });
        self.checked(used)?.as_ref().map(used_token).transpose()
    }

    fn claim_guess(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let guess = diesel::sql_query(format!("{GUESS}{BY_HASH}"))
            .bind::<Timestamp, _>(now.naive_utc())
            .bind::<Text, _>(kind.as_str())
            .bind::<Binary, _>(hash.0.as_slice());
        let claimed = on_either!(self.writing()?, c => {
            prepared::<Guess, _>(guess).get_result::<Found>(c).optional()
        });
        self.checked(claimed)?.as_ref().map(used_token).transpose()
    }

    fn claim_guess_at(
        &mut self,
        kind: TokenKind,
        user_id: UserId,
        target_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let guess = diesel::sql_query(format!("{GUESS}{AT_TARGET}"))
            .bind::<Timestamp, _>(now.naive_utc())
            .bind::<Text, _>(kind.as_str())
            .bind::<Text, _>(user_id.to_string())
            .bind::<Text, _>(target_id.to_string());
        let claimed = on_either!(self.writing()?, c => {
            prepared::<GuessAt, _>(guess).get_result::<Found>(c).optional()
        });
        self.checked(claimed)?.as_ref().map(used_token).transpose()
    }

    fn consume_by_id(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<bool, RepositoryError> {
        let live = tokens::table
            .filter(dsl::id.eq(id.to_string()))
            .filter(dsl::used_at.is_null())
            .filter(dsl::expires_at.gt(now.naive_utc()));
        let consume = diesel::update(live).set(dsl::used_at.eq(now.naive_utc())).returning(dsl::id);
        let used = on_either!(self.writing()?, c => {
            prepared::<ConsumeById, _>(consume).load::<String>(c)
        });
        Ok(!self.checked(used)?.is_empty())
    }

    fn end_older_claims(
        &mut self,
        newest: &UsedToken,
        email: &EmailAddress,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let end = diesel::sql_query(END_OLDER_CLAIMS)
            .bind::<Timestamp, _>(now.naive_utc())
            .bind::<Text, _>(TokenKind::EmailVerification.as_str())
            .bind::<Text, _>(newest.user_id.to_string())
            .bind::<Text, _>(newest.id.to_string())
            .bind::<Text, _>(email.as_str());
        let ended = on_either!(self.writing()?, c => {
            prepared::<EndOlderClaims, _>(end).load::<Found>(c)
        });
        self.checked(ended).map(drop)
    }

    fn end_all(&mut self, user_id: UserId, now: DateTime<Utc>) -> Result<(), RepositoryError> {
        let live = tokens::table
            .filter(dsl::user_id.eq(user_id.to_string()))
            .filter(dsl::used_at.is_null());
        let end = diesel::update(live).set(dsl::used_at.eq(now.naive_utc())).returning(dsl::id);
        let ended = on_either!(self.writing()?, c => prepared::<EndAll, _>(end).load::<String>(c));
        self.checked(ended).map(drop)
    }

    fn end_for(
        &mut self,
        user_id: UserId,
        target_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let live = tokens::table
            .filter(dsl::user_id.eq(user_id.to_string()))
            .filter(dsl::target_id.eq(target_id.to_string()))
            .filter(dsl::used_at.is_null());
        let end = diesel::update(live).set(dsl::used_at.eq(now.naive_utc())).returning(dsl::id);
        let ended = on_either!(self.writing()?, c => prepared::<EndFor, _>(end).load::<String>(c));
        self.checked(ended).map(drop)
    }
}

fn used_token(found: &Found) -> Result<UsedToken, RepositoryError> {
    Ok(UsedToken {
        id: read_uuid("one_time_tokens", &found.id)?,
        user_id: UserId::from_uuid(read_uuid("one_time_tokens", &found.user_id)?),
        target_id: read_uuid("one_time_tokens", &found.target_id)?,
    })
}
