//! Known devices: strangers cannot lock the owner out of them (A9).

use chrono::TimeDelta;
use userdom_application::{
    AppError,
    ports::Clock,
    testing::given,
    use_cases::{DeleteAccount, OpenedSession, SignIn},
};

use super::requests::{request_reset, reset_password};
use super::{
    trust::{ada, done, from_somewhere, open, step},
    world::{World, assert_err, attempt, by, by_nobody, link_token},
};

fn on_device(device: &str, login: &str, password: &str) -> SignIn {
    SignIn { device_token: Some(device.to_owned()), ..attempt(login, password) }
}

fn sign_in(world: &World, device: &str, password: &str) -> Result<OpenedSession, AppError> {
    world.app.execute(&from_somewhere(), &on_device(device, "ada", password)).map(done)
}

fn device(session: &OpenedSession) -> String {
    session.device_token.as_ref().unwrap().expose().to_owned()
}

fn is_known(world: &World, device: &str) -> bool {
    let session = sign_in(world, device, given::PASSWORD).unwrap();
    session.device_token.unwrap().is(device)
}

#[test]
fn a_known_device_keeps_its_token_and_a_new_one_gets_one() {
    let world = World::new();
    ada(&world);
    let (first, second) = (device(&open(&world, "ada")), device(&open(&world, "ada")));
    assert_ne!(first, second);
    assert!(is_known(&world, &first) && is_known(&world, &second));
}

/// Seen to fail when the lock of the account counted on a known device too.
#[test]
fn a9_an_attacker_who_guesses_for_an_hour_keeps_no_known_device_out() {
    let world = World::new();
    let ada = ada(&world);
    let known = device(&open(&world, "ada"));
    for minute in 0..60 {
        for _ in 0..5 {
            let guess = world.app.execute(&from_somewhere(), &attempt("ada", "wrong"));
            assert!(matches!(guess, Err(AppError::SignInRefused | AppError::TooOften(_))));
        }
        if minute == 14 {
            assert!(world.user(ada.id()).is_locked(world.clock.now()));
            assert_err!(step(&world, "ada"), AppError::SignInRefused | AppError::TooOften(_));
        }
        sign_in(&world, &known, given::PASSWORD).unwrap();
        world.clock.advance(TimeDelta::minutes(1));
    }
    let email = given::email("ada@example.org");
    world.app.execute(&by_nobody(), &request_reset(&email)).unwrap();
    let token = link_token(&world.deliver()[0], "reset-password");
    let new = given::password("another long horse");
    world.app.execute(&by_nobody(), &reset_password(&token, &new)).unwrap();
    world.clock.advance(TimeDelta::minutes(5));
    let request = attempt("ada", "another long horse");
    world.app.execute(&from_somewhere(), &request).unwrap();
}

#[test]
fn a9_a_device_has_five_tries_of_its_own_and_is_locked_for_fifteen_minutes() {
    let world = World::new();
    ada(&world);
    let known = device(&open(&world, "ada"));
    for _ in 0..5 {
        assert_err!(sign_in(&world, &known, "wrong"), AppError::SignInRefused);
    }
    assert_err!(sign_in(&world, &known, given::PASSWORD), AppError::SignInRefused);
    assert_eq!(world.hasher.real_checks(), 6, "the sixth was no check");
    open(&world, "ada");
    world.clock.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    assert_err!(sign_in(&world, &known, given::PASSWORD), AppError::SignInRefused);
    world.clock.advance(TimeDelta::seconds(1));
    for _ in 0..4 {
        assert_err!(sign_in(&world, &known, "wrong"), AppError::SignInRefused);
    }
    sign_in(&world, &known, given::PASSWORD).unwrap();
}

#[test]
fn a9_misses_on_a_device_do_not_lock_the_account() {
    let world = World::new();
    let ada = ada(&world);
    let known = device(&open(&world, "ada"));
    for _ in 0..4 {
        assert_err!(sign_in(&world, &known, "wrong"), AppError::SignInRefused);
    }
    assert_eq!(world.user(ada.id()).lockout().failed_attempts(), 0);
}

#[test]
fn the_device_of_another_user_is_a_stranger() {
    let world = World::new();
    let ada = ada(&world);
    world.has(given::an_active_user().with_username("bob").build());
    let of_bob = device(&open(&world, "bob"));
    assert_err!(sign_in(&world, &of_bob, "wrong"), AppError::SignInRefused);
    assert_eq!(world.user(ada.id()).lockout().failed_attempts(), 1, "counted at the account");
    assert!(!is_known(&world, &of_bob));
    for noise in ["", "ü", "ud_dt_", &of_bob[..of_bob.len() - 1]] {
        assert!(!is_known(&world, noise), "{noise}");
    }
}

#[test]
fn a_device_is_forgotten_after_half_a_year_without_a_sign_in() {
    let world = World::new();
    ada(&world);
    let known = device(&open(&world, "ada"));
    world.clock.advance(TimeDelta::days(180) - TimeDelta::microseconds(1));
    assert!(is_known(&world, &known), "and it lives on from here");
    world.clock.advance(TimeDelta::days(180));
    assert!(!is_known(&world, &known));
}

#[test]
fn of_ten_devices_the_one_that_was_used_longest_ago_goes() {
    let world = World::new();
    ada(&world);
    let devices: Vec<_> = (0..10)
        .map(|_| {
            world.clock.advance(TimeDelta::minutes(5));
            device(&open(&world, "ada"))
        })
        .collect();
    world.clock.advance(TimeDelta::minutes(5));
    assert!(is_known(&world, &devices[0]));
    open(&world, "ada");
    world.clock.advance(TimeDelta::minutes(5));
    assert!(is_known(&world, &devices[0]) && !is_known(&world, &devices[1]));
}

#[test]
fn a_deleted_account_knows_no_device_when_it_comes_back() {
    let world = World::new();
    let ada = ada(&world);
    let known = device(&open(&world, "ada"));
    world.app.execute(&by(&ada), &DeleteAccount { user_id: ada.id() }).unwrap();
    world.change(ada.id(), |ada| ada.restore_account(given::now()).unwrap());
    assert!(!is_known(&world, &known));
}
