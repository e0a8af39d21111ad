use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};
use userdom_domain::{StatusNote, UserAggregate, UserError, UserId, UserRole, UserStatus};

use super::UserView;
use crate::{
    AppError, Command, Faults, Field, Tx, policies::Operation, services::ValidationService,
};

/// Moves a user from one status to another (R14), or unlocks it (R17).
#[derive(Debug, Clone)]
pub struct ChangeStatus {
    /// The user.
    pub user_id: UserId,
    /// How.
    pub change: StatusChange,
}

/// How a status changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatusChange {
    /// Pending → active.
    Activate,
    /// Active → suspended.
    Suspend(Sanction),
    /// Suspended → active.
    Reinstate,
    /// Pending, active or suspended → banned.
    Ban(Sanction),
    /// Banned → active.
    Unban,
    /// Deleted → the status before it, inside the retention time.
    Restore,
    /// Forgets failed sign-ins and the lock.
    Unlock,
}

/// Why somebody is shut out, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sanction {
    /// Why.
    pub reason: String,
    /// When it ends by itself; `None` is never.
    pub until: Option<DateTime<Utc>>,
}

impl Command for ChangeStatus {
    type Output = UserView;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<UserView, AppError> {
        let mut user = tx.user_for(Operation::ChangeStatus, self.user_id)?;
        match &self.change {
            StatusChange::Activate => user.activate(tx.now)?,
            StatusChange::Suspend(sanction) => {
                user.suspend(tx.note_of(sanction)?, tx.now)?;
                tx.keep_an_admin(&user)?;
            }
            StatusChange::Reinstate => user.reinstate(tx.now)?,
            StatusChange::Ban(sanction) => {
                user.ban(tx.note_of(sanction)?, tx.now)?;
                tx.keep_an_admin(&user)?;
            }
            StatusChange::Unban => user.unban(tx.now)?,
            StatusChange::Restore => tx.restore(&mut user)?,
            StatusChange::Unlock => tx.unlock(&mut user)?,
        }
        tx.save(&mut user)?;
        if let StatusChange::Suspend(_) | StatusChange::Ban(_) = &self.change {
            tx.shut_out(self.user_id)?;
        }
        tx.view(&user)
    }
}

/// Checks the rules of a sanction. An adapter that reads fields one by one asks for those that it
/// could read, to report all faults at once.
pub fn check_sanction(
    reason: Option<&str>,
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Faults> {
    let mut validation = ValidationService::default();
    // The rule is about the reason alone.
    let nobody = UserId::from_uuid(uuid::Uuid::nil());
    if let Some(Err(error)) = reason.map(|reason| StatusNote::new(reason, nobody, until)) {
        validation.refuse(Field::Reason, &error);
    }
    if until.is_some_and(|until| until <= now) {
        validation.refuse(Field::Until, &EndInPast);
    }
    validation.finish()
}

/// A sanction cannot end before it begins.
#[derive(Debug, thiserror::Error)]
#[error("The end must lie in the future")]
pub(crate) struct EndInPast;

userdom_domain::error_codes! {
    EndInPast {
        Self => Rule("status.until_in_past", "The end lies in the past");
    }
}

/// Gives a user these roles and no others (R15). The last admin stays one; the user has
/// to sign in anew.
#[derive(Debug, Clone)]
pub struct SetRoles {
    /// The user.
    pub user_id: UserId,
    /// At least one.
    pub roles: BTreeSet<UserRole>,
}

impl Command for SetRoles {
    type Output = UserView;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<UserView, AppError> {
        let mut user = tx.user_for(Operation::SetRoles, self.user_id)?;
        if *user.roles() != self.roles {
            if !self.roles.contains(&UserRole::Admin) {
                tx.keep_an_admin(&user)?;
            }
            user.set_roles(self.roles.clone(), tx.now)?;
            tx.save(&mut user)?;
            tx.shut_out(self.user_id)?;
        }
        tx.view(&user)
    }
}

impl Tx<'_> {
    /// Refuses to shut out or demote the last admin who can act (R15). Nobody else does it
    /// to another one before this transaction ends.
    pub(in crate::use_cases) fn keep_an_admin(
        &mut self,
        user: &UserAggregate,
    ) -> Result<(), AppError> {
        if user.has_role(UserRole::Admin) {
            self.keep_an_admin_besides(user.id())?;
        }
        Ok(())
    }

    pub(in crate::use_cases) fn keep_an_admin_besides(
        &mut self,
        user_id: UserId,
    ) -> Result<(), AppError> {
        let admins = self.uow.users().lock_admins()?;
        if admins.iter().all(|admin| *admin == user_id) {
            return Err(UserError::LastAdmin.into());
        }
        Ok(())
    }

    fn note_of(&self, sanction: &Sanction) -> Result<StatusNote, AppError> {
        let actor = self.caller.signed_in()?.user_id;
        // Both databases keep microseconds.
        let until = sanction.until.map(|until| until.trunc_subsecs(6));
        check_sanction(Some(&sanction.reason), until, self.now)?;
        let note = StatusNote::new(&sanction.reason, actor, until);
        note.map_err(|error| AppError::Internal(error.into()))
    }

    fn restore(&self, user: &mut UserAggregate) -> Result<(), AppError> {
        let ends = user.updated_at() + self.app.settings().deleted_retention;
        if user.status() == UserStatus::Deleted && ends <= self.now {
            let (from, to) = (UserStatus::Deleted, UserStatus::Active);
            return Err(UserError::InvalidTransition { from, to }.into());
        }
        Ok(user.restore_account(self.now)?)
    }

    fn unlock(&mut self, user: &mut UserAggregate) -> Result<(), AppError> {
        if self.caller.signed_in()?.user_id == user.id() {
            return Err(AppError::Forbidden);
        }
        user.unlock(self.now);
        self.uow.second_factors().clear_guesses(user.id())?;
        Ok(self.uow.sign_ins().clear_attempts(user.id(), None)?)
    }
}
