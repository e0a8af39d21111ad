use std::sync::Barrier;

use chrono::{DateTime, TimeDelta, Utc};
use userdom_domain::{RepositoryError, UniqueKey, UserAggregate, UserId};

use super::StoreUnderTest;
use crate::{
    ports::{Channel, ClaimedEntry, UnitOfWork},
    testing::given,
};

/// Does the work in one unit and commits it; what `save` refuses and what the
/// commit refuses look alike.
pub(super) fn in_one_unit<T>(
    t: &dyn StoreUnderTest,
    work: impl FnOnce(&mut dyn UnitOfWork) -> Result<T, RepositoryError>,
) -> Result<T, RepositoryError> {
    let mut uow = t.store().begin()?;
    let value = work(&mut *uow)?;
    uow.commit()?;
    Ok(value)
}

/// The same, again and again while others are in the way.
pub(super) fn settled<T>(
    t: &dyn StoreUnderTest,
    mut work: impl FnMut(&mut dyn UnitOfWork) -> Result<T, RepositoryError>,
) -> Result<T, RepositoryError> {
    for _ in 0..1000 {
        match in_one_unit(t, &mut work) {
            Err(RepositoryError::Stale | RepositoryError::Transient(_)) => std::thread::yield_now(),
            result => return result,
        }
    }
    panic!("others have been in the way a thousand times");
}

/// How many of sixteen that begin at the same moment succeed.
pub(super) fn winners_of_sixteen(
    t: &dyn StoreUnderTest,
    work: impl Fn(&mut dyn UnitOfWork) -> Result<bool, RepositoryError> + Sync,
) -> usize {
    let start = Barrier::new(16);
    std::thread::scope(|scope| {
        let attempt = || {
            start.wait();
            usize::from(settled(t, &work).unwrap())
        };
        let attempts: Vec<_> = (0..16).map(|_| scope.spawn(attempt)).collect();
        attempts.into_iter().map(|attempt| attempt.join().unwrap()).sum()
    })
}

pub(super) fn save(
    t: &dyn StoreUnderTest,
    user: &mut UserAggregate,
) -> Result<(), RepositoryError> {
    in_one_unit(t, |uow| uow.users().save(user))
}

pub(super) fn saved(t: &dyn StoreUnderTest, mut user: UserAggregate) -> UserAggregate {
    save(t, &mut user).unwrap();
    user
}

pub(super) fn find(t: &dyn StoreUnderTest, id: UserId) -> Option<UserAggregate> {
    t.store().read().unwrap().users().find_by_id(id).unwrap()
}

/// Changes a stored user, saves it, and sees that it comes back equal.
pub(super) fn changed(
    t: &dyn StoreUnderTest,
    user: &UserAggregate,
    change: impl FnOnce(&mut UserAggregate),
) -> UserAggregate {
    let mut user = find(t, user.id()).unwrap();
    change(&mut user);
    let user = saved(t, user);
    assert_eq!(find(t, user.id()).unwrap(), user);
    user
}

#[track_caller]
pub(super) fn assert_duplicate(result: Result<(), RepositoryError>, key: UniqueKey) {
    match result {
        Err(RepositoryError::Duplicate(found)) => assert_eq!(found, key),
        other => panic!("{key:?} should be taken, but: {other:?}"),
    }
}

#[track_caller]
pub(super) fn assert_stale(result: &Result<(), RepositoryError>) {
    assert!(matches!(result, Err(RepositoryError::Stale)), "should be stale, but: {result:?}");
}

/// So many minutes after the moment at which all given users register.
pub(super) fn minute(minutes: i64) -> DateTime<Utc> {
    given::now() + TimeDelta::minutes(minutes)
}

/// Claims every event that is due at `now`, for a minute.
pub(super) fn claim_all(t: &dyn StoreUnderTest, now: DateTime<Utc>) -> Vec<ClaimedEntry> {
    let claim = |channel| t.outbox().claim(channel, 1000, now, now + TimeDelta::minutes(1));
    Channel::ALL.into_iter().flat_map(|channel| claim(channel).unwrap()).collect()
}

/// An active user with something of everything.
pub(super) fn a_full_user() -> UserAggregate {
    given::an_active_user()
        .with_username("Ada.Lovelace")
        .with_email("ada@example.org")
        .with_unverified_email("ada@work.example")
        .with_phone("+1-202-555-0143 ext. 12")
        .with_phone("555 123 4567")
        .with_address("Invalidenstraße 1")
        .build()
}
