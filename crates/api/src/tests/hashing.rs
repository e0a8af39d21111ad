//! Which requests wait for a password to be hashed, and which do not.

use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

use super::*;
use crate::http::endpoint::Hashing;

#[test]
fn a_flood_of_passwords_leaves_room_for_everybody_else() {
    let state = state();
    let turn =
        actix_web::rt::System::new().block_on(state.hashing.turn(Hashing::Strangers)).unwrap();
    let answer = send_to(state.clone(), post("/v1/sessions", &json!({})));
    assert_eq!(answer.problem(), problem("service.busy", 503));
    let answer = send_to(state, post("/v1/sessions/refresh", &json!({})));
    assert_eq!(answer.problem(), problem("request.invalid", 400));
    drop(turn);
}

#[test]
fn c6_a_password_waits_for_its_turn_through_every_interface() {
    let guess = json!({"login": "ada", "password": "a wrong guess"});
    let operation = json!({"method": "POST", "path": "/v1/sessions", "body": guess});
    let mutation = "mutation ($it: NewSessionInput!) { signIn(input: $it) { __typename } }";
    let doors = [
        ("/v1/sessions", guess.clone()),
        ("/v1/batch", json!({"operations": [operation]})),
        ("/graphql", json!({"query": mutation, "variables": {"it": guess}})),
    ];
    let state = state();
    let turn = System::new().block_on(state.hashing.turn(Hashing::Strangers)).unwrap();
    for (path, body) in doors {
        let token = ("Authorization", "Bearer ud_at_1");
        let answer = send_to(state.clone(), post(path, &body).insert_header(token));
        assert!(answer.body.contains("service.busy"), "{path}: {}", answer.body);
    }
    drop(turn);
}

#[test]
fn c6_who_is_refused_before_the_hashing_does_not_wait_for_it() {
    let state = state();
    let queues = Arc::clone(&state.hashing);
    let turns = System::new().block_on(async move {
        [queues.turn(Hashing::Strangers).await, queues.turn(Hashing::Own).await]
    });
    let path = "/v1/sessions/current/reauthenticate";
    let own = post(path, &json!({})).insert_header(("Authorization", "Bearer ud_at_1"));
    assert_eq!(send_to(state.clone(), own).problem(), problem("store.unavailable", 503));
    let peer = "192.0.2.1:7".parse().unwrap();
    let counted = post("/v1/sessions", &json!({})).peer_addr(peer);
    assert_eq!(send_to(state, counted).problem(), problem("rate_limit.exceeded", 429));
    drop(turns);
}

/// Hashes until it is stopped.
struct Endless {
    began: mpsc::Sender<()>,
    end: Mutex<mpsc::Receiver<()>>,
}

impl PasswordHasher for Endless {
    fn hash(&self, _: &Password) -> Result<PasswordHash, HashingError> {
        self.began.send(()).unwrap();
        let _ = self.end.lock().unwrap().recv();
        Err(HashingError::Busy)
    }
    fn verify(&self, _: &Password, _: Option<&PasswordHash>) -> Result<Verification, HashingError> {
        Err(HashingError::Busy)
    }
}

#[test]
fn c6_a_client_that_leaves_keeps_its_turn_until_its_hash_is_done() {
    let (begins, began) = mpsc::channel();
    let (ends, end) = mpsc::channel();
    let hasher = Endless { began: begins, end: Mutex::new(end) };
    let app = app_with(Arc::new(AnyStrength), Arc::new(hasher));
    let state = ApiState::new(app, Arc::new(Down), Arc::new(Down), 1);
    let queues = Arc::clone(&state.hashing);
    System::new().block_on(async move {
        let server = Server::new().configure(|config| routes(config, state));
        let server = test::init_service(server).await;
        let request = post("/v1/users", &registration()).to_request();
        let call = actix_web::rt::spawn(server.call(request));
        while began.try_recv().is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        call.abort();
        assert!(call.await.is_err());
        assert!(queues.turn(Hashing::Strangers).await.is_err());
        ends.send(()).unwrap();
        assert!(queues.turn(Hashing::Strangers).await.is_ok());
    });
}
