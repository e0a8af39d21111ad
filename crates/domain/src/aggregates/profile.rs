use chrono::{DateTime, Utc};

use crate::{DomainEvent, ProfileChanges, UserAggregate, UserError, UserProfile};

/// The profile (R24).
impl UserAggregate {
    /// Gives a user the profile that it does not have yet; an existing one is replaced.
    pub fn initialize_profile(&mut self, profile: UserProfile, now: DateTime<Utc>) {
        self.profile = Some(profile);
        self.record(DomainEvent::ProfileChanged, now);
    }

    /// Changes the fields that are named and no others; what changes nothing is no change.
    pub fn update_profile(
        &mut self,
        changes: ProfileChanges,
        now: DateTime<Utc>,
    ) -> Result<(), UserError> {
        let profile = self.profile.as_mut().ok_or(UserError::ProfileNotInitialized)?;
        let before = profile.clone();
        profile.update(changes, now)?;
        let undated = UserProfile { updated_at: before.updated_at, ..profile.clone() };
        if undated == before {
            self.profile = Some(before);
            return Ok(());
        }
        self.record(DomainEvent::ProfileChanged, now);
        Ok(())
    }
}
