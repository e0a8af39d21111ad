use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::FixedClock;
use crate::ports::{Clock, Exceeded, Limit, RateLimiter};

type Times = Vec<DateTime<Utc>>;

/// Counts by the clock of the test: never more than the quota within any window.
#[derive(Debug)]
pub struct ClockedLimiter {
    clock: Arc<FixedClock>,
    passed: Mutex<HashMap<(Limit, String), Times>>,
}

impl ClockedLimiter {
    /// Counts by this clock.
    pub fn new(clock: Arc<FixedClock>) -> Self {
        Self { clock, passed: Mutex::default() }
    }
}

impl RateLimiter for ClockedLimiter {
    fn check(&self, limit: Limit, key: &str) -> Result<(), Exceeded> {
        let (now, quota) = (self.clock.now(), limit.quota());
        let window = TimeDelta::seconds(quota.seconds.into());
        let mut passed = self.passed.lock().unwrap();
        let times = passed.entry((limit, key.to_owned())).or_default();
        times.retain(|time| *time + window > now);
        if times.len() >= quota.allowed as usize {
            let wait = times[0] + window - now;
            let retry_after = u64::try_from(wait.num_milliseconds()).unwrap().div_ceil(1000);
            return Err(Exceeded { limit, retry_after });
        }
        times.push(now);
        Ok(())
    }

    fn give_back(&self, limit: Limit, key: &str) {
        self.passed.lock().unwrap().entry((limit, key.to_owned())).or_default().pop();
    }
}
