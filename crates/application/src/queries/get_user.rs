use userdom_domain::{UserAggregate, UserId};

use super::UserView;
use crate::{
    Actor, App, AppError, Caller,
    policies::{self, Operation, Verdict},
    ports::UnitOfWork,
};

impl App {
    /// A user, as the caller may see it.
    pub fn get_user(&self, caller: &Caller, id: UserId) -> Result<UserView, AppError> {
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        let mut reader = self.adapters.store.read()?;
        let user = Self::readable(&mut *reader, caller, Operation::View, id)?;
        Ok(self.view_for(actor, &user))
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
            Verdict::Allowed => view.with_security(user),
            Verdict::Forbidden | Verdict::Hidden => view,
        }
    }
}
