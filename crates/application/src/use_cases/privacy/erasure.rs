use std::time::Duration;

use userdom_domain::{RepositoryError, UserId, UserRole};

use crate::{
    App, AppError, Commit, Request, Tx, UseCase, policies::Operation, ports::Outcome,
    services::Wake,
};

/// So many rows are wiped in one transaction: others wait for it.
pub(super) const ROWS_AT_ONCE: u32 = 500;
/// The same where the transaction has other things to do as well.
const ROWS_IN_A_BATCH: u32 = 50;
/// A request wipes so often in a row; what is left then is wiped after its answer.
const STEPS_IN_A_REQUEST: u32 = 100;
/// Between two transactions, so that others get their turn.
const PAUSE: Duration = Duration::from_millis(10);

/// How many users are looked up at once.
pub(super) const BATCH: u32 = 100;

/// Removes a user for good (R15: not the last admin). Needs a recent proof. The user is gone at
/// once, and so are its traces, unless there are so many that [`App::finish_erasures`] wipes them
/// after the answer.
#[derive(Debug, Clone)]
pub struct EraseUser {
    /// The user.
    pub user_id: UserId,
}

impl UseCase for EraseUser {
    type Output = ();

    fn run(&self, request: &Request<'_>) -> Result<(), AppError> {
        let mut is_done = request.transaction(|tx| self.erase(tx))?;
        match request.commit {
            Commit::AtOnce => {}
            // The user is still there: it goes with the commit.
            Commit::WithAnswer(_) | Commit::WithBatch(_) => return Ok(()),
        }
        let user = self.user_id.to_string();
        for _ in 0..STEPS_IN_A_REQUEST {
            if is_done {
                break;
            }
            pause();
            is_done = request.app.wipe(&user).unwrap_or_else(|error| {
                // The user is gone, and the rest goes without the client.
                tracing::warn!(
                    user.id = user,
                    error = &error as &dyn std::error::Error,
                    "not wiped yet"
                );
                true
            });
        }
        Ok(())
    }
}

impl EraseUser {
    /// Whether nothing of the user is left.
    fn erase(&self, tx: &mut Tx<'_>) -> Result<bool, AppError> {
        let (version, is_admin) = match tx.user_for(Operation::Erase, self.user_id) {
            Ok(user) => (user.version(), user.has_role(UserRole::Admin)),
            Err(AppError::Store(RepositoryError::Corrupt { .. })) => {
                let stamp = tx.stamp_to_erase(self.user_id)?;
                (stamp.version, stamp.roles.contains(&UserRole::Admin))
            }
            Err(error) => return Err(error),
        };
        tx.require_recent_authentication()?;
        if is_admin {
            tx.keep_an_admin_besides(self.user_id)?;
        }
        tx.erase(self.user_id, version)
    }
}

impl Tx<'_> {
    /// Fails when the user has changed since it was read: it may have become the last admin.
    pub(super) fn erase(&mut self, user_id: UserId, version: i64) -> Result<bool, AppError> {
        // The line comes first, so that erasing finds what it says of the user too.
        self.audit("user.erased", Outcome::Success, Some(user_id), None)?;
        if !self.uow.accounts().erase(user_id, version)? {
            return Err(AppError::Contended);
        }
        let rows = match self.commit {
            Commit::AtOnce | Commit::WithAnswer(_) => ROWS_AT_ONCE,
            Commit::WithBatch(_) => ROWS_IN_A_BATCH,
        };
        Ok(self.uow.accounts().wipe(&user_id.to_string(), rows)?)
    }
}

impl App {
    /// Wipes what is left of users who were removed. Run it every second; several instances may
    /// at once. `goes_on` is asked before each step.
    pub fn finish_erasures(&self, goes_on: &dyn Fn() -> bool) -> Result<u64, RepositoryError> {
        let (mut finished, mut after) = (0, String::new());
        loop {
            let found = self.adapters.store.read()?.accounts().half_erased(&after, BATCH)?;
            let Some(last) = found.last() else {
                return Ok(finished);
            };
            after.clone_from(last);
            for user in &found {
                match self.wipe_all(user, goes_on) {
                    Ok(true) => finished += 1,
                    Ok(false) => return Ok(finished),
                    // The next time.
                    Err(error) => tracing::warn!(
                        user.id = user,
                        error = &error as &dyn std::error::Error,
                        "not wiped yet"
                    ),
                }
            }
        }
    }

    /// `false` when it has to stop.
    fn wipe_all(&self, user: &str, goes_on: &dyn Fn() -> bool) -> Result<bool, RepositoryError> {
        while goes_on() {
            if self.wipe(user)? {
                return Ok(true);
            }
            pause();
        }
        Ok(false)
    }

    /// One step; `true` when nothing is left.
    pub(super) fn wipe(&self, user: &str) -> Result<bool, RepositoryError> {
        let mut uow = self.adapters.store.begin()?;
        let is_done = uow.accounts().wipe(user, ROWS_AT_ONCE)?;
        uow.commit()?;
        Ok(is_done)
    }
}

/// Lets others go first that wait for a connection or a lock.
pub(super) fn pause() {
    Wake::default().wait(&mut 0, PAUSE);
}
