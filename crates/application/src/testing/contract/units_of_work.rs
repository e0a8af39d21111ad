//! All or nothing, and what others see of it.

use userdom_domain::UniqueKey;

use super::{
    StoreUnderTest,
    support::{
        a_full_user, assert_duplicate, assert_stale, claim_all, find, in_one_unit, minute, save,
        saved,
    },
};
use crate::testing::given;

pub fn a_dropped_unit_of_work_leaves_nothing(t: &dyn StoreUnderTest) {
    let old = saved(t, a_full_user());
    let old_events = claim_all(t, minute(1)).len();
    let mut new = given::a_pending_user().build();
    let mut changed = old.clone();
    changed.rename(given::username("other"), minute(1));
    changed.remove_phone(old.phones()[0].id(), minute(1)).unwrap();

    let mut uow = t.store().begin().unwrap();
    uow.users().save(&mut new).unwrap();
    uow.users().save(&mut changed).unwrap();
    drop(uow);
    let mut uow = t.store().begin().unwrap();
    assert!(uow.users().delete(old.id()).unwrap());
    drop(uow);

    assert_eq!(find(t, new.id()), None);
    assert_eq!(find(t, old.id()), Some(old));
    assert_eq!(claim_all(t, minute(3)).len(), old_events, "the old events again, and no others");
}

pub fn a_refused_save_takes_the_whole_unit_of_work_with_it(t: &dyn StoreUnderTest) {
    saved(t, given::a_pending_user().with_username("taken").build());
    let events = claim_all(t, minute(1)).len();
    let mut first = given::a_pending_user().build();
    let mut second = given::a_pending_user().with_username("taken").build();
    let result = in_one_unit(t, |uow| {
        uow.users().save(&mut first)?;
        uow.users().save(&mut second)
    });
    assert_duplicate(result, UniqueKey::Username);
    assert_eq!(find(t, first.id()), None);
    assert_eq!(claim_all(t, minute(3)).len(), events);
}

pub fn a_unit_of_work_sees_its_own_writes(t: &dyn StoreUnderTest) {
    let mut user = a_full_user();
    in_one_unit(t, |uow| {
        uow.users().save(&mut user)?;
        assert_eq!(uow.users().find_by_id(user.id())?.as_ref(), Some(&user));
        user.rename(given::username("again"), minute(1));
        uow.users().save(&mut user)?;
        assert_eq!(uow.users().find_by_username(&given::username("again"))?.as_ref(), Some(&user));
        Ok(())
    })
    .unwrap();
    assert_eq!(user.version(), 2);
    assert_eq!(find(t, user.id()), Some(user));
}

pub fn one_unit_of_work_can_hold_several_users(t: &dyn StoreUnderTest) {
    let mut one = given::an_active_user().build();
    let mut two = given::an_active_user().build();
    in_one_unit(t, |uow| {
        uow.users().save(&mut one)?;
        uow.users().save(&mut two)
    })
    .unwrap();
    assert_eq!(find(t, one.id()), Some(one));
    assert_eq!(find(t, two.id()), Some(two));
}

pub fn a_reader_sees_committed_work_only(t: &dyn StoreUnderTest) {
    let mut user = given::an_active_user().build();
    let mut uow = t.store().begin().unwrap();
    uow.users().save(&mut user).unwrap();
    assert_eq!(find(t, user.id()), None);
    uow.commit().unwrap();
    assert_eq!(find(t, user.id()), Some(user));
}

pub fn what_a_reader_writes_does_not_last(t: &dyn StoreUnderTest) {
    let mut user = given::an_active_user().build();
    let mut reader = t.store().read().unwrap();
    // Refused at once or forgotten at the end, as the store likes.
    if reader.users().save(&mut user).is_ok() {
        drop(reader.commit());
    }
    assert_eq!(find(t, user.id()), None);
}

pub fn r27_a_stale_save_is_refused_and_changes_nothing(t: &dyn StoreUnderTest) {
    let user = saved(t, a_full_user());
    let (mut fast, mut slow) = (user.clone(), user);
    fast.rename(given::username("fast"), minute(1));
    slow.rename(given::username("slow"), minute(1));
    slow.remove_address(slow.addresses()[0].id(), minute(1)).unwrap();
    save(t, &mut fast).unwrap();
    let events = claim_all(t, minute(2)).len();
    assert_stale(&save(t, &mut slow));
    assert_eq!(find(t, fast.id()), Some(fast));
    assert_eq!(claim_all(t, minute(4)).len(), events);
}

pub fn r27_a_user_who_was_erased_meanwhile_is_stale(t: &dyn StoreUnderTest) {
    let mut user = saved(t, given::an_active_user().build());
    assert!(in_one_unit(t, |uow| uow.users().delete(user.id())).unwrap());
    user.rename(given::username("ghost"), minute(1));
    assert_stale(&save(t, &mut user));
    assert_eq!(find(t, user.id()), None);
}
