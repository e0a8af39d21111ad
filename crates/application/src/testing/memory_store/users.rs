use userdom_domain::{
    DomainEvent, EmailAddress, RepositoryError, UniqueKey, UserAggregate, UserId, UserRepository,
    UserSnapshot, Username,
};

use super::{MemoryUnitOfWork, outbox::StoredEntry};
use crate::ports::OutboxContent;

impl UserRepository for MemoryUnitOfWork {
    fn find_by_id(&mut self, id: UserId) -> Result<Option<UserAggregate>, RepositoryError> {
        Ok(self.state.users.get(&id.as_uuid()).map(restore))
    }

    fn find_by_email(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<UserAggregate>, RepositoryError> {
        Ok(self.state.user_with_verified_email(email.as_str()).map(restore))
    }

    fn find_by_username(
        &mut self,
        username: &Username,
    ) -> Result<Option<UserAggregate>, RepositoryError> {
        Ok(self.state.user_with_name(username.as_str()).map(restore))
    }

    fn save(&mut self, user: &mut UserAggregate) -> Result<(), RepositoryError> {
        let state = self.writable()?;
        let mut row = user.snapshot();
        let stored = state.users.get(&row.id);
        match stored {
            None if row.version > 0 => return Err(RepositoryError::Stale),
            Some(_) if row.version == 0 => {
                return Err(RepositoryError::Duplicate(UniqueKey::Identity));
            }
            Some(stored) if stored.version != row.version => return Err(RepositoryError::Stale),
            _ => {}
        }
        if let Some(stored) = stored {
            keep_sign_in_fields(&mut row, stored, user);
        }
        state.check_unique(&row).map_err(RepositoryError::Duplicate)?;
        row.version += 1;
        for recorded in user.mark_saved() {
            let id = state.next_event_id(recorded.occurred_at.timestamp_millis());
            let content = OutboxContent::Event(recorded.event);
            let entry = StoredEntry::new(id, user.id(), content, recorded.occurred_at);
            state.outbox.insert(id, entry);
        }
        state.users.insert(row.id, row);
        Ok(())
    }

    fn lock_admins(&mut self) -> Result<Vec<UserId>, RepositoryError> {
        let is_admin = |user: &&UserSnapshot| {
            user.status == "active" && user.roles.iter().any(|role| role == "admin")
        };
        let admins = self.writable()?.users.values().filter(is_admin);
        Ok(admins.map(|user| UserId::from_uuid(user.id)).collect())
    }

    fn delete(&mut self, id: UserId) -> Result<bool, RepositoryError> {
        Ok(self.writable()?.remove_user(id))
    }
}

pub(super) fn restore(row: &UserSnapshot) -> UserAggregate {
    UserAggregate::restore(row.clone())
}

/// Sign-ins do not raise the version, so the caller's copy may be old.
fn keep_sign_in_fields(row: &mut UserSnapshot, stored: &UserSnapshot, user: &UserAggregate) {
    let has = |is_meant: fn(&DomainEvent) -> bool| {
        user.events().iter().any(|recorded| is_meant(&recorded.event))
    };
    if !has(|event| matches!(event, DomainEvent::LoginSucceeded)) {
        row.last_login_at = stored.last_login_at;
    }
    let counts = has(|event| {
        matches!(
            event,
            DomainEvent::LoginSucceeded
                | DomainEvent::LoginFailed
                | DomainEvent::AccountUnlocked
                | DomainEvent::PasswordReset
        )
    });
    if !counts {
        row.failed_login_attempts = stored.failed_login_attempts;
        row.account_locked_until = stored.account_locked_until;
    }
}
