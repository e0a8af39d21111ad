use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use userdom_domain::{UserId, UserRole};
use uuid::Uuid;

use crate::ports::Scope;

/// The actor of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A user that has signed in.
    User(SignedInUser),
    /// Another service, by its key.
    Service(Service),
}

/// A user that has signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedInUser {
    /// The user.
    pub user_id: UserId,
    /// The session of the token.
    pub session_id: Uuid,
    /// What the user may do.
    pub roles: BTreeSet<UserRole>,
    /// When the user was last authenticated.
    pub authenticated_at: DateTime<Utc>,
}

/// Another service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its key.
    pub key_id: Uuid,
    /// What the key opens.
    pub scopes: BTreeSet<Scope>,
}

impl Actor {
    /// The user that asks; a service is none.
    pub fn user(&self) -> Option<&SignedInUser> {
        match self {
            Self::User(user) => Some(user),
            Self::Service(_) => None,
        }
    }

    /// The user's id; a service has none.
    pub fn user_id(&self) -> Option<UserId> {
        self.user().map(|user| user.user_id)
    }

    /// The greatest of the roles; a service has none, which counts as a guest.
    pub fn highest_role(&self) -> UserRole {
        self.user().map_or(UserRole::Guest, SignedInUser::highest_role)
    }
}

impl SignedInUser {
    /// The greatest of the roles.
    pub fn highest_role(&self) -> UserRole {
        self.roles.last().copied().unwrap_or(UserRole::Guest)
    }
}

/// Versions that a write is not meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoneOf {
    /// Whatever there is.
    Any,
    /// These.
    Versions(Vec<i64>),
}

impl NoneOf {
    fn names(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }
}

/// The actor, the origin of the request, and its condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// `None` is anybody.
    pub actor: Option<Actor>,
    /// The versions of the user that the caller has seen (`If-Match`): a write
    /// to any other version is refused.
    pub if_match: Option<Vec<i64>>,
    /// The versions of the user that the caller does not mean (`If-None-Match`): a write
    /// to one of them is refused.
    pub if_none_match: Option<NoneOf>,
    /// Where the request comes from.
    pub origin: Origin,
}

impl Caller {
    /// Whether a write to this version of a user is one that the caller means.
    pub(crate) fn check_version(&self, version: i64) -> Result<(), crate::AppError> {
        if self.if_match.as_ref().is_some_and(|versions| !versions.contains(&version)) {
            return Err(crate::AppError::StaleVersion);
        }
        if self.if_none_match.as_ref().is_some_and(|none| none.names(version)) {
            return Err(crate::AppError::UnwantedVersion);
        }
        Ok(())
    }

    /// The user that asks; a service is refused.
    pub fn signed_in(&self) -> Result<&SignedInUser, crate::AppError> {
        match &self.actor {
            Some(Actor::User(user)) => Ok(user),
            Some(Actor::Service(_)) => Err(crate::AppError::Forbidden),
            None => Err(crate::AppError::Unauthenticated),
        }
    }
}

/// Where a request comes from, for sessions, limits and the audit trail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The client's address, as far as proxies can be trusted.
    pub ip_address: String,
    /// The client's own name for itself, 255 characters at most.
    pub user_agent: String,
    /// The id of the request.
    pub request_id: String,
}
