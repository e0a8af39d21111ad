use std::{error::Error, sync::Arc};

use chrono::TimeDelta;
use userdom_domain::RepositoryError;

use super::{
    EmailService,
    messages::{Delivery, Message, phone_code},
};
use crate::{
    App, AppError,
    ports::{
        Channel, ClaimedEntry, Exceeded, MailError, MailRequest, Outbox, OutboxContent,
        SmsProvider, UserMessage,
    },
};

/// Sends the mails and text messages of the outbox. Runs in a worker, never inside a request or a
/// transaction.
#[expect(missing_debug_implementations, reason = "ports are traits")]
pub struct OutboxDispatcher {
    /// Knows the users and their tokens.
    pub app: App,
    /// The entries that wait.
    pub outbox: Arc<dyn Outbox>,
    /// Writes and sends mails.
    pub emails: EmailService,
    /// Sends text messages.
    pub sms: Arc<dyn SmsProvider>,
}

/// What came of one round of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// Entries that it took.
    pub taken: usize,
    /// Whether the receiver made the last message wait; for the next round to know.
    pub is_slow: bool,
}

impl OutboxDispatcher {
    /// How many entries are taken at once.
    const BATCH: u32 = 12;
    /// How long a worker may keep them: longer than a batch takes whose receiver is almost slow.
    const LEASE: TimeDelta = TimeDelta::minutes(3);
    /// A receiver that takes longer for one message is slow.
    const SLOW: TimeDelta = TimeDelta::seconds(5);
    /// What has been due for so long, no other instance wants: each looks once a second.
    const LEFT_BY_OTHERS: TimeDelta = TimeDelta::seconds(3);
    /// After so many tries, about a day, a message is given up.
    const MAX_ATTEMPTS: u32 = 30;

    /// Works on entries of a channel that are due. What it has not begun when the receiver turns
    /// out to be slow, or when `goes_on` says no, is given back at once. After a slow round it
    /// takes one entry, which other instances have left.
    pub fn deliver_due(
        &self,
        channel: Channel,
        was_slow: bool,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Round, RepositoryError> {
        let now = self.app.now();
        let (limit, due_at) =
            if was_slow { (1, now - Self::LEFT_BY_OTHERS) } else { (Self::BATCH, now) };
        let claimed = self.outbox.claim(channel, limit, due_at, now + Self::LEASE)?;
        let (due, others): (Vec<_>, Vec<_>) =
            claimed.iter().partition(|entry| asks_for_message(entry));
        let others: Vec<_> = others.into_iter().map(|entry| entry.id).collect();
        if !others.is_empty() {
            self.outbox.complete(&others, now)?;
        }
        let (mut is_slow, mut gives_back) = (was_slow, false);
        for entry in due {
            let begun = self.app.now();
            if gives_back || !goes_on() {
                self.outbox.defer(entry.id, begun)?;
            } else {
                self.deliver(entry)?;
                is_slow = self.app.now() - begun > Self::SLOW;
                gives_back = is_slow;
            }
        }
        Ok(Round { taken: claimed.len(), is_slow })
    }

    fn deliver(&self, entry: &ClaimedEntry) -> Result<(), RepositoryError> {
        let delivery = self.delivery_of(entry);
        let now = self.app.now();
        let sent = match delivery {
            Ok(Delivery::Send(Message::Mail(mail))) => self.emails.provider.send(&mail),
            Ok(Delivery::Send(Message::Sms(sms))) => self.sms.send(&sms),
            Ok(Delivery::Nothing) => Ok(()),
            Ok(Delivery::Wait(Exceeded { limit, retry_after })) => {
                tracing::info!(event.id = %entry.id, limit = limit.as_str(), retry_after,
                    "message deferred");
                let wait = i64::try_from(retry_after).unwrap_or(3600);
                return self.outbox.defer(entry.id, now + TimeDelta::seconds(wait));
            }
            Err(error) => Err(MailError::Temporary(Box::new(error))),
        };
        let now = self.app.now();
        match sent {
            Ok(()) => self.outbox.complete(&[entry.id], now),
            Err(error) if entry.attempts >= Self::MAX_ATTEMPTS => self.give_up(entry, &error),
            Err(error @ MailError::Rejected(_)) => self.give_up(entry, &error),
            Err(error) => {
                let wait = backoff(entry.attempts);
                tracing::warn!(event.id = %entry.id, attempts = entry.attempts,
                    error = chain(&error), "message postponed");
                self.outbox.postpone(entry.id, now + wait, &chain(&error))
            }
        }
    }

    fn give_up(&self, entry: &ClaimedEntry, error: &MailError) -> Result<(), RepositoryError> {
        tracing::error!(event.id = %entry.id, attempts = entry.attempts,
            error = chain(error), "message given up");
        self.outbox.give_up(entry.id, self.app.now(), &chain(error))
    }

    /// What an entry asks for, as things stand now.
    fn delivery_of(&self, entry: &ClaimedEntry) -> Result<Delivery, AppError> {
        match &entry.content {
            OutboxContent::Event(_) => Ok(Delivery::Nothing),
            OutboxContent::Message(UserMessage::EmailVerification { email_id, token_id }) => {
                self.emails.verification_mail(entry, *email_id, *token_id)
            }
            OutboxContent::Message(UserMessage::PhoneCode { phone_id, token_id }) => {
                phone_code(&self.app, entry, *phone_id, *token_id)
            }
            OutboxContent::Message(UserMessage::Notice { notice, to }) => {
                self.emails.notice_mail(entry, *notice, to)
            }
            OutboxContent::MailRequest(MailRequest::PasswordReset { email }) => {
                self.emails.reset_mail(entry, email)
            }
            OutboxContent::MailRequest(MailRequest::Verification {
                user_id,
                email_id,
                asked_by,
            }) => self.emails.verification_mail_again(entry, *user_id, *email_id, *asked_by),
        }
    }
}

/// An event needs no work here.
fn asks_for_message(entry: &ClaimedEntry) -> bool {
    match &entry.content {
        OutboxContent::Event(_) => false,
        OutboxContent::Message(_) | OutboxContent::MailRequest(_) => true,
    }
}

/// 5 s, 10 s, 20 s … and an hour at most.
fn backoff(attempts: u32) -> TimeDelta {
    TimeDelta::seconds((5 << attempts.saturating_sub(1).min(10)).min(3600))
}

fn chain(error: &MailError) -> String {
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
