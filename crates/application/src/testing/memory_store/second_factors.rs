use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::{
    MemoryUnitOfWork, State,
    state::{StoredCode, StoredTotp},
};
use crate::ports::{SecondFactorRepository, TokenHash, TotpCredential};

impl SecondFactorRepository for MemoryUnitOfWork {
    fn find(&mut self, user_id: UserId) -> Result<Option<TotpCredential>, RepositoryError> {
        Ok(self.state.totp.get(&user_id.as_uuid()).map(|stored| stored.credential.clone()))
    }

    fn set_up(&mut self, credential: &TotpCredential) -> Result<bool, RepositoryError> {
        let state = self.writable()?;
        state.require_user(credential.user_id)?;
        let credential =
            TotpCredential { confirmed_at: None, last_step: None, ..credential.clone() };
        let user_id = credential.user_id.as_uuid();
        match state.totp.get_mut(&user_id) {
            Some(stored) if stored.credential.confirmed_at.is_some() => return Ok(false),
            Some(stored) => stored.credential = credential,
            None => {
                let stored = StoredTotp { credential, guesses: 0, guesses_since: None };
                state.totp.insert(user_id, stored);
            }
        }
        Ok(true)
    }

    fn confirm(
        &mut self,
        user_id: UserId,
        step: i64,
        now: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let credential = self.writable()?.credential(user_id);
        Ok(credential.filter(|credential| credential.confirmed_at.is_none()).is_some_and(|it| {
            it.confirmed_at = Some(now);
            it.last_step = Some(step);
            true
        }))
    }

    fn reseal(&mut self, user_id: UserId, old: &[u8], new: &[u8]) -> Result<(), RepositoryError> {
        let credential = self.writable()?.credential(user_id);
        if let Some(credential) = credential.filter(|it| it.sealed_secret == old) {
            credential.sealed_secret = new.to_vec();
        }
        Ok(())
    }

    fn use_step(&mut self, user_id: UserId, step: i64) -> Result<bool, RepositoryError> {
        let credential = self.writable()?.credential(user_id);
        let fresh = credential
            .filter(|it| it.confirmed_at.is_some() && it.last_step.is_none_or(|last| last < step));
        Ok(fresh.map(|credential| credential.last_step = Some(step)).is_some())
    }

    fn claim_guess(
        &mut self,
        user_id: UserId,
        limit: u32,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let Some(stored) = self.writable()?.totp.get_mut(&user_id.as_uuid()) else {
            return Ok(false);
        };
        if stored.guesses_since.is_none_or(|first| first <= since) {
            stored.guesses = 0;
            stored.guesses_since = Some(now);
        }
        if stored.guesses >= limit {
            return Ok(false);
        }
        stored.guesses += 1;
        Ok(true)
    }

    fn clear_guesses(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        if let Some(stored) = self.writable()?.totp.get_mut(&user_id.as_uuid()) {
            stored.guesses = 0;
            stored.guesses_since = None;
        }
        Ok(())
    }

    fn remove(&mut self, user_id: UserId) -> Result<bool, RepositoryError> {
        let state = self.writable()?;
        state.recovery_codes.retain(|_, code| code.user_id != user_id);
        Ok(state.totp.remove(&user_id.as_uuid()).is_some())
    }

    fn replace_recovery_codes(
        &mut self,
        user_id: UserId,
        codes: &[(Uuid, TokenHash)],
        _: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        state.require_user(user_id)?;
        state.recovery_codes.retain(|_, code| code.user_id != user_id);
        state.recovery_codes.extend(
            codes
                .iter()
                .map(|(id, hash)| (*id, StoredCode { user_id, hash: *hash, is_used: false })),
        );
        Ok(())
    }

    fn use_recovery_code(
        &mut self,
        user_id: UserId,
        code: &TokenHash,
        _: DateTime<Utc>,
    ) -> Result<bool, RepositoryError> {
        let mut unused = self.writable()?.recovery_codes.values_mut().filter(|it| !it.is_used);
        let meant = unused.find(|it| it.user_id == user_id && it.hash == *code);
        Ok(meant.map(|code| code.is_used = true).is_some())
    }

    fn recovery_codes_left(&mut self, user_id: UserId) -> Result<u64, RepositoryError> {
        let own = self.state.recovery_codes.values().filter(|code| code.user_id == user_id);
        Ok(own.filter(|code| !code.is_used).count() as u64)
    }
}

impl State {
    fn credential(&mut self, user_id: UserId) -> Option<&mut TotpCredential> {
        self.totp.get_mut(&user_id.as_uuid()).map(|stored| &mut stored.credential)
    }
}
