use userdom_domain::{UserAggregate, UserId, UserRole};

use super::UserView;
use crate::{
    Actor, App, AppError, Caller,
    policies::{self, Operation, Target, Verdict},
    ports::UnitOfWork,
    services::Grant,
};

impl App {
    /// A user, as the caller may see it.
    pub fn get_user(&self, caller: &Caller, id: UserId) -> Result<UserView, AppError> {
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        let mut reader = self.adapters.store.read()?;
        let user = Self::readable(&mut *reader, caller, Operation::View, id)?;
        Ok(self.view_for(actor, &user))
    }

    /// The user's version, if `is_seen` knows it, for who may see the user. Contacts are
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
        let stamp = stamp.ok_or(AppError::NotFound("user"))?;
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
        let user = reader.users().find_by_id(id)?.ok_or(AppError::NotFound("user"))?;
        policies::authorise(caller.actor.as_ref(), operation, &user)?;
        Ok(user)
    }

    /// The user with as much as the actor may see.
    pub(crate) fn view_for(&self, actor: &Actor, user: &UserAggregate) -> UserView {
        let view = UserView::of(user, self.now());
        match policies::decide(actor, Operation::ViewSecurity, user) {
            Verdict::Allowed => {
                if let Some(held) = self.ending.held() {
                    held.was_granted(Grant::User(Operation::ViewSecurity, user.id()));
                }
                view.with_security(user)
            }
            Verdict::Forbidden | Verdict::Hidden => view,
        }
    }
}
