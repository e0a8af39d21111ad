use chrono::{DateTime, Utc};
use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

/// One line of the audit trail: actor, subject, action, time, origin, outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The identity; UUIDv7, so that it sorts by time.
    pub id: Uuid,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What, such as `session.opened` or `user.suspended`.
    pub kind: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The user that did it; `None` is a stranger, a key or the service.
    pub actor_id: Option<UserId>,
    /// The key that did it.
    pub api_key_id: Option<Uuid>,
    /// The user that it is about; `None` when no such user exists.
    pub user_id: Option<UserId>,
    /// What of the user it is about: an email, a phone, a session, a key.
    pub target_id: Option<Uuid>,
    /// From where.
    pub ip_address: String,
    /// With what.
    pub user_agent: String,
    /// In which request.
    pub request_id: String,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Failure,
}

impl Outcome {
    /// The name on the wire and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// The audit trail: rows are added, and never changed or removed; the databases
/// themselves refuse it. Only an erased user's traces are wiped out of them.
pub trait AuditRepository {
    /// Adds a line.
    fn append(&mut self, event: &AuditEvent) -> Result<(), RepositoryError>;

    /// What happened to a user and what it did, the newest first; `before` is the id of the last
    /// line of the page before.
    fn of_user(
        &mut self,
        user_id: UserId,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, RepositoryError>;
}
