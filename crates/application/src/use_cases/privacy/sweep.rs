use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{RepositoryError, UserId};

use super::erasure::{BATCH, ROWS_AT_ONCE, pause};
use crate::{
    App, AppError, Caller, Command, Tx,
    ports::{Ended, Leftover},
};

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
