use uuid::Uuid;

/// A text message that is ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingSms {
    /// Names the message for good: a second try carries the same id.
    pub id: Uuid,
    /// The one recipient, E.164.
    pub to: String,
    /// The text.
    pub body: String,
}

/// Takes text messages out of the house.
pub trait SmsProvider: Send + Sync {
    /// Hands one message over. Called by the outbox worker alone, never inside a transaction.
    fn send(&self, message: &OutgoingSms) -> Result<(), super::MailError>;
}
