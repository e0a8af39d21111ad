use userdom_domain::{EmailAddress, Password, PasswordHash, UserAggregate, UserId};
use uuid::Uuid;

use super::{OpenedSession, Proof, sessions::prove};
use crate::{
    App, AppError, Command, Field, Request, Tx, UseCase,
    policies::Operation,
    ports::{MailRequest, Notice, TokenHash, TokenKind},
    services::{ValidationService, is_shut_out},
};

/// Changes the password of somebody who knows the present one (R18). Every other session ends,
/// this one gets new tokens, known devices are forgotten, and a notice goes to every verified
/// address.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The user.
    pub user_id: UserId,
    /// The present one.
    pub current: Password,
    /// The new one.
    pub new: Password,
}

impl UseCase for ChangePassword {
    type Output = OpenedSession;

    fn run(&self, request: &Request<'_>) -> Result<OpenedSession, AppError> {
        let user = request.step(|tx| {
            let user = tx.user_for(Operation::ChangePassword, self.user_id)?;
            tx.require_recent_authentication()?;
            Ok(user)
        })?;
        prove(request, self.user_id, &Proof::Password(self.current.clone()))?;
        let password_hash = request.app.hash_new_password(&user, &self.new)?;
        let session_id = request.caller.signed_in()?.session_id;
        request.transaction(|tx| self.change(tx, session_id, password_hash.clone()))
    }
}

impl ChangePassword {
    fn change(
        &self,
        tx: &mut Tx<'_>,
        session_id: Uuid,
        password_hash: PasswordHash,
    ) -> Result<OpenedSession, AppError> {
        let mut user = tx.user_for(Operation::ChangePassword, self.user_id)?;
        // A session that has ended since has proved a password that may be an old one.
        let session = tx.current_session(session_id)?;
        user.change_password(password_hash, tx.now);
        tx.notify_verified_emails(&user, Notice::PasswordChanged)?;
        tx.save(&mut user)?;
        tx.uow.sessions().end_all(self.user_id, Some(session_id))?;
        tx.uow.devices().forget_all(self.user_id)?;
        tx.uow.tokens().end_all(self.user_id, tx.now)?;
        tx.rotate_session(session, tx.now, &user)?.ok_or(AppError::Contended)
    }
}

/// Asks for the mail that resets the password. The same single write whether or not anybody has
/// verified this address.
#[derive(Debug, Clone)]
pub struct RequestPasswordReset {
    /// The address.
    pub email: EmailAddress,
}

impl Command for RequestPasswordReset {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        tx.request_mail(MailRequest::PasswordReset { email: self.email.as_str().to_owned() })
    }
}

/// Sets a new password by the token of the mail. It unlocks the account, ends all sessions,
/// devices and other tokens, and keeps the second factor. A notice goes to every verified address.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the token is secret")]
pub struct ResetPassword {
    /// The token of the link.
    pub token: String,
    /// The new password.
    pub new: Password,
}

impl UseCase for ResetPassword {
    type Output = ();

    fn run(&self, request: &Request<'_>) -> Result<(), AppError> {
        let app = request.app;
        let token = app.adapters.mint.hash(TokenKind::PasswordReset, &self.token);
        let token = token.ok_or(AppError::TokenNotValid)?;
        let user = app.owner_of_reset(&token)?;
        let password_hash = app.hash_new_password(&user, &self.new)?;
        request.transaction(|tx| reset(tx, &token, password_hash.clone()))
    }
}

fn reset(tx: &mut Tx<'_>, token: &TokenHash, password_hash: PasswordHash) -> Result<(), AppError> {
    let token = tx.uow.tokens().consume(TokenKind::PasswordReset, token, tx.now)?;
    let user_id = token.ok_or(AppError::TokenNotValid)?.user_id;
    let user = tx.uow.users().find_by_id(user_id)?;
    let user = user.filter(|user| !is_shut_out(user, tx.now));
    let mut user = user.ok_or(AppError::TokenNotValid)?;
    user.reset_password(password_hash, tx.now);
    tx.notify_verified_emails(&user, Notice::PasswordReset)?;
    tx.save(&mut user)?;
    tx.uow.devices().forget_all(user_id)?;
    tx.shut_out(user_id)
}

impl App {
    /// The user whose password a live token resets. The token is used up only once the new
    /// password is good.
    fn owner_of_reset(&self, token: &TokenHash) -> Result<UserAggregate, AppError> {
        let (mut reader, now) = (self.adapters.store.read()?, self.now());
        let live = reader.tokens().peek(TokenKind::PasswordReset, token, now)?;
        let live = live.ok_or(AppError::TokenNotValid)?;
        let user = reader.users().find_by_id(live.user_id)?;
        user.filter(|user| !is_shut_out(user, now)).ok_or(AppError::TokenNotValid)
    }

    /// Checks a new password against what a guesser knows of the user, and hashes it.
    fn hash_new_password(
        &self,
        user: &UserAggregate,
        new: &Password,
    ) -> Result<PasswordHash, AppError> {
        let mut own_words = vec![user.username().as_str()];
        own_words.extend(user.emails().iter().map(|email| email.email().as_str()));
        if let Some(profile) = user.profile() {
            own_words.extend([profile.first_name().as_str(), profile.last_name().as_str()]);
        }
        let mut validation = ValidationService::default();
        validation.check(Field::NewPassword, self.adapters.strength.assess(new, &own_words));
        validation.finish()?;
        Ok(self.adapters.hasher.hash(new)?)
    }
}
