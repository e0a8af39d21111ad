use chrono::TimeDelta;
use userdom_application::{
    AppError, Caller, Origin,
    ports::Clock,
    testing::{PlainHasher, given},
    use_cases::SignInStep,
};
use userdom_domain::{StatusNote, UserAggregate};

use super::world::{World, assert_err, attempt};

fn ada(world: &World) -> UserAggregate {
    let user = given::an_active_user().with_username("Ada").with_email("ada@example.org");
    world.has(user.with_unverified_email("ada@work.example").build())
}

fn failures(world: &World, user: &UserAggregate) -> u32 {
    world.user(user.id()).lockout().failed_attempts()
}

#[test]
fn a_user_signs_in_by_name_in_any_case_or_by_verified_email() {
    let world = World::new();
    let ada = ada(&world);
    for login in ["Ada", "aDA", "ada@example.org", " ADA@Example.org "] {
        let token = world.sign_in(login, given::PASSWORD).unwrap();
        assert_eq!(world.app.authenticate(&token).unwrap().user_id(), Some(ada.id()), "{login}");
    }
}

#[test]
fn the_answer_holds_the_session_and_the_user() {
    let world = World::new();
    let ada = ada(&world);
    world.clock.advance(TimeDelta::hours(1));
    let origin = Origin {
        ip_address: "192.0.2.1".to_owned(),
        user_agent: "ü".repeat(300),
        ..Origin::default()
    };
    let caller = Caller { origin, ..Caller::default() };
    let step = world.app.execute(&caller, &attempt("ada", given::PASSWORD)).unwrap();
    let SignInStep::Done(answer) = step else { panic!("there is no second factor") };
    assert_eq!(answer.expires_in, 900);
    assert_eq!(answer.session.user_agent.chars().count(), 255);
    assert_eq!(answer.session.ip_address, "192.0.2.1");
    assert_eq!(answer.user.last_login_at, Some(world.clock.now()));
    assert_eq!(answer.user.version, ada.version(), "a sign-in raises no version");
    assert!(!format!("{answer:?}").contains(answer.access_token.expose()));
    assert_eq!(world.user(ada.id()).last_login_at(), Some(world.clock.now()));
}

#[test]
fn r21_an_unverified_email_signs_nobody_in() {
    let world = World::new();
    ada(&world);
    assert_err!(world.sign_in("ada@work.example", given::PASSWORD), AppError::SignInRefused);
    assert_eq!((world.hasher.real_checks(), world.hasher.dummy_checks()), (0, 1));
}

#[test]
fn r17_a_wrong_password_is_refused_and_counted() {
    let world = World::new();
    let ada = ada(&world);
    for count in 1..=3 {
        assert_err!(world.sign_in("ada", "wrong"), AppError::SignInRefused);
        assert_eq!(failures(&world, &ada), count);
    }
    assert_eq!((world.hasher.real_checks(), world.hasher.dummy_checks()), (3, 0));
    world.sign_in("ada", given::PASSWORD).unwrap();
    assert_eq!(failures(&world, &ada), 0);
}

#[test]
fn an_unknown_login_costs_the_same_work() {
    let world = World::new();
    let unknown = ["nobody", "nobody@example.org", "", "@", "a b", "' OR 1=1 --", "\0"];
    for login in unknown {
        assert_err!(world.sign_in(login, given::PASSWORD), AppError::SignInRefused);
    }
    assert_eq!((world.hasher.real_checks(), world.hasher.dummy_checks()), (0, unknown.len()));
}

#[test]
fn r17_a_locked_account_checks_no_password_but_does_the_work() {
    let world = World::new();
    let ada = ada(&world);
    for _ in 0..5 {
        assert_err!(world.sign_in("ada", "wrong"), AppError::SignInRefused);
    }
    world.clock.advance(TimeDelta::minutes(14));
    assert_err!(world.sign_in("ada@example.org", given::PASSWORD), AppError::SignInRefused);
    assert_eq!((world.hasher.real_checks(), world.hasher.dummy_checks()), (5, 1));
    assert_eq!(failures(&world, &ada), 5);

    world.clock.advance(TimeDelta::minutes(1));
    assert_err!(world.sign_in("ada", "wrong"), AppError::SignInRefused);
    assert_eq!(failures(&world, &ada), 1, "an expired lock starts a new count");
    world.sign_in("ada", given::PASSWORD).unwrap();
}

#[test]
fn r17_the_fifth_attempt_may_still_be_right() {
    let world = World::new();
    let ada = ada(&world);
    for _ in 0..4 {
        assert_err!(world.sign_in("ada", "wrong"), AppError::SignInRefused);
    }
    world.sign_in("ada", given::PASSWORD).unwrap();
    assert_eq!(failures(&world, &ada), 0);
    assert_eq!(world.user(ada.id()).lockout().locked_until(), None);
}

#[test]
fn r16_a_pending_user_is_refused_and_the_right_password_clears_the_count() {
    let world = World::new();
    let user = world.has(given::a_pending_user().with_username("pending").build());
    assert_err!(world.sign_in("pending", "wrong"), AppError::SignInRefused);
    assert_eq!(failures(&world, &user), 1);
    assert_err!(world.sign_in("pending", given::PASSWORD), AppError::SignInRefused);
    assert_eq!(failures(&world, &user), 0);
    assert_eq!(world.user(user.id()).last_login_at(), None);
}

#[test]
fn r14_who_is_shut_out_is_refused_until_the_end() {
    let world = World::new();
    let ada = ada(&world);
    let until = world.clock.now() + TimeDelta::days(1);
    let note = StatusNote::new("spam", given::a_user_id(), Some(until)).unwrap();
    world.change(ada.id(), |ada| ada.suspend(note, given::now()).unwrap());
    assert_err!(world.sign_in("ada", given::PASSWORD), AppError::SignInRefused);
    world.clock.set(until);
    world.sign_in("ada", given::PASSWORD).unwrap();
    world.change(ada.id(), |ada| ada.delete(until).unwrap());
    assert_err!(world.sign_in("ada", given::PASSWORD), AppError::SignInRefused);
}

#[test]
fn an_outdated_hash_is_replaced_when_its_password_is_seen() {
    let world = World::new();
    let old = PlainHasher::outdated_hash_of(given::PASSWORD);
    let user = given::an_active_user().with_username("ada").with_password_hash(old.clone());
    let user = world.has(user.build());
    let stored = || world.user(user.id()).password_hash().clone();
    assert_err!(world.sign_in("ada", "wrong"), AppError::SignInRefused);
    assert_eq!(stored(), old);
    world.sign_in("ada", given::PASSWORD).unwrap();
    assert_eq!(stored(), PlainHasher::hash_of(given::PASSWORD));
    assert_eq!(world.user(user.id()).password_changed_at(), given::now());
    world.sign_in("ada", given::PASSWORD).unwrap();
}

#[test]
fn a_hash_that_no_password_fits_signs_nobody_in() {
    let world = World::new();
    let odd = userdom_domain::PasswordHash::parse("$bcrypt$whatever").unwrap();
    let user = given::an_active_user().with_username("ada").with_password_hash(odd);
    world.has(user.build());
    assert_err!(world.sign_in("ada", given::PASSWORD), AppError::SignInRefused);
}

#[test]
fn r17_a_busy_hasher_locks_nobody_out() {
    let world = World::new();
    ada(&world);
    world.hasher.set_busy(true);
    for _ in 0..9 {
        assert_err!(world.sign_in("ada", given::PASSWORD), AppError::Busy);
    }
    world.hasher.set_busy(false);
    world.sign_in("ada", given::PASSWORD).unwrap();
}
