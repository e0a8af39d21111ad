use userdom_domain::UserRole;

use super::{Operation, Target, Verdict};
use crate::{Actor, Service, ports::Scope};

/// The verdict on an actor that wants to do something to a user.
///
/// Nobody acts on an account of the same or a higher role, admins excepted; what is
/// the owner's alone (password, second factor) nobody else does.
pub fn decide(actor: &Actor, operation: Operation, target: impl Into<Target>) -> Verdict {
    let target = target.into();
    match actor {
        Actor::User(user) if user.user_id == target.id => own(user.highest_role(), operation),
        Actor::User(user) => others(user.highest_role(), operation, target.highest_role),
        Actor::Service(service) => by_key(service, operation, target.highest_role),
    }
}

fn own(role: UserRole, operation: Operation) -> Verdict {
    match operation {
        Operation::View
        | Operation::ViewSessions
        | Operation::ViewEvents
        | Operation::ChangeAccount
        | Operation::ChangeProfile
        | Operation::ManageContacts
        | Operation::ChangePassword
        | Operation::ManageSecondFactor
        | Operation::EndSessions
        | Operation::Export
        | Operation::Delete
        | Operation::Erase => Verdict::Allowed,
        Operation::ViewSecurity => allowed_from(UserRole::Moderator, role),
        // An admin may step down, but nobody lifts a sanction of their own.
        Operation::SetRoles | Operation::ChangeStatus => allowed_from(UserRole::Admin, role),
    }
}

fn others(role: UserRole, operation: Operation, target: UserRole) -> Verdict {
    if role < UserRole::Moderator {
        return Verdict::Hidden;
    }
    let outranks = role == UserRole::Admin || role > target;
    let is_allowed = match operation {
        Operation::View | Operation::ViewSecurity => true,
        Operation::ViewSessions
        | Operation::ViewEvents
        | Operation::EndSessions
        | Operation::ChangeStatus => outranks,
        Operation::ChangeAccount
        | Operation::ChangeProfile
        | Operation::ManageContacts
        | Operation::Export
        | Operation::Delete
        | Operation::Erase
        | Operation::SetRoles => role == UserRole::Admin,
        Operation::ChangePassword | Operation::ManageSecondFactor => false,
    };
    if is_allowed { Verdict::Allowed } else { Verdict::Forbidden }
}

/// Keys read everybody, and write what is no moderator's or admin's.
fn by_key(service: &Service, operation: Operation, target: UserRole) -> Verdict {
    let has = |scope| service.scopes.contains(&scope);
    let is_allowed = match operation {
        Operation::View => has(Scope::UsersRead) || has(Scope::UsersWrite),
        Operation::ViewEvents => has(Scope::Events),
        Operation::ChangeAccount | Operation::ChangeProfile | Operation::ManageContacts => {
            has(Scope::UsersWrite) && target < UserRole::Moderator
        }
        Operation::ViewSecurity
        | Operation::ViewSessions
        | Operation::ChangePassword
        | Operation::ManageSecondFactor
        | Operation::EndSessions
        | Operation::Export
        | Operation::Delete
        | Operation::Erase
        | Operation::ChangeStatus
        | Operation::SetRoles => false,
    };
    let may_know = has(Scope::UsersRead) || has(Scope::UsersWrite);
    match (is_allowed, may_know) {
        (true, _) => Verdict::Allowed,
        (false, true) => Verdict::Forbidden,
        (false, false) => Verdict::Hidden,
    }
}

fn allowed_from(least: UserRole, role: UserRole) -> Verdict {
    if role >= least { Verdict::Allowed } else { Verdict::Forbidden }
}
