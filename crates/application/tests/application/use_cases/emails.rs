use chrono::TimeDelta;
use userdom_application::{
    Actor, AppError, Caller, Service,
    ports::{Scope, Store, TokenKind, TokenMint},
    testing::{TestMint, given},
    use_cases::{AddEmail, ChangeEmailType, RemoveEmail, SetDefaultEmail},
};
use userdom_domain::{ContactType, UserAggregate, UserError, UserId, UserRole};

use super::requests::{request_verification, verify_email};
use super::world::{World, assert_err, by, by_a, by_nobody, token_in};

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
    let verified = world.app.execute(&by_nobody(), &verify_email(&token_in(&mails[0]))).unwrap();
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
    let notices: Vec<_> = world.deliver().into_iter().map(|mail| (mail.to, mail.subject)).collect();
    let subject = "Your default email address was changed".to_owned();
    let to = ["one@example.org", "two@example.org"].map(given::email);
    assert_eq!(notices, to.map(|to| (to, subject.clone())));
    assert_eq!(world.app.execute(&by(&ada), &set).unwrap().version, changed.version);
    assert!(world.deliver().is_empty(), "nothing changed the second time");
}

#[test]
fn r19_a_stored_default_that_is_not_primary_can_be_made_the_default_again() {
    let world = World::new();
    let mut snapshot = given::an_active_user().build().snapshot();
    snapshot.emails[0].contact_type = "work".to_owned();
    let ada = world.has(UserAggregate::restore(snapshot));
    let set = SetDefaultEmail { user_id: ada.id(), email_id: ada.emails()[0].id() };
    let changed = world.app.execute(&by(&ada), &set).unwrap();
    assert_eq!((changed.value.contact_type.as_str(), changed.version), ("primary", 2));
    assert!(world.deliver().is_empty(), "the default is the same");
}

#[test]
fn the_owner_of_a_removed_email_is_told_and_its_links_end() {
    let world = World::new();
    let ada = ada(&world);
    let second = ada.emails()[1].id();
    let removed = RemoveEmail { user_id: ada.id(), email_id: second };
    world.app.execute(&by(&ada), &request_verification(ada.id(), second)).unwrap();
    let link = token_in(&world.deliver()[0]);
    let is_live = || {
        let kind = TokenKind::EmailVerification;
        let hash = TestMint::default().hash(kind, &link).unwrap();
        world.store.read().unwrap().tokens().peek(kind, &hash, given::now()).unwrap().is_some()
    };
    assert!(is_live());
    world.change(ada.id(), |ada| ada.verify_email(second, given::now()).unwrap());
    world.deliver();
    world.app.execute(&by(&ada), &removed).unwrap();
    let mails = world.deliver();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["one@example.org", "two@example.org"]);
    assert_eq!(mails[0].subject, "An email address was removed from your account");
    assert!(!is_live());
}

/// The same caller, long after the last proof.
fn stale(mut caller: Caller) -> Caller {
    let Some(Actor::User(user)) = &mut caller.actor else { panic!("a user") };
    user.authenticated_at = given::now() - TimeDelta::minutes(16);
    caller
}

#[test]
fn a3_a_new_default_and_removing_a_verified_email_need_a_recent_proof() {
    let world = World::new();
    let ada = ada(&world);
    let [first, second] = [0, 1].map(|n| ada.emails()[n].id());
    let user_id = ada.id();
    let set = SetDefaultEmail { user_id, email_id: second };
    let remove = |email_id| RemoveEmail { user_id, email_id };
    let as_default = AddEmail { is_default: true, ..add(user_id, "three@example.org") };
    let key = Service { key_id: uuid::Uuid::nil(), scopes: [Scope::UsersWrite].into() };
    let service = Caller { actor: Some(Actor::Service(key)), ..Caller::default() };
    for caller in [stale(by(&ada)), stale(by_a(UserRole::Admin)), service.clone()] {
        let is_service = caller == service;
        let refused = [
            world.app.execute(&caller, &set).map(drop),
            world.app.execute(&caller, &remove(first)).map(drop),
            world.app.execute(&caller, &as_default).map(drop),
        ];
        for result in refused {
            match result.unwrap_err() {
                AppError::ReauthenticationRequired => assert!(!is_service),
                AppError::Forbidden => assert!(is_service),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(world.user(user_id), ada);
    world.app.execute(&stale(by(&ada)), &remove(second)).unwrap();
    assert!(world.deliver().is_empty(), "one that was never verified goes in silence");
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
