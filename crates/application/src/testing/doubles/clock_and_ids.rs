use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::{Builder, Uuid};

use crate::{
    ports::{Clock, IdGenerator},
    testing::given,
};

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    /// Stands at `now`.
    pub const fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Stands at `now` from here on.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.0.lock().unwrap() = now;
    }

    /// Goes on, or back.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap() += by;
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::at(given::now())
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// `UUIDv7`s that differ by a counter alone. Of one moment, they come after those
/// of [`given`]; two generators give the same ones.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl SequentialIds {
    /// Ids that are none of another generator which starts elsewhere.
    pub const fn after(count: u64) -> Self {
        Self(AtomicU64::new(count))
    }
}

impl IdGenerator for SequentialIds {
    fn uuid_v7(&self, now: DateTime<Utc>) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let mut rest = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        rest[2..].copy_from_slice(&count.to_be_bytes());
        let millis = u64::try_from(now.timestamp_millis()).unwrap();
        Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
    }
}
