use std::cmp::Reverse;

use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UniqueKey, UserId, UserSnapshot};
use uuid::Uuid;

use super::MemoryUnitOfWork;
use crate::ports::{ApiKey, ApiKeyRepository, TokenHash};

impl ApiKeyRepository for MemoryUnitOfWork {
    fn insert(&mut self, key: &ApiKey) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        state.require_user(key.created_by)?;
        let same_token = |other: &ApiKey| other.token == key.token;
        if state.api_keys.contains_key(&key.id) || state.api_keys.values().any(same_token) {
            return Err(RepositoryError::Duplicate(UniqueKey::Identity));
        }
        state.api_keys.insert(key.id, key.clone());
        Ok(())
    }

    fn all(&mut self) -> Result<Vec<ApiKey>, RepositoryError> {
        let mut keys: Vec<_> = self.state.api_keys.values().cloned().collect();
        keys.sort_by_key(|key| Reverse((key.created_at, key.id)));
        Ok(keys)
    }

    fn made_by(
        &mut self,
        user_id: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<ApiKey>, RepositoryError> {
        let newest_first = self.state.api_keys.values().rev();
        let page = newest_first
            .filter(|key| key.created_by == user_id && before.is_none_or(|before| key.id < before));
        Ok(page.take(limit as usize).cloned().collect())
    }

    fn find_live(
        &mut self,
        token: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<ApiKey>, RepositoryError> {
        let mut live = self.state.api_keys.values().filter(|key| {
            let maker = self.state.users.get(&key.created_by.as_uuid());
            key.expires_at.is_none_or(|end| end > now)
                && maker.is_some_and(|maker| is_active_admin(maker, now))
        });
        Ok(live.find(|key| key.token == *token).cloned())
    }

    fn touch(&mut self, id: Uuid, now: DateTime<Utc>) -> Result<(), RepositoryError> {
        if let Some(key) = self.writable()?.api_keys.get_mut(&id) {
            key.last_used_at = Some(now);
        }
        Ok(())
    }

    fn remove(&mut self, id: Uuid) -> Result<bool, RepositoryError> {
        Ok(self.writable()?.api_keys.remove(&id).is_some())
    }
}

/// A suspension or ban that has ended by time is over (R14).
fn is_active_admin(user: &UserSnapshot, now: DateTime<Utc>) -> bool {
    let is_active = match user.status.as_str() {
        "active" => true,
        "suspended" | "banned" => user.status_until.is_some_and(|end| end <= now),
        _ => false,
    };
    is_active && user.roles.iter().any(|role| role == "admin")
}
