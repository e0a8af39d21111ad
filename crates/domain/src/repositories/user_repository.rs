use crate::{EmailAddress, RepositoryError, UserAggregate, UserId, Username};

/// Whole users (R27).
///
/// ```
/// use userdom_domain::{RepositoryError, UserId, UserRepository};
///
/// fn username(users: &mut dyn UserRepository, id: UserId) -> Result<Option<String>, RepositoryError> {
///     Ok(users.find_by_id(id)?.map(|user| user.username().to_string()))
/// }
/// ```
pub trait UserRepository {
    /// The user with this identity.
    fn find_by_id(&mut self, id: UserId) -> Result<Option<UserAggregate>, RepositoryError>;

    /// The user who has verified this address; a claim that is not verified finds nobody (R21).
    fn find_by_email(
        &mut self,
        email: &EmailAddress,
    ) -> Result<Option<UserAggregate>, RepositoryError>;

    /// The user with this name, without regard to case (R9).
    fn find_by_username(
        &mut self,
        username: &Username,
    ) -> Result<Option<UserAggregate>, RepositoryError>;

    /// Stores a new or changed user with its events, and raises its version by one.
    ///
    /// # Errors
    /// [`RepositoryError::Stale`] when the stored version is not the one that was
    /// read, [`RepositoryError::Duplicate`] when something unique is taken. A
    /// store may report either as late as at the commit of its transaction.
    fn save(&mut self, user: &mut UserAggregate) -> Result<(), RepositoryError>;

    /// The active admins, none of whom changes before this unit of work ends: for
    /// whoever is about to make one fewer (R15).
    fn lock_admins(&mut self) -> Result<Vec<UserId>, RepositoryError>;

    /// Removes the user with everything that hangs on it; `false` when there was none.
    fn delete(&mut self, id: UserId) -> Result<bool, RepositoryError>;
}
