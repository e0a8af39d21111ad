//! Who may do what to whom: one table, used by every door.

use userdom_domain::{UserAggregate, UserRole};

use crate::{Actor, AppError};

/// What can be done to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// See the user.
    View,
    /// See the sign-in counters.
    ViewSecurity,
    /// Change username or preferences.
    ChangeAccount,
    /// Change the profile.
    ChangeProfile,
    /// Add, change, verify again or remove emails, phones and addresses.
    ManageContacts,
    /// Delete the user.
    Delete,
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

/// The verdict on an actor who wants to do something to a user.
pub fn decide(actor: &Actor, operation: Operation, target: &UserAggregate) -> Verdict {
    let own = actor.user_id == target.id();
    let role = actor.highest_role();
    match operation {
        Operation::View if own => Verdict::Allowed,
        Operation::ViewSecurity if own && role < UserRole::Moderator => Verdict::Forbidden,
        Operation::View | Operation::ViewSecurity => seen_by_moderators(role, Verdict::Allowed),
        Operation::ChangeAccount
        | Operation::ChangeProfile
        | Operation::ManageContacts
        | Operation::Delete => {
            if own || role == UserRole::Admin {
                Verdict::Allowed
            } else {
                seen_by_moderators(role, Verdict::Forbidden)
            }
        }
    }
}

/// [`decide`] as a result.
pub fn authorise(
    actor: Option<&Actor>,
    operation: Operation,
    target: &UserAggregate,
) -> Result<(), AppError> {
    let actor = actor.ok_or(AppError::Unauthenticated)?;
    match decide(actor, operation, target) {
        Verdict::Allowed => Ok(()),
        Verdict::Forbidden => Err(AppError::Forbidden),
        Verdict::Hidden => Err(AppError::NotFound("user")),
    }
}

fn seen_by_moderators(role: UserRole, verdict: Verdict) -> Verdict {
    match role {
        UserRole::Moderator | UserRole::Admin => verdict,
        UserRole::Guest | UserRole::User | UserRole::Premium => Verdict::Hidden,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use userdom_domain::{UserId, example};
    use uuid::Uuid;

    use super::*;

    const OPERATIONS: [Operation; 6] = [
        Operation::View,
        Operation::ViewSecurity,
        Operation::ChangeAccount,
        Operation::ChangeProfile,
        Operation::ManageContacts,
        Operation::Delete,
    ];

    fn verdicts(role: UserRole, own: bool) -> [Verdict; 6] {
        let john = example::john();
        let user_id = if own { john.id() } else { UserId::from_uuid(Uuid::max()) };
        let actor = Actor { user_id, session_id: Uuid::nil(), roles: BTreeSet::from([role]) };
        OPERATIONS.map(|operation| decide(&actor, operation, &john))
    }

    #[test]
    fn the_table_is_as_documented() {
        use Verdict::{Allowed as A, Forbidden as F, Hidden as H};
        for role in [UserRole::Guest, UserRole::User, UserRole::Premium] {
            assert_eq!(verdicts(role, false), [H; 6], "{role}");
            assert_eq!(verdicts(role, true), [A, F, A, A, A, A], "{role}");
        }
        assert_eq!(verdicts(UserRole::Moderator, false), [A, A, F, F, F, F]);
        assert_eq!(verdicts(UserRole::Moderator, true), [A; 6]);
        assert_eq!(verdicts(UserRole::Admin, false), [A; 6]);
        assert_eq!(verdicts(UserRole::Admin, true), [A; 6]);
    }

    #[test]
    fn nobody_is_nobody() {
        let refused = authorise(None, Operation::View, &example::john()).unwrap_err();
        assert!(matches!(refused, AppError::Unauthenticated));
    }
}
