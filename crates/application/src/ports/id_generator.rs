use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The only source of new identities.
pub trait IdGenerator: Send + Sync {
    /// A new UUIDv7 whose time is `now`.
    fn uuid_v7(&self, now: DateTime<Utc>) -> Uuid;
}
