//! C2: what may be there once is there once, however many ask at the same time.

use serde_json::json;
use userdom_tests::{
    app::{
        TestApp,
        given::{self, a_registration},
    },
    through_rest_and_graphql,
};

fn c2_a_hundred_at_once_make_one_account_of_a_username(app: &TestApp) {
    let statuses = in_parallel(100, |n| {
        let mut body = a_registration("claimed");
        body["username"] = json!(["claimed", "Claimed", "CLAIMED"][n % 3]);
        body["email"] = json!(format!("n{n}@example.org"));
        let reply = app.client().post("/v1/users", &body);
        if ![201, 503].contains(&reply.status) {
            reply.clone().expect_problem(409, "username.taken");
        }
        reply.status
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(app.count("users"), 1);
    assert_eq!(app.count("user_emails"), 1);
}

fn c2_a_hundred_at_once_make_one_owner_of_an_address(app: &TestApp) {
    let spellings = ["one@bücher.example", "One@Bücher.Example", "ONE@xn--bcher-kva.example"];
    let statuses = in_parallel(100, |n| {
        let mut body = a_registration(&format!("claimant{n}"));
        body["email"] = json!(spellings[n % 3]);
        app.client().post("/v1/users", &body).status
    });
    assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
    // Before the mails leave: each of them ends the links of the older claims.
    let tokens = app.links_on_their_way();
    assert_eq!(tokens.len(), 100);
    let statuses = in_parallel(100, |n| {
        let reply = given::verify(app, &tokens[n]);
        if ![200, 503].contains(&reply.status) {
            reply.clone().expect_problem(409, "email.verified_elsewhere");
        }
        reply.status
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    let owners = "SELECT user_id AS value FROM user_emails WHERE is_verified";
    assert_eq!(app.texts(owners).len(), 1);
}

/// Runs `work` for 0 to `times`, as many at once as clients usually are. Like them it comes back
/// when the service is busy, which it is on a slow machine.
pub(super) fn in_parallel(times: usize, work: impl Fn(usize) -> u16 + Sync) -> Vec<u16> {
    const CLIENTS: usize = 10;
    const TRIES: usize = 200;
    let work = &|n| {
        let mut tries = (0..TRIES).map(|_| work(n));
        tries.find(|status| *status != 503).expect("a busy service that is never free again")
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|first| {
                scope.spawn(move || (first..times).step_by(CLIENTS).map(work).collect::<Vec<_>>())
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

through_rest_and_graphql!(
    c2_a_hundred_at_once_make_one_account_of_a_username,
    c2_a_hundred_at_once_make_one_owner_of_an_address,
);
