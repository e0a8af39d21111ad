use userdom_domain::{EmailAddress, EmailId, UserAggregate, UserId, UserStatus};
use uuid::Uuid;

use super::{
    Delivery, Message,
    letter::{Letter, moment},
    one_time_link::{LinkToken, LiveLink, made_at},
};
use crate::{
    Actor, AppError, Caller, Command, Service, SignedInUser, Tx,
    policies::{self, Operation},
    ports::{ClaimedEntry, Exceeded, Limit, TokenKind, UsedToken},
    services::{EmailService, is_shut_out},
};

impl EmailService {
    /// The link that verifies an email, unless a newer one has replaced it.
    pub(in crate::services) fn verification_mail(
        &self,
        entry: &ClaimedEntry,
        email_id: EmailId,
        token_id: Uuid,
    ) -> Result<Delivery, AppError> {
        let Some(user) = self.find_user(entry.user_id)? else {
            return Ok(Delivery::Nothing);
        };
        let token = self.verification_link(token_id);
        let Some(link) = token.find(&self.app)? else {
            return Ok(Delivery::Nothing);
        };
        let Some(to) = awaiting(&user, email_id) else {
            return Ok(Delivery::Nothing);
        };
        if self.is_owned(&to)? {
            return Ok(self.mail_to_owner(entry, to));
        }
        if let Err(too_many) = self.count_claim(entry, email_id, &to) {
            return Ok(Delivery::Wait(too_many));
        }
        self.mail_to_verify(entry, &user, to, (token, &link))
    }

    /// The mail again, with a link of its own, for a pending user or for whoever may
    /// change the user.
    pub(in crate::services) fn verification_mail_again(
        &self,
        entry: &ClaimedEntry,
        user_id: Uuid,
        email_id: Uuid,
        asked_by: Option<Uuid>,
    ) -> Result<Delivery, AppError> {
        let Some(user) = self.find_user(UserId::from_uuid(user_id))? else {
            return Ok(Delivery::Nothing);
        };
        let is_pending = user.status() == UserStatus::Pending;
        if !is_pending && !self.may_ask(entry, &user, asked_by)? {
            return Ok(Delivery::Nothing);
        }
        let Some(to) = awaiting(&user, EmailId::from_uuid(email_id)) else {
            return Ok(Delivery::Nothing);
        };
        let token = self.verification_link(entry.id);
        let ends_at = token.ends_at(self.app.now());
        if ends_at <= self.app.now() {
            return Ok(Delivery::Nothing);
        }
        if self.is_owned(&to)? {
            return Ok(self.mail_to_owner(entry, to));
        }
        if self.is_met(entry, token.kind, user.id(), email_id)? {
            return Ok(Delivery::Nothing);
        }
        // Before it is issued, which ends the link that the user has.
        if let Err(too_many) = self.count_claim(entry, EmailId::from_uuid(email_id), &to) {
            return Ok(Delivery::Wait(too_many));
        }
        let Some(link) = token.issue(&self.app, user.id(), email_id, ends_at)? else {
            return Ok(Delivery::Nothing);
        };
        self.mail_to_verify(entry, &user, to, (token, &link))
    }

    fn find_user(&self, id: UserId) -> Result<Option<UserAggregate>, AppError> {
        let user = self.app.adapters.store.read()?.users().find_by_id(id)?;
        Ok(user.filter(|user| !is_shut_out(user, self.app.now())))
    }

    fn verification_link(&self, id: Uuid) -> LinkToken {
        let (kind, ttl) = (TokenKind::EmailVerification, self.app.settings().verification_ttl);
        LinkToken { id, kind, ttl }
    }

    /// Whether an account has verified this address.
    fn is_owned(&self, email: &EmailAddress) -> Result<bool, AppError> {
        Ok(self.app.adapters.store.read()?.users().find_by_email(email)?.is_some())
    }

    /// One account that claims an address leaves mails to others that do: among them is
    /// perhaps the one of its owner.
    fn count_claim(
        &self,
        entry: &ClaimedEntry,
        email_id: EmailId,
        to: &EmailAddress,
    ) -> Result<(), Exceeded> {
        let claim = email_id.to_string();
        self.count(entry, &[(Limit::ClaimUser, &claim), (Limit::MailTarget, to.as_str())])
    }

