use chrono::TimeDelta;
use userdom_application::{
    Actor, AppError, Caller, Service,
    ports::{ApiKey, Scope, Store, TokenHash, TokenKind, TokenMint, UserMessage},
    testing::{TestMint, given},
    use_cases::RegisterUser,
};
use userdom_domain::{StatusNote, UniqueKey, UserId, UserRole, UserStatus};
use uuid::Uuid;

use super::requests::{request_verification, verify_email};
use super::world::{World, as_ada, assert_err, by, by_a, by_nobody, token_in};

#[test]
fn the_link_verifies_the_email_and_activates_the_user() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let changed = world.app.execute(&by_nobody(), &verify_email(&token)).unwrap();
    assert!(changed.value.is_verified);
    assert_eq!(changed.version, 2);
    let ada = world.user(ada.id());
    assert_eq!(ada.status(), UserStatus::Active);
    assert!(ada.email_verified());
    assert_eq!(ada.version(), 2);
}

#[test]
fn r20_the_first_verified_email_becomes_the_default() {
    let world = World::new();
    let user = given::a_pending_user().with_unverified_email("second@example.org").build();
    let user = world.has(user);
    let second = user.emails()[1].id();
    world.app.execute(&by_nobody(), &request_verification(user.id(), second)).unwrap();
    let token = token_in(&world.deliver()[0]);
    assert!(world.app.execute(&by_nobody(), &verify_email(&token)).unwrap().value.is_default);
}

#[test]
fn a_link_works_once() {
    let world = World::new();
    let (_, token) = world.registered_ada();
    world.app.execute(&by_nobody(), &verify_email(&token)).unwrap();
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&token)), AppError::TokenNotValid);
}

#[test]
fn a_newer_link_replaces_the_older_one() {
    let world = World::new();
    let (ada, old) = world.registered_ada();
    world.app.execute(&by_nobody(), &request_verification(ada.id(), ada.emails()[0].id())).unwrap();
    let new = token_in(&world.deliver()[0]);
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&old)), AppError::TokenNotValid);
    world.app.execute(&by_nobody(), &verify_email(&new)).unwrap();
}

#[test]
fn a_link_ends_after_exactly_24_hours() {
    let world = World::new();
    let (_, token) = world.registered_ada();
    world.clock.advance(TimeDelta::hours(24));
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&token)), AppError::TokenNotValid);
    world.clock.advance(TimeDelta::microseconds(-1));
    world.app.execute(&by_nobody(), &verify_email(&token)).unwrap();
}

#[test]
fn what_is_no_verification_token_is_not_valid() {
    let world = World::new();
    world.has(given::an_active_user().with_username("bob").build());
    let access = world.sign_in("bob", given::PASSWORD).unwrap();
    let (_, token) = world.registered_ada();
    for noise in ["", "ü", "ud_ev_", access.as_str(), &token[..token.len() - 1]] {
        assert_err!(world.app.execute(&by_nobody(), &verify_email(noise)), AppError::TokenNotValid);
    }
}

#[test]
fn the_link_of_a_removed_email_is_not_valid() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let first = ada.emails()[0].id();
    world.change(ada.id(), |ada| {
        let (email, now) = (given::email("other@example.org"), given::now());
        let kind = userdom_domain::ContactType::Work;
        ada.add_email(given::an_email_id(), email, kind, true, now).unwrap();
        ada.remove_email(first, now).unwrap();
    });
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&token)), AppError::TokenNotValid);
}

#[test]
fn the_link_of_a_banned_or_deleted_user_is_not_valid() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let note = StatusNote::new("spam", given::a_user_id(), None).unwrap();
    world.change(ada.id(), |ada| ada.ban(note, given::now()).unwrap());
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&token)), AppError::TokenNotValid);
    world.change(ada.id(), |ada| ada.delete(given::now()).unwrap());
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&token)), AppError::TokenNotValid);
}

/// The link of a registration whose mail has not left yet.
fn link_on_its_way(world: &World, user: UserId) -> String {
    let mut entries = world.store.stored_entries().into_iter();
    let token_id = entries.find_map(|stored| match stored.message() {
        Some(UserMessage::EmailVerification { token_id, .. }) if stored.user_id == user => {
            Some(*token_id)
        }
        _ => None,
    });
    let token = TestMint::default().derived(TokenKind::EmailVerification, token_id.unwrap());
    token.expose().to_owned()
}

#[test]
fn r21_of_two_accounts_that_verify_one_address_one_wins() {
    let world = World::new();
    let bob = RegisterUser { username: given::username("Bob"), ..as_ada() };
    let [ada, bob] = [as_ada(), bob]
        .map(|request| UserId::from_uuid(world.app.execute(&by_nobody(), &request).unwrap().id));
    let links = [ada, bob].map(|user| link_on_its_way(&world, user));
    world.app.execute(&by_nobody(), &verify_email(&links[1])).unwrap();
    let late = world.app.execute(&by_nobody(), &verify_email(&links[0]));
    assert_err!(late, AppError::Taken(UniqueKey::VerifiedEmail));
    assert_eq!(world.user(ada).status(), UserStatus::Pending);
    assert_eq!(world.user(bob).status(), UserStatus::Active);
    assert!(world.deliver().iter().all(|mail| !mail.text.contains("verify-email")));
}

