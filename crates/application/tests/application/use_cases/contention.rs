//! What happens when others are in the way.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use userdom_application::{
    AppError, Caller, Settings,
    testing::{AnyStrength, GuardedStore, given},
    use_cases::AddEmail,
};
use userdom_domain::{ContactType, RepositoryError, UserAggregate};

use super::requests::request_verification;
use super::world::{World, assert_err, by};

fn stale() -> RepositoryError {
    RepositoryError::Stale
}

fn transient() -> RepositoryError {
    RepositoryError::Transient("deadlock".into())
}

fn unavailable() -> RepositoryError {
    RepositoryError::Unavailable("no connection".into())
}

/// A world with one user, and the refusals that are left.
fn contended(
    refusals: u32,
    error: fn() -> RepositoryError,
) -> (World, UserAggregate, Arc<AtomicU32>) {
    let left = Arc::new(AtomicU32::new(refusals));
    let refusals = Arc::clone(&left);
    // Refuses so many commits before it lets one through.
    let commit = Arc::new(move || {
        let left = refusals.load(Ordering::SeqCst);
        refusals.store(left.saturating_sub(1), Ordering::SeqCst);
        if left > 0 { Err(error()) } else { Ok(()) }
    });
    let world = World::with(Settings::default(), Arc::new(AnyStrength), |store| {
        Arc::new(GuardedStore { store, begin: Arc::new(|| Ok(())), commit })
    });
    let user = world.has(given::an_active_user().build());
    (world, user, left)
}

fn add(user: &UserAggregate) -> AddEmail {
    AddEmail {
        user_id: user.id(),
        email: given::email("new@example.org"),
        contact_type: ContactType::Work,
        is_default: false,
    }
}

#[test]
fn a_command_is_tried_three_times_and_done_once() {
    for error in [stale, transient] {
        let (world, user, _) = contended(2, error);
        let added = world.app.execute(&by(&user), &add(&user)).unwrap();
        assert_eq!(added.version, 2);
        assert_eq!(world.user(user.id()).emails().len(), 2);
        assert_eq!(world.deliver().len(), 1);
    }
}

#[test]
fn after_the_third_try_it_gives_up() {
    let (world, user, left) = contended(5, stale);
    assert_err!(world.app.execute(&by(&user), &add(&user)), AppError::Contended);
    assert_eq!(left.load(Ordering::SeqCst), 2);
    assert_eq!(world.user(user.id()), user);

    let (world, user, left) = contended(5, transient);
    let refused = world.app.execute(&by(&user), &add(&user));
    assert_err!(refused, AppError::Store(RepositoryError::Transient(_)));
    assert_eq!(left.load(Ordering::SeqCst), 2);
}

#[test]
fn who_named_a_version_is_told_at_once() {
    let (world, user, left) = contended(5, stale);
    let caller = Caller { if_match: Some(vec![1]), ..by(&user) };
    assert_err!(world.app.execute(&caller, &add(&user)), AppError::StaleVersion);
    assert_eq!(left.load(Ordering::SeqCst), 4);
}

#[test]
fn an_outage_is_no_contention() {
    let (world, user, left) = contended(5, unavailable);
    let refused = world.app.execute(&by(&user), &add(&user));
    assert_err!(refused, AppError::Store(RepositoryError::Unavailable(_)));
    assert_eq!(left.load(Ordering::SeqCst), 4);
    let resent =
        world.app.execute(&by(&user), &request_verification(user.id(), user.emails()[0].id()));
    assert_err!(resent, AppError::Store(RepositoryError::Unavailable(_)));
}

#[test]
fn a_sign_in_survives_contention() {
    let (world, user, _) = contended(2, transient);
    world.sign_in(user.username().as_str(), given::PASSWORD).unwrap();
}

/// The worker tries again soon, and not after an hour.
#[test]
fn a_sweep_says_whether_it_met_an_outage() {
    for (refusals, error, met) in
        [(100, unavailable as fn() -> _, true), (100, stale, false), (0, unavailable, false)]
    {
        let (world, ..) = contended(refusals, error);
        assert_eq!(world.app.sweep().met_outage, met);
    }
}
