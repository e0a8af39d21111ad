//! The account of a user: username, preferences, roles and status.

mod registration;
mod status;
mod view;

use userdom_domain::{Preferences, UserAggregate, UserId, UserRole, Username};

use crate::{
    Actor, App, AppError, Caller, Command, Resource, Tx,
    commit::Grant,
    policies::{self, Operation, Target, Verdict},
    ports::UnitOfWork,
    services::{ValidationService, merge_members},
};
pub(crate) use registration::ReservedUsername;
pub use registration::{CreateAdmin, RegisterUser};
pub(crate) use status::EndInPast;
pub use status::{ChangeStatus, Sanction, SetRoles, StatusChange, check_sanction};
pub use view::{SecurityView, UserView};

impl App {
    /// A user, as the caller may see it.
    pub fn get_user(&self, caller: &Caller, id: UserId) -> Result<UserView, AppError> {
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        let mut reader = self.adapters.store.read()?;
        let user = Self::readable(&mut *reader, caller, Operation::View, id)?;
        Ok(self.view_for(actor, &user))
    }

    /// The user's version, if `is_seen` knows it, for a caller that may see the user. Contacts are
    /// not read for it. None as well when the sign-in counters are part of what is asked
    /// for and the caller sees them: they change without a new version.
    pub fn seen_version(
        &self,
        caller: &Caller,
        id: UserId,
        with_counters: bool,
        is_seen: impl FnOnce(i64) -> bool,
    ) -> Result<Option<i64>, AppError> {
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        let stamp = self.adapters.store.read()?.accounts().stamp(id)?;
        let stamp = stamp.ok_or(AppError::NotFound(Resource::User))?;
        let highest_role = stamp.roles.last().copied().unwrap_or(UserRole::Guest);
        let target = Target { id, highest_role };
        policies::authorise(Some(actor), Operation::View, target)?;
        let counters = policies::decide(actor, Operation::ViewSecurity, target);
        if with_counters && counters == Verdict::Allowed {
            return Ok(None);
        }
        Ok(Some(stamp.version).filter(|version| is_seen(*version)))
    }

    /// The user to be looked at: it exists, and the caller may do this.
    pub(crate) fn readable(
        reader: &mut dyn UnitOfWork,
        caller: &Caller,
        operation: Operation,
        id: UserId,
    ) -> Result<UserAggregate, AppError> {
        let user = reader.users().find_by_id(id)?.ok_or(AppError::NotFound(Resource::User))?;
        policies::authorise(caller.actor.as_ref(), operation, &user)?;
        Ok(user)
    }

    /// The user with as much as the actor may see.
    pub(crate) fn view_for(&self, actor: &Actor, user: &UserAggregate) -> UserView {
        let view = UserView::of(user, self.now());
        match policies::decide(actor, Operation::ViewSecurity, user) {
            Verdict::Allowed => view.with_security(user),
            Verdict::Forbidden | Verdict::Hidden => view,
        }
    }
}

impl Tx<'_> {
    /// The user as the caller may see it.
    pub(super) fn view(&self, user: &UserAggregate) -> Result<UserView, AppError> {
        let actor = self.caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        let view = self.app.view_for(actor, user);
        if view.security.is_some() {
            self.commit.note_grant(Grant::User(Operation::ViewSecurity, user.id()));
        }
        Ok(view)
    }
}

/// Changes the username, the preferences, or both.
#[derive(Debug, Clone)]
pub struct UpdateAccount {
    /// The user.
    pub user_id: UserId,
    /// Another username; one that poses as the system only by an admin (R9).
    pub username: Option<Username>,
    /// Preferences to merge into the present ones (RFC 7396): keys with raw JSON values,
    /// `None` puts a key back to its default (R13).
    pub preferences: Vec<(String, Option<String>)>,
}

impl Command for UpdateAccount {
    type Output = UserView;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<UserView, AppError> {
        let mut user = tx.user_for(Operation::ChangeAccount, self.user_id)?;
        if let Some(username) = self.username.as_ref().filter(|name| *name != user.username()) {
            let role = tx.caller.actor.as_ref().map(Actor::highest_role);
            if role != Some(UserRole::Admin) {
                tx.app.require_unreserved(username)?;
            }
            user.rename(username.clone(), tx.now);
        }
        if !self.preferences.is_empty() {
            user.set_preferences(self.merged(user.preferences())?, tx.now);
        }
        tx.save(&mut user)?;
        tx.view(&user)
    }
}

impl UpdateAccount {
    fn merged(&self, present: &Preferences) -> Result<Preferences, AppError> {
        let entries = merge_members(present.entries(), &self.preferences);
        let mut validation = ValidationService::default();
        let merged = validation.check_preferences(present.replaced_by(entries));
        validation.finish()?;
        merged.ok_or_else(|| AppError::Internal("preferences refused without a reason".into()))
    }
}

/// Deletes a user softly (R14) and ends everything that opens the account. The last admin stays
/// (R15).
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    /// The user.
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
