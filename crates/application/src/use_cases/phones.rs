use chrono::{DateTime, Utc};
use serde::Serialize;
use userdom_domain::{
    ContactType, PhoneId, PhoneNumber, UserAggregate, UserId, UserPhone, one_time_code,
};
use uuid::Uuid;

use super::{
    Changed,
    json::{maybe_time, time},
};
use crate::{
    App, AppError, Command, Request, Tx, UseCase,
    policies::Operation,
    ports::{Limit, TokenKind, UsedToken, UserMessage},
};

/// Adds a phone.
#[derive(Debug, Clone)]
pub struct AddPhone {
    /// The user.
    pub user_id: UserId,
    /// The number.
    pub phone: PhoneNumber,
    /// What it is for.
    pub contact_type: ContactType,
    /// Whether it becomes the default of its type.
    pub is_default: bool,
}

impl Command for AddPhone {
    type Output = Changed<PhoneView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        let id = tx.new_phone_id();
        user.add_phone(id, self.phone.clone(), self.contact_type, self.is_default, tx.now)?;
        tx.save(&mut user)?;
        Changed::phone(&user, id)
    }
}

/// Says what a phone is for.
#[derive(Debug, Clone)]
pub struct ChangePhoneType {
    /// The user.
    pub user_id: UserId,
    /// The phone.
    pub phone_id: PhoneId,
    /// What it is for now; `None` leaves it.
    pub contact_type: Option<ContactType>,
}

impl Command for ChangePhoneType {
    type Output = Changed<PhoneView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.phone(self.phone_id)?;
        if let Some(contact_type) = self.contact_type {
            user.set_phone_type(self.phone_id, contact_type, tx.now)?;
            tx.save(&mut user)?;
        }
        Changed::phone(&user, self.phone_id)
    }
}

/// Makes a phone the default of its type.
#[derive(Debug, Clone)]
pub struct SetDefaultPhone {
    /// The user.
    pub user_id: UserId,
    /// The phone.
    pub phone_id: PhoneId,
}

impl Command for SetDefaultPhone {
    type Output = Changed<PhoneView>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.set_default_phone(self.phone_id, tx.now)?;
        tx.save(&mut user)?;
        Changed::phone(&user, self.phone_id)
    }
}

/// Removes a phone; a code on its way to it ends.
#[derive(Debug, Clone)]
pub struct RemovePhone {
    /// The user.
    pub user_id: UserId,
    /// The phone.
    pub phone_id: PhoneId,
}

impl Command for RemovePhone {
    type Output = Changed<()>;

    fn apply(&self, tx: &mut Tx<'_>) -> Result<Self::Output, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        user.remove_phone(self.phone_id, tx.now)?;
        tx.save(&mut user)?;
        tx.uow.tokens().end_for(self.user_id, self.phone_id.as_uuid(), tx.now)?;
        Ok(Changed { value: (), version: user.version() })
    }
}

/// Sends a six-digit code to a phone; an older code ends. Three an hour to one number, of which
/// one user may have two, and ten to all of one user.
#[derive(Debug, Clone)]
pub struct RequestPhoneVerification {
    /// The user.
    pub user_id: UserId,
    /// The phone.
    pub phone_id: PhoneId,
}

impl UseCase for RequestPhoneVerification {
    type Output = ();

    fn run(&self, request: &Request<'_>) -> Result<(), AppError> {
        let user = owner_of_phone(request, self.user_id)?;
        let phone = user.phone(self.phone_id)?;
        // What is refused anyway sends nothing, and does not count.
        if let Some(number) = phone.phone().e164().filter(|_| !phone.is_verified()) {
            let user = self.user_id.to_string();
            let claim = format!("{user} {number}");
            request.app.adapters.limiter.check_all(&[
                (Limit::SmsUser, &user),
                (Limit::SmsClaim, &claim),
                (Limit::SmsTarget, number),
            ])?;
        }
        request.transaction(|tx| self.send_code(tx))
    }
}

