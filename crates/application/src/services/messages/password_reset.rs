use chrono::TimeDelta;
use userdom_domain::EmailAddress;

use super::{
    Delivery, Message,
    letter::{Letter, length, name_of},
    one_time_link::LinkToken,
};
use crate::{
    AppError,
    ports::{ClaimedEntry, Limit, TokenKind},
    services::{EmailService, is_shut_out},
};

/// How long a request may wait until mails to its address are allowed again.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

impl EmailService {
    /// The link that resets the password, for whoever has verified this address. What is asked
    /// for about an address of nobody counts nowhere: its owner may be about to register.
    pub(in crate::services) fn reset_mail(
        &self,
        entry: &ClaimedEntry,
        asked_for: &str,
    ) -> Result<Delivery, AppError> {
        let app = &self.app;
        let Ok(asked_for) = EmailAddress::parse(asked_for) else {
            return Ok(Delivery::Nothing);
        };
        let owner = app.adapters.store.read()?.users().find_by_email(&asked_for)?;
        let Some(user) = owner.filter(|user| !is_shut_out(user, app.now())) else {
            return Ok(Delivery::Nothing);
        };
        let (kind, ttl) = (TokenKind::PasswordReset, app.settings().reset_ttl);
        let token = LinkToken { id: entry.id, kind, ttl };
        let now = app.now();
        if now >= token.ends_at(now) + LONGEST_WAIT {
            return Ok(Delivery::Nothing);
        }
        // A link in another mailbox is none in this one.
        let has_one_mailbox = user.emails().iter().filter(|email| email.is_verified()).count() == 1;
        if has_one_mailbox && self.is_met(entry, kind, user.id(), user.id().as_uuid())? {
            return Ok(Delivery::Nothing);
        }
        if let Err(too_many) = self.count(entry, &[(Limit::MailTarget, asked_for.as_str())]) {
            return Ok(Delivery::Wait(too_many));
        }
        // It may have waited: its time counts from now.
        let Some(link) = token.issue(app, user.id(), user.id().as_uuid(), now + ttl)? else {
            return Ok(Delivery::Nothing);
        };
        let letter = Letter {
            subject: "Reset your password",
            name: Some(name_of(&user)),
            opening: format!(
                "somebody asked for a new password for your account with the username {}.",
                user.username()
            ),
            link: Some((
                "Choose a new password",
                link.url(&format!("{}/reset-password", self.public_url)),
            )),
            closing: format!(
                "The link works for {} after this mail was sent, and once. If you did not ask \
                 for this, ignore this mail: your password stays as it is.",
                length(ttl)
            ),
        };
        Ok(Delivery::Send(Message::Mail(letter.to(entry.id, asked_for))))
    }
}
