use std::{error::Error, sync::Arc};

use chrono::TimeDelta;
use userdom_domain::{DomainEvent, RepositoryError};

use super::messages::{Delivery, Message};
use crate::{
    App, AppError,
    ports::{
        Channel, ClaimedEvent, EmailProvider, Errand, Exceeded, MailError, MailWish, Outbox,
        SmsProvider,
    },
};

/// Sends the mails and text messages that the outbox asks for. Runs in a worker,
/// never inside a request or a transaction.
#[expect(missing_debug_implementations, reason = "ports are traits")]
pub struct EmailService {
    /// Whom to write to, and what.
    pub app: App,
    /// Where the events wait.
    pub outbox: Arc<dyn Outbox>,
    /// Takes mail out of the house.
    pub provider: Arc<dyn EmailProvider>,
    /// Takes text messages out of the house.
    pub sms: Arc<dyn SmsProvider>,
    /// What every link starts with; never taken from a request.
    pub public_url: String,
}

/// What came of one round of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// Events that it took.
    pub taken: usize,
    /// Whether the receiver made the last message wait; for the next round to know.
    pub is_slow: bool,
}

impl EmailService {
    /// How many events are taken at once.
    const BATCH: u32 = 12;
    /// How long a worker may keep them: longer than a batch takes whose receiver is almost slow.
    const LEASE: TimeDelta = TimeDelta::minutes(3);
    /// A receiver that takes longer for one message is slow.
    const SLOW: TimeDelta = TimeDelta::seconds(5);
    /// What has been due for so long, no other instance wants: each looks once a second.
    const LEFT_BY_OTHERS: TimeDelta = TimeDelta::seconds(3);
    /// After so many tries, about a day, a message is given up.
    const MAX_ATTEMPTS: u32 = 30;

    /// Works on events of a channel that are due. What it has not begun when the receiver turns
    /// out to be slow, or when `goes_on` says no, is given back at once. After a slow round it
    /// takes one event, which other instances have left.
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
            claimed.iter().partition(|event| asks_for_message(event));
        let others: Vec<_> = others.into_iter().map(|event| event.id).collect();
        if !others.is_empty() {
            self.outbox.complete(&others, now)?;
        }
        let (mut is_slow, mut gives_back) = (was_slow, false);
        for event in due {
            let begun = self.app.now();
            if gives_back || !goes_on() {
                self.outbox.defer(event.id, begun)?;
            } else {
                self.deliver(event)?;
                is_slow = self.app.now() - begun > Self::SLOW;
                gives_back = is_slow;
            }
        }
        Ok(Round { taken: claimed.len(), is_slow })
    }

    fn deliver(&self, event: &ClaimedEvent) -> Result<(), RepositoryError> {
        let delivery = self.delivery_of(event);
        let now = self.app.now();
        let sent = match delivery {
            Ok(Delivery::Send(Message::Mail(mail))) => self.provider.send(&mail),
            Ok(Delivery::Send(Message::Sms(sms))) => self.sms.send(&sms),
            Ok(Delivery::Nothing) => Ok(()),
            Ok(Delivery::Wait(Exceeded { limit, retry_after })) => {
                tracing::info!(event.id = %event.id, limit = limit.as_str(), retry_after,
                    "message deferred");
                let wait = i64::try_from(retry_after).unwrap_or(3600);
                return self.outbox.defer(event.id, now + TimeDelta::seconds(wait));
            }
            Err(error) => Err(MailError::Temporary(Box::new(error))),
        };
        let now = self.app.now();
        match sent {
            Ok(()) => self.outbox.complete(&[event.id], now),
            Err(error) if event.attempts >= Self::MAX_ATTEMPTS => self.give_up(event, &error),
            Err(error @ MailError::Rejected(_)) => self.give_up(event, &error),
            Err(error) => {
                let wait = backoff(event.attempts);
                tracing::warn!(event.id = %event.id, attempts = event.attempts,
                    error = chain(&error), "message postponed");
                self.outbox.postpone(event.id, now + wait, &chain(&error))
            }
        }
    }

    fn give_up(&self, event: &ClaimedEvent, error: &MailError) -> Result<(), RepositoryError> {
        tracing::error!(event.id = %event.id, attempts = event.attempts,
            error = chain(error), "message given up");
        self.outbox.give_up(event.id, self.app.now(), &chain(error))
    }

    /// What an event asks for, as things stand now.
    fn delivery_of(&self, event: &ClaimedEvent) -> Result<Delivery, AppError> {
        match &event.errand {
            Errand::Event(DomainEvent::EmailVerificationRequested { email_id, token_id }) => {
                self.verification_mail(event, *email_id, *token_id)
            }
            Errand::Event(DomainEvent::PhoneVerificationRequested { phone_id, token_id }) => {
                self.code_by_sms(event, *phone_id, *token_id)
            }
            Errand::Event(DomainEvent::NoticeDue { notice, to }) => {
                self.notice_mail(event, *notice, to)
            }
            Errand::Wish(MailWish::PasswordReset { email }) => self.reset_mail(event, email),
            Errand::Wish(MailWish::Verification { user_id, email_id, asked_by }) => {
                self.verification_mail_again(event, *user_id, *email_id, *asked_by)
            }
            Errand::Event(_) => Ok(Delivery::Nothing),
        }
    }
}

/// The events that this service is there for; all others need no work here.
fn asks_for_message(event: &ClaimedEvent) -> bool {
    match &event.errand {
        Errand::Wish(_) => true,
        Errand::Event(event) => matches!(
            event,
            DomainEvent::EmailVerificationRequested { .. }
                | DomainEvent::PhoneVerificationRequested { .. }
                | DomainEvent::NoticeDue { .. }
        ),
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
