use userdom_domain::UserId;

use crate::{AppError, Command, Tx, policies::Operation};

/// Deletes a user softly (R14) and ends every session.
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    /// Whose.
    pub user_id: UserId,
}

impl Command for DeleteAccount {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let mut user = tx.user_for(Operation::Delete, self.user_id)?;
        user.delete(tx.now)?;
        tx.save(&mut user)?;
        tx.uow.sessions().end_all(self.user_id)?;
        Ok(())
    }
}
