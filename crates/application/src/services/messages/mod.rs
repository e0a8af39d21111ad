//! What is written to people: one file a kind of message.

mod letter;
mod notice;
mod one_time_link;
mod password_reset;
mod phone_code;
mod verification;

use crate::ports::{OutgoingMail, OutgoingSms};

/// A message that is ready to leave.
#[derive(Debug)]
pub(super) enum Message {
    /// By mail.
    Mail(OutgoingMail),
    /// By text message.
    Sms(OutgoingSms),
}
