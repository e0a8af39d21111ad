use std::sync::Arc;

use chrono::TimeDelta;
use userdom_domain::{DomainEvent, EmailId, RepositoryError, UserStatus};
use uuid::Uuid;

use super::mail_texts;
use crate::ports::{
    ClaimedEvent, Clock, EmailProvider, MailError, Outbox, OutgoingMail, Store, TokenKind,
    TokenMint,
};

/// Sends the mails that events ask for. Runs in a worker, never inside a request
/// or a transaction.
#[expect(missing_debug_implementations, reason = "ports are traits")]
pub struct EmailService {
    /// To read whom to write to.
    pub store: Arc<dyn Store>,
    /// Where the events wait.
    pub outbox: Arc<dyn Outbox>,
    /// Takes the mail out of the house.
    pub provider: Arc<dyn EmailProvider>,
    /// Makes the links.
    pub mint: Arc<dyn TokenMint>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What every link starts with; never taken from a request.
    pub public_url: String,
}

impl EmailService {
    /// How many events are taken at once.
    const BATCH: u32 = 12;
    /// How long a worker may keep them: longer than a batch of slow mail servers takes.
    const LEASE: TimeDelta = TimeDelta::minutes(3);
    /// After so many tries, about a day, a mail is given up.
    const MAX_ATTEMPTS: u32 = 30;

    /// Works on what is due; says how many events it took.
    pub fn deliver_due(&self) -> Result<usize, RepositoryError> {
        let now = self.clock.now();
        let claimed = self.outbox.claim(Self::BATCH, now, now + Self::LEASE)?;
        let (mails, others): (Vec<_>, Vec<_>) =
            claimed.iter().partition(|event| asks_for_mail(event));
        let others: Vec<_> = others.into_iter().map(|event| event.id).collect();
        if !others.is_empty() {
            self.outbox.complete(&others, now)?;
        }
        for event in mails {
            // A slow server must not outlast the lease: what is left is taken again.
            if self.clock.now() - now > Self::LEASE / 2 {
                break;
            }
            self.deliver(event)?;
        }
        Ok(claimed.len())
    }

    fn deliver(&self, event: &ClaimedEvent) -> Result<(), RepositoryError> {
        let sent = match self.mail_for(event) {
            Ok(Some(mail)) => self.provider.send(&mail),
            Ok(None) => Ok(()),
            Err(error) => Err(MailError::Temporary(Box::new(error))),
        };
        let now = self.clock.now();
        match sent {
            Ok(()) => self.outbox.complete(&[event.id], now),
            Err(error) if event.attempts >= Self::MAX_ATTEMPTS => self.give_up(event, &error),
            Err(error @ MailError::Rejected(_)) => self.give_up(event, &error),
            Err(error) => {
                let wait = backoff(event.attempts);
                tracing::warn!(event.id = %event.id, attempts = event.attempts,
                    error = chain(&error), "mail postponed");
                self.outbox.postpone(event.id, now + wait, &chain(&error))
            }
        }
    }

    fn give_up(&self, event: &ClaimedEvent, error: &MailError) -> Result<(), RepositoryError> {
        tracing::error!(event.id = %event.id, attempts = event.attempts,
            error = chain(error), "mail given up");
        self.outbox.give_up(event.id, self.clock.now(), &chain(error))
    }

    /// The mail that an event asks for, as things stand now.
    fn mail_for(&self, event: &ClaimedEvent) -> Result<Option<OutgoingMail>, RepositoryError> {
        match event.event {
            DomainEvent::EmailVerificationRequested { email_id, token_id } => {
                self.verification_mail(event, email_id, token_id)
            }
            _ => Ok(None),
        }
    }

    fn verification_mail(
        &self,
        event: &ClaimedEvent,
        email_id: EmailId,
        token_id: Uuid,
    ) -> Result<Option<OutgoingMail>, RepositoryError> {
        let mut reader = self.store.read()?;
        let Some(user) = reader.users().find_by_id(event.user_id)? else {
            return Ok(None);
        };
        let Ok(email) = user.email(email_id) else {
            return Ok(None);
        };
        let shut_out = matches!(user.user().status(), UserStatus::Banned | UserStatus::Deleted);
        if shut_out || email.is_verified() {
            return Ok(None);
        }
        let to = email.email().clone();
        if reader.users().find_by_email(&to)?.is_some() {
            return Ok(Some(mail_texts::address_in_use(event.id, to)));
        }
        let token = self.mint.derived(TokenKind::EmailVerification, token_id);
        let link = format!("{}/verify-email#token={}", self.public_url, token.expose());
        let name = user.profile().map_or_else(
            || user.user().username().to_string(),
            userdom_domain::UserProfile::display_name,
        );
        Ok(Some(mail_texts::verification(event.id, to, &name, &link)))
    }
}

/// The events that this service is there for; all others need no work here.
fn asks_for_mail(event: &ClaimedEvent) -> bool {
    matches!(event.event, DomainEvent::EmailVerificationRequested { .. })
}

/// 5 s, 10 s, 20 s … and an hour at most.
fn backoff(attempts: u32) -> TimeDelta {
    TimeDelta::seconds((5 << attempts.saturating_sub(1).min(10)).min(3600))
}

fn chain(error: &MailError) -> String {
    use std::error::Error;
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_off_doubles_up_to_an_hour() {
        let waits = [1, 2, 3, 10, 11, 40].map(|attempts| backoff(attempts).num_seconds());
        assert_eq!(waits, [5, 10, 20, 2560, 3600, 3600]);
    }
}
