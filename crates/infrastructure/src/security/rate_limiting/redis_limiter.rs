use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use redis::{Client, Cmd, Connection, FromRedisValue, RedisResult};
use sha2::Sha256;
use userdom_application::ports::{Exceeded, Limit, RateLimiter};
use zeroize::Zeroizing;

use super::{LocalLimiter, counted_as};
use crate::security::SecretKey;

/// How long a check may wait for Redis, twice at most: to connect and to be answered.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long Redis is left alone after a failure.
const PAUSE: Duration = Duration::from_secs(3);
const WARN_EVERY: Duration = Duration::from_mins(1);

/// The times of the last ones that passed, by the clock of Redis; answers how many
/// milliseconds are to wait. One script, so that no other client comes between.
const SCRIPT: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local allowed, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], -allowed)
if oldest and now - oldest < window then
  return oldest + window - now
end
redis.call('RPUSH', KEYS[1], now)
redis.call('LTRIM', KEYS[1], -allowed, -1)
redis.call('PEXPIRE', KEYS[1], window)
return 0
";

/// Counts in Redis, for all instances together. While Redis is down or slow each
/// instance counts for itself.
pub struct RedisLimiter {
    client: Client,
    /// Redis need not know the address or number that it counts.
    key: Zeroizing<[u8; 32]>,
    idle: Mutex<Vec<Connection>>,
    health: Mutex<Health>,
    local: LocalLimiter,
    patience: Duration,
}

#[derive(Default)]
struct Health {
    paused_until: Option<Instant>,
    warned_at: Option<Instant>,
}

/// The URL cannot be used. Never contains any of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected redis://[user:password@]host[:port][/database]; TLS is not supported")]
pub struct RedisUrlError;

impl RedisLimiter {
    /// A limiter that connects at the first check.
    pub fn new(url: &str, secret_key: &SecretKey) -> Result<Self, RedisUrlError> {
        if !Self::accepts(url) {
            return Err(RedisUrlError);
        }
        Ok(Self {
            client: Client::open(url).map_err(|_| RedisUrlError)?,
            key: secret_key.derive(b"userdom:rate-limits"),
            idle: Mutex::default(),
            health: Mutex::default(),
            local: LocalLimiter::new(),
            patience: PATIENCE,
        })
    }

    /// Whether this is the URL of a Redis server.
    pub fn accepts(url: &str) -> bool {
        url.starts_with("redis://") && Client::open(url).is_ok()
    }

    /// The seconds to wait, 0 when it passes.
    fn ask(&self, limit: Limit, key: &str) -> RedisResult<u64> {
        let quota = limit.quota();
        let milliseconds: u64 = self.send(
            redis::cmd("EVAL")
                .arg(SCRIPT)
                .arg(1)
                .arg(self.name(limit, key))
                .arg(quota.allowed)
                .arg(u64::from(quota.seconds) * 1000),
        )?;
        Ok(milliseconds.div_ceil(1000))
    }

    fn send<T: FromRedisValue>(&self, command: &Cmd) -> RedisResult<T> {
        let idle = lock(&self.idle).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let answer = command.query(&mut connection)?;
        lock(&self.idle).push(connection);
        Ok(answer)
    }

    fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(self.patience)?;
        connection.set_read_timeout(Some(self.patience))?;
        connection.set_write_timeout(Some(self.patience))?;
        Ok(connection)
    }

    fn name(&self, limit: Limit, key: &str) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(self.key.as_slice());
        let hash = mac.map(|mac| mac.chain_update(counted_as(key)).finalize().into_bytes());
        let hash = hash.unwrap_or_default();
        let hex = hash.iter().take(16).map(|byte| format!("{byte:02x}"));
        format!("userdom:limit:{}:{}", limit.as_str(), hex.collect::<String>())
    }

    /// Whether to ask Redis. After a pause one check tries it while the others go on without.
    fn is_awake(&self) -> bool {
        let now = Instant::now();
        let mut health = lock(&self.health);
        match health.paused_until {
            None => true,
            Some(until) if until > now => false,
            Some(_) => {
                health.paused_until = Some(now + PAUSE);
                true
            }
        }
    }

    fn rest(&self, error: &redis::RedisError) {
        let now = Instant::now();
        // Connections of before the failure are of no use after it.
        lock(&self.idle).clear();
        let mut health = lock(&self.health);
        health.paused_until = Some(now + PAUSE);
        if health.warned_at.is_none_or(|at| now.duration_since(at) >= WARN_EVERY) {
            health.warned_at = Some(now);
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "Redis does not answer: each instance counts rate limits for itself"
            );
        }
    }
}

impl RateLimiter for RedisLimiter {
    fn check(&self, limit: Limit, key: &str) -> Result<(), Exceeded> {
        if !self.is_awake() {
            return self.local.check(limit, key);
        }
        match self.ask(limit, key) {
            Ok(retry_after) => {
                lock(&self.health).paused_until = None;
                if retry_after > 0 {
                    return Err(Exceeded { limit, retry_after });
                }
                // Should Redis fail next, the hits are counted here.
                let _ = self.local.check(limit, key);
                Ok(())
            }
            Err(error) => {
                self.rest(&error);
                self.local.check(limit, key)
            }
        }
    }

    fn give_back(&self, limit: Limit, key: &str) {
        self.local.give_back(limit, key);
        if self.is_awake() {
            let last = self.send::<()>(redis::cmd("RPOP").arg(self.name(limit, key)));
            if let Err(error) = last {
                self.rest(&error);
            }
        }
    }
}

impl fmt::Debug for RedisLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisLimiter(…)")
    }
}

// Nothing can panic while a lock is held, so a poisoned state is still true.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
