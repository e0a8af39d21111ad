use std::collections::BTreeSet;

use serde_json::json;
use userdom_application::ports::Clock;
use userdom_infrastructure::external::SystemClock;
use userdom_tests::{
    databases::Kind,
    process::{PASSWORD, eventually, registration},
};

use super::{
    instances::{Instances, assert_among, count},
    support::alone,
};

const AT_ONCE: usize = 200;

/// Seen to fail with a token that is looked up first and marked then: 7 winners (Postgres).
fn a_verification_link_works_once(kind: Kind) {
    let _alone = alone();
    let instances = Instances::new(kind);
    let body = registration("ada");
    instances.first().call("POST", "/v1/users", Some(&body)).expect(201);
    let token = instances.first().mailed_token("ada@example.org");
    let finishes = instances.race(
        AT_ONCE,
        ("POST", "/v1/email-verifications"),
        "",
        |_| json!({"token": token}),
    );
    assert_eq!(count(&finishes, 200), 1);
    assert_among(&finishes, &[200, 422, 503]);
}

/// Seen to fail with a token that is looked up first and marked then: 2 winners (Postgres).
fn a_reset_link_works_once(kind: Kind) {
    let _alone = alone();
    let instances = Instances::new(kind);
    instances.first().account("ada");
    let ask = json!({"email": "ada@example.org"});
    instances.first().call("POST", "/v1/password-resets", Some(&ask)).expect(202);
    let token = instances.first().mailed_link("ada@example.org", "reset-password");
    let password = |n: usize| format!("a longer horse battery {n}");
    let finishes = instances.race(
        50,
        ("POST", "/v1/password-resets/confirm"),
        "",
        |n| json!({"token": token, "new_password": password(n)}),
    );
    assert_eq!(count(&finishes, 204), 1);
    assert_among(&finishes, &[204, 422, 503]);
    let won = finishes.iter().position(|(status, _)| *status == 204).unwrap();
    instances.last().sign_in("ada", &password(won)).expect(201);
}

/// The user's row is locked before the code is looked at, so this holds even with a step that is
/// read first and stored then; that one is seen to fail in the contract of the stores. Seen to fail
/// here with a step that is stored without a look at the last one: 30 winners.
fn a_code_of_the_authenticator_opens_once(kind: Kind) {
    let _alone = alone();
    let instances = Instances::new(kind);
    let ada = instances.first().account("ada");
    let (telephone, _) = instances.enrol(&ada);
    let challenges: Vec<_> = (0..30).map(|_| instances.challenge("ada")).collect();
    let code = telephone.code_at(SystemClock.now());
    let finishes = instances.race(
        30,
        ("POST", "/v1/sessions/challenge"),
        "",
        |n| json!({"challenge": challenges[n], "totp": code}),
    );
    assert_eq!(count(&finishes, 201), 1);
    assert_among(&finishes, &[201, 401, 409, 503]);
}

/// Seen to fail with codes that are taken whether or not they were used: 30 winners.
fn a_recovery_code_opens_once(kind: Kind) {
    let _alone = alone();
    let instances = Instances::new(kind);
    let ada = instances.first().account("ada");
    let (_, codes) = instances.enrol(&ada);
    let challenges: Vec<_> = (0..30).map(|_| instances.challenge("ada")).collect();
    let finishes = instances.race(
        30,
        ("POST", "/v1/sessions/challenge"),
        "",
        |n| json!({"challenge": challenges[n], "recovery_code": codes[0]}),
    );
    assert_eq!(count(&finishes, 201), 1);
    assert_among(&finishes, &[201, 401, 409, 503]);
}

