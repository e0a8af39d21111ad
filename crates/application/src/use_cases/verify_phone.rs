use userdom_domain::{PhoneId, UserAggregate, UserId, one_time_code};

use super::Changed;
use crate::{
    App, AppError, Caller, Command, Tx,
    policies::Operation,
    ports::{Limit, TokenKind, UsedToken},
    queries::PhoneView,
};

impl App {
    /// Sends a six-digit code to a phone; an older code ends. Three an hour to one number, of
    /// which one user may have two, and ten to all of one user.
    pub fn request_phone_verification(
        &self,
        caller: &Caller,
        user_id: UserId,
        phone_id: PhoneId,
    ) -> Result<(), AppError> {
        let user = self.owner_of_phone(caller, user_id)?;
        let phone = user.phone(phone_id)?;
        // What is refused anyway sends nothing, and does not count.
        if let Some(number) = phone.phone().e164().filter(|_| !phone.is_verified()) {
            let user = user_id.to_string();
            let claim = format!("{user} {number}");
            self.adapters.limiter.check_all(&[
                (Limit::SmsUser, &user),
                (Limit::SmsClaim, &claim),
                (Limit::SmsTarget, number),
            ])?;
        }
        self.execute(caller, &SendCode { user_id, phone_id })
    }

    /// Verifies the phone that the code was sent to. Five guesses a code.
    pub fn verify_phone(
        &self,
        caller: &Caller,
        user_id: UserId,
        phone_id: PhoneId,
        code: &str,
    ) -> Result<Changed<PhoneView>, AppError> {
        self.owner_of_phone(caller, user_id)?.phone(phone_id)?;
        self.adapters.limiter.check(Limit::CodeUser, &user_id.to_string())?;
        let guess = self.execute_step(caller, &ClaimGuess { user_id, phone_id })?;
        let code = one_time_code(code);
        match guess {
            Some(token)
                if self.adapters.mint.of_all_keys().any(|it| it.code(token.id).is(&code)) =>
            {
                self.execute(caller, &Verify { user_id, phone_id, token })
            }
            Some(_) | None => Err(AppError::CodeNotValid),
        }
    }

    fn owner_of_phone(&self, caller: &Caller, user_id: UserId) -> Result<UserAggregate, AppError> {
        if caller.actor.is_none() {
            return Err(AppError::Unauthenticated);
        }
        let mut reader = self.adapters.store.read()?;
        Self::readable(&mut *reader, caller, Operation::ManageContacts, user_id)
    }
}

struct SendCode {
    user_id: UserId,
    phone_id: PhoneId,
}

impl Command for SendCode {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        let (id, phone_id) = (tx.new_uuid(), self.phone_id);
        user.request_phone_verification(phone_id, id, tx.now)?;
        let (kind, ttl) = (TokenKind::PhoneVerification, tx.app.settings.code_ttl);
        let token = tx.derived_token(kind, id, self.user_id, phone_id.as_uuid(), ttl)?;
        tx.save(&mut user)?;
        Ok(tx.uow.tokens().issue(&token)?)
    }
}

struct ClaimGuess {
    user_id: UserId,
    phone_id: PhoneId,
}

impl Command for ClaimGuess {
    /// `None` when there is no live code, or it has had its guesses.
    type Output = Option<UsedToken>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let (kind, target) = (TokenKind::PhoneVerification, self.phone_id.as_uuid());
        Ok(tx.uow.tokens().claim_guess_at(kind, self.user_id, target, tx.now)?)
    }
}

struct Verify {
    user_id: UserId,
    phone_id: PhoneId,
    token: UsedToken,
}

impl Command for Verify {
    type Output = Changed<PhoneView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        if !tx.uow.tokens().consume_by_id(self.token.id, tx.now)? {
            return Err(AppError::CodeNotValid);
        }
        user.verify_phone(self.phone_id, tx.now)?;
        tx.save(&mut user)?;
        Changed::phone(&user, self.phone_id)
    }
}
