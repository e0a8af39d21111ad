use chrono::{DateTime, Utc};
use userdom_domain::{EmailAddress, RepositoryError, UniqueKey, UserId};
use uuid::Uuid;

use super::{MemoryUnitOfWork, State, state::StoredToken};
use crate::ports::{NewToken, OneTimeTokenRepository, TokenHash, TokenKind, UsedToken};

const GUESSES: u32 = 5;

impl OneTimeTokenRepository for MemoryUnitOfWork {
    fn issue(&mut self, token: &NewToken) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        state.require_user(token.user_id)?;
        let same_hash = |other: &StoredToken| other.token.hash == token.hash;
        if state.tokens.contains_key(&token.id) || state.tokens.values().any(same_hash) {
            return Err(RepositoryError::Duplicate(UniqueKey::Identity));
        }
        state.end_tokens(|older| {
            older.user_id == token.user_id
                && older.kind == token.kind
                && older.target_id == token.target_id
        });
        let stored = StoredToken { token: token.clone(), has_ended: false, guesses: 0 };
        state.tokens.insert(token.id, stored);
        Ok(())
    }

    fn issued_after(
        &mut self,
        kind: TokenKind,
        user_id: UserId,
        target_id: Uuid,
        moment: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        Ok(self.state.tokens.values().any(|StoredToken { token, .. }| {
            token.kind == kind
                && token.user_id == user_id
                && token.target_id == target_id
                && token.created_at > moment
        }))
    }

    fn peek(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let is_meant = |token: &NewToken| token.kind == kind && token.hash == *hash;
        Ok(self.state.clone().live_token(now, is_meant).map(|stored| used(stored)))
    }

    fn consume(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let is_meant = |token: &NewToken| token.kind == kind && token.hash == *hash;
        Ok(self.writable()?.live_token(now, is_meant).map(|stored| {
            stored.has_ended = true;
            used(stored)
        }))
    }

    fn claim_guess(
        &mut self,
        kind: TokenKind,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let is_meant = |token: &NewToken| token.kind == kind && token.hash == *hash;
        Ok(self.writable()?.live_token(now, is_meant).and_then(guess))
    }

    fn claim_guess_at(
        &mut self,
        kind: TokenKind,
        user_id: UserId,
        target_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Option<UsedToken>, RepositoryError> {
        let is_meant = |token: &NewToken| {
            token.kind == kind && token.user_id == user_id && token.target_id == target_id
        };
        Ok(self.writable()?.live_token(now, is_meant).and_then(guess))
    }

    fn consume_by_id(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<bool, RepositoryError> {
        let live = self.writable()?.live_token(now, |token| token.id == id);
        Ok(live.map(|stored| stored.has_ended = true).is_some())
    }

    fn end_older_claims(
        &mut self,
        newest: &UsedToken,
        email: &EmailAddress,
        _: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        let emails = state
            .users
            .values()
            .flat_map(|user| user.emails.iter().map(|email| (UserId::from_uuid(user.id), email)));
        let claims: Vec<_> = emails
            .filter(|(_, claim)| !claim.is_verified && claim.email == email.as_str())
            .map(|(user_id, claim)| (user_id, claim.id))
            .collect();
        state.end_tokens(|token| {
            token.kind == TokenKind::EmailVerification
                && token.user_id != newest.user_id
                && token.id < newest.id
                && claims.contains(&(token.user_id, token.target_id))
        });
        Ok(())
    }

    fn end_all(&mut self, user_id: UserId, _: DateTime<Utc>) -> Result<(), RepositoryError> {
        self.writable()?.end_tokens(|token| token.user_id == user_id);
        Ok(())
    }

    fn end_for(
        &mut self,
        user_id: UserId,
        target_id: Uuid,
        _: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        state.end_tokens(|token| token.user_id == user_id && token.target_id == target_id);
        Ok(())
    }
}

fn guess(stored: &mut StoredToken) -> Option<UsedToken> {
    stored.guesses += 1;
    (stored.guesses <= GUESSES).then(|| used(stored))
}

fn used(stored: &StoredToken) -> UsedToken {
    let NewToken { id, user_id, target_id, .. } = stored.token;
    UsedToken { id, user_id, target_id }
}

impl State {
    fn live_token(
        &mut self,
        now: DateTime<Utc>,
        is_meant: impl Fn(&NewToken) -> bool,
    ) -> Option<&mut StoredToken> {
        let mut live =
            self.tokens.values_mut().filter(|it| !it.has_ended && it.token.expires_at > now);
        live.find(|stored| is_meant(&stored.token))
    }

    fn end_tokens(&mut self, is_meant: impl Fn(&NewToken) -> bool) {
        for stored in self.tokens.values_mut() {
            stored.has_ended |= is_meant(&stored.token);
        }
    }
}
