use std::collections::BTreeSet;

use userdom_domain::{UserId, UserRole};
use uuid::Uuid;

/// Who has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The user.
    pub user_id: UserId,
    /// The session of the token.
    pub session_id: Uuid,
    /// What the user may do.
    pub roles: BTreeSet<UserRole>,
}

impl Actor {
    /// The greatest of the roles.
    pub fn highest_role(&self) -> UserRole {
        self.roles.last().copied().unwrap_or(UserRole::Guest)
    }
}

/// Who asks, and on which condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// `None` is anybody.
    pub actor: Option<Actor>,
    /// The versions of the user that the caller has seen (`If-Match`): a write
    /// to any other version is refused.
    pub if_match: Option<Vec<i64>>,
}
