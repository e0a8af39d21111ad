//! Saving, finding and erasing whole users.

use userdom_domain::{RecordedEvent, UniqueKey, UserAggregate, UserId};

use super::{
    StoreUnderTest,
    support::{a_full_user, assert_duplicate, claim_all, find, in_one_unit, minute, save, saved},
};
use crate::{ports::OutboxContent, testing::given};

pub fn a_saved_user_is_found_equal_by_id(t: &dyn StoreUnderTest) {
    let user = saved(t, a_full_user());
    assert_eq!(find(t, user.id()).unwrap(), user);
}

pub fn r9_a_user_is_found_by_username_in_any_case(t: &dyn StoreUnderTest) {
    let user = saved(t, a_full_user());
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
    let user = saved(t, a_full_user());
    let mut reader = t.store().read().unwrap();
    for address in ["ada@example.org", "ADA@Example.ORG"] {
        let found = reader.users().find_by_email(&given::email(address)).unwrap();
        assert_eq!(found.as_ref(), Some(&user), "{address}");
    }
}

pub fn r21_an_unverified_email_finds_nobody(t: &dyn StoreUnderTest) {
    saved(t, a_full_user());
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
    let mut user = saved(t, a_full_user());
    save(t, &mut user).unwrap();
    assert_eq!(user.version(), 2);
    assert_eq!(find(t, user.id()).unwrap(), user);
}

pub fn r26_the_events_of_a_save_reach_the_outbox_in_order_and_once(t: &dyn StoreUnderTest) {
    let mut user = a_full_user();
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
    let events: Vec<_> = claimed.iter().map(|claimed| &claimed.content).collect();
    let recorded: Vec<_> = recorded.into_iter().map(|it| OutboxContent::Event(it.event)).collect();
    assert_eq!(events, recorded.iter().collect::<Vec<_>>());
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
    let events: Vec<_> = claim_all(t, minute(10)).into_iter().map(|event| event.content).collect();
    let recorded: Vec<_> = recorded.into_iter().map(|it| OutboxContent::Event(it.event)).collect();
    assert_eq!(events, recorded);
}

pub fn a_new_user_cannot_take_an_old_ones_identity(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let impostor = userdom_domain::User::new(
        user.id(),
        given::username("impostor"),
        user.password_hash().clone(),
        minute(1),
    );
    let mut impostor = UserAggregate::register(impostor, None, minute(1));
    assert_duplicate(save(t, &mut impostor), UniqueKey::Identity);
    assert_eq!(find(t, user.id()), Some(user));
}

pub fn delete_removes_everything_and_says_whether_there_was_anything(t: &dyn StoreUnderTest) {
    let user = saved(t, a_full_user());
    let other = saved(t, given::an_active_user().build());
    let delete = |id: UserId| in_one_unit(t, |uow| uow.users().delete(id)).unwrap();
    assert!(delete(user.id()));
    assert!(!delete(user.id()));
    assert_eq!(find(t, user.id()), None);
    let mut reader = t.store().read().unwrap();
    assert_eq!(reader.users().find_by_username(user.username()).unwrap(), None);
    assert_eq!(reader.users().find_by_email(user.emails()[0].email()).unwrap(), None);
    drop(reader);
    assert_eq!(find(t, other.id()), Some(other));
}

pub fn after_a_delete_names_emails_and_identities_are_free(t: &dyn StoreUnderTest) {
    let user = a_full_user();
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
