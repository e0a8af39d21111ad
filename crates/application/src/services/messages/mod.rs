//! What is written to people: one file a kind of message.

mod letter;
mod notice;
mod one_time_link;
mod password_reset;
mod phone_code;
mod verification;

use chrono::TimeDelta;
use userdom_domain::UserId;
use uuid::Uuid;

use self::one_time_link::made_at;
pub(super) use self::phone_code::phone_code;
use super::EmailService;
use crate::{
    AppError,
    ports::{ClaimedEntry, Exceeded, Limit, OutgoingMail, OutgoingSms, TokenKind},
};

/// A message that is ready to leave.
#[derive(Debug)]
pub(super) enum Message {
    /// By mail.
    Mail(OutgoingMail),
    /// By text message.
    Sms(OutgoingSms),
}

/// What becomes of an event that asks for a message.
#[derive(Debug)]
pub(super) enum Delivery {
    /// The message leaves.
    Send(Message),
    /// Nobody needs it.
    Nothing,
    /// Too many have left for now.
    Wait(Exceeded),
}

impl EmailService {
    /// Counts one more mail, unless there were too many. A second try at the same mail
    /// does not count again.
    fn count(&self, entry: &ClaimedEntry, limits: &[(Limit, &str)]) -> Result<(), Exceeded> {
        if entry.attempts > 1 {
            return Ok(());
        }
        self.app.adapters.limiter.check_all(limits)
    }

    /// Whether a link has been made after this one was asked for: of several that had to wait,
    /// one is enough.
    fn is_met(
        &self,
        entry: &ClaimedEntry,
        kind: TokenKind,
        user_id: UserId,
        target_id: Uuid,
    ) -> Result<bool, AppError> {
        // What has been tried before may have made that link itself.
        let Some(asked_at) = made_at(entry.id).filter(|_| entry.attempts == 1) else {
            return Ok(false);
        };
        let mut reader = self.app.adapters.store.read()?;
        // The id tells the millisecond in which it was asked for.
        let moment = asked_at + TimeDelta::milliseconds(1);
        Ok(reader.tokens().issued_after(kind, user_id, target_id, moment)?)
    }
}
