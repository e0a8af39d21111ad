use serde_json::json;
use userdom_tests::{databases::Kind, process::Service};

use super::support::{alone, at_once};

const WRITERS: usize = 50;
const EDITS: usize = 20;

/// Seen to fail, 10 of 10 runs: without the version in the UPDATE 28 edits were answered 200, and 19
/// were counted (Postgres); with plain BEGIN and four writing connections as well, 503 (SQLite).
/// Every writer reads, edits what it has read, and says which version that was.
fn c1_a_write_that_was_answered_2xx_is_counted_once(kind: Kind) {
    let _alone = alone();
    let (service, _database) = Service::new(kind);
    let ada = service.account("ada");
    let profile = "/v1/users/me/profile";
    let start = service.call_as(&ada, "GET", profile, None).version();
    let edit = |writer: usize| -> usize {
        let edits = (0..EDITS).filter(|edit| {
            let seen = loop {
                let answer = service.call_as(&ada, "GET", profile, None);
                if answer.status != 503 {
                    break answer.expect(200).version();
                }
            };
            let body = json!({"bio": format!("edit {edit} of writer {writer}")});
            let answer = service.call_if(&ada, seen, "PATCH", profile, Some(&body));
            match answer.status {
                200 => assert_eq!(answer.version(), seen + 1),
                412 => assert!(answer.is_problem("version.stale"), "{}", answer.text),
                409 => assert!(answer.is_problem("user.contended"), "{}", answer.text),
                // A slow machine has no room for all of them.
                503 => {}
                _ => panic!("{}", answer.text),
            }
            answer.status == 200
        });
        edits.count()
    };
    let accepted: usize = at_once(WRITERS, edit).into_iter().sum();
    let end = service.call_as(&ada, "GET", profile, None).version();
    println!("{kind:?}: {accepted} of {} edits accepted", WRITERS * EDITS);
    assert_eq!(end, start + i64::try_from(accepted).unwrap());
    assert!(accepted > 0);
}

#[test]
fn c1_no_update_is_lost_on_sqlite() {
    c1_a_write_that_was_answered_2xx_is_counted_once(Kind::Sqlite);
}

#[test]
fn c1_no_update_is_lost_on_postgres() {
    c1_a_write_that_was_answered_2xx_is_counted_once(Kind::Postgres);
}