impl RequestPhoneVerification {
    fn send_code(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        let (token_id, phone_id) = (tx.new_uuid(), self.phone_id);
        user.request_phone_verification(phone_id, tx.now)?;
        tx.send(self.user_id, UserMessage::PhoneCode { phone_id, token_id })?;
        let (kind, ttl) = (TokenKind::PhoneVerification, tx.app.settings.code_ttl);
        let token = tx.derived_token(kind, token_id, self.user_id, phone_id.as_uuid(), ttl)?;
        tx.save(&mut user)?;
        Ok(tx.uow.tokens().issue(&token)?)
    }
}

/// Verifies the phone that a code was sent to. Five guesses a code.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "the code is secret")]
pub struct VerifyPhone {
    /// The user.
    pub user_id: UserId,
    /// The phone.
    pub phone_id: PhoneId,
    /// The code of the message.
    pub code: String,
}

impl UseCase for VerifyPhone {
    type Output = Changed<PhoneView>;

    fn run(&self, request: &Request<'_>) -> Result<Self::Output, AppError> {
        owner_of_phone(request, self.user_id)?.phone(self.phone_id)?;
        let adapters = &request.app.adapters;
        adapters.limiter.check(Limit::CodeUser, &self.user_id.to_string())?;
        let token = request.step(|tx| self.claim_guess(tx))?.ok_or(AppError::CodeNotValid)?;
        let code = one_time_code(&self.code);
        if !adapters.mint.of_all_keys().any(|mint| mint.code(token.id).is(&code)) {
            return Err(AppError::CodeNotValid);
        }
        request.transaction(|tx| self.verify(tx, &token))
    }
}

impl VerifyPhone {
    /// `None` when there is no live code, or it has had its guesses.
    fn claim_guess(&self, tx: &mut Tx<'_>) -> Result<Option<UsedToken>, AppError> {
        let (kind, target) = (TokenKind::PhoneVerification, self.phone_id.as_uuid());
        Ok(tx.uow.tokens().claim_guess_at(kind, self.user_id, target, tx.now)?)
    }

    fn verify(&self, tx: &mut Tx<'_>, token: &UsedToken) -> Result<Changed<PhoneView>, AppError> {
        let mut user = tx.user_for(Operation::ManageContacts, self.user_id)?;
        if !tx.uow.tokens().consume_by_id(token.id, tx.now)? {
            return Err(AppError::CodeNotValid);
        }
        user.verify_phone(self.phone_id, tx.now)?;
        tx.save(&mut user)?;
        Changed::phone(&user, self.phone_id)
    }
}

fn owner_of_phone(request: &Request<'_>, user_id: UserId) -> Result<UserAggregate, AppError> {
    if request.caller.actor.is_none() {
        return Err(AppError::Unauthenticated);
    }
    let mut reader = request.app.adapters.store.read()?;
    App::readable(&mut *reader, request.caller, Operation::ManageContacts, user_id)
}

/// A phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the fields are those of docs/api.md")]
pub struct PhoneView {
    pub id: Uuid,
    pub phone_number: String,
    pub e164: Option<String>,
    pub country_code: String,
    pub formatted_number: String,
    pub contact_type: String,
    pub is_verified: bool,
    pub is_default: bool,
    #[serde(serialize_with = "time")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "maybe_time")]
    pub verified_at: Option<DateTime<Utc>>,
}

impl PhoneView {
    /// The phone as it is.
    pub fn of(phone: &UserPhone) -> Self {
        let number = phone.phone();
        Self {
            id: phone.id().as_uuid(),
            phone_number: number.as_str().to_owned(),
            e164: number.e164().map(str::to_owned),
            country_code: number.calling_code().to_owned(),
            formatted_number: number.national().to_owned(),
            contact_type: phone.contact_type().to_string(),
            is_verified: phone.is_verified(),
            is_default: phone.is_default(),
            created_at: phone.created_at(),
            verified_at: phone.verified_at(),
        }
    }
}
