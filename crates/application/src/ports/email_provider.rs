use userdom_domain::EmailAddress;
use uuid::Uuid;

/// A mail that is ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Names the mail for good: a second try carries the same `Message-ID`.
    pub id: Uuid,
    /// The one recipient, always a stored address.
    pub to: EmailAddress,
    /// The subject line.
    pub subject: String,
    /// The body for readers without HTML.
    pub text: String,
    /// The body as HTML.
    pub html: String,
}

/// Takes mail out of the house.
pub trait EmailProvider: Send + Sync {
    /// Hands one mail over. Called by the outbox worker alone, never inside a transaction.
    fn send(&self, mail: &OutgoingMail) -> Result<(), MailError>;
}

/// Why a mail or a text message did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Worth another try later.
    #[error("the message could not be handed over now")]
    Temporary(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server will never take it.
    #[error("the message was refused for good")]
    Rejected(#[source] Box<dyn std::error::Error + Send + Sync>),
}
