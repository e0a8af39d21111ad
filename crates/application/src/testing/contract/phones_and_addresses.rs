//! Phones and addresses come back as they were saved.

use userdom_domain::{Address, AddressDraft, ContactType, UserAddress, UserAggregate, UserPhone};

use super::{
    StoreUnderTest,
    support::{changed, minute, saved},
};
use crate::testing::given;

fn two_phones(t: &dyn StoreUnderTest) -> UserAggregate {
    let user = given::a_pending_user().with_phone("+442079460018");
    saved(t, user.with_phone("555 123 4567 ext. 8").build())
}

pub fn a_phone_is_added_typed_verified_and_removed(t: &dyn StoreUnderTest) {
    let user = two_phones(t);
    let [one, two] = [0, 1].map(|n| user.phones()[n].id());
    let user = changed(t, &user, |user| {
        user.set_phone_type(two, ContactType::Emergency, minute(1)).unwrap();
        user.verify_phone(two, minute(2)).unwrap();
    });
    assert!(user.phone_verified());
    let user = changed(t, &user, |user| user.remove_phone(two, minute(3)).unwrap());
    assert!(!user.phone_verified());
    let user = changed(t, &user, |user| user.remove_phone(one, minute(3)).unwrap());
    assert!(user.phones().is_empty());
}

pub fn r22_the_default_phone_moves_back_and_forth_in_one_save(t: &dyn StoreUnderTest) {
    let user = two_phones(t);
    let [one, two] = [0, 1].map(|n| user.phones()[n].id());
    for (steps, last) in [(vec![two], two), (vec![one, two, one], one), (vec![two, one], one)] {
        let user = changed(t, &user, |user| {
            for id in &steps {
                user.set_default_phone(*id, minute(1)).unwrap();
            }
        });
        assert!(user.phone(last).unwrap().is_default());
    }
}

pub fn r22_a_default_phone_takes_the_place_of_another_types_default(t: &dyn StoreUnderTest) {
    let user = two_phones(t);
    let [mobile, other] = [0, 1].map(|n| user.phones()[n].id());
    changed(t, &user, |user| {
        user.set_phone_type(other, ContactType::Work, minute(1)).unwrap();
        user.set_default_phone(other, minute(1)).unwrap();
    });
    let user = changed(t, &user, |user| {
        user.remove_phone(mobile, minute(2)).unwrap();
        user.set_phone_type(other, ContactType::Mobile, minute(2)).unwrap();
        let number = given::phone("+442079460019");
        user.add_phone(given::a_phone_id(), number, ContactType::Work, true, minute(2)).unwrap();
    });
    assert!(user.phones().iter().all(UserPhone::is_default));
}

pub fn a_phone_is_removed_and_added_again_in_one_save(t: &dyn StoreUnderTest) {
    let user = two_phones(t);
    let one = user.phones()[0].id();
    changed(t, &user, |user| {
        user.remove_phone(one, minute(1)).unwrap();
        let number = given::phone("+442079460018");
        user.add_phone(given::a_phone_id(), number, ContactType::Mobile, true, minute(1)).unwrap();
    });
}

fn two_addresses(t: &dyn StoreUnderTest) -> UserAggregate {
    let user = given::a_pending_user().with_address("Invalidenstraße 1");
    saved(t, user.with_address("Invalidenstraße 2").build())
}

pub fn an_address_is_added_replaced_and_removed(t: &dyn StoreUnderTest) {
    let user = two_addresses(t);
    let [one, two] = [0, 1].map(|n| user.addresses()[n].id());
    let draft = AddressDraft {
        street_line1: "10 O'Connell Street; DROP TABLE users".to_owned(),
        street_line2: Some("Flat 2".to_owned()),
        city: "Dublin".to_owned(),
        country: Some("IRL".to_owned()),
        ..Default::default()
    };
    let dublin = Address::parse(&draft).unwrap();
    let user = changed(t, &user, |user| {
        user.replace_address(two, dublin.clone(), ContactType::Billing, minute(1)).unwrap();
    });
    assert_eq!(user.address(two).unwrap().address(), &dublin);
    let user = changed(t, &user, |user| {
        user.replace_address(two, given::address("Am Tor 3"), ContactType::Home, minute(2))
            .unwrap();
    });
    assert_eq!(user.address(two).unwrap().address().street_line2(), None);
    let user = changed(t, &user, |user| {
        user.remove_address(one, minute(3)).unwrap();
    });
    assert_eq!(user.addresses().len(), 1);
}

pub fn r22_the_default_address_moves_back_and_forth_in_one_save(t: &dyn StoreUnderTest) {
    let user = two_addresses(t);
    let [one, two] = [0, 1].map(|n| user.addresses()[n].id());
    for (steps, last) in [(vec![two], two), (vec![one, two, one], one), (vec![two, one], one)] {
        let user = changed(t, &user, |user| {
            for id in &steps {
                user.set_default_address(*id, minute(1)).unwrap();
            }
        });
        assert!(user.address(last).unwrap().is_default());
    }
}

pub fn r22_two_default_addresses_swap_their_types(t: &dyn StoreUnderTest) {
    let user = two_addresses(t);
    let [one, two] = [0, 1].map(|n| user.addresses()[n].id());
    let street = |n: u8| given::address(&format!("Invalidenstraße {n}"));
    changed(t, &user, |user| {
        user.replace_address(two, street(2), ContactType::Work, minute(1)).unwrap();
        user.set_default_address(two, minute(1)).unwrap();
    });
    let user = changed(t, &user, |user| {
        user.replace_address(one, street(1), ContactType::Other, minute(2)).unwrap();
        user.replace_address(two, street(2), ContactType::Home, minute(2)).unwrap();
        user.replace_address(one, street(1), ContactType::Work, minute(2)).unwrap();
    });
    assert!(user.addresses().iter().all(UserAddress::is_default));
}
