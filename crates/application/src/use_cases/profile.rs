use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use userdom_domain::{ProfileChanges, UserError, UserId, UserProfile};

use super::{Changed, json::time};
use crate::{AppError, Command, Field, Tx, policies::Operation, services::ValidationService};

/// Changes the fields of a profile that are named (R24).
#[derive(Debug, Clone)]
pub struct UpdateProfile {
    /// The user.
    pub user_id: UserId,
    /// What changes.
    pub changes: ProfileChanges,
}

impl Command for UpdateProfile {
    type Output = Changed<ProfileView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ChangeProfile, self.user_id)?;
        // A user who came without a profile gets one as soon as both names are known.
        if user.profile().is_none()
            && let (Some(first), Some(last)) = (&self.changes.first_name, &self.changes.last_name)
        {
            let profile = UserProfile::new(first.clone(), last.clone(), tx.now);
            user.initialize_profile(profile, tx.now);
        }
        match user.update_profile(self.changes.clone(), tx.now) {
            // Only here the time zone is known, by whose date the age is counted.
            Err(UserError::BirthDate(fault)) => {
                let mut validation = ValidationService::default();
                validation.check::<(), _>(Field::DateOfBirth, Err(fault));
                validation.finish()?;
            }
            updated => updated?,
        }
        tx.save(&mut user)?;
        let profile = user.profile().ok_or(UserError::ProfileNotInitialized)?;
        Ok(Changed { value: ProfileView::of(profile, tx.now), version: user.version() })
    }
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct ProfileView {
    pub first_name: String,
    pub last_name: String,
    pub full_name: String,
    pub display_name: String,
    pub date_of_birth: Option<NaiveDate>,
    pub age: Option<i32>,
    pub gender: Option<String>,
    pub preferred_language: String,
    pub timezone: String,
    pub bio: Option<String>,
    pub avatar_url: Option<String>,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "time")]
    pub updated_at: DateTime<Utc>,
}

impl ProfileView {
    /// The profile as it is at `now`.
    pub fn of(profile: &UserProfile, now: DateTime<Utc>) -> Self {
        Self {
            first_name: profile.first_name().to_string(),
            last_name: profile.last_name().to_string(),
            full_name: profile.full_name(),
            display_name: profile.display_name(),
            date_of_birth: profile.date_of_birth(),
            age: profile.age(now),
            gender: profile.gender().map(ToString::to_string),
            preferred_language: profile.preferred_language().to_string(),
            timezone: profile.timezone().to_string(),
            bio: profile.bio().map(ToString::to_string),
            avatar_url: profile.avatar_url().map(ToString::to_string),
            created_at: profile.created_at(),
            updated_at: profile.updated_at(),
        }
    }
}
