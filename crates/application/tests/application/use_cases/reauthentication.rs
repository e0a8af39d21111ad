//! Proving anew who one is (A3).

use chrono::TimeDelta;
use userdom_application::{
    Actor, AppError, Caller, Service,
    ports::{Clock, Limit},
    testing::given,
    use_cases::{EraseUser, OpenedSession, Proof},
};
use uuid::Uuid;

use super::requests::{reauthenticate, sign_out};
use super::{
    trust::{access_lives, ada, holder, lines, open, proved_before, refresh_lives},
    world::{World, assert_err, by_nobody},
};

fn password(text: &str) -> Proof {
    Proof::Password(given::password(text))
}

fn prove(world: &World, caller: &Caller, text: &str) -> Result<OpenedSession, AppError> {
    world.app.execute(caller, &reauthenticate(&password(text)))
}

/// Seen to fail with a renewal that skips no generation: the old refresh token still worked.
#[test]
fn a3_a_right_password_renews_the_session_and_ends_its_tokens() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    world.clock.advance(TimeDelta::minutes(14));
    let renewed = prove(&world, &holder(&world, &session), given::PASSWORD).unwrap();
    assert_eq!(renewed.session.id, session.session.id);
    assert_eq!(renewed.session.authenticated_at, world.clock.now());
    assert!(access_lives(&world, &renewed) && !access_lives(&world, &session));
    assert_eq!(lines(&world, ada.id(), "session.reauthenticated"), 1);
    assert!(!refresh_lives(&world, &session), "not even for ten seconds");
}

#[test]
fn a3_a_wrong_password_counts_like_a_sign_in() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    let caller = holder(&world, &session);
    for count in 1..=5 {
        assert_err!(prove(&world, &caller, "wrong"), AppError::ProofRefused);
        assert_eq!(world.user(ada.id()).lockout().failed_attempts(), count);
    }
    assert_err!(prove(&world, &caller, given::PASSWORD), AppError::ProofRefused);
    assert_eq!(world.hasher.real_checks(), 6, "five guesses and the sign-in");
    assert_err!(world.sign_in("ada", given::PASSWORD), AppError::SignInRefused);
    assert!(access_lives(&world, &session), "the session itself goes on");
}

#[test]
fn a3_a_right_password_forgets_the_misses_before_it() {
    let world = World::new();
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, "ada"));
    for _ in 0..4 {
        assert_err!(prove(&world, &caller, "wrong"), AppError::ProofRefused);
    }
    prove(&world, &caller, given::PASSWORD).unwrap();
    assert_eq!(world.user(ada.id()).lockout().failed_attempts(), 0);
}

#[test]
fn a3_a_proof_holds_for_fifteen_minutes() {
    let world = World::new();
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, "ada"));
    let erase = EraseUser { user_id: ada.id() };
    let late = TimeDelta::minutes(15) + TimeDelta::microseconds(1);
    let refused = world.app.execute(&proved_before(&caller, &world, late), &erase);
    assert_err!(refused, AppError::ReauthenticationRequired);
    let in_time = proved_before(&caller, &world, TimeDelta::minutes(15));
    world.app.execute(&in_time, &erase).unwrap();
}

#[test]
fn a_session_that_has_ended_proves_nothing() {
    let world = World::new();
    ada(&world);
    let caller = holder(&world, &open(&world, "ada"));
    world.app.execute(&caller, &sign_out()).unwrap();
    assert_err!(prove(&world, &caller, given::PASSWORD), AppError::Unauthenticated);
}

#[test]
fn neither_strangers_nor_services_prove_who_they_are() {
    let world = World::new();
    assert_err!(prove(&world, &by_nobody(), given::PASSWORD), AppError::Unauthenticated);
    let service =
        Service { key_id: Uuid::nil(), scopes: userdom_application::ports::Scope::ALL.into() };
    let caller = Caller { actor: Some(Actor::Service(service)), ..Caller::default() };
    assert_err!(prove(&world, &caller, given::PASSWORD), AppError::Forbidden);
}

#[test]
fn who_tries_too_often_has_to_wait() {
    let world = World::new();
    ada(&world);
    let caller = holder(&world, &open(&world, "ada"));
    for _ in 0..10 {
        assert_err!(prove(&world, &caller, "wrong"), AppError::ProofRefused);
    }
    let Err(AppError::TooOften(exceeded)) = prove(&world, &caller, "wrong") else {
        panic!("too many")
    };
    assert_eq!(exceeded.limit, Limit::CodeUser);
}
