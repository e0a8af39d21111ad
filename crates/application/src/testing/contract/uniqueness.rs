//! What belongs to one user alone.

use userdom_domain::{
    AddressId, ContactType, EmailId, PhoneId, PhoneNumber, Region, UniqueKey, UserAggregate,
};

use super::{
    StoreUnderTest,
    support::{assert_duplicate, changed, find, minute, save, saved},
};
use crate::testing::given;

pub fn r9_a_username_is_taken_in_any_case(t: &dyn StoreUnderTest) {
    saved(t, given::a_pending_user().with_username("Ada.L").build());
    let mut other = given::a_pending_user().with_username("aDA.l").build();
    assert_duplicate(save(t, &mut other), UniqueKey::Username);
    assert_eq!(find(t, other.id()), None);
}

pub fn r9_nobody_is_renamed_to_a_taken_name(t: &dyn StoreUnderTest) {
    saved(t, given::a_pending_user().with_username("ada").build());
    let other = saved(t, given::a_pending_user().build());
    let mut renamed = other.clone();
    renamed.rename(given::username("ADA"), minute(1));
    assert_duplicate(save(t, &mut renamed), UniqueKey::Username);
    assert_eq!(find(t, other.id()), Some(other));
}

pub fn r9_a_name_can_change_its_case(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().with_username("ada").build());
    let user = changed(t, &user, |user| {
        user.rename(given::username("ADA"), minute(1));
    });
    assert_eq!(user.username().as_str(), "ADA");
}

pub fn r9_a_name_that_was_given_up_is_free(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().with_username("ada").build());
    changed(t, &user, |user| {
        user.rename(given::username("lovelace"), minute(1));
    });
    saved(t, given::a_pending_user().with_username("ada").build());
}

pub fn r21_a_verified_email_has_one_owner(t: &dyn StoreUnderTest) {
    let owner = saved(t, given::an_active_user().with_email("ada@example.org").build());
    let mut other = given::an_active_user().with_email("ADA@example.org").build();
    assert_duplicate(save(t, &mut other), UniqueKey::VerifiedEmail);
    let mut reader = t.store().read().unwrap();
    let found = reader.users().find_by_email(&given::email("ada@example.org")).unwrap();
    assert_eq!(found.unwrap().id(), owner.id());
}

pub fn r21_unverified_claims_coexist_until_one_is_verified(t: &dyn StoreUnderTest) {
    let claims = || given::a_pending_user().with_email("ada@example.org").build();
    let (first, second) = (saved(t, claims()), saved(t, claims()));
    let verify = |user: &mut UserAggregate| {
        user.verify_email(user.emails()[0].id(), minute(1)).unwrap();
    };
    changed(t, &second, verify);
    let mut late = first.clone();
    verify(&mut late);
    assert_duplicate(save(t, &mut late), UniqueKey::VerifiedEmail);
    assert_eq!(find(t, first.id()), Some(first));
    saved(t, claims());
}

pub fn r21_a_verified_email_that_was_removed_is_free(t: &dyn StoreUnderTest) {
    let owner = given::an_active_user().with_email("ada@example.org");
    let owner = saved(t, owner.with_unverified_email("other@example.org").build());
    changed(t, &owner, |user| {
        user.remove_email(user.emails()[0].id(), minute(1)).unwrap();
    });
    saved(t, given::an_active_user().with_email("ada@example.org").build());
}

pub fn r3_an_identity_names_one_email(t: &dyn StoreUnderTest) {
    let taken = saved(t, given::a_pending_user().build()).emails()[0].id();
    let mut other = given::a_pending_user().build();
    let address = given::email("other@example.org");
    let id = EmailId::from_uuid(taken.as_uuid());
    other.add_email(id, address, ContactType::Work, false, given::now()).unwrap();
    assert_duplicate(save(t, &mut other), UniqueKey::Identity);
}

pub fn r3_an_identity_names_one_phone(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().with_phone("+442079460018").build());
    let taken: PhoneId = user.phones()[0].id();
    let mut other = given::a_pending_user().build();
    let number = given::phone("+442079460019");
    other.add_phone(taken, number, ContactType::Work, false, given::now()).unwrap();
    assert_duplicate(save(t, &mut other), UniqueKey::Identity);
}

pub fn r3_an_identity_names_one_address(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().with_address("Invalidenstraße 1").build());
    let taken: AddressId = user.addresses()[0].id();
    let mut other = given::a_pending_user().build();
    let address = given::address("Invalidenstraße 2");
    other.add_address(taken, address, ContactType::Work, false, given::now()).unwrap();
    assert_duplicate(save(t, &mut other), UniqueKey::Identity);
}

pub fn r22_a_phone_is_written_once_in_the_same_way(t: &dyn StoreUnderTest) {
    let text = "(202) 555-0143";
    let mut user = given::a_pending_user().with_phone(text).build();
    // The domain takes them for two numbers: only one of them has a calling code.
    let known = PhoneNumber::parse(text, Some(Region::parse("US").unwrap())).unwrap();
    user.add_phone(given::a_phone_id(), known, ContactType::Work, false, given::now()).unwrap();
    assert_duplicate(save(t, &mut user), UniqueKey::UserPhone);
}

pub fn two_users_may_share_phones_and_addresses(t: &dyn StoreUnderTest) {
    for _ in 0..2 {
        let user = given::a_pending_user().with_phone("+442079460018");
        saved(t, user.with_address("Invalidenstraße 1").build());
    }
}
