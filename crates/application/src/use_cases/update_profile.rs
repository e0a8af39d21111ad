use userdom_domain::{ProfileChanges, UserError, UserId, UserProfile};

use super::Changed;
use crate::{
    AppError, Command, Tx, policies::Operation, queries::ProfileView, services::ValidationService,
};

/// Changes the fields of a profile that are named (R24).
#[derive(Debug, Clone)]
pub struct UpdateProfile {
    /// Whose.
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
                validation.check::<(), _>("/date_of_birth", Err(fault));
                validation.finish()?;
            }
            updated => updated?,
        }
        tx.save(&mut user)?;
        let profile = user.profile().ok_or(UserError::ProfileNotInitialized)?;
        Ok(Changed { value: ProfileView::of(profile, tx.now), version: user.version() })
    }
}
