use userdom_domain::{AddressId, ContactType, PhoneId, PhoneNumber, UserAggregate, UserError};

use crate::{example, now};

fn phone_id(n: u8) -> PhoneId {
    PhoneId::from_parts(now(), [n; 10])
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text, None).unwrap()
}

#[test]
fn r22_one_default_phone_of_each_type() {
    let mut john = example::john();
    john.add_phone(phone_id(9), number("+44 20 7946 0958"), ContactType::Mobile, true, now())
        .unwrap();
    let defaults: Vec<_> = john.phones().iter().filter(|phone| phone.is_default()).collect();
    assert_eq!(defaults.len(), 1);
    assert_eq!(defaults[0].id(), phone_id(9));
    john.set_default_phone(phone_id(5), now()).unwrap();
    assert_eq!(john.phones().iter().filter(|phone| phone.is_default()).count(), 2);
}

#[test]
fn r22_the_same_number_written_otherwise_is_a_duplicate() {
    let mut john = example::john();
    let again = number("001 (555) 123 4567");
    let refused = john.add_phone(phone_id(9), again, ContactType::Home, false, now()).unwrap_err();
    assert_eq!(refused.code(), "phone.already_exists");
}

#[test]
fn r22_a_default_phone_cannot_move_to_a_type_that_has_one() {
    let mut john = example::john();
    john.set_default_phone(phone_id(5), now()).unwrap();
    assert_eq!(
        john.set_phone_type(phone_id(5), ContactType::Mobile, now()),
        Err(UserError::DefaultOfTypeExists(ContactType::Mobile))
    );
    john.set_phone_type(phone_id(5), ContactType::Home, now()).unwrap();
    assert!(john.validate().is_empty());
}

#[test]
fn r16_phone_verified_while_any_phone_is() {
    let mut john = example::john();
    john.verify_phone(phone_id(5), now()).unwrap();
    assert!(john.phone_verified());
    john.remove_phone(phone_id(5), now()).unwrap();
    assert!(!john.phone_verified());
}

#[test]
fn r22_the_default_address_falls_back_to_the_first_of_its_type() {
    let john = example::john();
    let home = john.default_address(ContactType::Home).unwrap();
    assert!(home.is_default());
    let work = john.default_address(ContactType::Work).unwrap();
    assert!(!work.is_default());
    assert!(john.default_address(ContactType::Billing).is_none());
}

#[test]
fn r22_one_default_address_of_each_type() {
    let mut john = example::john();
    let id = AddressId::from_parts(now(), [9; 10]);
    let address = john.addresses()[1].address().clone();
    john.add_address(id, address.clone(), ContactType::Home, true, now()).unwrap();
    assert_eq!(john.default_address(ContactType::Home).unwrap().id(), id);
    let work = john.addresses()[1].id();
    john.set_default_address(work, now()).unwrap();
    assert_eq!(
        john.replace_address(work, address, ContactType::Home, now()),
        Err(UserError::DefaultOfTypeExists(ContactType::Home))
    );
    john.remove_address(id, now()).unwrap();
    assert!(john.validate().is_empty());
}

#[test]
fn r23_a_user_has_at_most_twenty_phones_and_fifty_addresses() {
    let mut john = example::john();
    let address = john.addresses()[0].address().clone();
    for n in 2..UserAggregate::MAX_ADDRESSES {
        let id = AddressId::from_parts(now(), [u8::try_from(n + 100).unwrap(); 10]);
        john.add_address(id, address.clone(), ContactType::Home, false, now()).unwrap();
    }
    let id = AddressId::from_parts(now(), [99; 10]);
    let refused = john.add_address(id, address, ContactType::Home, false, now()).unwrap_err();
    assert_eq!(refused, UserError::TooMany { what: "addresses", max: 50 });

    for n in 2..UserAggregate::MAX_PHONES {
        let text = format!("+1 212 555 {:04}", 1000 + n);
        let id = phone_id(u8::try_from(n + 100).unwrap());
        john.add_phone(id, number(&text), ContactType::Home, false, now()).unwrap();
    }
    let one_more = number("+1 212 555 9999");
    let refused = john.add_phone(phone_id(99), one_more, ContactType::Home, false, now());
    assert_eq!(refused, Err(UserError::TooMany { what: "phones", max: 20 }));
}
