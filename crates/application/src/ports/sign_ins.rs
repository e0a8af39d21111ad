use chrono::{DateTime, Utc};
use userdom_domain::{EmailAddress, PasswordHash, RepositoryError, UserId, Username};
use uuid::Uuid;

use super::TokenHash;

/// What somebody signs in as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// The username, in any case.
    Username(Username),
    /// A verified email (R21).
    Email(EmailAddress),
    /// A signed-in user that is authenticated anew.
    Id(UserId),
}

/// What an attempt is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// An attempt to sign in.
    pub user_id: UserId,
    /// What the guess must match.
    pub password_hash: PasswordHash,
    /// Where the attempt was counted: a known device counts for itself.
    pub device_id: Option<Uuid>,
}

/// The counter of R17, apart from the aggregate: strangers' failures must not
/// get in the way of the owner's changes.
pub trait SignInRepository {
    /// Counts an attempt as failed **before** the password is checked, in one
    /// atomic statement, so that parallel attempts never get more than five
    /// checks. `None` when there is no such user or the account is locked.
    ///
    /// With the token of a device on which this very user has signed in, the device
    /// has five tries of its own, and the account's lock does not count: strangers
    /// cannot lock the owner out of a known device.
    fn claim_attempt(
        &mut self,
        login: &Login,
        device: Option<&TokenHash>,
        now: DateTime<Utc>,
    ) -> Result<Option<Credentials>, RepositoryError>;

    /// The password was right, though the account cannot sign in: the claimed
    /// attempts are forgotten.
    /// `device_id` says where they were counted.
    fn clear_attempts(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<(), RepositoryError>;

    /// The claimed attempt was not checked after all: it does not count.
    fn return_attempt(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
    ) -> Result<(), RepositoryError>;

    /// The user signed in at `now`: the attempts claimed there are forgotten.
    fn record_login(
        &mut self,
        user_id: UserId,
        device_id: Option<Uuid>,
        now: DateTime<Utc>,
    ) -> Result<(), RepositoryError>;

    /// Replaces the hash of the same password by a stronger one; `false` when the
    /// password has been changed meanwhile.
    fn upgrade_hash(
        &mut self,
        user_id: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<bool, RepositoryError>;
}
