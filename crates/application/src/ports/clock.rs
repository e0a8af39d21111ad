use chrono::{DateTime, Utc};

/// The only source of the time (rule R1); tests stop it and set it.
pub trait Clock: Send + Sync {
    /// This moment, in whole microseconds: what both databases can keep.
    fn now(&self) -> DateTime<Utc>;
}