    /// Tells the owner of an address that somebody tried to use it. Once an hour is enough,
    /// however many try, and leaves the others to the owner's resets.
    fn mail_to_owner(&self, entry: &ClaimedEntry, to: EmailAddress) -> Delivery {
        let address = to.as_str();
        let limits = [(Limit::OwnerNotice, address), (Limit::MailTarget, address)];
        match self.count(entry, &limits) {
            Ok(()) => Delivery::Send(Message::Mail(address_in_use().to(entry.id, to))),
            Err(exceeded) if exceeded.limit == Limit::OwnerNotice => Delivery::Nothing,
            Err(too_many) => Delivery::Wait(too_many),
        }
    }

    /// Whether the user or the key that asked may change the user. What was asked for
    /// before the password changed is void: it may have been an intruder.
    fn may_ask(
        &self,
        entry: &ClaimedEntry,
        user: &UserAggregate,
        asked_by: Option<Uuid>,
    ) -> Result<bool, AppError> {
        let changed_at = user.password_changed_at().timestamp_millis();
        let asked_at = made_at(entry.id).map_or(i64::MIN, |at| at.timestamp_millis());
        let Some(asked_by) = asked_by.filter(|_| asked_at >= changed_at) else {
            return Ok(false);
        };
        let actor = self.actor(asked_by)?;
        Ok(policies::authorise(actor.as_ref(), Operation::ManageContacts, user).is_ok())
    }

    fn actor(&self, id: Uuid) -> Result<Option<Actor>, AppError> {
        let mut reader = self.app.adapters.store.read()?;
        if let Some(user) = reader.users().find_by_id(UserId::from_uuid(id))? {
            return Ok(Some(Actor::User(SignedInUser {
                user_id: user.id(),
                session_id: Uuid::nil(),
                roles: user.roles().clone(),
                authenticated_at: self.app.now(),
            })));
        }
        let key = reader.api_keys().all()?.into_iter().find(|key| key.id == id);
        Ok(key.map(|key| Actor::Service(Service { key_id: key.id, scopes: key.scopes })))
    }

    fn mail_to_verify(
        &self,
        entry: &ClaimedEntry,
        user: &UserAggregate,
        to: EmailAddress,
        (token, link): (LinkToken, &LiveLink),
    ) -> Result<Delivery, AppError> {
        let app = &self.app;
        app.execute(&Caller::default(), &EndOlderClaims { token: link.about, email: &to })?;
        let letter = Letter {
            subject: "Confirm your email address",
            // The reader may be a stranger: no words of the account's choice.
            name: None,
            opening: format!(
                "please confirm that this email address is yours, and that it belongs to the \
                 account with the username {}.",
                user.username()
            ),
            link: Some((
                "Confirm my email address",
                link.url(&format!("{}/verify-email", self.public_url)),
            )),
            closing: format!(
                "The link works until {}. If you did not ask for this, or the account is not \
                 yours, ignore this mail.",
                moment(token.ends_at(app.now()))
            ),
        };
        Ok(Delivery::Send(Message::Mail(letter.to(entry.id, to))))
    }
}

/// The address of an email that waits to be verified, in the form in which others may have it.
fn awaiting(user: &UserAggregate, email_id: EmailId) -> Option<EmailAddress> {
    let email = user.email(email_id).ok().filter(|email| !email.is_verified())?;
    Some(EmailAddress::to_look_up(email.email().as_str()))
}

/// To the owner of an address that somebody else tried to use.
fn address_in_use() -> Letter<'static> {
    Letter {
        subject: "Your email address is in use already",
        name: None,
        opening: "somebody tried to use this email address for another account. It belongs to \
                  your account already, so nothing has changed."
            .to_owned(),
        link: None,
        closing: "If it was you, sign in with the account that you have.".to_owned(),
    }
}

/// The newest claim to an address is the only one that its mailbox can confirm: who asked
/// for somebody else's address first must not get it by a click on the older mail.
struct EndOlderClaims<'a> {
    token: UsedToken,
    email: &'a EmailAddress,
}

impl Command for EndOlderClaims<'_> {
    type Output = ();

    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), AppError> {
        Ok(tx.uow.tokens().end_older_claims(&self.token, self.email, tx.now)?)
    }
}
