use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use userdom_domain::{DomainEvent, EmailAddress, EmailId, PhoneId, RepositoryError, UserId};
use uuid::Uuid;

/// An entry of the outbox that a worker has taken for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedEntry {
    /// The identity, by which consumers recognise repeats.
    pub id: Uuid,
    /// The user; the nil UUID for a request for mail.
    pub user_id: UserId,
    /// The content.
    pub content: OutboxContent,
    /// How often it has been taken, this time included.
    pub attempts: u32,
}

/// What an entry of the outbox is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxContent {
    /// Something happened to a user.
    Event(DomainEvent),
    /// A message that a user is to get.
    Message(UserMessage),
    /// Somebody asks for a mail. Such an entry is removed once it is done: what it names may
    /// belong to nobody here.
    MailRequest(MailRequest),
}

impl OutboxContent {
    /// The name of the kind of content, as it is stored.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Event(event) => event.kind(),
            Self::Message(message) => message.kind(),
            Self::MailRequest(MailRequest::PasswordReset { .. }) => "wish.password_reset",
            Self::MailRequest(MailRequest::Verification { .. }) => "wish.verification",
        }
    }

    /// How it leaves.
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Message(UserMessage::PhoneCode { .. }) => Channel::Sms,
            Self::Event(_)
            | Self::Message(UserMessage::EmailVerification { .. } | UserMessage::Notice { .. })
            | Self::MailRequest(_) => Channel::Mail,
        }
    }
}

/// A message to a user. It names tokens and never contains them. Entries of earlier releases have
/// the names of the events that such messages were among.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum UserMessage {
    /// The link that verifies an email.
    #[serde(rename = "message.email_verification", alias = "email.verification_requested")]
    EmailVerification {
        /// The email.
        email_id: EmailId,
        /// The identity of the link's token.
        token_id: Uuid,
    },
    /// The code that verifies a phone.
    #[serde(rename = "message.phone_code", alias = "phone.verification_requested")]
    PhoneCode {
        /// The phone.
        phone_id: PhoneId,
        /// The identity of the code's token.
        token_id: Uuid,
    },
    /// What happened to the account.
    #[serde(rename = "message.notice", alias = "notice.due")]
    Notice {
        /// What happened.
        notice: Notice,
        /// The address as it was when it happened.
        to: EmailAddress,
    },
}

impl UserMessage {
    const fn kind(&self) -> &'static str {
        match self {
            Self::EmailVerification { .. } => "message.email_verification",
            Self::PhoneCode { .. } => "message.phone_code",
            Self::Notice { .. } => "message.notice",
        }
    }
}

/// What happened to an account that its owner must learn, so that nobody takes it over in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant says what happened")]
pub enum Notice {
    PasswordChanged,
    PasswordReset,
    EmailVerified,
    DefaultEmailChanged,
    EmailRemoved,
    TwoFactorEnabled,
    TwoFactorDisabled,
    RecoveryCodesReplaced,
}

/// A request for a mail. The caller must not learn whether there will be one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MailRequest {
    /// A link that resets the password of the user who has verified this address.
    PasswordReset {
        /// The address in canonical form.
        email: String,
    },
    /// The verification mail of an email again.
    Verification {
        /// The user.
        user_id: Uuid,
        /// The email to verify.
        email_id: Uuid,
        /// The user who has signed in and asks, or the key; anybody may ask for a pending
        /// account only.
        asked_by: Option<Uuid>,
    },
}

/// A way out of the service. Each has a worker of its own, so that a receiver that hangs holds up
/// nothing but its own messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Mail, and the events that need no message.
    Mail,
    /// Text messages.
    Sms,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Sms];
}

/// A new entry of the outbox, besides the events that a save leaves there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// The identity.
    pub id: Uuid,
    /// The user; `None` for a request for mail.
    pub user_id: Option<UserId>,
    /// The content: a message or a request for mail.
    pub content: OutboxContent,
    /// When it was asked for; from then on it is due.
    pub created_at: DateTime<Utc>,
}

/// The outbox inside a transaction.
pub trait OutboxRepository {
    /// Adds an entry, which leaves with the next save of a user or with the commit.
    fn enqueue(&mut self, entry: &NewEntry) -> Result<(), RepositoryError>;
}

/// Entries on their way out. A worker claims, works with no transaction open,
/// and then says how it went; a worker that dies loses its claim by time.
pub trait Outbox: Send + Sync {
    /// Takes up to `limit` entries of a channel that are due, oldest first; nobody else gets
    /// them before `lease_ends`.
    fn claim(
        &self,
        channel: Channel,
        limit: u32,
        now: DateTime<Utc>,
        lease_ends: DateTime<Utc>,
    ) -> Result<Vec<ClaimedEntry>, RepositoryError>;

    /// They are done.
    fn complete(&self, ids: &[Uuid], now: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// It did not work; try again at `at`.
    fn postpone(&self, id: Uuid, at: DateTime<Utc>, error: &str) -> Result<(), RepositoryError>;

    /// It was not tried: it may not be done before `at`. This time does not count as an attempt.
    fn defer(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), RepositoryError>;

    /// It will never work.
    fn give_up(&self, id: Uuid, now: DateTime<Utc>, error: &str) -> Result<(), RepositoryError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_stored_under_its_kind() {
        let (email_id, phone_id) =
            (EmailId::from_uuid(Uuid::nil()), PhoneId::from_uuid(Uuid::nil()));
        let (notice, token_id) = (Notice::PasswordReset, Uuid::nil());
        for message in [
            UserMessage::EmailVerification { email_id, token_id },
            UserMessage::PhoneCode { phone_id, token_id },
            UserMessage::Notice { notice, to: EmailAddress::to_look_up("ada@example.org") },
        ] {
            assert_eq!(serde_json::to_value(&message).unwrap()["kind"], message.kind());
        }
    }
}
