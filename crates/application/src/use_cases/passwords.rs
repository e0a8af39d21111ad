use userdom_domain::{EmailAddress, Notice, Password, PasswordHash, UserAggregate, UserId};
use uuid::Uuid;

use super::{OpenedSession, Proof};
use crate::{
    App, AppError, Caller, Command, Tx,
    policies::Operation,
    ports::{MailRequest, MailWish, TokenHash, TokenKind},
    services::{ValidationService, is_shut_out},
};

/// A new password from somebody who knows the present one.
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// Whose.
    pub user_id: UserId,
    /// The present one.
    pub current: Password,
    /// The new one.
    pub new: Password,
}

impl App {
    /// Changes the password (R18): ends every other session, gives this one new tokens,
    /// forgets known devices, tells every verified address.
    pub fn change_password(
        &self,
        caller: &Caller,
        request: &ChangePassword,
    ) -> Result<OpenedSession, AppError> {
        let user_id = request.user_id;
        let user = self.execute_step(caller, &FindOwn { user_id })?;
        self.prove(caller, user_id, &Proof::Password(request.current.clone()))?;
        let password_hash = self.hash_new_password(&user, &request.new)?;
        let session_id = caller.signed_in()?.session_id;
        self.execute(caller, &Change { user_id, session_id, password_hash })
    }

    /// Asks for the mail that resets the password. The same single write whether or not
    /// anybody has verified this address.
    pub fn request_password_reset(
        &self,
        caller: &Caller,
        email: &EmailAddress,
    ) -> Result<(), AppError> {
        let wish = MailWish::PasswordReset { email: email.as_str().to_owned() };
        self.execute(caller, &AskForMail { wish })
    }

    /// Sets a new password by the token of the mail: unlocks the account, ends all
    /// sessions, devices and other tokens, keeps the second factor, tells every verified
    /// address.
    pub fn reset_password(
        &self,
        caller: &Caller,
        token: &str,
        new: &Password,
    ) -> Result<(), AppError> {
        let token = self.adapters.mint.hash(TokenKind::PasswordReset, token);
        let token = token.ok_or(AppError::TokenNotValid)?;
        let user = self.owner_of_reset(&token)?;
        let password_hash = self.hash_new_password(&user, new)?;
        self.execute(caller, &Reset { token, password_hash })
    }

    /// Whose password a live token resets. It is used up only once the new password is good.
    fn owner_of_reset(&self, token: &TokenHash) -> Result<UserAggregate, AppError> {
        let (mut reader, now) = (self.adapters.store.read()?, self.now());
        let live = reader.tokens().peek(TokenKind::PasswordReset, token, now)?;
        let live = live.ok_or(AppError::TokenNotValid)?;
        let user = reader.users().find_by_id(live.user_id)?;
        user.filter(|user| !is_shut_out(user, now)).ok_or(AppError::TokenNotValid)
    }

    /// Judges a new password by what a guesser knows of the user, and hashes it.
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
        validation.check("/new_password", self.adapters.strength.assess(new, &own_words));
        validation.finish()?;
        Ok(self.adapters.hasher.hash(new)?)
    }
}

/// The caller's own account, after a recent proof.
struct FindOwn {
    user_id: UserId,
}

impl Command for FindOwn {
    type Output = UserAggregate;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<UserAggregate, AppError> {
        let user = tx.user_for(Operation::ChangePassword, self.user_id)?;
        tx.require_recent_authentication()?;
        Ok(user)
    }
}

struct Change {
    user_id: UserId,
    session_id: Uuid,
    password_hash: PasswordHash,
}

impl Command for Change {
    type Output = OpenedSession;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<OpenedSession, AppError> {
        let mut user = tx.user_for(Operation::ChangePassword, self.user_id)?;
        // A session that has ended since has proved a password that may be an old one.
        let session = tx.current_session(self.session_id)?;
        user.change_password(self.password_hash.clone(), tx.now);
        user.tell(Notice::PasswordChanged, tx.now);
        tx.save(&mut user)?;
        tx.uow.sessions().end_all(self.user_id, Some(self.session_id))?;
        tx.uow.devices().forget_all(self.user_id)?;
        tx.uow.tokens().end_all(self.user_id, tx.now)?;
        tx.rotate_session(session, tx.now, &user)?.ok_or(AppError::Contended)
    }
}

/// Leaves a wish for the worker.
pub(super) struct AskForMail {
    pub(super) wish: MailWish,
}

impl Command for AskForMail {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let (id, requested_at, wish) = (tx.new_uuid(), tx.now, self.wish.clone());
        Ok(tx.uow.accounts().enqueue(&MailRequest { id, requested_at, wish })?)
    }
}

struct Reset {
    token: TokenHash,
    password_hash: PasswordHash,
}

impl Command for Reset {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let token = tx.uow.tokens().consume(TokenKind::PasswordReset, &self.token, tx.now)?;
        let user_id = token.ok_or(AppError::TokenNotValid)?.user_id;
        let user = tx.uow.users().find_by_id(user_id)?;
        let user = user.filter(|user| !is_shut_out(user, tx.now));
        let mut user = user.ok_or(AppError::TokenNotValid)?;
        user.reset_password(self.password_hash.clone(), tx.now);
        user.tell(Notice::PasswordReset, tx.now);
        tx.save(&mut user)?;
        tx.uow.devices().forget_all(user_id)?;
        tx.shut_out(user_id)
    }
}
