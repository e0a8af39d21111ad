//! The counter of failed sign-ins (R17).

use chrono::{DateTime, Utc};
use userdom_domain::UserAggregate;

use super::{
    StoreUnderTest,
    support::{find, in_one_unit, minute, save, saved, winners_of_sixteen},
};
use crate::{
    ports::{Credentials, Login},
    testing::{PlainHasher, given},
};

fn ada(t: &dyn StoreUnderTest) -> UserAggregate {
    let user = given::an_active_user().with_username("Ada").with_email("ada@example.org");
    saved(t, user.with_unverified_email("ada@work.example").build())
}

fn as_ada() -> Login {
    Login::Username(given::username("ada"))
}

fn claim(t: &dyn StoreUnderTest, login: &Login, now: DateTime<Utc>) -> Option<Credentials> {
    in_one_unit(t, |uow| uow.sign_ins().claim_attempt(login, None, now)).unwrap()
}

#[track_caller]
fn assert_counter(
    t: &dyn StoreUnderTest,
    user: &UserAggregate,
    attempts: u32,
    locked_until: Option<DateTime<Utc>>,
) {
    let stored = find(t, user.id()).unwrap();
    assert_eq!(stored.lockout().failed_attempts(), attempts);
    assert_eq!(stored.lockout().locked_until(), locked_until);
}

pub fn r17_an_attempt_is_counted_and_gets_the_hash(t: &dyn StoreUnderTest) {
    let user = ada(t);
    let credentials = Credentials {
        user_id: user.id(),
        password_hash: PlainHasher::hash_of(given::PASSWORD),
        device_id: None,
    };
    let logins = [
        as_ada(),
        Login::Username(given::username("ADA")),
        Login::Email(given::email("Ada@example.org")),
        Login::Id(user.id()),
    ];
    for (count, login) in (1..).zip(&logins) {
        assert_eq!(claim(t, login, minute(1)).as_ref(), Some(&credentials), "{login:?}");
        assert_counter(t, &user, count, None);
    }
    assert_eq!(find(t, user.id()).unwrap().version(), user.version());
}

pub fn r17_an_unknown_login_gets_nothing(t: &dyn StoreUnderTest) {
    let user = ada(t);
    let strangers = [
        Login::Username(given::username("nobody")),
        Login::Email(given::email("nobody@example.org")),
        Login::Email(given::email("ada@work.example")),
        Login::Id(given::a_user_id()),
    ];
    for login in &strangers {
        assert_eq!(claim(t, login, minute(1)), None, "{login:?}");
    }
    assert_counter(t, &user, 0, None);
}

pub fn r17_the_fifth_attempt_locks_for_15_minutes(t: &dyn StoreUnderTest) {
    let user = ada(t);
    for attempt in 1..=4 {
        assert!(claim(t, &as_ada(), minute(attempt)).is_some());
    }
    assert_counter(t, &user, 4, None);
    assert!(claim(t, &as_ada(), minute(5)).is_some(), "the fifth is still checked");
    assert_counter(t, &user, 5, Some(minute(20)));
}

fn locked_until_minute_15(t: &dyn StoreUnderTest) -> UserAggregate {
    let user = ada(t);
    for _ in 0..5 {
        claim(t, &as_ada(), given::now());
    }
    user
}

pub fn r17_while_locked_nothing_is_counted(t: &dyn StoreUnderTest) {
    let user = locked_until_minute_15(t);
    assert_eq!(claim(t, &as_ada(), minute(14)), None);
    assert_counter(t, &user, 5, Some(minute(15)));
}

pub fn r17_after_the_lock_the_count_starts_anew(t: &dyn StoreUnderTest) {
    let user = locked_until_minute_15(t);
    assert!(claim(t, &as_ada(), minute(15)).is_some());
    assert_counter(t, &user, 1, None);
}

pub fn r17_a_right_password_clears_the_count_and_the_lock(t: &dyn StoreUnderTest) {
    let user = locked_until_minute_15(t);
    in_one_unit(t, |uow| uow.sign_ins().clear_attempts(user.id(), None)).unwrap();
    assert_counter(t, &user, 0, None);
    assert!(claim(t, &as_ada(), minute(1)).is_some());
    assert_eq!(find(t, user.id()).unwrap().version(), user.version());
}

pub fn r17_an_attempt_that_was_not_checked_is_given_back(t: &dyn StoreUnderTest) {
    let user = locked_until_minute_15(t);
    in_one_unit(t, |uow| uow.sign_ins().return_attempt(user.id(), None)).unwrap();
    assert_counter(t, &user, 4, None);
    assert!(claim(t, &as_ada(), minute(1)).is_some());
    assert_eq!(claim(t, &as_ada(), minute(1)), None);
}

pub fn a_dropped_attempt_is_not_counted(t: &dyn StoreUnderTest) {
    let user = ada(t);
    let mut uow = t.store().begin().unwrap();
    assert!(uow.sign_ins().claim_attempt(&as_ada(), None, minute(1)).unwrap().is_some());
    drop(uow);
    assert_counter(t, &user, 0, None);
}

pub fn r17_the_counters_of_others_are_left_alone(t: &dyn StoreUnderTest) {
    let other = saved(t, given::an_active_user().build());
    let user = locked_until_minute_15(t);
    assert_counter(t, &other, 0, None);
    in_one_unit(t, |uow| uow.sign_ins().clear_attempts(other.id(), None)).unwrap();
    assert_counter(t, &user, 5, Some(minute(15)));
}

pub fn r17_a_save_from_before_forgets_no_attempt(t: &dyn StoreUnderTest) {
    let mut before = ada(t);
    for _ in 0..3 {
        claim(t, &as_ada(), minute(1));
    }
    before.rename(given::username("ada.l"), minute(1));
    save(t, &mut before).unwrap();
    assert_counter(t, &before, 3, None);
}

pub fn a_login_is_recorded_without_raising_the_version(t: &dyn StoreUnderTest) {
    let user = ada(t);
    in_one_unit(t, |uow| uow.sign_ins().record_login(user.id(), None, minute(7))).unwrap();
    let stored = find(t, user.id()).unwrap();
    assert_eq!(stored.last_login_at(), Some(minute(7)));
    assert_eq!(stored.version(), user.version());
    let mut user = user;
    user.rename(given::username("ada.l"), minute(8));
    save(t, &mut user).unwrap();
    assert_eq!(find(t, user.id()).unwrap().last_login_at(), Some(minute(7)));
}

pub fn a_hash_is_upgraded_only_while_the_old_one_stands(t: &dyn StoreUnderTest) {
    let user = ada(t);
    let hash = PlainHasher::hash_of;
    let stored = || find(t, user.id()).unwrap().password_hash().clone();
    let upgrade = |old: &str, new: &str| {
        let (old, new) = (hash(old), hash(new));
        in_one_unit(t, |uow| uow.sign_ins().upgrade_hash(user.id(), &old, &new)).unwrap()
    };
    assert!(!upgrade("not the old one", "first"));
    assert_eq!(stored(), hash(given::PASSWORD));
    assert!(upgrade(given::PASSWORD, "second"));
    assert_eq!(stored(), hash("second"));
    assert_eq!(find(t, user.id()).unwrap().password_changed_at(), given::now());
}

pub fn r17_sixteen_at_once_get_five_checks(t: &dyn StoreUnderTest) {
    let user = ada(t);
    let granted = winners_of_sixteen(t, |uow| {
        Ok(uow.sign_ins().claim_attempt(&as_ada(), None, minute(1))?.is_some())
    });
    assert_eq!(granted, 5);
    assert_counter(t, &user, 5, Some(minute(16)));
}