#[test]
fn the_addresses_that_were_verified_before_are_told() {
    let world = World::new();
    let user = given::an_active_user().with_email("first@example.org");
    let user = world.has(user.with_unverified_email("second@example.org").build());
    let second = user.emails()[1].id();
    world.app.execute(&by(&user), &request_verification(user.id(), second)).unwrap();
    let token = token_in(&world.deliver()[0]);
    world.app.execute(&by_nobody(), &verify_email(&token)).unwrap();
    let mails = world.deliver();
    let sent: Vec<_> = mails.iter().map(|it| (it.to.as_str(), it.subject.as_str())).collect();
    assert_eq!(sent, [("first@example.org", "An email address was added to your account")]);

    let (_, token) = world.registered_ada();
    world.app.execute(&by_nobody(), &verify_email(&token)).unwrap();
    assert!(world.deliver().is_empty(), "there was none before");
}

#[test]
fn r5_three_mails_an_hour_verify_one_address_two_of_them_for_one_account() {
    let world = World::new();
    let (ada, _) = world.registered_ada();
    let resend = || {
        let asked =
            world.app.execute(&by_nobody(), &request_verification(ada.id(), ada.emails()[0].id()));
        asked.unwrap();
        world.deliver().len()
    };
    assert_eq!([resend(), resend(), resend(), resend()], [1, 0, 0, 0]);
    for (name, mails) in [("Bob", 1), ("Eve", 0)] {
        let again = RegisterUser { username: given::username(name), ..as_ada() };
        world.app.execute(&by_nobody(), &again).unwrap();
        assert_eq!(world.deliver().len(), mails, "it looks like any other registration");
    }
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(resend(), 3, "what has waited, and this one");
}

#[test]
fn a_mail_that_a_newer_one_has_replaced_is_not_sent() {
    let world = World::new();
    let ada = world.app.execute(&by_nobody(), &as_ada()).unwrap();
    let (id, email) = (UserId::from_uuid(ada.id), ada.emails[0].id);
    world.provider.fail_for_now();
    world.deliver();
    world.provider.recover();
    let email = userdom_domain::EmailId::from_uuid(email);
    world.app.execute(&by_nobody(), &request_verification(id, email)).unwrap();
    assert_eq!(world.deliver().len(), 1);
    world.clock.advance(TimeDelta::minutes(1));
    assert!(world.deliver().is_empty());
}

#[test]
fn a_key_that_may_write_users_asks_for_an_own_mail_as_an_admin_may() {
    let world = World::new();
    let user = given::an_active_user().with_unverified_email("second@example.org").build();
    let user = world.has(user);
    let admin = world.has(given::an_active_user().with_role(UserRole::Admin).build());
    let key = |id: u128, scope| ApiKey {
        id: Uuid::from_u128(id),
        name: "a key".to_owned(),
        token: TokenHash([u8::try_from(id).unwrap(); 32]),
        scopes: [scope].into(),
        created_by: admin.id(),
        created_at: given::now(),
        expires_at: None,
        last_used_at: None,
    };
    let (writer, reader) = (key(1, Scope::UsersWrite), key(2, Scope::UsersRead));
    let mut uow = world.store.begin().unwrap();
    uow.api_keys().insert(&writer).unwrap();
    uow.api_keys().insert(&reader).unwrap();
    uow.commit().unwrap();
    let by_key = |key: &ApiKey| {
        let service = Service { key_id: key.id, scopes: key.scopes.clone() };
        Caller { actor: Some(Actor::Service(service)), ..Caller::default() }
    };
    for (caller, mails) in [(by_key(&reader), 0), (by_key(&writer), 1), (by(&admin), 1)] {
        world
            .app
            .execute(&caller, &request_verification(user.id(), user.emails()[1].id()))
            .unwrap();
        assert_eq!(world.deliver().len(), mails);
    }
}

#[test]
fn who_asks_for_a_mail_in_vain_learns_nothing() {
    let world = World::new();
    let active = given::an_active_user().with_unverified_email("second@example.org").build();
    let active = world.has(active);
    let pending = world.has(given::a_pending_user().build());
    let (verified, unverified) = (active.emails()[0].id(), active.emails()[1].id());
    let vain = [
        (by_nobody(), given::a_user_id(), unverified),
        (by_nobody(), active.id(), unverified),
        (by_a(UserRole::User), active.id(), unverified),
        (by_a(UserRole::Moderator), active.id(), unverified),
        (by(&active), active.id(), verified),
        (by_nobody(), pending.id(), unverified),
        (by_nobody(), pending.id(), given::an_email_id()),
    ];
    for (caller, user, email) in vain {
        world.app.execute(&caller, &request_verification(user, email)).unwrap();
    }
    assert!(world.deliver().is_empty());
    assert_eq!(world.user(active.id()), active);
}

#[test]
fn an_active_user_asks_for_an_own_email() {
    let world = World::new();
    let user = given::an_active_user().with_unverified_email("second@example.org").build();
    let user = world.has(user);
    let second = user.emails()[1].id();
    world.app.execute(&by(&user), &request_verification(user.id(), second)).unwrap();
    let mails = world.deliver();
    assert_eq!(mails[0].to.as_str(), "second@example.org");
    let changed = world.app.execute(&by_nobody(), &verify_email(&token_in(&mails[0]))).unwrap();
    assert!(!changed.value.is_default, "R20: the default was verified already");
}

#[test]
fn the_tokens_of_two_registrations_do_not_meet() {
    let world = World::new();
    let (ada, token) = world.registered_ada();
    let bob = RegisterUser {
        username: given::username("Bob"),
        email: given::email("bob@example.org"),
        ..as_ada()
    };
    let bob = UserId::from_uuid(world.app.execute(&by_nobody(), &bob).unwrap().id);
    world.app.execute(&by_nobody(), &verify_email(&token)).unwrap();
    assert_eq!(world.user(ada.id()).status(), UserStatus::Active);
    assert_eq!(world.user(bob).status(), UserStatus::Pending);
}
