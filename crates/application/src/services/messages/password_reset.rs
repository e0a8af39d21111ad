use userdom_domain::EmailAddress;

use super::{
    Message,
    letter::{Letter, moment, name_of},
    one_time_link::LinkToken,
};
use crate::{
    AppError,
    ports::{ClaimedEvent, TokenKind},
    services::{EmailService, is_shut_out},
};

impl EmailService {
    /// The link that resets the password, for whoever has verified this address.
    pub(in crate::services) fn reset_mail(
        &self,
        event: &ClaimedEvent,
        asked_for: &str,
    ) -> Result<Option<Message>, AppError> {
        let app = &self.app;
        let Ok(asked_for) = EmailAddress::parse(asked_for) else {
            return Ok(None);
        };
        let owner = app.adapters.store.read()?.users().find_by_email(&asked_for)?;
        let Some(user) = owner.filter(|user| !is_shut_out(user, app.now())) else {
            return Ok(None);
        };
        let Some(stored) = user.email_by_address(&asked_for) else {
            return Ok(None);
        };
        let (kind, ttl) = (TokenKind::PasswordReset, app.settings().reset_ttl);
        let token = LinkToken { id: event.id, kind, ttl };
        let Some(link) = token.issue(app, user.id(), user.id().as_uuid())? else {
            return Ok(None);
        };
        let letter = Letter {
            subject: "Reset your password",
            name: Some(name_of(&user)),
            opening: format!(
                "somebody asked for a new password for your account with the username {}.",
                user.user().username()
            ),
            link: Some((
                "Choose a new password",
                link.url(&format!("{}/reset-password", self.public_url)),
            )),
            closing: format!(
                "The link works until {}, and once. If you did not ask for this, ignore this \
                 mail: your password stays as it is.",
                moment(token.ends_at(app.now()))
            ),
        };
        Ok(Some(Message::Mail(letter.to(event.id, stored.email().clone()))))
    }
}
