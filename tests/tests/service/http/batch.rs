//! Several operations in one request.

use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Reply, TestApp,
        given::{self, PASSWORD, a_registration},
    },
    on_both, through_rest_and_graphql,
};

use super::shown::assert_shown;

fn results(reply: &Reply) -> Vec<Value> {
    reply.json()["results"].as_array().unwrap().clone()
}

fn statuses(reply: &Reply) -> Vec<u64> {
    results(reply).iter().map(|result| result["status"].as_u64().unwrap()).collect()
}

fn add_email(email: &str) -> Value {
    json!({"method": "POST", "path": "/v1/users/me/emails", "body": {"email": email}})
}

fn each_operation_has_an_answer_of_its_own(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let reply = ada.client.post("/v1/batch", &json!({"operations": [
        {"method": "PATCH", "path": "/v1/users/me/profile", "body": {"bio": "Countess"}},
        {"method": "GET", "path": "/v1/users/me/emails"},
        {"method": "POST", "path": "/v1/users/me/emails", "body": {"email": "no email"}},
        {"method": "DELETE", "path": "/v1/users/me/phones/019b79da-0000-7000-8000-000000000000"},
    ]}));
    assert_shown("batch", &reply);
}

fn what_was_done_before_a_refusal_lasts(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let operations = json!({"operations": [
        add_email("a@work.example"), add_email("no email"), add_email("b@work.example"),
    ]});
    let reply = ada.client.post("/v1/batch", &operations).expect(200);
    assert_eq!(statuses(&reply), [201, 422, 201]);
    assert_eq!(app.count("user_emails"), 3);
}

fn an_atomic_batch_is_done_as_a_whole(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let operations = json!({"atomic": true, "operations": [
        add_email("a@work.example"),
        {"method": "PATCH", "path": "/v1/users/me", "body": {"username": "countess"}},
        add_email("b@work.example"),
    ]});
    let reply = ada.client.post("/v1/batch", &operations).expect(200);
    assert_eq!(
        (reply.json()["committed"].clone(), statuses(&reply)),
        (json!(true), vec![201, 200, 201])
    );
    let me = ada.client.get("/v1/users/me").json();
    assert_eq!(
        (me["username"].clone(), me["emails"].as_array().unwrap().len()),
        (json!("countess"), 3)
    );
    assert_eq!(results(&reply)[2]["etag"], json!(format!("\"{}\"", me["version"])));
    assert_eq!(app.mails_to("b@work.example").len(), 1);
}

/// Seen to fail with each operation in a transaction of its own.
fn an_atomic_batch_is_undone_as_a_whole(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let before = app.everything();
    let operations = json!({"atomic": true, "operations": [
        add_email("a@work.example"),
        {"method": "PATCH", "path": "/v1/users/me", "body": {"username": "countess"}},
        add_email("a@work.example"),
        add_email("b@work.example"),
    ]});
    let reply = ada.client.post("/v1/batch", &operations);
    assert_shown("batch_undone", &reply);
    assert_eq!(app.everything(), before);
    assert_eq!(app.mails_to("a@work.example").len(), 0);
    // The database is not blocked by what was undone.
    ada.client.post("/v1/users/me/emails", &json!({"email": "a@work.example"})).expect(201);
}

fn an_atomic_batch_takes_edits_alone(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let before = app.everything();
    for (method, path, body) in [
        ("GET", "/v1/users/me", json!(null)),
        ("POST", "/v1/users", a_registration("bob")),
        ("DELETE", "/v1/users/me/sessions", json!(null)),
    ] {
        let operations = json!({"atomic": true, "operations": [
            add_email("a@work.example"), {"method": method, "path": path, "body": body},
        ]});
        let reply = ada.client.post("/v1/batch", &operations).expect(200);
        assert_eq!(statuses(&reply), [424, 422], "{path}");
        assert_eq!(results(&reply)[1]["body"]["code"], "batch.not_atomic");
    }
    assert_eq!(app.everything(), before);
}

fn an_operation_may_name_the_version_that_it_is_of(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let edit = |version: &str| {
        json!({"method": "PATCH", "path": "/v1/users/me/profile", "body": {"bio": "x"},
            "if_match": version})
    };
    let etag = ada.client.get("/v1/users/me").header("etag").to_owned();
    let operations = json!({"operations": [edit(&etag), edit(&etag), edit("x")]});
    let reply = ada.client.post("/v1/batch", &operations);
    assert_eq!(statuses(&reply), [200, 412, 400]);
    let strict = ada.client.at(&app.requiring_if_match());
    let operations = json!({"operations": [add_email("a@work.example"), edit("*")]});
    assert_eq!(statuses(&strict.post("/v1/batch", &operations)), [428, 200]);
}

