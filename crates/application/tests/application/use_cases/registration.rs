use std::sync::Arc;

use userdom_application::{
    AppError, Field, Settings,
    testing::{AnyStrength, RefusingStrength, given},
    use_cases::{CreateAdmin, RegisterUser},
};
use userdom_domain::{ContactType, Preferences, UniqueKey, UserId, UserRole};

use super::requests::verify_email;
use super::world::{World, as_ada, assert_err, by_nobody, fault, token_in};

#[test]
fn somebody_registers_and_is_pending() {
    let world = World::new();
    let request = RegisterUser {
        phone: Some((given::phone("+442079460018"), ContactType::Mobile)),
        address: Some((given::address("Invalidenstraße 1"), ContactType::Home)),
        preferences: Preferences::from_entries([("x".to_owned(), "1".to_owned())]).unwrap(),
        ..as_ada()
    };
    let view = world.app.execute(&by_nobody(), &request).unwrap();
    assert_eq!((view.username.as_str(), view.status.as_str(), view.version), ("Ada", "pending", 1));
    assert_eq!(view.roles, ["user"]);
    assert!(view.emails[0].is_default && !view.emails[0].is_verified);
    assert!(view.phones[0].is_default && view.addresses[0].is_default);
    assert_eq!(view.profile.as_ref().unwrap().full_name, "Ada Lovelace");
    assert!(view.preferences.contains(&("x".to_owned(), "1".to_owned())));
    assert!(view.security.is_none());

    let id = UserId::from_uuid(view.id);
    assert_eq!(
        world.events_of(id),
        [
            "user.registered",
            "profile.changed",
            "user.preferences_changed",
            "email.added",
            "email.default_changed",
            "phone.added",
            "phone.default_changed",
            "address.added",
            "address.default_changed",
            "email.verification_requested",
        ]
    );
    assert_eq!(world.user(id).version(), 1);
}

#[test]
fn the_password_is_stored_as_a_hash_alone() {
    let world = World::new();
    let view = world.app.execute(&by_nobody(), &as_ada()).unwrap();
    let stored = world.user(UserId::from_uuid(view.id));
    assert_eq!(stored.password_hash().algorithm(), "plain");
    assert!(!serde_json::to_string(&view).unwrap().contains("password_hash"));
}

#[test]
fn a_token_is_issued_and_the_mail_brings_its_link() {
    let world = World::new();
    world.app.execute(&by_nobody(), &as_ada()).unwrap();
    assert!(world.provider.sent().is_empty(), "nothing is sent inside the request");
    let mails = world.deliver();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to.as_str(), "ada@example.org");
    assert!(mails[0].text.starts_with("Hello,"));
    assert!(mails[0].html.contains(&token_in(&mails[0])));
    world.app.execute(&by_nobody(), &verify_email(&token_in(&mails[0]))).unwrap();
}

#[test]
fn r9_a_taken_username_is_refused_in_any_case() {
    let world = World::new();
    world.app.execute(&by_nobody(), &as_ada()).unwrap();
    let other = RegisterUser {
        username: given::username("aDA"),
        email: given::email("other@example.org"),
        ..as_ada()
    };
    assert_err!(world.app.execute(&by_nobody(), &other), AppError::Taken(UniqueKey::Username));
    assert_eq!(world.deliver().len(), 1, "the refused one gets no mail");
}

#[test]
fn r21_a_taken_email_looks_like_success_and_its_owner_is_told() {
    let world = World::new();
    let free = world.app.execute(&by_nobody(), &as_ada()).unwrap();
    world.app.execute(&by_nobody(), &verify_email(&token_in(&world.deliver()[0]))).unwrap();

    let request = RegisterUser { username: given::username("Bob"), ..as_ada() };
    let view = world.app.execute(&by_nobody(), &request).unwrap();
    assert_eq!((view.status, view.emails.len()), (free.status, 1));
    let mails = world.deliver();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to.as_str(), "ada@example.org");
    assert_eq!(mails[0].subject, "Your email address is in use already");
    assert!(!mails[0].text.contains("verify-email") && !mails[0].html.contains("verify-email"));
}

#[test]
fn r21_an_email_that_nobody_has_verified_is_free() {
    let world = World::new();
    world.app.execute(&by_nobody(), &as_ada()).unwrap();
    let request = RegisterUser { username: given::username("Bob"), ..as_ada() };
    world.app.execute(&by_nobody(), &request).unwrap();
    let mails = world.deliver();
    assert_eq!(mails.len(), 2);
    assert_ne!(token_in(&mails[0]), token_in(&mails[1]));
}

#[test]
fn r9_a_username_that_poses_as_the_system_is_refused() {
    let settings =
        Settings { reserved_usernames: vec!["the-boss".to_owned()], ..Settings::default() };
    let world = World::with(settings, Arc::new(AnyStrength), |store| Arc::new(store));
    for name in ["Admin", "s.u.p.p.o.r.t", "TheBoss"] {
        let request = RegisterUser { username: given::username(name), ..as_ada() };
        let expected = (Field::Username, "username.reserved");
        assert_eq!(fault(world.app.execute(&by_nobody(), &request)), expected, "{name}");
    }
}

#[test]
fn a_reserved_name_and_a_weak_password_are_told_at_once() {
    let world =
        World::with(Settings::default(), Arc::new(RefusingStrength), |store| Arc::new(store));
    let request = RegisterUser { username: given::username("admin"), ..as_ada() };
    let Err(AppError::Invalid(faults)) = world.app.execute(&by_nobody(), &request) else {
        panic!("both are refused")
    };
    let codes: Vec<_> = faults.0.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, ["username.reserved", "password.too_weak"]);
}

#[test]
fn r12_a_weak_password_is_refused_before_anything_is_stored() {
    let world =
        World::with(Settings::default(), Arc::new(RefusingStrength), |store| Arc::new(store));
    let expected = (Field::Password, "password.too_weak");
    assert_eq!(fault(world.app.execute(&by_nobody(), &as_ada())), expected);
    assert!(world.store.stored_entries().is_empty());
}

#[test]
fn a_busy_hasher_is_an_answer() {
    let world = World::new();
    world.hasher.set_busy(true);
    assert_err!(world.app.execute(&by_nobody(), &as_ada()), AppError::Busy);
    assert!(world.store.stored_entries().is_empty());
}

#[test]
fn an_operator_makes_an_admin_who_can_sign_in_at_once() {
    let world = World::new();
    let request = CreateAdmin {
        username: given::username("root"),
        email: given::email("root@example.org"),
        password: given::password(given::PASSWORD),
    };
    let id = world.app.execute(&by_nobody(), &request).unwrap();
    assert!(world.user(id).has_role(UserRole::Admin));
    assert!(world.deliver().is_empty(), "the operator vouches for the address");
    let token = world.sign_in("root@example.org", given::PASSWORD).unwrap();
    assert_eq!(world.app.authenticate(&token).unwrap().highest_role(), UserRole::Admin);
    assert_err!(world.app.execute(&by_nobody(), &request), AppError::Taken(UniqueKey::Username));
}

#[test]
fn r12_an_admins_password_is_judged_too() {
    let world =
        World::with(Settings::default(), Arc::new(RefusingStrength), |store| Arc::new(store));
    let request = CreateAdmin {
        username: given::username("root"),
        email: given::email("root@example.org"),
        password: given::password(given::PASSWORD),
    };
    let expected = (Field::Password, "password.too_weak");
    assert_eq!(fault(world.app.execute(&by_nobody(), &request)), expected);
}
