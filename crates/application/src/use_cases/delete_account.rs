use userdom_domain::{UserError, UserId, UserRole};

use crate::{AppError, Command, Tx, policies::Operation};

/// Deletes a user softly (R14) and ends every session. The last admin stays (R15).
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    /// Whose.
    pub user_id: UserId,
}

impl Command for DeleteAccount {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let mut user = tx.user_for(Operation::Delete, self.user_id)?;
        if user.user().has_role(UserRole::Admin) {
            let admins = tx.uow.users().lock_admins()?;
            if admins.iter().all(|admin| *admin == self.user_id) {
                return Err(UserError::LastAdmin.into());
            }
        }
        user.delete(tx.now)?;
        tx.save(&mut user)?;
        tx.uow.sessions().end_all(self.user_id)?;
        Ok(())
    }
}
