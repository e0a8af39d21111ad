use userdom_domain::{ContactType, EmailAddress, EmailId, Notice, UserId, UserStatus};

use super::{Changed, passwords::AskForMail};
use crate::{
    Actor, App, AppError, Caller, Command, Tx,
    policies::Operation,
    ports::{Limit, MailWish, TokenHash, TokenKind},
    queries::EmailView,
    services::is_shut_out,
};

/// Adds an email and sends the mail that verifies it. Of a user it needs a recent proof: once
/// verified, the email signs in and receives resets.
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
        if self.is_default || matches!(tx.caller.actor, Some(Actor::User(_))) {
            tx.require_recent_authentication()?;
        }
        tx.app.adapters.limiter.check(Limit::MailUser, &self.user_id.to_string())?;
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

/// Makes an email the default, and tells every verified address. Needs a recent proof.
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
        tx.require_recent_authentication()?;
        let was_default = user.default_email().is_some_and(|email| email.id() == self.email_id);
        user.set_default_email(self.email_id, tx.now)?;
        if !was_default {
            user.tell(Notice::DefaultEmailChanged, tx.now);
        }
        tx.save(&mut user)?;
        Changed::email(&user, self.email_id)
    }
}

/// Removes an email; its links end. A verified one needs a recent proof, and every
/// verified address is told, itself included.
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
        let was_verified = user.email(self.email_id)?.is_verified();
        if was_verified {
            tx.require_recent_authentication()?;
            user.tell(Notice::EmailRemoved, tx.now);
        }
        user.remove_email(self.email_id, tx.now)?;
        tx.save(&mut user)?;
        tx.uow.tokens().end_for(self.user_id, self.email_id.as_uuid(), tx.now)?;
        if was_verified {
            // A reset link may lie in the mailbox that is no longer the user's.
            tx.uow.tokens().end_for(self.user_id, self.user_id.as_uuid(), tx.now)?;
        }
        Ok(Changed { value: (), version: user.version() })
    }
}

impl App {
    /// Verifies the email that the token was made for, and activates a pending user.
    /// Addresses that were verified before are told.
    pub fn verify_email(
        &self,
        caller: &Caller,
        token: &str,
    ) -> Result<Changed<EmailView>, AppError> {
        let hash = self.adapters.mint.hash(TokenKind::EmailVerification, token);
        let hash = hash.ok_or(AppError::TokenNotValid)?;
        self.execute(caller, &VerifyEmail { hash })
    }

    /// Asks for the verification mail again. Anybody may for a pending account, and
    /// learns nothing from the answer: whether there is a mail, the worker decides.
    pub fn resend_verification(
        &self,
        caller: &Caller,
        user_id: UserId,
        email_id: EmailId,
    ) -> Result<(), AppError> {
        let asked_by = caller.actor.as_ref().map(|actor| match actor {
            Actor::User(user) => user.user_id.as_uuid(),
            Actor::Service(service) => service.key_id,
        });
        let (user_id, email_id) = (user_id.as_uuid(), email_id.as_uuid());
        let wish = MailWish::Verification { user_id, email_id, asked_by };
        self.execute(caller, &AskForMail { wish })
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
        // The email may have been removed, or the account shut, since the mail was sent.
        let user = user.filter(|user| !is_shut_out(user, tx.now) && user.email(email_id).is_ok());
        let mut user = user.ok_or(AppError::TokenNotValid)?;
        if !user.email(email_id)?.is_verified() {
            user.tell(Notice::EmailVerified, tx.now);
            user.verify_email(email_id, tx.now)?;
        }
        if user.status() == UserStatus::Pending {
            user.activate(tx.now)?;
        }
        tx.save(&mut user)?;
        Changed::email(&user, email_id)
    }
}
