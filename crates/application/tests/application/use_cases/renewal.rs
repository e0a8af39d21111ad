//! Sessions that are renewed, listed and ended.

use std::thread;

use chrono::TimeDelta;
use userdom_application::{
    AppError, Resource,
    ports::{Clock, TokenMint},
    testing::{TestMint, given},
    use_cases::{EndSession, EndSessions, OpenedSession},
};
use userdom_domain::{StatusNote, UserRole};

use super::requests::refresh_session;
use super::{
    trust::{access_lives, ada, from_somewhere, holder, id_of, lines, open, refresh_lives},
    world::{World, assert_err, by, by_a, by_nobody},
};

fn refresh(world: &World, session: &OpenedSession) -> Result<OpenedSession, AppError> {
    world.app.execute(&from_somewhere(), &refresh_session(session.refresh_token.expose()))
}

fn tokens(session: &OpenedSession) -> [String; 2] {
    [&session.access_token, &session.refresh_token].map(|token| token.expose().to_owned())
}

#[test]
fn s4_a_refresh_gives_new_tokens_and_ends_the_access_token() {
    let world = World::new();
    let ada = ada(&world);
    let first = open(&world, "ada");
    world.clock.advance(TimeDelta::minutes(10));
    let second = refresh(&world, &first).unwrap();
    assert_eq!(second.session.id, first.session.id);
    assert_eq!(second.user.id, ada.id().as_uuid());
    assert_eq!(second.expires_in, 900);
    assert!(access_lives(&world, &second) && !access_lives(&world, &first));
    assert!(second.device_token.is_none());
    assert_eq!(second.session.authenticated_at, first.session.authenticated_at, "no new proof");
    assert_eq!(second.session.last_used_at, world.clock.now());
}

#[test]
fn s4_who_lost_the_answer_gets_the_same_successor_for_ten_seconds() {
    let world = World::new();
    ada(&world);
    let first = open(&world, "ada");
    let second = refresh(&world, &first).unwrap();
    world.clock.advance(TimeDelta::seconds(10));
    let again = refresh(&world, &first).unwrap();
    assert_eq!(tokens(&again), tokens(&second));
    assert_eq!(again.expires_in, 890);
    assert!(access_lives(&world, &second));
}

/// Seen to fail with a grace that never ends.
#[test]
fn s4_after_that_it_is_reuse_and_ends_the_session() {
    let world = World::new();
    let ada = ada(&world);
    let (first, other) = (open(&world, "ada"), open(&world, "ada"));
    let second = refresh(&world, &first).unwrap();
    world.clock.advance(TimeDelta::seconds(10) + TimeDelta::microseconds(1));
    assert_err!(refresh(&world, &first), AppError::Unauthenticated);
    assert!(!access_lives(&world, &second) && !refresh_lives(&world, &second));
    assert!(access_lives(&world, &other), "the other session is another matter");
    assert_eq!(lines(&world, ada.id(), "session.refresh_reused"), 1);
    assert_err!(refresh(&world, &first), AppError::Unauthenticated);
    assert_eq!(lines(&world, ada.id(), "session.refresh_reused"), 1, "once a session");
}

#[test]
fn s4_a_token_of_two_generations_ago_is_reuse_at_once() {
    let world = World::new();
    ada(&world);
    let first = open(&world, "ada");
    let second = refresh(&world, &first).unwrap();
    let third = refresh(&world, &second).unwrap();
    assert_err!(refresh(&world, &first), AppError::Unauthenticated);
    assert!(!access_lives(&world, &third) && !refresh_lives(&world, &third));
}

#[test]
fn s4_of_many_at_once_all_get_one_successor() {
    let world = World::new();
    ada(&world);
    let first = open(&world, "ada");
    let mut seen: Vec<_> = thread::scope(|scope| {
        let refreshes: Vec<_> =
            (0..12).map(|_| scope.spawn(|| tokens(&refresh(&world, &first).unwrap()))).collect();
        refreshes.into_iter().map(|refresh| refresh.join().unwrap()).collect()
    });
    seen.dedup();
    assert_eq!(seen.len(), 1);
    world.app.authenticate(&seen[0][0]).unwrap();
}

#[test]
fn s5_what_is_no_refresh_token_of_a_session_is_noise() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    let (id, text) = (session.session.id, session.refresh_token.expose());
    let forged = [
        TestMint::default().refresh(id, &[9; 32], 0),
        TestMint::default().refresh(id, &[9; 32], 7),
        TestMint::default().refresh(given::a_user_id().as_uuid(), &[9; 32], 0),
    ];
    let mut noise: Vec<_> = forged.iter().map(|token| token.expose().to_owned()).collect();
    noise.extend(["", "ü", "ud_rt_"].map(str::to_owned));
    noise.extend([session.access_token.expose().to_owned(), text[..text.len() - 1].to_owned()]);
    noise.extend([format!("{text}0"), text.to_uppercase(), "x".repeat(1 << 20)]);
    for token in noise {
        let refused = world.app.execute(&from_somewhere(), &refresh_session(&token));
        assert_err!(refused, AppError::Unauthenticated);
    }
    assert!(access_lives(&world, &session), "a forgery ends nobody's session");
    assert_eq!(lines(&world, ada.id(), "session.refresh_reused"), 0);
}

