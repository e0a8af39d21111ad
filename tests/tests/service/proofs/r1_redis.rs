use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{Finish, Launch, Racer, Service, eventually, race},
};

use super::{
    instances::{assert_among, count},
    support::alone,
};

/// What `USERDOM_REDIS_URL` leads to, ended with the test.
struct Redis {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Redis {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: scripts/test does it");
        eventually("Redis", Duration::from_secs(10), || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { process, port, _folder: folder }
    }

    fn stop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// 200 refreshes from one address at once: 30 a minute are allowed.
fn two_hundred_refreshes(instances: &[Service; 2]) -> Vec<Finish> {
    let racers: Vec<_> = (0..200)
        .map(|n| Racer {
            url: instances[n % 2].url().to_owned(),
            method: "POST",
            path: "/v1/sessions/refresh".to_owned(),
            token: String::new(),
            body: json!({"refresh_token": "nothing"}),
        })
        .collect();
    let finishes = race(&racers);
    assert_among(&finishes, &[401, 429, 503]);
    finishes
}

/// Seen to fail without the setting: 60 pass.
#[test]
fn r1_d3_two_instances_share_a_limit_and_keep_their_own_when_redis_is_gone() {
    let _alone = alone();
    let (mut redis, database) = (Redis::start(), TestDatabase::new(Kind::Postgres));
    let url = format!("redis://127.0.0.1:{}", redis.port);
    let instances =
        [(), ()].map(|()| Launch::on(&database).with("USERDOM_REDIS_URL", &url).start());
    let passed = count(&two_hundred_refreshes(&instances), 401);
    if passed != 30 {
        // On a machine on which Redis cannot answer in time each instance counts for itself.
        assert!(passed <= 60, "{passed}");
        eventually("the warning", Duration::from_secs(2), || {
            let warns = |it: &Service| it.log().contains("Redis does not answer");
            instances.iter().any(warns).then_some(())
        });
    }
    redis.stop();
    // What each has let pass itself still counts there.
    assert!(count(&two_hundred_refreshes(&instances), 401) <= 30);
}
