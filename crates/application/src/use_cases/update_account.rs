use userdom_domain::{Preferences, UserId, UserRole, Username};

use crate::{
    AppError, Command, Tx,
    policies::Operation,
    queries::UserView,
    services::{ValidationService, merge_members},
};

/// Changes the username, the preferences, or both.
#[derive(Debug, Clone)]
pub struct UpdateAccount {
    /// Whose.
    pub user_id: UserId,
    /// Another username; one that poses as the system only by an admin (R9).
    pub username: Option<Username>,
    /// Preferences to merge into the present ones (RFC 7396): keys with raw JSON values,
    /// `None` puts a key back to its default (R13).
    pub preferences: Vec<(String, Option<String>)>,
}

impl Command for UpdateAccount {
    type Output = UserView;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<UserView, AppError> {
        let mut user = tx.user_for(Operation::ChangeAccount, self.user_id)?;
        if let Some(username) = self.username.as_ref().filter(|name| *name != user.username()) {
            let role = tx.caller.actor.as_ref().map(crate::Actor::highest_role);
            if role != Some(UserRole::Admin) {
                let mut validation = ValidationService::default();
                validation.check("/username", tx.app.check_reserved(username));
                validation.finish()?;
            }
            user.rename(username.clone(), tx.now);
        }
        if !self.preferences.is_empty() {
            user.set_preferences(self.merged(user.preferences())?, tx.now);
        }
        tx.save(&mut user)?;
        let actor = tx.caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        Ok(tx.app.view_for(actor, &user))
    }
}

impl UpdateAccount {
    fn merged(&self, present: &Preferences) -> Result<Preferences, AppError> {
        let entries = merge_members(present.entries(), &self.preferences);
        let mut validation = ValidationService::default();
        let merged = validation.check_preferences("/preferences", present.replaced_by(entries));
        validation.finish()?;
        merged.ok_or_else(|| AppError::Internal("preferences refused without a reason".into()))
    }
}
