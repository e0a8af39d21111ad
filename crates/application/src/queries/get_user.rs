use userdom_domain::UserId;

use super::UserView;
use crate::{
    App, AppError, Caller,
    policies::{self, Operation, Verdict},
};

impl App {
    /// A user, as the caller may see it.
    pub fn get_user(&self, caller: &Caller, id: UserId) -> Result<UserView, AppError> {
        let actor = caller.actor.as_ref().ok_or(AppError::Unauthenticated)?;
        let user = self.adapters.store.read()?.users().find_by_id(id)?;
        let user = user.ok_or(AppError::NotFound("user"))?;
        policies::authorise(Some(actor), Operation::View, &user)?;
        let view = UserView::of(&user, self.now());
        match policies::decide(actor, Operation::ViewSecurity, &user) {
            Verdict::Allowed => Ok(view.with_security(&user)),
            Verdict::Forbidden | Verdict::Hidden => Ok(view),
        }
    }
}
