use chrono::TimeDelta;
use userdom_application::{
    AppError, Caller,
    ports::{TokenKind, TokenMint},
    testing::{TestMint, given},
};
use userdom_domain::{StatusNote, UserAggregate, UserId, UserRole};
use uuid::Uuid;

use super::requests::sign_out;
use super::world::{World, assert_err, by_nobody};

fn signed_in(world: &World) -> (UserAggregate, String) {
    let user = given::an_active_user().with_username("ada").with_role(UserRole::Moderator).build();
    let user = world.has(user);
    (user, world.sign_in("ada", given::PASSWORD).unwrap())
}

fn caller(world: &World, token: &str) -> Caller {
    Caller { actor: Some(world.app.authenticate(token).unwrap()), ..Caller::default() }
}

fn note(until: Option<chrono::DateTime<chrono::Utc>>) -> StatusNote {
    StatusNote::new("spam", given::a_user_id(), until).unwrap()
}

#[test]
fn a_token_says_who_calls() {
    let world = World::new();
    let (user, token) = signed_in(&world);
    let actor = world.app.authenticate(&token).unwrap();
    assert_eq!(actor.user_id(), Some(user.id()));
    assert_eq!(&actor.user().unwrap().roles, user.roles());
    assert_eq!(actor.highest_role(), UserRole::Moderator);
}

#[test]
fn a_token_ends_after_15_minutes() {
    let world = World::new();
    let (_, token) = signed_in(&world);
    world.clock.advance(TimeDelta::minutes(15) - TimeDelta::microseconds(1));
    world.app.authenticate(&token).unwrap();
    world.clock.advance(TimeDelta::microseconds(1));
    assert_err!(world.app.authenticate(&token), AppError::Unauthenticated);
}

#[test]
fn what_is_no_access_token_is_refused() {
    let world = World::new();
    let (_, token) = signed_in(&world);
    let mint = TestMint::default();
    let other_kind = mint.derived(TokenKind::EmailVerification, Uuid::from_u128(1));
    let unknown = mint.derived(TokenKind::Access, Uuid::from_u128(12345));
    let cut = &token[..token.len() - 1];
    for noise in ["", "ü", "ud_at_", cut, other_kind.expose(), unknown.expose()] {
        assert_err!(world.app.authenticate(noise), AppError::Unauthenticated);
    }
}

#[test]
fn signing_out_ends_that_session_alone() {
    let world = World::new();
    let (_, token) = signed_in(&world);
    let other = world.sign_in("ada", given::PASSWORD).unwrap();
    let caller = caller(&world, &token);
    world.app.execute(&caller, &sign_out()).unwrap();
    world.app.execute(&caller, &sign_out()).unwrap();
    assert_err!(world.app.authenticate(&token), AppError::Unauthenticated);
    world.app.authenticate(&other).unwrap();
    assert_err!(world.app.execute(&by_nobody(), &sign_out()), AppError::Unauthenticated);
}

#[test]
fn r14_a_suspended_user_is_refused_until_the_end() {
    let world = World::new();
    let (user, token) = signed_in(&world);
    let end = given::now() + TimeDelta::minutes(5);
    world.change(user.id(), |user| {
        user.suspend(note(Some(end)), given::now()).unwrap();
    });
    assert_err!(world.app.authenticate(&token), AppError::Unauthenticated);
    world.clock.set(end);
    world.app.authenticate(&token).unwrap();
}

#[test]
fn r14_who_is_banned_deleted_or_suspended_without_end_is_refused() {
    type Change = fn(&mut UserAggregate);
    let changes: [Change; 3] = [
        |user| user.suspend(note(None), given::now()).unwrap(),
        |user| user.ban(note(None), given::now()).unwrap(),
        |user| user.delete(given::now()).unwrap(),
    ];
    for change in changes {
        let world = World::new();
        let (user, token) = signed_in(&world);
        world.change(user.id(), change);
        assert_err!(world.app.authenticate(&token), AppError::Unauthenticated);
    }
}

#[test]
fn new_roles_count_at_once() {
    let world = World::new();
    let (user, token) = signed_in(&world);
    world.change(user.id(), |user| {
        user.set_roles([UserRole::Guest].into(), given::now()).unwrap();
    });
    assert_eq!(world.app.authenticate(&token).unwrap().highest_role(), UserRole::Guest);
}

#[test]
fn the_store_is_asked_whether_it_is_ready() {
    assert!(World::new().app.is_ready());
}

#[test]
fn a_user_reads_itself_with_its_session() {
    let world = World::new();
    let (user, token) = signed_in(&world);
    let view = world.app.get_user(&caller(&world, &token), user.id()).unwrap();
    assert_eq!(UserId::from_uuid(view.id), user.id());
}