/// Wrong codes at one challenge: five guesses, and the right one is refused after them.
/// Seen to fail with a count that is read first and written then: 9 guesses (Postgres).
fn a_challenge_has_five_guesses(kind: Kind) {
    let _alone = alone();
    let instances = Instances::new(kind);
    let ada = instances.first().account("ada");
    let (telephone, _) = instances.enrol(&ada);
    let challenge = instances.challenge("ada");
    let finishes = instances.race(
        AT_ONCE,
        ("POST", "/v1/sessions/challenge"),
        "",
        |_| json!({"challenge": challenge, "totp": "000000"}),
    );
    assert_among(&finishes, &[401, 503]);
    let guesses = "SELECT CAST(guesses AS TEXT) AS value FROM totp_credentials";
    assert_eq!(instances.texts(guesses), ["5"]);
    let right = json!({"challenge": challenge, "totp": telephone.code_at(SystemClock.now())});
    instances.last().call("POST", "/v1/sessions/challenge", Some(&right)).expect(401);
}

/// The successor is derived, so that even a renewal that does not look at the generation gives
/// everybody the same one; that it must look is seen to fail in the contract of the stores. Seen to
/// fail here with tokens of any generation renewed: 131 successors (Postgres).
fn a_refresh_token_has_one_successor(kind: Kind) {
    let _alone = alone();
    let instances = Instances::new(kind);
    instances.first().account("ada");
    let session = instances.first().sign_in("ada", PASSWORD).expect(201).body;
    let refresh = json!({"refresh_token": session["refresh_token"]});
    let path = ("POST", "/v1/sessions/refresh");
    let finishes = instances.race(AT_ONCE, path, "", |_| refresh.clone());
    assert_among(&finishes, &[200, 409, 503]);
    let successors: BTreeSet<_> = finishes
        .iter()
        .filter(|(status, _)| *status == 200)
        .map(|(_, body)| (body["access_token"].to_string(), body["refresh_token"].to_string()))
        .collect();
    assert_eq!(successors.len(), 1);
    let (access, _) = successors.first().unwrap();
    let bearer = format!("Bearer {}", access.trim_matches('"'));
    let me = instances.last().send("GET", "/v1/users/me", &[("authorization", &bearer)], None);
    me.unwrap().expect(200);
}

fn a_code_of_a_text_message_works_once(kind: Kind) {
    let _alone = alone();
    let instances = Instances::new(kind);
    let service = instances.first();
    let ada = service.account("ada");
    let phone = json!({"phone_number": "+442079460018"});
    let phone = service.call_as(&ada, "POST", "/v1/users/me/phones", Some(&phone)).expect(201);
    let path = format!("/v1/users/me/phones/{}/verification", phone.body["id"].as_str().unwrap());
    service.call_as(&ada, "POST", &path, None).expect(202);
    let folder = service.data().join("sms");
    let message = eventually("the text message", std::time::Duration::from_secs(20), || {
        let file = std::fs::read_dir(&folder).ok()?.find_map(Result::ok)?;
        std::fs::read_to_string(file.path()).ok().filter(|text| text.contains("is your code"))
    });
    let (before, _) = message.split_once(" is your code").unwrap();
    let code = before[before.len() - 6..].to_owned();
    let confirm = format!("{path}/confirm");
    let finishes = instances.race(5, ("POST", &confirm), &ada.token, |_| json!({"code": code}));
    assert_eq!(count(&finishes, 200), 1);
    assert_among(&finishes, &[200, 422, 409, 503]);
}

macro_rules! on_one_and_on_two_instances {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use userdom_tests::databases::Kind;

            #[test]
            fn c5_on_sqlite() {
                super::$name(Kind::Sqlite);
            }

            #[test]
            fn c5_on_two_instances() {
                super::$name(Kind::Postgres);
            }
        }
    )+};
}

on_one_and_on_two_instances!(
    a_verification_link_works_once,
    a_reset_link_works_once,
    a_code_of_the_authenticator_opens_once,
    a_recovery_code_opens_once,
    a_challenge_has_five_guesses,
    a_refresh_token_has_one_successor,
    a_code_of_a_text_message_works_once,
);
