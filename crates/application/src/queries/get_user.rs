use userdom_domain::{UserAggregate, UserId};

use super::UserView;
use crate::{
    Actor, App, AppError, Caller,
    policies::{self, Operation, Verdict},
};

impl App {
    /// A user, as the caller may see it.
    pub fn get_user(&self, caller: &Caller, id: UserId) -> Result<UserView, AppError> {
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        let user = self.adapters.store.read()?.users().find_by_id(id)?;
        let user = user.ok_or(AppError::NotFound("user"))?;
        policies::authorise(Some(actor), Operation::View, &user)?;
        Ok(self.view_for(actor, &user))
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
