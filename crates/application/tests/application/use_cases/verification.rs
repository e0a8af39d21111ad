use chrono::TimeDelta;
use userdom_application::{AppError, testing::given};
use userdom_domain::{StatusNote, UniqueKey, UserStatus};

use super::world::{World, as_ada, assert_err, by, by_a, by_nobody, token_in};
use userdom_application::use_cases::RegisterUser;
use userdom_domain::{UserId, UserRole};

#[test]
fn the_link_verifies_the_email_and_activates_the_user() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let changed = world.app.verify_email(&token).unwrap();
    assert!(changed.value.is_verified);
    assert_eq!(changed.version, 2);
    let ada = world.user(ada.id());
    assert_eq!(ada.user().status(), UserStatus::Active);
    assert!(ada.user().email_verified());
    assert_eq!(ada.version(), 2);
}

#[test]
fn r20_the_first_verified_email_becomes_the_default() {
    let world = World::new();
    let user = given::a_pending_user().with_unverified_email("second@example.org").build();
    let user = world.has(user);
    let second = user.emails()[1].id();
    world.app.resend_verification(&by_nobody(), user.id(), second).unwrap();
    let token = token_in(&world.deliver()[0]);
    assert!(world.app.verify_email(&token).unwrap().value.is_default);
}

#[test]
fn a_link_works_once() {
    let world = World::new();
    let (_, token) = world.registered_ada();
    world.app.verify_email(&token).unwrap();
    assert_err!(world.app.verify_email(&token), AppError::TokenNotValid);
}

#[test]
fn a_newer_link_replaces_the_older_one() {
    let world = World::new();
    let (ada, old) = world.registered_ada();
    world.app.resend_verification(&by_nobody(), ada.id(), ada.emails()[0].id()).unwrap();
    let new = token_in(&world.deliver()[0]);
    assert_err!(world.app.verify_email(&old), AppError::TokenNotValid);
    world.app.verify_email(&new).unwrap();
}

#[test]
fn a_link_ends_after_exactly_24_hours() {
    let world = World::new();
    let (_, token) = world.registered_ada();
    world.clock.advance(TimeDelta::hours(24));
    assert_err!(world.app.verify_email(&token), AppError::TokenNotValid);
    world.clock.advance(TimeDelta::microseconds(-1));
    world.app.verify_email(&token).unwrap();
}

#[test]
fn what_is_no_verification_token_is_not_valid() {
    let world = World::new();
    world.has(given::an_active_user().with_username("bob").build());
    let access = world.sign_in("bob", given::PASSWORD).unwrap();
    let (_, token) = world.registered_ada();
    for noise in ["", "ü", "ud_ev_", access.as_str(), &token[..token.len() - 1]] {
        assert_err!(world.app.verify_email(noise), AppError::TokenNotValid);
    }
}

#[test]
fn the_link_of_a_removed_email_is_not_valid() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let first = ada.emails()[0].id();
    world.change(ada.id(), |ada| {
        let (email, now) = (given::email("other@example.org"), given::now());
        let kind = userdom_domain::ContactType::Work;
        ada.add_email(given::an_email_id(), email, kind, true, now).unwrap();
        ada.remove_email(first, now).unwrap();
    });
    assert_err!(world.app.verify_email(&token), AppError::TokenNotValid);
}

#[test]
fn the_link_of_a_banned_or_deleted_user_is_not_valid() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let note = StatusNote::new("spam", given::a_user_id(), None).unwrap();
    world.change(ada.id(), |ada| ada.ban(note, given::now()).unwrap());
    assert_err!(world.app.verify_email(&token), AppError::TokenNotValid);
    world.change(ada.id(), |ada| ada.delete(given::now()).unwrap());
    assert_err!(world.app.verify_email(&token), AppError::TokenNotValid);
}

#[test]
fn r21_an_address_that_another_account_has_verified_meanwhile_is_taken() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let bob = RegisterUser { username: given::username("Bob"), ..as_ada() };
    world.app.register(&bob).unwrap();
    world.app.verify_email(&token_in(&world.deliver()[0])).unwrap();
    let late = world.app.verify_email(&token);
    assert_err!(late, AppError::Taken(UniqueKey::VerifiedEmail));
    assert_eq!(world.user(ada.id()).user().status(), UserStatus::Pending);
}

#[test]
fn three_mails_an_hour_go_to_one_email() {
    let world = World::new();
    let (ada, _) = world.registered_ada();
    let resend = || {
        let asked = world.app.resend_verification(&by_nobody(), ada.id(), ada.emails()[0].id());
        asked.unwrap();
        world.deliver().len()
    };
    assert_eq!([resend(), resend(), resend(), resend()], [1, 1, 0, 0]);
    world.clock.advance(TimeDelta::minutes(61));
    assert_eq!(resend(), 1);
}

#[test]
fn who_asks_for_a_mail_in_vain_learns_nothing() {
    let world = World::new();
    let active = given::an_active_user().with_unverified_email("second@example.org").build();
    let active = world.has(active);
    let pending = world.has(given::a_pending_user().build());
    let (verified, unverified) = (active.emails()[0].id(), active.emails()[1].id());
    let vain = [
        (by_nobody(), given::a_user_id(), unverified),
        (by_nobody(), active.id(), unverified),
        (by_a(UserRole::User), active.id(), unverified),
        (by_a(UserRole::Moderator), active.id(), unverified),
        (by(&active), active.id(), verified),
        (by_nobody(), pending.id(), unverified),
        (by_nobody(), pending.id(), given::an_email_id()),
    ];
    for (caller, user, email) in vain {
        world.app.resend_verification(&caller, user, email).unwrap();
    }
    assert!(world.deliver().is_empty());
    assert_eq!(world.user(active.id()), active);
}

#[test]
fn an_active_user_asks_for_an_own_email() {
    let world = World::new();
    let user = given::an_active_user().with_unverified_email("second@example.org").build();
    let user = world.has(user);
    let second = user.emails()[1].id();
    world.app.resend_verification(&by(&user), user.id(), second).unwrap();
    let mails = world.deliver();
    assert_eq!(mails[0].to.as_str(), "second@example.org");
    let changed = world.app.verify_email(&token_in(&mails[0])).unwrap();
    assert!(!changed.value.is_default, "R20: the default was verified already");
}

#[test]
fn the_tokens_of_two_registrations_do_not_meet() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let bob = RegisterUser {
        username: given::username("Bob"),
        email: given::email("bob@example.org"),
        ..as_ada()
    };
    let bob = UserId::from_uuid(world.app.register(&bob).unwrap().id);
    world.app.verify_email(&token).unwrap();
    assert_eq!(world.user(ada.id()).user().status(), UserStatus::Active);
    assert_eq!(world.user(bob).user().status(), UserStatus::Pending);
}
