use chrono::{DateTime, Utc};
use userdom_domain::{Lockout, PasswordHash, RepositoryError, UserId, UserSnapshot};
use uuid::Uuid;

use super::MemoryUnitOfWork;
use crate::ports::{Credentials, Login, SignInRepository, TokenHash};

impl SignInRepository for MemoryUnitOfWork {
    fn claim_attempt(
        &mut self,
        login: &Login,
        device: Option<&TokenHash>,
        now: DateTime<Utc>,
    ) -> Result<Option<Credentials>, RepositoryError> {
        let state = self.writable()?;
        let Some(user) = state.user_with_login(login) else {
            return Ok(None);
        };
        let (user_id, hash) = (user.id, PasswordHash::stored(user.password_hash.clone()));
        let known = device.and_then(|token| state.live_device(user_id, token, now));
        let device_id = known.map(|device| device.new.id);
        let user_id = UserId::from_uuid(user_id);
        let is_counted =
            self.change_lockout(user_id, device_id, |lockout| lockout.after_failure(now))?;
        Ok(is_counted.then_some(Credentials { user_id, password_hash: hash, device_id }))
    }

    fn clear_attempts(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<(), RepositoryError> {
        self.change_lockout(user_id, device_id, |_| Some(Lockout::default()))?;
        Ok(())
    }

    fn return_attempt(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<(), RepositoryError> {
        self.change_lockout(user_id, device_id, |lockout| Some(lockout.without_last_failure()))?;
        Ok(())
    }

    fn record_login(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        self.change_user(user_id, |user| user.last_login_at = Some(now))?;
        self.clear_attempts(user_id, device_id)?;
        if let Some(device) = device_id.and_then(|id| self.state.devices.get_mut(&id)) {
            device.last_used_at = now;
        }
        Ok(())
    }

    fn upgrade_hash(
        &mut self,
        user_id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, RepositoryError> {
        let mut is_upgraded = false;
        self.change_user(user_id, |user| {
            is_upgraded = user.password_hash == old.as_str();
            if is_upgraded {
                new.as_str().clone_into(&mut user.password_hash);
                user.version += 1;
            }
        })?;
        Ok(is_upgraded)
    }
}

impl MemoryUnitOfWork {
    /// Changes the count where the attempt is counted, if it is still there; says whether it did.
    fn change_lockout(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
        change: impl FnOnce(Lockout) -> Option<Lockout>,
    ) -> Result<bool, RepositoryError> {
        let state = self.writable()?;
        let changed = match device_id {
            Some(id) => state.devices.get_mut(&id).and_then(|device| {
                device.lockout = change(device.lockout)?;
                Some(())
            }),
            None => state.users.get_mut(&user_id.as_uuid()).and_then(|user| {
                let before = Lockout::stored(user.failed_login_attempts, user.account_locked_until);
                let after = change(before)?;
                user.failed_login_attempts = after.failed_attempts();
                user.account_locked_until = after.locked_until();
                Some(())
            }),
        };
        Ok(changed.is_some())
    }

    fn change_user(
        &mut self,
        id: UserId,
        change: impl FnOnce(&mut UserSnapshot),
    ) -> Result<(), RepositoryError> {
        self.writable()?.users.get_mut(&id.as_uuid()).map(change);
        Ok(())
    }
}
