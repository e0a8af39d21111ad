use chrono::TimeDelta;
use userdom_domain::{ContactType, EmailAddress, EmailId, UserId, UserStatus};

use super::Changed;
use crate::{
    App, AppError, Caller, Command, Tx,
    policies::{self, Operation},
    ports::{TokenHash, TokenKind},
    queries::EmailView,
};

/// Adds an email and sends the mail that verifies it.
#[derive(Debug, Clone)]
pub struct AddEmail {
    /// Whose.
    pub user_id: UserId,
    /// The address.
    pub email: EmailAddress,
    /// What it is for.
    pub contact_type: ContactType,
    /// Whether it becomes the default.
    pub is_default: bool,
}

impl Command for AddEmail {
    type Output = Changed<EmailView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        let id = tx.new_email_id();
        user.add_email(id, self.email.clone(), self.contact_type, self.is_default, tx.now)?;
        let token = tx.send_verification(&mut user, id)?;
        tx.save(&mut user)?;
        tx.uow.tokens().issue(&token)?;
        Changed::email(&user, id)
    }
}

/// Says what an email is for.
#[derive(Debug, Clone)]
pub struct ChangeEmailType {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub email_id: EmailId,
    /// What it is for now; `None` leaves it.
    pub contact_type: Option<ContactType>,
}

impl Command for ChangeEmailType {
    type Output = Changed<EmailView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.email(self.email_id)?;
        if let Some(contact_type) = self.contact_type {
            user.set_email_type(self.email_id, contact_type, tx.now)?;
            tx.save(&mut user)?;
        }
        Changed::email(&user, self.email_id)
    }
}

/// Makes an email the default.
#[derive(Debug, Clone)]
pub struct SetDefaultEmail {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub email_id: EmailId,
}

impl Command for SetDefaultEmail {
    type Output = Changed<EmailView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.set_default_email(self.email_id, tx.now)?;
        tx.save(&mut user)?;
        Changed::email(&user, self.email_id)
    }
}

/// Removes an email.
#[derive(Debug, Clone)]
pub struct RemoveEmail {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub email_id: EmailId,
}

impl Command for RemoveEmail {
    type Output = Changed<()>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.remove_email(self.email_id, tx.now)?;
        tx.save(&mut user)?;
        Ok(Changed { value: (), version: user.version() })
    }
}

impl App {
    /// Verifies the email that the token was made for, and activates a pending user.
    pub fn verify_email(&self, token: &str) -> Result<Changed<EmailView>, AppError> {
        let hash = self.adapters.mint.hash(TokenKind::EmailVerification, token);
        let hash = hash.ok_or(AppError::TokenNotValid)?;
        self.execute(&Caller::default(), &VerifyEmail { hash })
    }

    /// Sends the verification mail again. Anybody may ask for a pending account,
    /// and learns nothing from the answer; three mails an hour go to one email.
    pub fn resend_verification(
        &self,
        caller: &Caller,
        user_id: UserId,
        email_id: EmailId,
    ) -> Result<(), AppError> {
        match self.execute(caller, &ResendVerification { user_id, email_id }) {
            Err(error @ (AppError::Store(_) | AppError::Internal(_) | AppError::Contended)) => {
                Err(error)
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

struct VerifyEmail {
    hash: TokenHash,
}

impl Command for VerifyEmail {
    type Output = Changed<EmailView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let token = tx.uow.tokens().consume(TokenKind::EmailVerification, &self.hash, tx.now)?;
        let token = token.ok_or(AppError::TokenNotValid)?;
        let email_id = EmailId::from_uuid(token.target_id);
        let user = tx.uow.users().find_by_id(token.user_id)?;
        let mut user = user.ok_or(AppError::TokenNotValid)?;
        // The email may have been removed, or the account shut, since the mail was sent.
        let shut_out = matches!(user.user().status(), UserStatus::Banned | UserStatus::Deleted);
        if shut_out || user.verify_email(email_id, tx.now).is_err() {
            return Err(AppError::TokenNotValid);
        }
        if user.user().status() == UserStatus::Pending {
            user.activate(tx.now)?;
        }
        tx.save(&mut user)?;
        Changed::email(&user, email_id)
    }
}

struct ResendVerification {
    user_id: UserId,
    email_id: EmailId,
}

impl ResendVerification {
    const MAILS_AN_HOUR: u64 = 3;
}

impl Command for ResendVerification {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let user = tx.uow.users().find_by_id(self.user_id)?;
        let mut user = user.ok_or(AppError::NotFound("user"))?;
        if user.user().status() != UserStatus::Pending {
            policies::authorise(tx.caller.actor.as_ref(), Operation::ManageContacts, &user)?;
        }
        let (kind, target) = (TokenKind::EmailVerification, self.email_id.as_uuid());
        let since = tx.now - TimeDelta::hours(1);
        if tx.uow.tokens().issued_since(kind, target, since)? >= Self::MAILS_AN_HOUR {
            return Ok(());
        }
        let token = tx.send_verification(&mut user, self.email_id)?;
        tx.save(&mut user)?;
        tx.uow.tokens().issue(&token)?;
        Ok(())
    }
}
