//! What stands in the service's place where a test has to look or to wait.

use std::sync::{Arc, Mutex};

use userdom_application::ports::{Exceeded, Limit, RateLimiter};

/// Lets everything pass until a test wants limits.
#[expect(missing_debug_implementations, reason = "ports are traits")]
#[derive(Default)]
pub struct Limiter(Mutex<Option<Arc<dyn RateLimiter>>>);

impl Limiter {
    /// Counts from here on with this one.
    pub fn count_with(&self, limiter: Arc<dyn RateLimiter>) {
        *self.0.lock().unwrap() = Some(limiter);
    }
}

impl RateLimiter for Limiter {
    fn check(&self, limit: Limit, key: &str) -> Result<(), Exceeded> {
        let limiter = self.0.lock().unwrap().clone();
        limiter.map_or(Ok(()), |limiter| limiter.check(limit, key))
    }

    fn give_back(&self, limit: Limit, key: &str) {
        if let Some(limiter) = &*self.0.lock().unwrap() {
            limiter.give_back(limit, key);
        }
    }
}
