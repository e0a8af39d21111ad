use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId};

use super::MemoryUnitOfWork;
use crate::ports::{Claim, Claimed, IdempotencyRepository};

impl IdempotencyRepository for MemoryUnitOfWork {
    fn claim(&mut self, claim: &Claim, now: DateTime<Utc>) -> Result<Claimed, RepositoryError> {
        let keys = &mut self.writable()?.idempotency_keys;
        match keys.get(&claim.key) {
            Some((known, answer)) if known.expires_at > now => {
                let is_dead = answer.is_none() && known.claimed_until <= now;
                if !claim.is_same(&known.fingerprint) {
                    return Ok(Claimed::Another);
                }
                match answer {
                    Some(answer) => return Ok(Claimed::Answered(answer.clone())),
                    None if !is_dead => return Ok(Claimed::Running),
                    None => {}
                }
            }
            _ => {}
        }
        keys.insert(claim.key.clone(), (claim.clone(), None));
        Ok(Claimed::Ours)
    }

    fn answer(
        &mut self,
        claim: &Claim,
        answer: &[u8],
        about: &[UserId],
    ) -> Result<bool, RepositoryError> {
        let state = self.writable()?;
        match state.idempotency_keys.get_mut(&claim.key) {
            Some((known, kept)) if known.attempt == claim.attempt => {
                *kept = Some(answer.to_vec());
                let subjects = about.iter().map(|user_id| (claim.key.clone(), *user_id));
                state.idempotency_subjects.extend(subjects);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn release(&mut self, claim: &Claim) -> Result<(), RepositoryError> {
        self.writable()?
            .idempotency_keys
            .retain(|_, (known, answer)| known.attempt != claim.attempt || answer.is_some());
        Ok(())
    }
}
