use chrono::{DateTime, Utc};
use serde::Serialize;
use userdom_domain::{
    ContactType, EmailAddress, EmailId, UserAggregate, UserEmail, UserId, UserStatus,
};
use uuid::Uuid;

use super::{
    Changed,
    json::{maybe_time, time},
};
use crate::{
    Actor, AppError, Command, Request, Tx, UseCase,
    policies::Operation,
    ports::{Limit, MailRequest, NewToken, Notice, TokenHash, TokenKind, UserMessage},
    services::is_shut_out,
};

/// Adds an email and sends the mail that verifies it. Of a user it needs a recent proof: once
/// verified, the email signs in and receives resets.
#[derive(Debug, Clone)]
pub struct AddEmail {
    /// The user.
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
    /// The user.
    pub user_id: UserId,
    /// The email.
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

/// Makes an email the default, and notifies every verified address. Needs a recent proof.
#[derive(Debug, Clone)]
pub struct SetDefaultEmail {
    /// The user.
    pub user_id: UserId,
    /// The email.
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
            tx.notify_verified_emails(&user, Notice::DefaultEmailChanged)?;
        }
        tx.save(&mut user)?;
        Changed::email(&user, self.email_id)
    }
}

/// Removes an email; its links end. A verified one needs a recent proof, and every
/// verified address gets a notice, itself included.
#[derive(Debug, Clone)]
pub struct RemoveEmail {
    /// The user.
    pub user_id: UserId,
    /// The email.
    pub email_id: EmailId,
}

impl Command for RemoveEmail {
    type Output = Changed<()>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        let was_verified = user.email(self.email_id)?.is_verified();
        if was_verified {
            tx.require_recent_authentication()?;
            tx.notify_verified_emails(&user, Notice::EmailRemoved)?;
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

/// Verifies the email that a token was made for, and activates a pending user. A notice goes to
/// the addresses that were verified before.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the token is secret")]
pub struct VerifyEmail {
    /// The token of the link.
    pub token: String,
}

impl UseCase for VerifyEmail {
    type Output = Changed<EmailView>;

    fn run(&self, request: &Request<'_>) -> Result<Self::Output, AppError> {
        let hash = request.app.adapters.mint.hash(TokenKind::EmailVerification, &self.token);
        let hash = hash.ok_or(AppError::TokenNotValid)?;
        request.transaction(|tx| verify(tx, &hash))
    }
}

fn verify(tx: &mut Tx<'_>, hash: &TokenHash) -> Result<Changed<EmailView>, AppError> {
    let token = tx.uow.tokens().consume(TokenKind::EmailVerification, hash, tx.now)?;
    let token = token.ok_or(AppError::TokenNotValid)?;
    let email_id = EmailId::from_uuid(token.target_id);
    let user = tx.uow.users().find_by_id(token.user_id)?;
    // The email may have been removed, or the account shut, since the mail was sent.
    let user = user.filter(|user| !is_shut_out(user, tx.now) && user.email(email_id).is_ok());
    let mut user = user.ok_or(AppError::TokenNotValid)?;
    if !user.email(email_id)?.is_verified() {
        tx.notify_verified_emails(&user, Notice::EmailVerified)?;
        user.verify_email(email_id, tx.now)?;
    }
    if user.status() == UserStatus::Pending {
        user.activate(tx.now)?;
    }
    tx.save(&mut user)?;
    Changed::email(&user, email_id)
}

/// Asks for the verification mail again. Anybody may for a pending account, and learns nothing
/// from the answer: the worker decides whether there is a mail.
#[derive(Debug, Clone)]
pub struct RequestEmailVerification {
    /// The user.
    pub user_id: UserId,
    /// The email.
    pub email_id: EmailId,
}

impl Command for RequestEmailVerification {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let asked_by = tx.caller.actor.as_ref().map(|actor| match actor {
            Actor::User(user) => user.user_id.as_uuid(),
            Actor::Service(service) => service.key_id,
        });
        let (user_id, email_id) = (self.user_id.as_uuid(), self.email_id.as_uuid());
        tx.request_mail(MailRequest::Verification { user_id, email_id, asked_by })
    }
}

impl Tx<'_> {
    /// Asks for the mail that verifies an email, and makes its token. Older links end.
    pub(super) fn send_verification(
        &mut self,
        user: &mut UserAggregate,
        email_id: EmailId,
    ) -> Result<NewToken, AppError> {
        user.request_email_verification(email_id, self.now)?;
        let token_id = self.new_uuid();
        self.send(user.id(), UserMessage::EmailVerification { email_id, token_id })?;
        let (target, ttl) = (email_id.as_uuid(), self.app.settings.verification_ttl);
        self.derived_token(TokenKind::EmailVerification, token_id, user.id(), target, ttl)
    }

    /// Informs every verified address of what happened. To be called before an email is removed,
    /// so that its owner learns of it too.
    pub(super) fn notify_verified_emails(
        &mut self,
        user: &UserAggregate,
        notice: Notice,
    ) -> Result<(), AppError> {
        for email in user.emails().iter().filter(|email| email.is_verified()) {
            let to = email.email().clone();
            self.send(user.id(), UserMessage::Notice { notice, to })?;
        }
        Ok(())
    }
}

/// An email.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct EmailView {
    pub id: Uuid,
    pub email: String,
    pub provider: String,
    pub contact_type: String,
    pub is_verified: bool,
    pub is_default: bool,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_time")]
    pub verified_at: Option<DateTime<Utc>>,
}

impl EmailView {
    /// The email as it is.
    pub fn of(email: &UserEmail) -> Self {
        Self {
            id: email.id().as_uuid(),
            email: email.email().to_string(),
            provider: email.email().provider().to_string(),
            contact_type: email.contact_type().to_string(),
            is_verified: email.is_verified(),
            is_default: email.is_default(),
            created_at: email.created_at(),
            verified_at: email.verified_at(),
        }
    }
}
