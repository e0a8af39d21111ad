use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId, UserRole, UserSnapshot};

use super::{MemoryUnitOfWork, State};
use crate::ports::{AccountRepository, Ended, Leftover, MailRequest, OutboxContent, Stamp};

impl AccountRepository for MemoryUnitOfWork {
    fn erase(&mut self, user_id: UserId, version: i64) -> Result<bool, RepositoryError> {
        let state = self.writable()?;
        let Some(user) = state.users.get(&user_id.as_uuid()) else {
            return Ok(false);
        };
        if user.version != version {
            return Ok(false);
        }
        let addresses = user.emails.iter().map(|email| email.email.clone()).collect();
        state.erasures.insert(user_id.to_string(), addresses);
        state.users.remove(&user_id.as_uuid());
        state.totp.remove(&user_id.as_uuid());
        state.recovery_codes.retain(|_, code| code.user_id != user_id);
        Ok(true)
    }

    fn wipe(&mut self, user: &str, most: u32) -> Result<bool, RepositoryError> {
        let state = self.writable()?;
        let Some(addresses) = state.erasures.get(user).cloned() else {
            return Ok(true);
        };
        let Ok(id) = UserId::parse(user) else {
            return Ok(true);
        };
        let left = &mut (most as usize);
        remove(&mut state.sessions, left, |_, session| session.user_id == id);
        remove(&mut state.devices, left, |_, device| device.new.user_id == id);
        remove(&mut state.tokens, left, |_, stored| stored.token.user_id == id);
        remove(&mut state.api_keys, left, |_, key| key.created_by == id);
        remove(&mut state.outbox, left, |_, entry| match &entry.content {
            OutboxContent::Event(_) | OutboxContent::Message(_) => entry.user_id == id,
            OutboxContent::MailRequest(MailRequest::PasswordReset { email }) => {
                addresses.contains(email)
            }
            OutboxContent::MailRequest(MailRequest::Verification { user_id, .. }) => {
                *user_id == id.as_uuid()
            }
        });
        let (own, subjects) = (format!("{user}/"), &state.idempotency_subjects);
        remove(&mut state.idempotency_keys, left, |key, (_, answer)| {
            let is_about = key.starts_with(&own) || subjects.contains(&(key.clone(), id));
            answer.is_some() && is_about
        });
        let traces = state.trail.values_mut().filter(|line| {
            let is_of_user = line.user_id == Some(id) || line.actor_id == Some(id);
            is_of_user && !(line.ip_address.is_empty() && line.user_agent.is_empty())
        });
        for line in traces.take(*left) {
            line.ip_address.clear();
            line.user_agent.clear();
            *left -= 1;
        }
        let is_done = *left > 0;
        if is_done {
            state.erasures.remove(user);
        }
        Ok(is_done)
    }

    fn half_erased(&mut self, after: &str, limit: u32) -> Result<Vec<String>, RepositoryError> {
        let later = self.state.erasures.keys().filter(|user| user.as_str() > after);
        Ok(later.take(limit as usize).cloned().collect())
    }

    /// Nobody else writes here.
    fn has_unreadable(&mut self, _id: &str) -> Result<bool, RepositoryError> {
        Ok(false)
    }

    fn erase_unreadable(&mut self, _id: &str) -> Result<bool, RepositoryError> {
        Ok(false)
    }

    fn unreadable_leftovers(
        &mut self,
        _registered_before: DateTime<Utc>,
        _deleted_before: DateTime<Utc>,
        _limit: u32,
    ) -> Result<Vec<String>, RepositoryError> {
        Ok(Vec::new())
    }

    fn stamp(&mut self, user_id: UserId) -> Result<Option<Stamp>, RepositoryError> {
        let user = self.state.users.get(&user_id.as_uuid());
        Ok(user.map(|user| Stamp {
            version: user.version,
            roles: user.roles.iter().filter_map(|role| UserRole::parse(role)).collect(),
        }))
    }

    fn never_verified(
        &mut self,
        registered_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        let leftover = Leftover::NeverVerified { registered_before };
        Ok(self.state.first_users(limit, |user| left_since(user, leftover)))
    }

    fn deleted_before(
        &mut self,
        deleted_before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        let leftover = Leftover::Deleted { deleted_before };
        Ok(self.state.first_users(limit, |user| left_since(user, leftover)))
    }

    fn leftover_version(
        &mut self,
        user_id: UserId,
        leftover: Leftover,
    ) -> Result<Option<i64>, RepositoryError> {
        let user = self.state.users.get(&user_id.as_uuid());
        let user = user.filter(|user| left_since(user, leftover).is_some());
        Ok(user.map(|user| user.version))
    }

    fn sweep(
        &mut self,
        what: Ended,
        moment: DateTime<Utc>,
        most: u32,
    ) -> Result<u64, RepositoryError> {
        let (state, left) = (self.writable()?, &mut (most as usize));
        match what {
            Ended::Events => remove(&mut state.outbox, left, |_, event| {
                event.processed_at.is_some_and(|at| at < moment)
            }),
            Ended::Answers => {
                let keys = &mut state.idempotency_keys;
                remove(keys, left, |_, (claim, _)| claim.expires_at <= moment);
            }
            Ended::Sessions => {
                remove(&mut state.sessions, left, |_, session| session.idle_expires_at <= moment);
            }
            Ended::Tokens => {
                remove(&mut state.tokens, left, |_, stored| stored.token.expires_at <= moment);
            }
            Ended::Devices => {
                remove(&mut state.devices, left, |_, device| device.new.expires_at <= moment);
            }
        }
        Ok(u64::from(most) - *left as u64)
    }
}

/// When nobody needed the user any more; `None` when somebody does.
fn left_since(user: &UserSnapshot, leftover: Leftover) -> Option<DateTime<Utc>> {
    match leftover {
        Leftover::NeverVerified { registered_before } => {
            let is_verified = user.emails.iter().any(|email| email.is_verified);
            let is_left = user.status == "pending" && !is_verified;
            Some(user.created_at).filter(|at| is_left && *at < registered_before)
        }
        Leftover::Deleted { deleted_before } => {
            Some(user.updated_at).filter(|at| user.status == "deleted" && *at < deleted_before)
        }
    }
}

impl State {
    /// Users by the moment that `since` gives, oldest first; `None` leaves one out.
    fn first_users(
        &self,
        limit: u32,
        since: impl Fn(&UserSnapshot) -> Option<DateTime<Utc>>,
    ) -> Vec<UserId> {
        let users = self.users.values();
        let mut found: Vec<_> =
            users.filter_map(|user| since(user).map(|since| (since, user.id))).collect();
        found.sort_unstable();
        found.truncate(limit as usize);
        found.into_iter().map(|(_, id)| UserId::from_uuid(id)).collect()
    }
}

/// Removes rows, as many as are left to be removed.
fn remove<K: Ord + Clone, V>(
    table: &mut BTreeMap<K, V>,
    left: &mut usize,
    is_meant: impl Fn(&K, &V) -> bool,
) {
    table.retain(|key, row| {
        let goes = *left > 0 && is_meant(key, row);
        *left -= usize::from(goes);
        !goes
    });
}
