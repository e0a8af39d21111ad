use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{RepositoryError, UserError, UserId, UserStatus};

use crate::{
    App, AppError, Caller, Command, Tx,
    policies::Operation,
    ports::{AccountRepository, Outcome},
};

/// Removes a user for good (R15: not the last admin). Needs a recent proof.
#[derive(Debug, Clone)]
pub struct EraseUser {
    /// Whose.
    pub user_id: UserId,
}

impl Command for EraseUser {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.user_for(Operation::Erase, self.user_id)?;
        tx.require_recent_authentication()?;
        // Removing a row notices no newer version of it, such as one that has become an
        // admin: so the lock comes first, whoever it is.
        if tx.uow.users().lock_admins()? == [self.user_id] {
            return Err(UserError::LastAdmin.into());
        }
        tx.erase(self.user_id)
    }
}

impl Tx<'_> {
    fn erase(&mut self, user_id: UserId) -> Result<(), AppError> {
        // The line comes first, so that erasing finds what it says of the user too.
        self.audit("user.erased", Outcome::Success, Some(user_id), None)?;
        if self.uow.accounts().erase(user_id)? { Ok(()) } else { Err(AppError::NotFound("user")) }
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
}

/// How many users are looked up at once.
const BATCH: usize = 100;
/// How long events stay after they were worked on.
const PROCESSED_RETENTION: TimeDelta = TimeDelta::days(7);

impl App {
    /// Removes what nobody needs any more. Run it every hour; several instances may at once.
    pub fn sweep(&self) -> Result<Swept, RepositoryError> {
        let (now, settings) = (self.now(), self.settings());
        let never_verified = self.erase_all(Leftover::NeverVerified {
            registered_before: now - settings.unverified_retention,
        })?;
        let deleted =
            self.erase_all(Leftover::Deleted { deleted_before: now - settings.deleted_retention })?;
        let mut uow = self.adapters.store.begin()?;
        let ended = uow.accounts().sweep(now, now - PROCESSED_RETENTION)?;
        uow.commit()?;
        Ok(Swept { never_verified, deleted, ended })
    }

    /// Each in a transaction of its own; one that fails is left for the next sweep.
    fn erase_all(&self, leftover: Leftover) -> Result<u64, RepositoryError> {
        let (mut erased, mut failed) = (0, Vec::new());
        loop {
            let limit = u32::try_from(BATCH + failed.len()).unwrap_or(u32::MAX);
            let mut batch = leftover.find(self.adapters.store.read()?.accounts(), limit)?;
            batch.retain(|user_id| !failed.contains(user_id));
            if batch.is_empty() {
                return Ok(erased);
            }
            for user_id in batch {
                match self.execute(&Caller::default(), &EraseLeftover { user_id, leftover }) {
                    Ok(true) => erased += 1,
                    Ok(false) => failed.push(user_id),
                    Err(error) => {
                        tracing::warn!(user.id = %user_id,
                            error = &error as &dyn std::error::Error, "user not erased");
                        failed.push(user_id);
                    }
                }
            }
        }
    }
}

/// Accounts that nobody needs any more.
#[derive(Debug, Clone, Copy)]
enum Leftover {
    NeverVerified { registered_before: DateTime<Utc> },
    Deleted { deleted_before: DateTime<Utc> },
}

impl Leftover {
    fn find(
        self,
        accounts: &mut dyn AccountRepository,
        limit: u32,
    ) -> Result<Vec<UserId>, RepositoryError> {
        match self {
            Self::NeverVerified { registered_before } => {
                accounts.never_verified(registered_before, limit)
            }
            Self::Deleted { deleted_before } => accounts.deleted_before(deleted_before, limit),
        }
    }
}

struct EraseLeftover {
    user_id: UserId,
    leftover: Leftover,
}

impl Command for EraseLeftover {
    /// `false` when the user is needed after all, or gone.
    type Output = bool;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<bool, AppError> {
        let Some(mut user) = tx.uow.users().find_by_id(self.user_id)? else {
            return Ok(false);
        };
        match self.leftover {
            Leftover::NeverVerified { registered_before } => {
                let is_verified = user.emails().iter().any(userdom_domain::UserEmail::is_verified);
                if is_verified
                    || user.user().status() != UserStatus::Pending
                    || user.user().created_at() >= registered_before
                {
                    return Ok(false);
                }
                // Fails if an email is being verified at this moment.
                user.delete(tx.now)?;
                tx.uow.users().save(&mut user)?;
            }
            Leftover::Deleted { deleted_before } => {
                let is_over = user.user().updated_at() < deleted_before;
                if user.user().status() != UserStatus::Deleted || !is_over {
                    return Ok(false);
                }
            }
        }
        tx.erase(self.user_id)?;
        Ok(true)
    }
}
