//! K3 for SQLite: a full disk is a 503, and nothing that was answered is lost.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::json;
use userdom_tests::process::{Account, Answer, Launch, Service, eventually};

fn add_email(service: &Service, ada: &Account, n: usize) -> Answer {
    let body = json!({"email": format!("address{n}@example.org"), "contact_type": "work"});
    service.call_as(ada, "POST", "/v1/users/me/emails", Some(&body))
}

fn set_bio(service: &Service, ada: &Account, n: usize) -> Answer {
    let body = json!({"bio": format!("{n:04} {}", "x".repeat(900))});
    service.call_as(ada, "PATCH", "/v1/users/me/profile", Some(&body))
}

/// Seen to fail: when the errors of a full disk were taken for unknown ones, with a 500.
/// Writes until the disk is full, then makes room.
fn nothing_answered_is_lost(service: &mut Service, make_room: impl FnOnce(&Service)) {
    let ada = service.account("ada");
    for n in 0..5 {
        add_email(service, &ada, n).expect(201);
    }
    let mut last_kept = None;
    let refused = (0..5000).find_map(|n| {
        let answer = set_bio(service, &ada, n);
        if answer.status == 200 {
            last_kept = Some((answer.body["bio"].clone(), answer.version()));
            return None;
        }
        Some(answer)
    });
    let refused = refused.expect("the disk is full at some time");
    assert!([503, 507].contains(&refused.status), "{}", refused.text);
    assert!(refused.headers["content-type"].starts_with("application/problem+json"));
    assert!(refused.headers.contains_key("retry-after"));
    // A smaller write may still fit.
    let small = add_email(service, &ada, 6);
    assert!([201, 503, 507].contains(&small.status), "{}", small.text);
    let fitted = usize::from(small.status == 201);
    assert_eq!(service.call("GET", "/livez", None).status, 200);
    let (bio, version) = last_kept.expect("some writes were taken");
    let seen = service.call_as(&ada, "GET", "/v1/users/me", None).expect(200);
    assert_eq!(seen.body["profile"]["bio"], bio, "reading goes on");
    let version = version + i64::from(small.status == 201);
    assert_eq!(seen.version(), version);

    make_room(service);
    eventually("writes to be taken again", Duration::from_secs(10), || {
        (add_email(service, &ada, 7).status == 201).then_some(())
    });
    let seen = service.call_as(&ada, "GET", "/v1/users/me", None).expect(200);
    assert_eq!(seen.body["profile"]["bio"], bio);
    assert_eq!(seen.body["emails"].as_array().unwrap().len(), 7 + fitted);
    assert_eq!(seen.version(), version + 1);
    service.terminate();
    assert_eq!(service.ended(Duration::from_secs(10)).code(), Some(0));
}

/// No file may grow beyond 2 MiB: needs no rights, and is an I/O error to SQLite.
#[test]
fn k3_a_file_that_may_not_grow_is_a_503_and_loses_nothing() {
    let limit = "trap '' XFSZ; ulimit -S -f 2048; exec \"$0\" \"$@\"";
    let mut service = Launch::default().through(&["bash", "-c", limit]).start();
    nothing_answered_is_lost(&mut service, |service| {
        let process = service.id().to_string();
        let lifted =
            Command::new("prlimit").args(["--fsize=unlimited", "--pid", &process]).status();
        assert!(lifted.unwrap().success());
    });
}

/// A file system of its own that is full. Only root may mount one.
#[test]
fn k3_a_full_file_system_is_a_503_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = Mount::small(folder.path());
    if mounted.is_none() {
        println!(
            "mounting is not allowed here; the test with a limited file size stands for this one"
        );
        return;
    }
    let ballast = folder.path().join("ballast");
    fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let url = format!("sqlite://{}", folder.path().join("userdom.db").display());
    let mut service = Launch::default().with("USERDOM_DATABASE_URL", url).start();
    nothing_answered_is_lost(&mut service, |_| fs::remove_file(&ballast).unwrap());
}

struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn small(path: &'a Path) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(path)
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(path))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        // Lazily: the service may still be on its way out.
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}
