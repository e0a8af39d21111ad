use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{RepositoryError, UserId, UserRole};

use crate::{
    App, AppError, Caller, Command, Tx,
    policies::Operation,
    ports::{Ended, Leftover, Outcome},
    services::{Ending, Wake},
};

/// Removes a user for good (R15: not the last admin). Needs a recent proof.
#[derive(Debug, Clone)]
pub struct EraseUser {
    /// Whose.
    pub user_id: UserId,
}

/// So many rows are wiped in one transaction: others wait for it.
const ROWS_AT_ONCE: u32 = 500;
/// The same where the transaction has other things to do as well.
const ROWS_IN_A_BATCH: u32 = 50;
/// A request wipes so often in a row; what is left then is wiped after its answer.
const STEPS_IN_A_REQUEST: u32 = 100;
/// Between two transactions, for those who wait for their turn.
const PAUSE: Duration = Duration::from_millis(10);

impl App {
    /// Removes a user for good: it is gone at once, and so are its traces, unless there are more
    /// than [`App::finish_erasures`] had better wipe after the answer.
    pub fn erase_user(&self, caller: &Caller, command: &EraseUser) -> Result<(), AppError> {
        let mut is_done = self.execute(caller, command)?;
        // What is held has not been committed yet.
        if self.ending.held().is_some() {
            return Ok(());
        }
        let user = command.user_id.to_string();
        for _ in 0..STEPS_IN_A_REQUEST {
            if is_done {
                break;
            }
            pause();
            is_done = self.wipe(&user).unwrap_or_else(|error| {
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

    /// `false` when it has been told to stop.
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
    fn wipe(&self, user: &str) -> Result<bool, RepositoryError> {
        let mut uow = self.adapters.store.begin()?;
        let is_done = uow.accounts().wipe(user, ROWS_AT_ONCE)?;
        uow.commit()?;
        Ok(is_done)
    }
}

/// Lets those go first who wait for a connection or a lock.
fn pause() {
    Wake::default().wait(&mut 0, PAUSE);
}

impl Command for EraseUser {
    /// Whether nothing of the user is left.
    type Output = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<bool, AppError> {
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
    fn erase(&mut self, user_id: UserId, version: i64) -> Result<bool, AppError> {
        // The line comes first, so that erasing finds what it says of the user too.
        self.audit("user.erased", Outcome::Success, Some(user_id), None)?;
        if !self.uow.accounts().erase(user_id, version)? {
            return Err(AppError::Contended);
        }
        let is_alone = !matches!(self.app.ending, Ending::Together(_));
        let rows = if is_alone { ROWS_AT_ONCE } else { ROWS_IN_A_BATCH };
        Ok(self.uow.accounts().wipe(&user_id.to_string(), rows)?)
    }
}

/// What a sweep has removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Accounts that never verified an email.
    pub never_verified: u64,
    /// Accounts that were deleted too long ago to be restored.
    pub deleted: u64,
    /// Rows that have ended by time.
    pub ended: u64,
    /// Whether the database was away, so that something is left.
    pub met_outage: bool,
}

/// How many users are looked up at once.
const BATCH: u32 = 100;
/// Accounts that could not be erased are looked at again and again; so many are enough to hear of.
const MOST_FAILURES: usize = 1000;
/// How long events stay after they were worked on.
const PROCESSED_RETENTION: TimeDelta = TimeDelta::days(7);

impl App {
    /// Removes what nobody needs any more. Run it every hour; several instances may at once.
    /// What fails is left for the next sweep, and stops nothing else.
    pub fn sweep(&self) -> Swept {
        self.sweep_while(&|| true)
    }

    /// [`App::sweep`], which stops early when `goes_on` says so.
    pub fn sweep_while(&self, goes_on: &dyn Fn() -> bool) -> Swept {
        let (now, settings) = (self.now(), self.settings());
        let mut swept = Swept::default();
        let mut met_outage = false;
        let mut note = |count: &mut u64, what, result: Result<u64, RepositoryError>| match result {
            Ok(removed) => *count += removed,
            Err(error) => {
                met_outage |= matches!(
                    error,
                    RepositoryError::Unavailable(_) | RepositoryError::Transient(_)
                );
                tracing::warn!(what, error = &error as &dyn std::error::Error, "not swept");
            }
        };
        let registered_before = now - settings.unverified_retention;
        let never_verified = Leftover::NeverVerified { registered_before };
        note(&mut swept.never_verified, "unverified", self.erase_all(never_verified, goes_on));
        let deleted_before = now - settings.deleted_retention;
        let deleted = Leftover::Deleted { deleted_before };
        note(&mut swept.deleted, "deleted", self.erase_all(deleted, goes_on));
        let unreadable = self.erase_unreadable(registered_before, deleted_before, goes_on);
        note(&mut swept.deleted, "unreadable", unreadable);
        for what in Ended::ALL {
            let moment = match what {
                Ended::Events => now - PROCESSED_RETENTION,
                Ended::Answers | Ended::Sessions | Ended::Tokens | Ended::Devices => now,
            };
            note(&mut swept.ended, what.as_str(), self.sweep_all(what, moment, goes_on));
        }
        Swept { met_outage, ..swept }
    }

    /// A part in each transaction, so that writers come between.
    fn sweep_all(
        &self,
        what: Ended,
        moment: DateTime<Utc>,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<u64, RepositoryError> {
        let mut swept = 0;
        while goes_on() {
            let mut uow = self.adapters.store.begin()?;
            let gone = uow.accounts().sweep(what, moment, ROWS_AT_ONCE)?;
            uow.commit()?;
            swept += gone;
            if gone < u64::from(ROWS_AT_ONCE) {
                break;
            }
            pause();
        }
        Ok(swept)
    }

    /// Each in a transaction of its own; one that fails is left for the next sweep.
    fn erase_all(
        &self,
        leftover: Leftover,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<u64, RepositoryError> {
        let (mut erased, mut failed) = (0, BTreeSet::new());
        while failed.len() < MOST_FAILURES {
            let limit = BATCH + u32::try_from(failed.len()).unwrap_or(u32::MAX);
            let mut reader = self.adapters.store.read()?;
            let mut batch = match leftover {
                Leftover::NeverVerified { registered_before } => {
                    reader.accounts().never_verified(registered_before, limit)?
                }
                Leftover::Deleted { deleted_before } => {
                    reader.accounts().deleted_before(deleted_before, limit)?
                }
            };
            drop(reader);
            batch.retain(|user_id| !failed.contains(user_id));
            if batch.is_empty() {
                break;
            }
            for user_id in batch {
                if !goes_on() {
                    return Ok(erased);
                }
                match self.erase_leftover(EraseLeftover { user_id, leftover }) {
                    Ok(true) => erased += 1,
                    Ok(false) => {
                        failed.insert(user_id);
                    }
                    Err(error) => {
                        tracing::warn!(user.id = %user_id,
                            error = &error as &dyn std::error::Error, "user not erased");
                        failed.insert(user_id);
                    }
                }
                pause();
            }
        }
        Ok(erased)
    }

    fn erase_leftover(&self, command: EraseLeftover) -> Result<bool, AppError> {
        let Some(mut is_done) = self.execute(&Caller::default(), &command)? else {
            return Ok(false);
        };
        let user = command.user_id.to_string();
        while !is_done {
            pause();
            is_done = self.wipe(&user)?;
        }
        Ok(true)
    }
}

#[derive(Clone, Copy)]
struct EraseLeftover {
    user_id: UserId,
    leftover: Leftover,
}

impl Command for EraseLeftover {
    /// Whether nothing of the user is left; `None` when it is needed after all, or gone.
    type Output = Option<bool>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Option<bool>, AppError> {
        // It may have come to life since it was found. An email that is being verified at this
        // moment raises the version.
        let version = tx.uow.accounts().leftover_version(self.user_id, self.leftover)?;
        version.map(|version| tx.erase(self.user_id, version)).transpose()
    }
}
