use crate::{App, AppError, Caller, Command, SignedInUser, Tx, ports::Outcome};

/// Ends the session of the token that was sent.
struct SignOut<'a> {
    user: &'a SignedInUser,
}

impl App {
    /// Ends the caller's own session.
    pub fn sign_out(&self, caller: &Caller) -> Result<(), AppError> {
        self.execute(caller, &SignOut { user: caller.signed_in()? })
    }
}

impl Command for SignOut<'_> {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let SignedInUser { user_id, session_id, .. } = *self.user;
        if !tx.uow.sessions().end(user_id, session_id)? {
            return Ok(());
        }
        tx.audit("session.ended", Outcome::Success, Some(user_id), Some(session_id))
    }
}
