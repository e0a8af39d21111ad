use userdom_application::{
    AppError,
    testing::given,
    use_cases::{
        AddAddress, AddPhone, ChangePhoneType, RemoveAddress, RemovePhone, ReplaceAddress,
        SetDefaultAddress, SetDefaultPhone,
    },
};
use userdom_domain::{ContactType, UserAggregate, UserError};

use super::world::{World, assert_err, by};

fn ada(world: &World) -> UserAggregate {
    let user = given::an_active_user().with_phone("+442079460018").with_phone("+442079460019");
    let user = user.with_address("Invalidenstraße 1").with_address("Invalidenstraße 2");
    world.has(user.build())
}

#[test]
fn a_phone_is_added_as_the_default_of_its_type() {
    let world = World::new();
    let ada = ada(&world);
    let add = AddPhone {
        user_id: ada.id(),
        phone: given::phone("+1 202-555-0143"),
        contact_type: ContactType::Mobile,
        is_default: true,
    };
    let added = world.app.execute(&by(&ada), &add).unwrap();
    assert_eq!(added.value.e164.as_deref(), Some("+12025550143"));
    assert!(added.value.is_default);
    assert!(!world.user(ada.id()).phones()[0].is_default());
    let again = world.app.execute(&by(&ada), &add);
    assert_err!(again, AppError::Refused(UserError::PhoneAlreadyExists(_)));
}

#[test]
fn a_phone_changes_its_type_and_becomes_the_default() {
    let world = World::new();
    let ada = ada(&world);
    let (user_id, phone_id) = (ada.id(), ada.phones()[1].id());
    let change = |contact_type| ChangePhoneType { user_id, phone_id, contact_type };
    let changed = world.app.execute(&by(&ada), &change(Some(ContactType::Work))).unwrap();
    assert_eq!((changed.value.contact_type.as_str(), changed.version), ("work", 2));
    assert_eq!(world.app.execute(&by(&ada), &change(None)).unwrap().version, 2);
    let set = SetDefaultPhone { user_id, phone_id };
    assert!(world.app.execute(&by(&ada), &set).unwrap().value.is_default);
    let back = world.app.execute(&by(&ada), &change(Some(ContactType::Mobile)));
    let taken = UserError::DefaultOfTypeExists(ContactType::Mobile);
    assert_eq!(back.unwrap_err().to_string(), taken.to_string());
}

#[test]
fn a_phone_is_removed_once() {
    let world = World::new();
    let ada = ada(&world);
    let remove = RemovePhone { user_id: ada.id(), phone_id: ada.phones()[0].id() };
    assert_eq!(world.app.execute(&by(&ada), &remove).unwrap().version, 2);
    let again = world.app.execute(&by(&ada), &remove);
    assert_err!(again, AppError::Refused(UserError::PhoneNotFound(_)));
}

#[test]
fn an_address_is_added_and_becomes_the_default() {
    let world = World::new();
    let ada = ada(&world);
    let add = AddAddress {
        user_id: ada.id(),
        address: given::address("Invalidenstraße 3"),
        contact_type: ContactType::Home,
        is_default: false,
    };
    let added = world.app.execute(&by(&ada), &add).unwrap();
    assert_eq!(added.value.formatted, "Invalidenstraße 3\n10115 Berlin\nDEU");
    assert!(!added.value.is_default);
    let address_id = world.user(ada.id()).addresses()[2].id();
    let set = SetDefaultAddress { user_id: ada.id(), address_id };
    assert!(world.app.execute(&by(&ada), &set).unwrap().value.is_default);
    assert!(!world.user(ada.id()).addresses()[0].is_default());
}

#[test]
fn an_address_is_written_anew_and_keeps_its_type_when_none_is_named() {
    let world = World::new();
    let ada = ada(&world);
    let replace = |street, contact_type| ReplaceAddress {
        user_id: ada.id(),
        address_id: ada.addresses()[0].id(),
        address: given::address(street),
        contact_type,
    };
    let changed = world.app.execute(&by(&ada), &replace("Am Tor 1", None)).unwrap();
    assert_eq!(changed.value.street_line1, "Am Tor 1");
    assert_eq!((changed.value.contact_type.as_str(), changed.value.is_default), ("home", true));
    let billing = Some(ContactType::Billing);
    let changed = world.app.execute(&by(&ada), &replace("Am Tor 1", billing)).unwrap();
    assert_eq!(changed.value.contact_type, "billing");
}

#[test]
fn an_address_is_removed_once() {
    let world = World::new();
    let ada = ada(&world);
    let remove = RemoveAddress { user_id: ada.id(), address_id: ada.addresses()[0].id() };
    assert_eq!(world.app.execute(&by(&ada), &remove).unwrap().version, 2);
    let again = world.app.execute(&by(&ada), &remove);
    assert_err!(again, AppError::Refused(UserError::AddressNotFound(_)));
}
