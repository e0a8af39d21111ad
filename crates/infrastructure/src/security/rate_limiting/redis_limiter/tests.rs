use super::*;
use std::io::Read;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

const HEX: &str = "8f3a1c5e7b2d4f60918273a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8";

/// One that waits for Redis as long as a busy machine may need.
fn limiter(url: &str) -> RedisLimiter {
    RedisLimiter { patience: Duration::from_secs(30), ..impatient_limiter(url) }
}

fn impatient_limiter(url: &str) -> RedisLimiter {
    RedisLimiter::new(url, &SecretKey::parse(HEX).unwrap()).unwrap()
}

/// The pause that a failure has begun, longer than any machine needs for the rest of a test.
fn stay_paused(limiter: &RedisLimiter) {
    let mut health = lock(&limiter.health);
    assert!(health.paused_until.is_some());
    health.paused_until = Some(Instant::now() + Duration::from_hours(1));
}

/// A Redis server of these tests' own, ended with them.
struct Server {
    process: std::process::Child,
    url: String,
    _dir: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let process = std::process::Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .arg("--dir")
            .arg(dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("redis-server is installed: scripts/test does it");
        let server = Self { process, url: format!("redis://127.0.0.1:{port}"), _dir: dir };
        let deadline = Instant::now() + Duration::from_mins(2);
        while limiter(&server.url).connect().is_err() {
            assert!(Instant::now() < deadline, "Redis does not start");
            thread::yield_now();
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Seen to fail with reading and counting as two commands.
#[test]
fn r1_200_in_parallel_over_two_instances_pass_no_more_than_the_quota() {
    let server = Server::start();
    let (instances, passed) = ([limiter(&server.url), limiter(&server.url)], AtomicUsize::new(0));
    thread::scope(|scope| {
        for at in 0..200 {
            let (instance, passed) = (&instances[at % 2], &passed);
            scope.spawn(move || {
                if instance.check(Limit::SignInAddress, "192.0.2.1").is_ok() {
                    passed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(passed.into_inner(), Limit::SignInAddress.quota().allowed as usize);
    let refused = instances[0].check(Limit::SignInAddress, "192.0.2.1").unwrap_err();
    assert!((1..=60).contains(&refused.retry_after), "{refused:?}");
    assert!(instances[0].check(Limit::SignInAddress, "192.0.2.2").is_ok());
    assert!(instances.iter().all(|instance| lock(&instance.health).warned_at.is_none()));
}

#[test]
fn p1_redis_learns_no_address_and_forgets_every_key() {
    let server = Server::start();
    let limiter = limiter(&server.url);
    limiter.check(Limit::SmsTarget, "+14155550100").unwrap();
    let mut connection = limiter.connect().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
    assert_eq!(keys.len(), 1);
    assert!(keys[0].starts_with("userdom:limit:sms-target:") && !keys[0].contains("4155"));
    let left: u64 = redis::cmd("TTL").arg(&keys[0]).query(&mut connection).unwrap();
    assert!((3000..=3600).contains(&left));
}

#[test]
fn when_redis_goes_down_what_has_passed_still_counts() {
    let server = Server::start();
    let limiter = limiter(&server.url);
    limiter.check(Limit::SmsTarget, "key").unwrap();
    limiter.check(Limit::SmsTarget, "key").unwrap();
    drop(server);
    limiter.check(Limit::SmsTarget, "key").unwrap();
    assert!(limiter.check(Limit::SmsTarget, "key").is_err());
}

#[test]
fn without_redis_the_local_limit_holds() {
    let limiter = limiter("redis://127.0.0.1:1");
    let passed = (0..1000).filter(|_| limiter.check(Limit::SmsTarget, "key").is_ok()).count();
    assert_eq!(passed, 3);
}

/// Seen to fail with a patience of 30 s, and without a pause.
#[test]
fn a_redis_that_is_silent_delays_one_check_and_not_the_next() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let limiter = impatient_limiter(&format!("redis://{}", silent.local_addr().unwrap()));
    let started = Instant::now();
    limiter.check(Limit::SmsTarget, "key").unwrap();
    // A busy machine may need a hundred times as long.
    assert!(started.elapsed() < PATIENCE * 200);
    stay_paused(&limiter);
    for _ in 0..2 {
        limiter.check(Limit::SmsTarget, "key").unwrap();
    }
    assert!(limiter.check(Limit::SmsTarget, "key").is_err());
    // One connection was tried, no more.
    let (mut first, _) = silent.accept().unwrap();
    silent.set_nonblocking(true).unwrap();
    assert!(silent.accept().is_err());
    let _ = first.read(&mut [0; 64]);
}

#[test]
fn redis_is_tried_again_after_a_pause_and_used_when_it_answers() {
    let server = Server::start();
    let limiter = limiter(&server.url);
    let past = Instant::now().checked_sub(Duration::from_secs(1));
    lock(&limiter.health).paused_until = past;
    limiter.check(Limit::SmsTarget, "key").unwrap();
    assert_eq!(lock(&limiter.health).paused_until, None);
    assert_eq!(lock(&limiter.idle).len(), 1);
}

#[test]
fn what_is_given_back_passes_again_here_and_in_redis() {
    let server = Server::start();
    let (one, other) = (limiter(&server.url), limiter(&server.url));
    for _ in 0..3 {
        one.check(Limit::SmsTarget, "key").unwrap();
    }
    one.give_back(Limit::SmsTarget, "key");
    one.give_back(Limit::SmsTarget, "never counted");
    other.check(Limit::SmsTarget, "key").unwrap();
    assert!(one.check(Limit::SmsTarget, "key").is_err());
    assert!(one.local.check(Limit::SmsTarget, "key").is_ok(), "two were left here");
}

#[test]
fn a_url_that_is_none_is_refused_without_being_repeated() {
    for url in ["", "redis://", "rediss://:geheim@h", "http://geheim@h", "redis://h:port"] {
        let refused = RedisLimiter::new(url, &SecretKey::parse(HEX).unwrap()).unwrap_err();
        assert!(!refused.to_string().contains("geheim"), "{url}");
    }
    assert!(RedisLimiter::accepts("redis://user:geheim@redis.example:6379/2"));
}
