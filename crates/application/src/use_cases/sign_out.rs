use crate::{Actor, App, AppError, Caller, Command, Tx};

/// Ends the session of the token that was sent.
struct SignOut<'a> {
    actor: &'a Actor,
}

impl App {
    /// Ends the caller's own session.
    pub fn sign_out(&self, caller: &Caller) -> Result<(), AppError> {
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        self.execute(caller, &SignOut { actor })
    }
}

impl Command for SignOut<'_> {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.uow.sessions().end(self.actor.session_id)?;
        Ok(())
    }
}
