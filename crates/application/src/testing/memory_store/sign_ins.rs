use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{PasswordHash, RepositoryError, User, UserId, UserSnapshot};
use uuid::Uuid;

use super::{MemoryUnitOfWork, state::StoredDevice};
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
        let counted = if let Some(id) = device_id {
            let device = state.devices.get_mut(&id).unwrap();
            count(&mut device.failed_attempts, &mut device.locked_until, now)
        } else {
            let user = state.users.get_mut(&user_id).unwrap();
            count(&mut user.failed_login_attempts, &mut user.account_locked_until, now)
        };
        let user_id = UserId::from_uuid(user_id);
        Ok(counted.then_some(Credentials { user_id, password_hash: hash, device_id }))
    }

    fn clear_attempts(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<(), RepositoryError> {
        self.change_counted(
            (user_id, device_id),
            |user| {
                user.failed_login_attempts = 0;
                user.account_locked_until = None;
            },
            StoredDevice::forget_attempts,
        )
    }

    fn return_attempt(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<(), RepositoryError> {
        self.change_counted(
            (user_id, device_id),
            |user| {
                user.failed_login_attempts = user.failed_login_attempts.saturating_sub(1);
                user.account_locked_until = None;
            },
            |device| {
                device.failed_attempts = device.failed_attempts.saturating_sub(1);
                device.locked_until = None;
            },
        )
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

/// One more attempt, if there is no lock (R17).
fn count(attempts: &mut u32, lock: &mut Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    if lock.is_some_and(|end| end > now) {
        return false;
    }
    *attempts = if lock.is_some() { 1 } else { *attempts + 1 };
    *lock = (*attempts >= User::MAX_FAILED_LOGINS)
        .then(|| now + TimeDelta::minutes(User::LOCK_MINUTES));
    true
}

impl MemoryUnitOfWork {
    /// Changes the row where attempts were counted, if it is still there.
    fn change_counted(
        &mut self,
        (user_id, device_id): (UserId, Option<Uuid>),
        user: impl FnOnce(&mut UserSnapshot),
        device: impl FnOnce(&mut StoredDevice),
    ) -> Result<(), RepositoryError> {
        match device_id {
            None => self.change_user(user_id, user),
            Some(id) => {
                self.writable()?.devices.get_mut(&id).map(device);
                Ok(())
            }
        }
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
