use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId, UserRole};

use crate::{
    App, AppError, Caller, Command, Resource, Tx,
    policies::{self, Operation, Target},
    ports::{Outcome, Stamp},
};

/// Removes a user whose id is none that can be read, as another application may have written it
/// (R29). Nobody ever signed in as such a user, so its row with its contacts is all there is.
#[derive(Debug, Clone)]
pub struct EraseUnreadable {
    /// The id as it is stored.
    pub id: String,
}

impl Command for EraseUnreadable {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.may_erase(UserId::from_uuid(uuid::Uuid::nil()), UserRole::Guest)?;
        tx.require_recent_authentication()?;
        if !tx.uow.accounts().erase_unreadable(&self.id)? {
            return Err(AppError::NotFound(Resource::User));
        }
        tx.audit("user.erased", Outcome::Success, None, None)
    }
}

impl Tx<'_> {
    /// Version and roles of a user that cannot be read, such as one with a contact whose id is no
    /// UUID, if the caller may erase it.
    pub(super) fn stamp_to_erase(&mut self, id: UserId) -> Result<Stamp, AppError> {
        let stamp = self.uow.accounts().stamp(id)?.ok_or(AppError::NotFound(Resource::User))?;
        self.may_erase(id, stamp.roles.last().copied().unwrap_or(UserRole::Guest))?;
        Ok(stamp)
    }

    fn may_erase(&self, id: UserId, highest_role: UserRole) -> Result<(), AppError> {
        let target = Target { id, highest_role };
        policies::authorise(self.caller.actor.as_ref(), Operation::Erase, target)
    }
}

impl App {
    /// Whether there is a user with this id, which is none that can be read (R29). Only who may
    /// search the directory learns it.
    pub fn has_unreadable(&self, caller: &Caller, id: &str) -> Result<bool, AppError> {
        if Self::check_search(caller).is_err() || id.contains('\0') {
            return Ok(false);
        }
        Ok(self.adapters.store.read()?.accounts().has_unreadable(id)?)
    }

    /// Erases what a sweep would if it could read it, while `goes_on` lets it. Says how many.
    pub(super) fn erase_unreadable(
        &self,
        registered_before: DateTime<Utc>,
        deleted_before: DateTime<Utc>,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<u64, RepositoryError> {
        let mut erased = 0;
        while goes_on() {
            let mut uow = self.adapters.store.begin()?;
            let found =
                uow.accounts().unreadable_leftovers(registered_before, deleted_before, BATCH)?;
            let mut gone = 0;
            for id in &found {
                gone += u64::from(uow.accounts().erase_unreadable(id)?);
            }
            uow.commit()?;
            erased += gone;
            if gone == 0 {
                break;
            }
        }
        Ok(erased)
    }
}

/// So many in one transaction.
const BATCH: u32 = 100;
