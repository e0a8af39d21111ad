use userdom_domain::UserId;

use crate::{AppError, Command, Tx, policies::Operation};

/// Deletes a user softly (R14) and ends everything that
/// opens the account. The last admin stays (R15).
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    /// Whose.
    pub user_id: UserId,
}

impl Command for DeleteAccount {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let mut user = tx.user_for(Operation::Delete, self.user_id)?;
        tx.keep_an_admin(&user)?;
        user.delete(tx.now)?;
        tx.save(&mut user)?;
        tx.shut_out(self.user_id)?;
        Ok(tx.uow.devices().forget_all(self.user_id)?)
    }
}
