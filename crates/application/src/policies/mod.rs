//! What a caller may do to a user: one table, used by REST, GraphQL and batches.

mod table;

use serde::{Deserialize, Serialize};
use userdom_domain::{UserAggregate, UserId, UserRole};

use crate::{Actor, AppError, Resource, ports::Scope};
pub use table::decide;

/// What can be done to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// See the user.
    View,
    /// See the sign-in counters.
    ViewSecurity,
    /// See the open sessions.
    ViewSessions,
    /// See the audit trail.
    ViewEvents,
    /// Change username or preferences.
    ChangeAccount,
    /// Change the profile.
    ChangeProfile,
    /// Add, change, verify again or remove emails, phones and addresses.
    ManageContacts,
    /// Change the password, knowing the present one.
    ChangePassword,
    /// Set up, confirm and remove the second factor.
    ManageSecondFactor,
    /// End sessions.
    EndSessions,
    /// Get all that is held on the user.
    Export,
    /// Delete the user softly.
    Delete,
    /// Remove the user for good.
    Erase,
    /// Activate, suspend, reinstate, ban, unban, restore, unlock.
    ChangeStatus,
    /// Give and take roles.
    SetRoles,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::View,
        Self::ViewSecurity,
        Self::ViewSessions,
        Self::ViewEvents,
        Self::ChangeAccount,
        Self::ChangeProfile,
        Self::ManageContacts,
        Self::ChangePassword,
        Self::ManageSecondFactor,
        Self::EndSessions,
        Self::Export,
        Self::Delete,
        Self::Erase,
        Self::ChangeStatus,
        Self::SetRoles,
    ];
}

/// What can be done that is about no single user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GlobalOperation {
    /// Make, list and remove the keys of other services.
    ManageApiKeys,
    /// Introspect a token.
    Introspect,
    /// Find users by anything.
    SearchUsers,
}

/// The answer of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go ahead.
    Allowed,
    /// The caller may see the user, but not do this.
    Forbidden,
    /// The caller may not even know that the user exists.
    Hidden,
}

/// What the table needs to know of the user that the operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The user.
    pub id: UserId,
    /// The greatest of its roles.
    pub highest_role: UserRole,
}

impl From<&UserAggregate> for Target {
    fn from(user: &UserAggregate) -> Self {
        Self { id: user.id(), highest_role: user.highest_role() }
    }
}

/// [`decide`] as a result.
pub fn authorise(
    actor: Option<&Actor>,
    operation: Operation,
    target: impl Into<Target>,
) -> Result<(), AppError> {
    let actor = actor.ok_or(AppError::Unauthenticated)?;
    match decide(actor, operation, target) {
        Verdict::Allowed => Ok(()),
        Verdict::Forbidden => Err(AppError::Forbidden),
        Verdict::Hidden => Err(AppError::NotFound(Resource::User)),
    }
}

/// Whether somebody may do what is about no single user.
pub fn authorise_globally(
    actor: Option<&Actor>,
    operation: GlobalOperation,
) -> Result<(), AppError> {
    let actor = actor.ok_or(AppError::Unauthenticated)?;
    let is_allowed = match (operation, actor) {
        (GlobalOperation::ManageApiKeys, Actor::User(user)) => {
            user.highest_role() == UserRole::Admin
        }
        (GlobalOperation::ManageApiKeys, Actor::Service(_))
        | (GlobalOperation::Introspect, Actor::User(_)) => false,
        (GlobalOperation::Introspect, Actor::Service(service)) => {
            service.scopes.contains(&Scope::Introspect)
        }
        (GlobalOperation::SearchUsers, Actor::User(user)) => {
            user.highest_role() >= UserRole::Moderator
        }
        (GlobalOperation::SearchUsers, Actor::Service(service)) => {
            service.scopes.contains(&Scope::UsersRead)
                || service.scopes.contains(&Scope::UsersWrite)
        }
    };
    if is_allowed { Ok(()) } else { Err(AppError::Forbidden) }
}
