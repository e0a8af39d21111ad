use chrono::{DateTime, SubsecRound, Utc};
use userdom_application::ports::Clock;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "what it is compared with")]
    fn it_tells_the_machines_time_in_whole_microseconds() {
        for _ in 0..100 {
            let before = DateTime::<Utc>::from(SystemTime::now()).trunc_subsecs(6);
            let now = SystemClock.now();
            assert_eq!(now.timestamp_subsec_nanos() % 1000, 0);
            assert!(before <= now && now <= DateTime::<Utc>::from(SystemTime::now()));
        }
    }
}
