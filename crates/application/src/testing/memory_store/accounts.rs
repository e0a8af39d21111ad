use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId, UserRole, UserSnapshot};

use super::{MemoryUnitOfWork, State, outbox::StoredEvent};
use crate::ports::{AccountRepository, Errand, MailRequest, MailWish, Stamp};

impl AccountRepository for MemoryUnitOfWork {
    fn erase(&mut self, user_id: UserId) -> Result<bool, RepositoryError> {
        let state = self.writable()?;
        let emails: Vec<_> = state.users.get(&user_id.as_uuid()).map_or_else(Vec::new, |user| {
            user.emails.iter().map(|email| email.email.clone()).collect()
        });
        state.events.retain(|_, event| match &event.errand {
            Errand::Event(_) => event.user_id != user_id,
            Errand::Wish(MailWish::PasswordReset { email }) => !emails.contains(email),
            Errand::Wish(MailWish::Verification { user_id: of, .. }) => *of != user_id.as_uuid(),
        });
        for line in state.trail.values_mut() {
            if line.user_id == Some(user_id) || line.actor_id == Some(user_id) {
                line.ip_address.clear();
                line.user_agent.clear();
            }
        }
        let own = format!("{user_id}/");
        let subjects = &state.idempotency_subjects;
        state.idempotency_keys.retain(|key, (_, answer)| {
            let is_about = key.starts_with(&own) || subjects.contains(&(key.clone(), user_id));
            answer.is_none() || !is_about
        });
        Ok(state.remove_user(user_id))
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
        Ok(self.state.first_users(limit, |user| {
            let is_verified = user.emails.iter().any(|email| email.is_verified);
            let is_meant =
                user.status == "pending" && !is_verified && user.created_at < registered_before;
            is_meant.then_some(user.created_at)
        }))
    }

    fn deleted_before(
        &mut self,
        moment: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        Ok(self.state.first_users(limit, |user| {
            let is_meant = user.status == "deleted" && user.updated_at < moment;
            is_meant.then_some(user.updated_at)
        }))
    }

    fn sweep(
        &mut self,
        now: DateTime<Utc>,
        processed_before: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        let state = self.writable()?;
        let before = state.rows_that_end();
        let is_old =
            |event: &StoredEvent| event.processed_at.is_some_and(|at| at < processed_before);
        state.events.retain(|_, event| !is_old(event));
        state.sessions.retain(|_, session| session.idle_expires_at > now);
        state.tokens.retain(|_, stored| stored.token.expires_at > now);
        state.devices.retain(|_, device| device.new.expires_at > now);
        Ok((before - state.rows_that_end()) as u64)
    }

    fn enqueue(&mut self, request: &MailRequest) -> Result<(), RepositoryError> {
        self.writable()?.events.insert(request.id, StoredEvent::of_request(request));
        Ok(())
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

    fn rows_that_end(&self) -> usize {
        self.events.len() + self.sessions.len() + self.tokens.len() + self.devices.len()
    }
}
