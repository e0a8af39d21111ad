use chrono::{DateTime, Utc};

use crate::{
    ContactType, EmailAddress, EmailId, RepositoryError, UserEmail, UserError, UserId,
    UserRepository,
};

/// The emails of one user (R27). Reads and writes go through the aggregate like
/// every other change, so each [`UserRepository`] is one.
///
/// A write answers `None` when there is no such user, and the domain's verdict otherwise.
///
/// ```
/// use userdom_domain::{EmailRepository, RepositoryError, UserId, UserRepository};
///
/// fn count(users: &mut dyn UserRepository, id: UserId) -> Result<usize, RepositoryError> {
///     Ok(users.user_emails(id)?.len())
/// }
/// ```
pub trait EmailRepository: UserRepository {
    /// All emails of a user, oldest first; none for an unknown user.
    fn user_emails(&mut self, user_id: UserId) -> Result<Vec<UserEmail>, RepositoryError> {
        Ok(self.find_by_id(user_id)?.map(|user| user.emails().to_vec()).unwrap_or_default())
    }

    /// Adds an email, not verified.
    fn add_email(
        &mut self,
        user_id: UserId,
        id: EmailId,
        email: EmailAddress,
        contact_type: ContactType,
        now: DateTime<Utc>,
    ) -> Result<Option<Result<(), UserError>>, RepositoryError> {
        self.change_emails(user_id, |user| user.add_email(id, email, contact_type, false, now))
    }

    /// Removes an email.
    fn remove_email(
        &mut self,
        user_id: UserId,
        id: EmailId,
        now: DateTime<Utc>,
    ) -> Result<Option<Result<(), UserError>>, RepositoryError> {
        self.change_emails(user_id, |user| user.remove_email(id, now))
    }

    /// Makes an email the default.
    fn set_default_email(
        &mut self,
        user_id: UserId,
        id: EmailId,
        now: DateTime<Utc>,
    ) -> Result<Option<Result<(), UserError>>, RepositoryError> {
        self.change_emails(user_id, |user| user.set_default_email(id, now))
    }

    /// Loads a user, makes one change, and saves it when it was accepted.
    fn change_emails(
        &mut self,
        user_id: UserId,
        change: impl FnOnce(&mut crate::UserAggregate) -> Result<(), UserError>,
    ) -> Result<Option<Result<(), UserError>>, RepositoryError> {
        let Some(mut user) = self.find_by_id(user_id)? else {
            return Ok(None);
        };
        let verdict = change(&mut user);
        if verdict.is_ok() {
            self.save(&mut user)?;
        }
        Ok(Some(verdict))
    }
}

impl<R: UserRepository + ?Sized> EmailRepository for R {}