#[test]
fn s6_an_idle_session_ends_after_fourteen_days() {
    for (more, lives) in [(-1, true), (0, false)] {
        let world = World::new();
        ada(&world);
        let session = open(&world, "ada");
        world.clock.advance(TimeDelta::days(14) + TimeDelta::microseconds(more));
        assert_eq!(refresh(&world, &session).is_ok(), lives, "{more} µs");
    }
}

#[test]
fn s6_no_refresh_extends_a_session_past_ninety_days() {
    for (more, lives) in [(-1, true), (0, false)] {
        let world = World::new();
        ada(&world);
        let mut session = open(&world, "ada");
        for _ in 0..6 {
            world.clock.advance(TimeDelta::days(13));
            session = refresh(&world, &session).unwrap();
        }
        assert_eq!(session.session.expires_at, given::now() + TimeDelta::days(90));
        world.clock.set(given::now() + TimeDelta::days(90) + TimeDelta::microseconds(more));
        let last = refresh(&world, &session);
        assert_eq!(last.is_ok(), lives, "{more} µs");
        if let Ok(last) = last {
            assert_eq!(last.expires_in, 0, "the access token ends with the session");
        }
    }
}

#[test]
fn a_refresh_wants_an_account_that_may_sign_in() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    let end = given::now() + TimeDelta::minutes(5);
    let note = StatusNote::new("spam", given::a_user_id(), Some(end)).unwrap();
    world.change(ada.id(), |ada| ada.suspend(note, given::now()).unwrap());
    assert_err!(refresh(&world, &session), AppError::Unauthenticated);
    world.clock.set(end);
    refresh(&world, &session).unwrap();
}

#[test]
fn sessions_are_listed_with_device_and_last_use() {
    let world = World::new();
    let ada = ada(&world);
    let first = open(&world, "ada");
    world.clock.advance(TimeDelta::minutes(6));
    let second = open(&world, "ada");
    let caller = holder(&world, &first);
    let listed = world.app.list_sessions(&caller, ada.id()).unwrap();
    let ids: Vec<_> = listed.iter().map(|session| (session.id, session.is_current)).collect();
    assert_eq!(ids, [(second.session.id, false), (first.session.id, true)]);
    assert_eq!(listed[1].last_used_at, world.clock.now(), "the call itself");
    world.clock.advance(TimeDelta::minutes(4));
    holder(&world, &first);
    let listed = world.app.list_sessions(&caller, ada.id()).unwrap();
    assert_ne!(listed[1].last_used_at, world.clock.now(), "noted every five minutes");
}

#[test]
fn one_session_is_ended_from_another() {
    let world = World::new();
    ada(&world);
    let (this, other) = (open(&world, "ada"), open(&world, "ada"));
    let caller = holder(&world, &this);
    let (user_id, session_id) = id_of(&other);
    world.app.execute(&caller, &EndSession { user_id, session_id }).unwrap();
    assert!(access_lives(&world, &this));
    assert!(!access_lives(&world, &other) && !refresh_lives(&world, &other));
    let again = world.app.execute(&caller, &EndSession { user_id, session_id });
    assert_err!(again, AppError::NotFound(Resource::Session));
}

#[test]
fn signing_out_everywhere_ends_this_one_too() {
    let world = World::new();
    let ada = ada(&world);
    let (this, other) = (open(&world, "ada"), open(&world, "ada"));
    let end = EndSessions { user_id: ada.id() };
    world.app.execute(&holder(&world, &this), &end).unwrap();
    assert!(!access_lives(&world, &this) && !refresh_lives(&world, &this));
    assert!(!access_lives(&world, &other) && !refresh_lives(&world, &other));
    assert_eq!(lines(&world, ada.id(), "session.all_ended"), 1);
}

#[test]
fn z2_the_sessions_of_others_are_not_found() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    let bob = world.has(given::an_active_user().with_username("bob").build());
    let (user_id, session_id) = id_of(&session);
    let mixed = EndSession { user_id: bob.id(), session_id };
    assert_err!(world.app.execute(&by(&bob), &mixed), AppError::NotFound(Resource::Session));
    for (caller, expected) in [(by(&bob), "user not found"), (by_nobody(), "sign in first")] {
        let end = world.app.execute(&caller, &EndSession { user_id, session_id });
        assert_eq!(end.unwrap_err().to_string(), expected);
        let all = world.app.execute(&caller, &EndSessions { user_id });
        assert_eq!(all.unwrap_err().to_string(), expected);
    }
    assert_err!(world.app.list_sessions(&by(&bob), ada.id()), AppError::NotFound(Resource::User));
    assert!(access_lives(&world, &session));
    let moderator = by_a(UserRole::Moderator);
    world.app.execute(&moderator, &EndSession { user_id, session_id }).unwrap();
    assert!(!access_lives(&world, &session));
}
