//! How often is too often: sliding windows, in this process or shared through Redis.
//!
//! Not GCRA: with a burst of N it lets nearly 2 N pass within the first window, and
//! three mails an hour have to be three.

mod local;
mod redis_limiter;

use std::net::IpAddr;

use userdom_application::ports::{Exceeded, Limit, RateLimiter};

pub use local::LocalLimiter;
pub use redis_limiter::{RedisLimiter, RedisUrlError};

/// Lets everything pass, for tests and measurements.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLimits;

impl RateLimiter for NoLimits {
    fn check(&self, _limit: Limit, _key: &str) -> Result<(), Exceeded> {
        Ok(())
    }

    fn give_back(&self, _limit: Limit, _key: &str) {}
}

/// The owner of an IPv6 address owns its /64, and a mapped IPv4 address is that address.
fn counted_as(key: &str) -> String {
    match key.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(address) => address.to_string(),
        Err(_) => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r2_addresses_of_one_v6_network_count_as_one() {
        assert_eq!(counted_as("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(counted_as("2001:db8:1:2::1"), "2001:db8:1:2::/64");
        assert_ne!(counted_as("2001:db8:1:3::1"), "2001:db8:1:2::/64");
        assert_eq!(counted_as("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(counted_as("192.0.2.1"), "192.0.2.1");
        assert_eq!(counted_as("jane@example.com"), "jane@example.com");
    }

    #[test]
    fn without_limits_everything_passes() {
        assert!((0..1000).all(|_| NoLimits.check(Limit::SmsTarget, "+14155550100").is_ok()));
    }
}
