use chrono::{DateTime, Utc};
use diesel::prelude::*;
use userdom_application::ports::{
    NewToken, OneTimeTokenRepository, TokenHash, TokenKind, UsedToken,
};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use crate::persistence::{
    errors::corrupt_value,
    models::TokenRow,
    prepared::prepared,
    schema::one_time_tokens::{self as tokens, dsl},
    unit_of_work::{SqlUnitOfWork, on_either},
};

struct EndOlder;
struct Consume;

impl OneTimeTokenRepository for SqlUnitOfWork {
    fn issue(&mut self, token: &NewToken) -> Result<(), RepositoryError> {
        let row = TokenRow {
            id: token.id.to_string(),
            user_id: token.user_id.to_string(),
            kind: token.kind.as_str(),
            target_id: token.target_id.to_string(),
            token_hash: token.hash.0.to_vec(),
            created_at: token.created_at.naive_utc(),
            expires_at: token.expires_at.naive_utc(),
        };
        // A user who is about to be inserted has no older tokens to end.
        if let Some(registration) = &mut self.registration
            && registration.rows.user.id == row.user_id
        {
            registration.tokens.push(row);
            return Ok(());
        }
        let issued = on_either!(self.writing()?, c => {
            let older = tokens::table
                .filter(dsl::user_id.eq(&row.user_id))
                .filter(dsl::kind.eq(row.kind))
                .filter(dsl::target_id.eq(&row.target_id))
                .filter(dsl::used_at.is_null());
            let end = diesel::update(older).set(dsl::used_at.eq(row.created_at));
            prepared::<EndOlder, _>(end.returning(dsl::id)).load::<String>(c).and_then(|_| diesel::insert_into(tokens::table).values(&row).execute(c))
        });
        self.checked(issued).map(drop)
    }

    fn consume(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let used = on_either!(self.writing()?, c => {
            let live = tokens::table
                .filter(dsl::token_hash.eq(hash.0.as_slice()))
                .filter(dsl::kind.eq(kind.as_str()))
                .filter(dsl::used_at.is_null())
                .filter(dsl::expires_at.gt(now.naive_utc()));
            let consume = diesel::update(live)
                .set(dsl::used_at.eq(now.naive_utc()))
                .returning((dsl::user_id, dsl::target_id));
            prepared::<Consume, _>(consume).get_result::<(String, String)>(c).optional()
        });
        self.checked(used)?.map(used_token).transpose()
    }

    fn issued_since(
        &mut self,
        kind: TokenKind,
        target_id: Uuid,
        since: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let counted = on_either!(self.db()?, c => {
            tokens::table
                .filter(dsl::kind.eq(kind.as_str()))
                .filter(dsl::target_id.eq(target_id.to_string()))
                .filter(dsl::created_at.ge(since.naive_utc()))
                .count()
                .get_result::<i64>(c)
        });
        Ok(self.checked(counted)?.unsigned_abs())
    }
}

fn used_token((user, target): (String, String)) -> Result<UsedToken, RepositoryError> {
    Ok(UsedToken {
        user_id: UserId::parse(&user)
            .map_err(|error| corrupt_value("one_time_tokens", &user, error))?,
        target_id: Uuid::parse_str(&target)
            .map_err(|error| corrupt_value("one_time_tokens", &target, error))?,
    })
}
