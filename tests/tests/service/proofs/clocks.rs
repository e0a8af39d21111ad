//! Instances whose machines have other clocks agree: the database's clock is everybody's.

use std::fs;

use serde_json::json;
use userdom_tests::{
    databases::{Kind, TestDatabase},
    process::{Account, Launch, PASSWORD, Service},
};

use super::support::alone;

/// On a machine whose clock is off by so much; that for waiting is not.
fn off_by(offset: &str, database: &TestDatabase, data: &str) -> Service {
    Launch::on(database)
        .with("USERDOM_DATA_DIR", data)
        .with("LD_PRELOAD", faketime())
        .with("FAKETIME", offset)
        .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .start()
}

/// Its library: the program of the same name would stay between the test and the service, which
/// would outlive the test.
fn faketime() -> String {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut libraries = folders.map(|folder| folder.join("faketime/libfaketime.so.1"));
    libraries.find(|library| library.exists()).unwrap().to_str().unwrap().to_owned()
}

fn refresh(service: &Service, token: &str) -> (u16, String) {
    let body = json!({"refresh_token": token});
    let answer = service.call("POST", "/v1/sessions/refresh", Some(&body));
    (answer.status, answer.body["refresh_token"].as_str().unwrap_or_default().to_owned())
}

/// Seen to fail with the machine's clock: a token was over before it was used, and the same one
/// at once on the other instance ended the session.
#[test]
fn one_clock_counts_on_machines_whose_clocks_differ() {
    let _alone = alone();
    let database = TestDatabase::new(Kind::Postgres);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let (early, late) = (off_by("-10m", &database, data), off_by("+10m", &database, data));
    for (service, side) in [(&early, "behind"), (&late, "ahead of")] {
        assert!(service.log().contains(&format!("s {side} the database's")), "{}", service.log());
        let ready = service.call("GET", "/readyz", None).expect(200);
        let ahead = ready.body["clock"]["machine_is_ahead_by_seconds"].as_f64().unwrap();
        assert!((590.0..610.0).contains(&ahead.abs()), "{}", ready.text);
    }
    early.account("ada");
    let opened = early.sign_in("ada", PASSWORD).expect(201).body;
    let text = |name: &str| opened[name].as_str().unwrap().to_owned();
    let ada =
        Account { id: String::new(), username: "ada".to_owned(), token: text("access_token") };
    assert_eq!(late.call_as(&ada, "GET", "/v1/users/me", None).status, 200);

    let first = text("refresh_token");
    let (status, second) = refresh(&late, &first);
    assert_eq!(status, 200);
    assert_eq!(
        refresh(&early, &first),
        (200, second.clone()),
        "a client that lost the answer asks again"
    );
    let (status, third) = refresh(&early, &second);
    assert_eq!(status, 200);
    assert_eq!(refresh(&late, &first).0, 401, "a token that was spent long ago is theft");
    assert_eq!(refresh(&early, &third).0, 401, "which ends the session everywhere");

    for _ in 0..5 {
        early.sign_in("ada", "a wrong guess").expect(401);
    }
    late.sign_in("ada", PASSWORD).expect(401);
}