/// S3: seen to fail with the caller looked at once for the whole batch.
fn s3_what_comes_after_the_own_sign_out_is_refused(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let operations = json!({"operations": [
        {"method": "DELETE", "path": "/v1/sessions/current"}, add_email("a@work.example"),
    ]});
    let reply = ada.client.post("/v1/batch", &operations).expect(200);
    assert_eq!(statuses(&reply), [204, 401]);
    assert_eq!(app.count("user_emails"), 1);
}

/// Seen to fail with the key of the request erased together with what it had been answered.
fn a_user_erases_itself_by_a_batch_with_a_key(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = ada.client.header("idempotency-key", "the-last-one");
    let operations =
        json!({"operations": [{"method": "DELETE", "path": "/v1/users/me?erase=true"}]});
    let reply = client.post("/v1/batch", &operations).expect(200);
    assert_eq!(statuses(&reply), [204]);
    assert_eq!(app.count("users"), 0);
}

/// R5: an answer has all that was ever kept of somebody, and fifty of them are one too many.
fn r5_a_batch_exports_once_at_most(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let export = json!({"method": "GET", "path": "/v1/users/me/export"});
    let reply = ada.client.post("/v1/batch", &json!({"operations": [export, export]}));
    assert_eq!(statuses(&reply), [200, 422]);
    assert_eq!(results(&reply)[1]["body"]["code"], "batch.too_many_exports");
    let two = json!({"query": "{a: export(userId: \"me\") {user {id}} b: export(userId: \"me\") {user {id}}}"});
    let refused = ada.client.post("/graphql", &two);
    assert_eq!(refused.at("/errors/0/extensions/code"), "graphql.too_many_exports");
}

/// G2: passwords and the work of hashing are not multiplied.
fn g2_a_batch_checks_one_password_at_most(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let guess = |n: usize| {
        json!({"method": "POST", "path": "/v1/sessions",
            "body": {"login": "ada", "password": format!("wrong horse battery {n}")}})
    };
    let register = json!({"method": "POST", "path": "/v1/users", "body": a_registration("bob")});
    let prove = json!({"method": "POST", "path": "/v1/sessions/current/reauthenticate",
        "body": {"password": PASSWORD}});
    let operations: Vec<_> = (0..90).map(guess).chain([register, prove]).collect();
    let hashed = app.hasher.verifications();
    let reply = ada.client.post("/v1/batch", &json!({"operations": operations}));
    assert_eq!(statuses(&reply)[0], 401);
    assert!(statuses(&reply)[1..].iter().all(|status| *status == 422));
    assert!(app.hasher.verifications() <= hashed + 1);
    assert_eq!(app.count("users"), 1);
}

fn z2_a_batch_opens_nothing_that_is_shut_alone(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let bob = given::a_verified_user(app).with_username("bob").signed_in();
    let before = app.everything();
    let path = |rest: &str| format!("/v1/users/{}{rest}", ada.id);
    let operations = json!({"operations": [
        {"method": "GET", "path": path("")},
        {"method": "PATCH", "path": path("/profile"), "body": {"bio": "x"}},
        {"method": "POST", "path": path("/emails"), "body": {"email": "x@work.example"}},
        {"method": "PUT", "path": path("/roles"), "body": {"roles": ["admin"]}},
        {"method": "DELETE", "path": path("?erase=true")},
        {"method": "GET", "path": "/v1/users"},
        {"method": "POST", "path": "/v1/users/me/ban", "body": {"reason": "x"}},
    ]});
    let reply = bob.client.post("/v1/batch", &operations).expect(200);
    assert_eq!(statuses(&reply), [404, 404, 404, 404, 404, 403, 403]);
    assert_eq!(app.everything(), before);
    app.client().post("/v1/batch", &operations).expect_problem(401, "access.unauthenticated");
}

