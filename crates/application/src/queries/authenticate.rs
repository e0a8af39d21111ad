use userdom_domain::UserStatus;

use crate::{Actor, App, AppError, ports::TokenKind};

impl App {
    /// Whose access token this is. Anything that is no live token of a user who
    /// may use one is refused alike.
    pub fn authenticate(&self, access_token: &str) -> Result<Actor, AppError> {
        let hash = self.adapters.mint.hash(TokenKind::Access, access_token);
        let hash = hash.ok_or(AppError::Unauthenticated)?;
        let now = self.now();
        let owner = self.adapters.store.read()?.sessions().find_owner(&hash, now)?;
        let owner = owner.ok_or(AppError::Unauthenticated)?;
        let shut_out = match owner.status {
            UserStatus::Pending | UserStatus::Active => false,
            UserStatus::Suspended | UserStatus::Banned => {
                owner.status_until.is_none_or(|end| end > now)
            }
            UserStatus::Deleted => true,
        };
        if shut_out {
            return Err(AppError::Unauthenticated);
        }
        Ok(Actor { user_id: owner.user_id, session_id: owner.session_id, roles: owner.roles })
    }
}
