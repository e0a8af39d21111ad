use userdom_application::{
    AppError,
    testing::given,
    use_cases::{AddEmail, ChangeEmailType, RemoveEmail, SetDefaultEmail},
};
use userdom_domain::{ContactType, UserAggregate, UserError, UserId};

use super::world::{World, assert_err, by, token_in};

fn ada(world: &World) -> UserAggregate {
    let user = given::an_active_user().with_email("one@example.org");
    world.has(user.with_unverified_email("two@example.org").build())
}

fn add(user_id: UserId, email: &str) -> AddEmail {
    AddEmail {
        user_id,
        email: given::email(email),
        contact_type: ContactType::Work,
        is_default: false,
    }
}

#[test]
fn an_added_email_is_verified_by_its_link() {
    let world = World::new();
    let ada = ada(&world);
    let added = world.app.execute(&by(&ada), &add(ada.id(), "three@example.org")).unwrap();
    assert_eq!((added.value.email.as_str(), added.version), ("three@example.org", 2));
    assert!(!added.value.is_verified && !added.value.is_default);
    assert!(world.provider.sent().is_empty());
    let mails = world.deliver();
    assert_eq!(mails[0].to.as_str(), "three@example.org");
    let verified = world.app.verify_email(&token_in(&mails[0])).unwrap();
    assert_eq!(verified.value.id, added.value.id);
    assert!(verified.value.is_verified);
}

#[test]
fn r21_an_added_email_of_somebody_else_tells_the_owner() {
    let world = World::new();
    world.has(given::an_active_user().with_email("bob@example.org").build());
    let ada = ada(&world);
    world.app.execute(&by(&ada), &add(ada.id(), "bob@example.org")).unwrap();
    assert_eq!(world.deliver()[0].subject, "Your email address is in use already");
}

#[test]
fn r19_an_email_is_added_once() {
    let world = World::new();
    let ada = ada(&world);
    let again = world.app.execute(&by(&ada), &add(ada.id(), "TWO@example.org"));
    assert_err!(again, AppError::Refused(UserError::EmailAlreadyExists(_)));
    assert!(world.deliver().is_empty());
}

#[test]
fn r20_an_unverified_email_does_not_replace_a_verified_default() {
    let world = World::new();
    let ada = ada(&world);
    let as_default = AddEmail { is_default: true, ..add(ada.id(), "three@example.org") };
    let added = world.app.execute(&by(&ada), &as_default);
    assert_err!(added, AppError::Refused(UserError::DefaultEmailMustBeVerified));
    let set = SetDefaultEmail { user_id: ada.id(), email_id: ada.emails()[1].id() };
    let set = world.app.execute(&by(&ada), &set);
    assert_err!(set, AppError::Refused(UserError::DefaultEmailMustBeVerified));
    assert_eq!(world.user(ada.id()), ada);
}

#[test]
fn the_default_moves_to_another_verified_email() {
    let world = World::new();
    let ada = ada(&world);
    let second = ada.emails()[1].id();
    world.change(ada.id(), |ada| {
        ada.verify_email(second, given::now()).unwrap();
    });
    let set = SetDefaultEmail { user_id: ada.id(), email_id: second };
    let changed = world.app.execute(&by(&ada), &set).unwrap();
    assert!(changed.value.is_default);
    assert_eq!(changed.value.contact_type, "primary");
}

#[test]
fn an_emails_type_changes_unless_it_is_the_default() {
    let world = World::new();
    let ada = ada(&world);
    let [default, other] = [0, 1].map(|n| ada.emails()[n].id());
    let change = |email_id, contact_type| {
        let command = ChangeEmailType { user_id: ada.id(), email_id, contact_type };
        world.app.execute(&by(&ada), &command)
    };
    assert_eq!(change(other, Some(ContactType::Billing)).unwrap().value.contact_type, "billing");
    assert_eq!(change(other, None).unwrap().version, 2, "nothing asked, nothing saved");
    let refused = change(default, Some(ContactType::Work));
    assert_err!(refused, AppError::Refused(UserError::DefaultEmailIsPrimary));
}

#[test]
fn r19_the_only_email_stays() {
    let world = World::new();
    let ada = ada(&world);
    let [default, other] = [0, 1].map(|n| ada.emails()[n].id());
    let remove =
        |email_id| world.app.execute(&by(&ada), &RemoveEmail { user_id: ada.id(), email_id });
    assert_eq!(remove(other).unwrap().version, 2);
    assert_err!(remove(other), AppError::Refused(UserError::EmailNotFound(_)));
    assert_err!(remove(default), AppError::Refused(UserError::CannotRemoveOnlyEmail));
}

#[test]
fn an_email_of_another_user_is_not_found() {
    let world = World::new();
    let (ada, bob) = (ada(&world), world.has(given::an_active_user().build()));
    let email_id = bob.emails()[0].id();
    let change = ChangeEmailType { user_id: ada.id(), email_id, contact_type: None };
    let changed = world.app.execute(&by(&ada), &change);
    assert_err!(changed, AppError::Refused(UserError::EmailNotFound(_)));
}