fn v7_a_faulty_batch_is_told_all_at_once(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let body = json!({"atomic": "yes", "operations": [
        {"method": "GET"}, 7, {"method": "GET", "path": "/v1/users/me", "if_match": 3, "x": 1},
    ]});
    let faults = [
        ("/atomic", "field.wrong_type"),
        ("/operations/0/path", "field.required"),
        ("/operations/1", "field.wrong_type"),
        ("/operations/2/if_match", "field.wrong_type"),
        ("/operations/2/x", "field.unknown"),
    ];
    ada.client.post("/v1/batch", &body).expect_faults(400, &faults);
    for operations in [json!([]), json!(vec![add_email("x"); 101])] {
        let reply = ada.client.post("/v1/batch", &json!({"operations": operations}));
        reply.expect_faults(400, &[("/operations", "list.length")]);
    }
    ada.client
        .post("/v1/batch", &json!({}))
        .expect_faults(400, &[("/operations", "field.required")]);
    let nowhere = json!({"operations": [
        {"method": "GET", "path": "/v1/nowhere"},
        {"method": "PUT", "path": "/v1/users/me"},
        {"method": "get", "path": "/v1/users/me"},
        {"method": "POST", "path": "/v1/batch", "body": {"operations": []}},
        {"method": "GET", "path": "/livez"},
        {"method": "PATCH", "path": "/v1/users/by-email/profile", "body": {}},
        {"method": "GET", "path": "/v1/users/me?x=1"},
        {"method": "GET", "path": "http://example.org/v1/users/me"},
        {"method": "GET", "path": ""},
    ]});
    let reply = ada.client.post("/v1/batch", &nowhere).expect(200);
    assert_eq!(statuses(&reply), [404, 405, 405, 405, 404, 405, 400, 404, 404]);
}

fn c6_a_batch_that_is_sent_again_does_what_is_missing(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let client = ada.client.header("idempotency-key", "k-1");
    let operations =
        json!({"operations": [add_email("a@work.example"), add_email("b@work.example")]});
    let first = client.post("/v1/batch", &operations).expect(200);
    let again = client.post("/v1/batch", &operations).expect(200);
    assert_eq!(results(&first), results(&again));
    assert_eq!(app.count("user_emails"), 3);

    let client = ada.client.header("idempotency-key", "k-2");
    let operations = json!({"atomic": true, "operations": [add_email("d@work.example")]});
    let first = client.post("/v1/batch", &operations).expect(200);
    assert_eq!(client.post("/v1/batch", &operations).expect(200).text, first.text);
    assert_eq!(app.count("user_emails"), 4);
}

fn c6_a_key_stands_for_one_batch_as_a_whole(app: &TestApp) {
    let ada = given::a_verified_user(app).signed_in();
    let edit = |username: &str, if_match: &str| {
        let body = json!({"username": username});
        json!({"method": "PATCH", "path": "/v1/users/me", "body": body, "if_match": if_match})
    };
    let (stale, anew) = (edit("lovelace", "\"999\""), edit("lovelace", "*"));
    let nowhere = json!({"method": "GET", "path": "/v1/nowhere"});
    for (at, is_atomic) in [false, true].into_iter().enumerate() {
        let client = ada.client.header("idempotency-key", &format!("k-{at}"));
        let reply = |is_atomic: bool, operations: &[&Value]| {
            client.post("/v1/batch", &json!({"atomic": is_atomic, "operations": operations}))
        };
        assert_eq!(statuses(&reply(is_atomic, &[&stale]).expect(200)), [412]);
        for (is_atomic, operations) in [
            (is_atomic, [&anew].as_slice()),
            (is_atomic, &[&stale, &nowhere]),
            (is_atomic, &[&nowhere, &stale]),
            (!is_atomic, &[&stale]),
        ] {
            let reply = reply(is_atomic, operations);
            reply.expect_problem(422, "idempotency_key.reused");
        }
        assert_eq!(statuses(&reply(is_atomic, &[&stale]).expect(200)), [412]);
    }
}

through_rest_and_graphql!(
    each_operation_has_an_answer_of_its_own,
    what_was_done_before_a_refusal_lasts,
    an_atomic_batch_is_done_as_a_whole,
    an_atomic_batch_is_undone_as_a_whole,
    an_atomic_batch_takes_edits_alone,
    an_operation_may_name_the_version_that_it_is_of,
    s3_what_comes_after_the_own_sign_out_is_refused,
    a_user_erases_itself_by_a_batch_with_a_key,
    g2_a_batch_checks_one_password_at_most,
    z2_a_batch_opens_nothing_that_is_shut_alone,
    v7_a_faulty_batch_is_told_all_at_once,
    c6_a_batch_that_is_sent_again_does_what_is_missing,
    c6_a_key_stands_for_one_batch_as_a_whole,
);

on_both!(r5_a_batch_exports_once_at_most);
