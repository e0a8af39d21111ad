use chrono::{DateTime, TimeDelta, Utc};

/// The only source of the time (rule R1); tests stop it and set it.
pub trait Clock: Send + Sync {
    /// This moment, in whole microseconds: what both databases can keep.
    fn now(&self) -> DateTime<Utc>;

    /// By how much the machine's own clock is ahead of this one.
    fn machine_is_ahead(&self) -> TimeDelta {
        TimeDelta::zero()
    }
}
