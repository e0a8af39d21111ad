//! Saving, finding and deleting whole users.

use userdom_domain::{RecordedEvent, UniqueKey, UserAggregate, UserId};

use super::{
    StoreUnderTest,
    support::{
        assert_duplicate, assert_stale, claim_all, find, in_one_unit, minute, save, saved,
    },
};
use crate::testing::given;

fn everything() -> UserAggregate {
    given::an_active_user()
        .with_username("Ada.Lovelace")
        .with_email("ada@example.org")
        .with_unverified_email("ada@work.example")
        .with_phone("+1-202-555-0143 ext. 12")
        .with_phone("555 123 4567")
        .with_address("Invalidenstraße 1")
        .build()
}

pub fn a_saved_user_is_found_equal_by_id(t: &dyn StoreUnderTest) {
    let user = saved(t, everything());
    assert_eq!(find(t, user.id()).unwrap(), user);
}

pub fn r9_a_user_is_found_by_username_in_any_case(t: &dyn StoreUnderTest) {
    let user = saved(t, everything());
    let mut reader = t.store().read().unwrap();
    for name in ["Ada.Lovelace", "ada.lovelace", "ADA.LOVELACE"] {
        let found = reader.users().find_by_username(&given::username(name)).unwrap();
        assert_eq!(found.as_ref(), Some(&user), "{name}");
    }
    // Neither `.` nor `_` nor `%` stands for other letters.
    for name in ["AdaXLovelace", "Ada_Lovelace", "Ada"] {
        assert!(reader.users().find_by_username(&given::username(name)).unwrap().is_none());
    }
}

pub fn r21_a_user_is_found_by_a_verified_email_in_any_case(t: &dyn StoreUnderTest) {
    let user = saved(t, everything());
    let mut reader = t.store().read().unwrap();
    for address in ["ada@example.org", "ADA@Example.ORG"] {
        let found = reader.users().find_by_email(&given::email(address)).unwrap();
        assert_eq!(found.as_ref(), Some(&user), "{address}");
    }
}

pub fn r21_an_unverified_email_finds_nobody(t: &dyn StoreUnderTest) {
    saved(t, everything());
    saved(t, given::a_pending_user().with_email("pending@example.org").build());
    let mut reader = t.store().read().unwrap();
    for address in ["ada@work.example", "pending@example.org"] {
        assert!(reader.users().find_by_email(&given::email(address)).unwrap().is_none());
    }
}

pub fn who_is_not_there_is_none_and_no_error(t: &dyn StoreUnderTest) {
    let mut reader = t.store().read().unwrap();
    assert!(reader.users().find_by_id(given::a_user_id()).unwrap().is_none());
    assert!(reader.users().find_by_username(&given::username("nobody")).unwrap().is_none());
    assert!(reader.users().find_by_email(&given::email("no@example.org")).unwrap().is_none());
    drop(reader);
    assert!(!in_one_unit(t, |uow| uow.users().delete(given::a_user_id())).unwrap());
}

pub fn the_store_answers(t: &dyn StoreUnderTest) {
    t.store().ping().unwrap();
}

pub fn r26_each_save_raises_the_version_by_one(t: &dyn StoreUnderTest) {
    let mut user = given::a_pending_user().build();
    for version in 1..=3 {
        user.rename(given::username(&format!("name{version}")), minute(version));
        save(t, &mut user).unwrap();
        assert_eq!(user.version(), version);
        assert_eq!(find(t, user.id()).unwrap().version(), version);
    }
}

pub fn a_save_that_changes_nothing_is_a_save(t: &dyn StoreUnderTest) {
    let mut user = saved(t, everything());
    save(t, &mut user).unwrap();
    assert_eq!(user.version(), 2);
    assert_eq!(find(t, user.id()).unwrap(), user);
}

pub fn r26_the_events_of_a_save_reach_the_outbox_in_order_and_once(t: &dyn StoreUnderTest) {
    let mut user = everything();
    for n in 0..30 {
        user.add_address(
            given::an_address_id(),
            given::address(&format!("Invalidenstraße {n}")),
            userdom_domain::ContactType::Home,
            n % 2 == 0,
            given::now(),
        )
        .unwrap();
    }
    let recorded = user.events().to_vec();
    let user = saved(t, user);
    assert!(user.events().is_empty());

    let claimed = claim_all(t, minute(1));
    let events: Vec<_> = claimed.iter().map(|claimed| &claimed.event).collect();
    assert_eq!(events, recorded.iter().map(|recorded| &recorded.event).collect::<Vec<_>>());
    assert!(claimed.iter().all(|event| event.user_id == user.id() && event.attempts == 1));

    saved(t, user);
    assert!(claim_all(t, minute(1)).is_empty(), "a save without events brings none");
}

pub fn the_events_of_a_later_save_come_later(t: &dyn StoreUnderTest) {
    let mut user = given::a_pending_user().build();
    let mut recorded: Vec<RecordedEvent> = user.events().to_vec();
    save(t, &mut user).unwrap();
    for n in 1..=5 {
        user.rename(given::username(&format!("name{n}")), minute(n));
        recorded.extend_from_slice(user.events());
        save(t, &mut user).unwrap();
    }
    let events: Vec<_> = claim_all(t, minute(10)).into_iter().map(|event| event.event).collect();
    assert_eq!(events, recorded.into_iter().map(|event| event.event).collect::<Vec<_>>());
}

pub fn a_dropped_unit_of_work_leaves_nothing(t: &dyn StoreUnderTest) {
    let old = saved(t, everything());
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
    let mut user = everything();
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
    let user = saved(t, everything());
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

pub fn a_new_user_cannot_take_an_old_ones_identity(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let impostor = userdom_domain::User::new(
        user.id(),
        given::username("impostor"),
        user.user().password_hash().clone(),
        minute(1),
    );
    let mut impostor = UserAggregate::register(impostor, None, minute(1));
    assert_duplicate(save(t, &mut impostor), UniqueKey::Identity);
    assert_eq!(find(t, user.id()), Some(user));
}

pub fn delete_removes_everything_and_says_whether_there_was_anything(t: &dyn StoreUnderTest) {
    let user = saved(t, everything());
    let other = saved(t, given::an_active_user().build());
    let delete = |id: UserId| in_one_unit(t, |uow| uow.users().delete(id)).unwrap();
    assert!(delete(user.id()));
    assert!(!delete(user.id()));
    assert_eq!(find(t, user.id()), None);
    let mut reader = t.store().read().unwrap();
    assert_eq!(reader.users().find_by_username(user.user().username()).unwrap(), None);
    assert_eq!(reader.users().find_by_email(user.emails()[0].email()).unwrap(), None);
    drop(reader);
    assert_eq!(find(t, other.id()), Some(other));
}

pub fn after_a_delete_names_emails_and_identities_are_free(t: &dyn StoreUnderTest) {
    let user = everything();
    let again = user.clone();
    let user = saved(t, user);
    in_one_unit(t, |uow| uow.users().delete(user.id())).unwrap();
    let again = saved(t, again);
    assert_eq!(find(t, again.id()), Some(again));
}

pub fn events_outlive_their_user(t: &dyn StoreUnderTest) {
    let user = given::a_pending_user().build();
    let recorded = user.events().len();
    let user = saved(t, user);
    in_one_unit(t, |uow| uow.users().delete(user.id())).unwrap();
    assert_eq!(claim_all(t, minute(1)).len(), recorded);
}
