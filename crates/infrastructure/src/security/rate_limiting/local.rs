use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use userdom_application::ports::{Exceeded, Limit, RateLimiter};

use super::counted_as;

/// How often unused keys are dropped.
const TIDY_EVERY: Duration = Duration::from_mins(1);
/// From here on new keys of a limit share places: too strict is better than too big.
const MOST_KEYS: usize = 200_000;
const SHARED_PLACES: u64 = 1024;

/// Counts in this process: never more than the quota within any window.
pub struct LocalLimiter {
    hashes: RandomState,
    passed: Mutex<Passed>,
}

struct Passed {
    /// When the last ones passed, the oldest first. Keys are kept as hashes: they are
    /// addresses of people, and of any length.
    times: HashMap<(Limit, u64), VecDeque<Instant>>,
    tidied: Instant,
}

impl LocalLimiter {
    /// A limiter that has seen nothing yet.
    pub fn new() -> Self {
        let passed = Passed { times: HashMap::new(), tidied: Instant::now() };
        Self { hashes: RandomState::new(), passed: Mutex::new(passed) }
    }

    fn check_at(&self, limit: Limit, key: &str, now: Instant) -> Result<(), Exceeded> {
        let hash = self.hashes.hash_one(counted_as(key));
        // Nothing can panic while the lock is held, so a poisoned state is still true.
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(passed.tidied) >= TIDY_EVERY {
            passed.tidy(now);
        }
        let quota = limit.quota();
        let times = passed.times_of(limit, hash);
        if times.len() >= quota.allowed as usize
            && let Some(oldest) = times.front()
        {
            let free_at = *oldest + window(limit);
            if free_at > now {
                let wait = free_at.saturating_duration_since(now);
                let retry_after = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                return Err(Exceeded { limit, retry_after });
            }
            times.pop_front();
        }
        times.push_back(now);
        Ok(())
    }
}

impl Passed {
    fn times_of(&mut self, limit: Limit, hash: u64) -> &mut VecDeque<Instant> {
        let full = self.times.len() >= MOST_KEYS && !self.times.contains_key(&(limit, hash));
        let place = if full { hash % SHARED_PLACES } else { hash };
        self.times.entry((limit, place)).or_default()
    }

    fn tidy(&mut self, now: Instant) {
        self.times.retain(|(limit, _), times| {
            times.back().is_some_and(|newest| *newest + window(*limit) > now)
        });
        self.times.shrink_to_fit();
        self.tidied = now;
    }
}

impl Default for LocalLimiter {
    fn default() -> Self {
        Self::new()
    }
}

impl RateLimiter for LocalLimiter {
    fn check(&self, limit: Limit, key: &str) -> Result<(), Exceeded> {
        self.check_at(limit, key, Instant::now())
    }

    fn give_back(&self, limit: Limit, key: &str) {
        let hash = self.hashes.hash_one(counted_as(key));
        let mut passed = self.passed.lock().unwrap_or_else(PoisonError::into_inner);
        passed.times_of(limit, hash).pop_back();
    }
}

impl fmt::Debug for LocalLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalLimiter(…)")
    }
}

fn window(limit: Limit) -> Duration {
    Duration::from_secs(limit.quota().seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    const LIMIT: Limit = Limit::SmsTarget;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Seen to fail with a count that starts anew each hour, and with GCRA.
    #[test]
    fn r1_within_any_window_no_more_than_the_quota_pass() {
        for limit in Limit::ALL {
            let (limiter, start) = (LocalLimiter::new(), Instant::now());
            let quota = limit.quota();
            let mut passed: Vec<u32> = Vec::new();
            let each_second = 0..=quota.allowed / quota.seconds;
            let tries =
                (0..3 * quota.seconds).flat_map(|second| each_second.clone().map(move |_| second));
            for second in tries {
                if limiter.check_at(limit, "key", start + seconds(second.into())).is_ok() {
                    passed.push(second);
                }
            }
            for from in &passed {
                let window = *from..*from + quota.seconds;
                let within = passed.iter().filter(|second| window.contains(second)).count();
                assert!(within <= quota.allowed as usize, "{limit:?} from {from}");
            }
            assert_eq!(passed.len(), 3 * quota.allowed as usize, "{limit:?}");
        }
    }

    #[test]
    fn r1_the_quota_passes_at_once_and_the_next_one_after_the_time_that_was_named() {
        for limit in Limit::ALL {
            let (limiter, start) = (LocalLimiter::new(), Instant::now());
            let quota = limit.quota();
            for _ in 0..quota.allowed {
                limiter.check_at(limit, "key", start).unwrap();
            }
            let later = start + Duration::from_millis(1);
            let refused = limiter.check_at(limit, "key", later).unwrap_err();
            assert_eq!(refused, Exceeded { limit, retry_after: quota.seconds.into() });
            let early = start + Duration::from_millis(refused.retry_after * 1000 - 1);
            assert_eq!(limiter.check_at(limit, "key", early).unwrap_err().retry_after, 1);
            assert!(limiter.check_at(limit, "key", later + seconds(refused.retry_after)).is_ok());
        }
    }

    #[test]
    fn what_is_refused_does_not_count() {
        let (limiter, start) = (LocalLimiter::new(), Instant::now());
        for _ in 0..100 {
            let _ = limiter.check_at(LIMIT, "key", start);
        }
        assert!(limiter.check_at(LIMIT, "key", start + window(LIMIT)).is_ok());
    }

    #[test]
    fn each_limit_and_each_key_counts_for_itself() {
        let (limiter, start) = (LocalLimiter::new(), Instant::now());
        while limiter.check_at(LIMIT, "key", start).is_ok() {}
        assert!(limiter.check_at(LIMIT, "other", start).is_ok());
        assert!(limiter.check_at(Limit::MailTarget, "key", start).is_ok());
    }

    /// Seen to fail with the lock released between reading and counting.
    #[test]
    fn r1_200_in_parallel_pass_no_more_than_the_quota() {
        let (limiter, passed) = (LocalLimiter::new(), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..200 {
                scope.spawn(|| {
                    if limiter.check(Limit::SignInAddress, "192.0.2.1").is_ok() {
                        passed.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(passed.into_inner(), Limit::SignInAddress.quota().allowed as usize);
    }

    #[test]
    fn keys_that_nobody_uses_any_more_are_dropped() {
        let (limiter, start) = (LocalLimiter::new(), Instant::now());
        for key in 0..1000 {
            limiter.check_at(Limit::SignInAddress, &key.to_string(), start).unwrap();
        }
        limiter.check_at(LIMIT, "key", start + seconds(3000)).unwrap();
        assert_eq!(limiter.passed.lock().unwrap().times.len(), 1);
    }

    #[test]
    fn r5_a_flood_of_keys_is_bounded_and_gets_stricter() {
        let (limiter, start) = (LocalLimiter::new(), Instant::now());
        let mut passed = 0;
        for key in 0..MOST_KEYS + 50_000 {
            passed += usize::from(limiter.check_at(LIMIT, &key.to_string(), start).is_ok());
        }
        let places = limiter.passed.lock().unwrap().times.len();
        assert!(places <= MOST_KEYS + 1024, "{places}");
        assert!(passed <= MOST_KEYS + 3 * 1024, "{passed}");
    }
}
