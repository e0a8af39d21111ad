use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{PasswordHash, RepositoryError, User, UserId, UserSnapshot};

use super::MemoryUnitOfWork;
use crate::ports::{Credentials, Login, SignInRepository};

impl SignInRepository for MemoryUnitOfWork {
    fn claim_attempt(
        &mut self,
        login: &Login,
        now: DateTime<Utc>,
    ) -> Result<Option<Credentials>, RepositoryError> {
        let state = self.writable()?;
        let Some(id) = state.user_with_login(login).map(|user| user.id) else {
            return Ok(None);
        };
        let user = state.users.get_mut(&id).unwrap();
        if user.account_locked_until.is_some_and(|end| end > now) {
            return Ok(None);
        }
        let had_lock = user.account_locked_until.is_some();
        let before = if had_lock { 0 } else { user.failed_login_attempts };
        user.failed_login_attempts = before + 1;
        user.account_locked_until = (user.failed_login_attempts >= User::MAX_FAILED_LOGINS)
            .then(|| now + TimeDelta::minutes(User::LOCK_MINUTES));
        Ok(PasswordHash::parse(&user.password_hash)
            .ok()
            .map(|password_hash| Credentials { user_id: UserId::from_uuid(id), password_hash }))
    }

    fn clear_attempts(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        self.change(user_id, |user| {
            user.failed_login_attempts = 0;
            user.account_locked_until = None;
        })
    }

    fn return_attempt(&mut self, user_id: UserId) -> Result<(), RepositoryError> {
        self.change(user_id, |user| {
            user.failed_login_attempts = user.failed_login_attempts.saturating_sub(1);
            user.account_locked_until = None;
        })
    }

    fn record_login(&mut self, user_id: UserId, now: DateTime<Utc>) -> Result<(), RepositoryError> {
        self.change(user_id, |user| {
            user.last_login_at = Some(now);
            user.failed_login_attempts = 0;
            user.account_locked_until = None;
        })
    }

    fn upgrade_hash(
        &mut self,
        user_id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), RepositoryError> {
        self.change(user_id, |user| {
            if user.password_hash == old.as_str() {
                new.as_str().clone_into(&mut user.password_hash);
            }
        })
    }
}

impl MemoryUnitOfWork {
    /// Changes a row, if there is one.
    fn change(
        &mut self,
        id: UserId,
        change: impl FnOnce(&mut UserSnapshot),
    ) -> Result<(), RepositoryError> {
        if let Some(user) = self.writable()?.users.get_mut(&id.as_uuid()) {
            change(user);
        }
        Ok(())
    }
}
