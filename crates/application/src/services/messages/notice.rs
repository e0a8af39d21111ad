use userdom_domain::EmailAddress;

use super::{
    Delivery, Message,
    letter::{Letter, moment, name_of},
    one_time_link::made_at,
};
use crate::{
    AppError,
    ports::{ClaimedEntry, Notice},
    services::EmailService,
};

impl EmailService {
    /// Tells one address what happened to the account.
    pub(in crate::services) fn notice_mail(
        &self,
        entry: &ClaimedEntry,
        notice: Notice,
        to: &EmailAddress,
    ) -> Result<Delivery, AppError> {
        let app = &self.app;
        let Some(user) = app.adapters.store.read()?.users().find_by_id(entry.user_id)? else {
            return Ok(Delivery::Nothing);
        };
        let (subject, what) = texts(notice);
        let letter = Letter {
            subject,
            name: Some(name_of(&user)),
            opening: format!(
                "{what} That was on {}, at your account with the username {}.",
                moment(made_at(entry.id).unwrap_or_else(|| app.now())),
                user.username()
            ),
            link: None,
            closing: format!(
                "If it was you, there is nothing to do. If it was not, somebody else can use \
                 your account: reset your password at {} at once, then look through its email \
                 addresses and its second factor.",
                self.public_url
            ),
        };
        Ok(Delivery::Send(Message::Mail(letter.to(entry.id, to.clone()))))
    }
}

/// The subject, and what happened.
fn texts(notice: Notice) -> (&'static str, &'static str) {
    match notice {
        Notice::PasswordChanged => (
            "Your password was changed",
            "your password was changed, and every other session was ended.",
        ),
        Notice::PasswordReset => (
            "Your password was reset",
            "your password was reset by a link from a mail, and every session was ended.",
        ),
        Notice::EmailVerified => (
            "An email address was added to your account",
            "another email address was confirmed for your account. It can be used to sign in \
             and to reset the password.",
        ),
        Notice::DefaultEmailChanged => (
            "Your default email address was changed",
            "another email address became the default of your account.",
        ),
        Notice::EmailRemoved => (
            "An email address was removed from your account",
            "an email address was removed from your account. It can no longer be used to sign \
             in or to reset the password.",
        ),
        Notice::TwoFactorEnabled => (
            "Your second factor was turned on",
            "signing in to your account takes a code of an authenticator app from here on.",
        ),
        Notice::TwoFactorDisabled => (
            "Your second factor was turned off",
            "signing in to your account takes the password alone from here on.",
        ),
        Notice::RecoveryCodesReplaced => (
            "Your recovery codes were replaced",
            "your account got new recovery codes. The old ones are good for nothing.",
        ),
    }
}
