//! R5 and C5: mails to one address are few, and what strangers ask for never uses up what its
//! owner needs: a mail that may not go now goes later.

use chrono::TimeDelta;
use userdom_application::{
    AppError, Settings,
    ports::{Clock, Limit, OutgoingMail},
    testing::given,
    use_cases::{AddEmail, RegisterUser},
};
use userdom_domain::{ContactType, EmailId, UserAggregate, UserId};

use super::requests::{
    request_code, request_reset, request_verification, reset_password, verify_email,
};
use super::world::{World, as_ada, by, by_nobody, link_token, token_in};

const ADDRESS: &str = "ada@example.org";

fn ask_for_reset(world: &World) {
    world.app.execute(&by_nobody(), &request_reset(&given::email(ADDRESS))).unwrap();
}

/// Somebody registers with ada's address.
fn register(world: &World, username: &str) -> (UserId, EmailId) {
    let request = RegisterUser { username: given::username(username), ..as_ada() };
    let user = world.app.execute(&by_nobody(), &request).unwrap();
    (UserId::from_uuid(user.id), EmailId::from_uuid(user.emails[0].id))
}

fn resend(world: &World, (user_id, email_id): (UserId, EmailId)) {
    world.app.execute(&by_nobody(), &request_verification(user_id, email_id)).unwrap();
}

fn owner(world: &World) -> UserAggregate {
    world.has(given::an_active_user().with_username("ada").with_email(ADDRESS).build())
}

fn subjects(mails: &[OutgoingMail]) -> Vec<&str> {
    mails.iter().map(|mail| mail.subject.as_str()).collect()
}

const VERIFY: &str = "Confirm your email address";
const RESET: &str = "Reset your password";
const IN_USE: &str = "Your email address is in use already";

/// Lets time pass by minutes, and says after how many a mail left.
fn minutes_until_mail(world: &World) -> (i64, Vec<OutgoingMail>) {
    for minute in 1..=180 {
        world.clock.advance(TimeDelta::minutes(1));
        let mails = world.deliver();
        if !mails.is_empty() {
            return (minute, mails);
        }
    }
    panic!("no mail in three hours");
}

#[test]
fn c5_resets_for_an_address_of_nobody_use_up_nothing_of_it() {
    let world = World::new();
    for _ in 0..10 {
        ask_for_reset(&world);
    }
    assert!(world.deliver().is_empty());
    let ada = register(&world, "ada");
    let mails = world.deliver();
    assert_eq!(subjects(&mails), [VERIFY]);
    resend(&world, ada);
    let again = world.deliver();
    assert_eq!(subjects(&again), [VERIFY]);
    world.app.execute(&by_nobody(), &verify_email(&token_in(&again[0]))).unwrap();
    ask_for_reset(&world);
    assert_eq!(subjects(&world.deliver()), [RESET]);
}

#[test]
fn c5_a_reset_that_may_not_go_now_goes_later_once_and_lasts_from_then() {
    let world = World::new();
    owner(&world);
    for _ in 0..3 {
        ask_for_reset(&world);
    }
    assert_eq!(world.deliver().len(), 3);
    world.clock.advance(TimeDelta::minutes(20));
    for _ in 0..5 {
        ask_for_reset(&world);
        world.clock.advance(TimeDelta::seconds(1));
    }
    assert!(world.deliver().is_empty());
    let (minutes, mails) = minutes_until_mail(&world);
    assert_eq!((minutes, subjects(&mails)), (40, vec![RESET]));
    assert!(world.deliver().is_empty());
    world.clock.advance(TimeDelta::minutes(29));
    assert!(world.deliver().is_empty(), "one is enough");
    let new = given::password("another long password");
    let token = link_token(&mails[0], "reset-password");
    world.app.execute(&by_nobody(), &reset_password(&token, &new)).unwrap();
}

#[test]
fn c5_a_reset_that_waited_too_long_for_the_worker_is_not_sent() {
    let world = World::new();
    owner(&world);
    ask_for_reset(&world);
    world.clock.advance(TimeDelta::minutes(91));
    assert!(world.deliver().is_empty());
    world.clock.advance(TimeDelta::days(1));
    assert!(world.deliver().is_empty());
}

/// Only a mail that leaves counts (ADR 27).
#[test]
fn c5_a_verification_that_waited_too_long_for_the_worker_uses_up_nothing() {
    let world = World::new();
    let ada = register(&world, "ada");
    world.deliver();
    resend(&world, ada);
    world.clock.advance(Settings::default().verification_ttl);
    assert!(world.deliver().is_empty());
    for _ in 0..2 {
        resend(&world, ada);
        assert_eq!(subjects(&world.deliver()), [VERIFY]);
    }
}

#[test]
fn c5_claims_of_an_address_wait_for_their_turn_and_none_is_lost() {
    let world = World::new();
    for name in ["mallory1", "mallory2", "mallory3"] {
        register(&world, name);
    }
    assert_eq!(world.deliver().len(), 3);
    register(&world, "ada");
    assert!(world.deliver().is_empty());
    let (minutes, mails) = minutes_until_mail(&world);
    assert_eq!((minutes, subjects(&mails)), (60, vec![VERIFY]));
    world.app.execute(&by_nobody(), &verify_email(&token_in(&mails[0]))).unwrap();
}

/// A stranger that registers with the address of another, and asks again and again, leaves a
/// mail to its owner.
#[test]
fn c5_one_account_leaves_mails_to_the_others_that_claim_its_address() {
    let world = World::new();
    let mallory = register(&world, "mallory");
    for _ in 0..10 {
        resend(&world, mallory);
        world.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(world.deliver().len(), 2, "the first, and one for all ten");
    resend(&world, mallory);
    assert!(world.deliver().is_empty());
    register(&world, "ada");
    let mails = world.deliver();
    assert!(mails[0].text.contains("the username ada."));
    world.app.execute(&by_nobody(), &verify_email(&token_in(&mails[0]))).unwrap();
}

#[test]
fn c5_an_email_that_a_user_adds_waits_for_its_turn_as_well() {
    let world = World::new();
    for name in ["mallory1", "mallory2", "mallory3"] {
        register(&world, name);
    }
    world.deliver();
    let bob = world.has(given::an_active_user().with_username("bob").build());
    let (email, contact_type) = (given::email(ADDRESS), ContactType::Work);
    let add = AddEmail { user_id: bob.id(), email, contact_type, is_default: false };
    world.app.execute(&by(&bob), &add).unwrap();
    let (minutes, mails) = minutes_until_mail(&world);
    assert_eq!((minutes, subjects(&mails)), (60, vec![VERIFY]));
}

#[test]
fn c5_who_tries_to_use_an_address_of_somebody_leaves_two_mails_for_its_resets() {
    let world = World::new();
    owner(&world);
    for n in 0..10 {
        register(&world, &format!("mallory{n}"));
    }
    assert_eq!(subjects(&world.deliver()), [IN_USE]);
    for _ in 0..2 {
        ask_for_reset(&world);
        assert_eq!(subjects(&world.deliver()), [RESET]);
    }
    ask_for_reset(&world);
    assert!(world.deliver().is_empty());
    assert_eq!(minutes_until_mail(&world).0, 60);
}

/// Another application has written the address of a user in its own way (R29).
fn written_otherwise(user: &UserAggregate, email: &str) -> UserAggregate {
    let mut snapshot = user.snapshot();
    email.clone_into(&mut snapshot.emails[0].email);
    UserAggregate::restore(snapshot)
}

#[test]
fn r21_a_claim_in_capitals_of_a_verified_address_tells_its_owner() {
    let world = World::new();
    owner(&world);
    let claim = written_otherwise(&given::a_pending_user().build(), "Ada@Example.ORG");
    let claim = world.has(claim);
    resend(&world, (claim.id(), claim.emails()[0].id()));
    let mails = world.deliver();
    assert_eq!(subjects(&mails), [IN_USE]);
    assert_eq!(mails[0].to.as_str(), ADDRESS);
}

#[test]
fn r4_mails_to_one_address_count_together_however_it_is_stored() {
    let world = World::new();
    for name in ["mallory1", "mallory2"] {
        register(&world, name);
    }
    assert_eq!(world.deliver().len(), 2);
    for (n, email) in ["ADA@example.org", "Ada@Example.ORG"].into_iter().enumerate() {
        let claim = world.has(written_otherwise(&given::a_pending_user().build(), email));
        resend(&world, (claim.id(), claim.emails()[0].id()));
        assert_eq!(world.deliver().len(), 1 - n, "{email}");
    }
}

#[test]
fn r21_resets_of_an_address_in_capitals_count_with_its_other_mails() {
    let world = World::new();
    let ada = given::an_active_user().with_username("ada").build();
    world.has(written_otherwise(&ada, "Ada@Example.ORG"));
    for _ in 0..2 {
        ask_for_reset(&world);
    }
    assert_eq!(subjects(&world.deliver()), [RESET, RESET]);
    register(&world, "mallory");
    assert_eq!(subjects(&world.deliver()), [IN_USE]);
    ask_for_reset(&world);
    assert!(world.deliver().is_empty());
}

#[test]
fn c5_an_owner_is_told_later_when_resets_came_first() {
    let world = World::new();
    owner(&world);
    for _ in 0..3 {
        ask_for_reset(&world);
    }
    assert_eq!(world.deliver().len(), 3);
    register(&world, "mallory");
    assert!(world.deliver().is_empty());
    let (minutes, mails) = minutes_until_mail(&world);
    assert_eq!((minutes, subjects(&mails)), (60, vec![IN_USE]));
}

/// A mail that had to wait has all its tries before it.
#[test]
fn c5_waiting_for_a_turn_counts_as_no_try() {
    let world = World::new();
    owner(&world);
    for _ in 0..3 {
        ask_for_reset(&world);
    }
    world.deliver();
    world.clock.advance(TimeDelta::minutes(1));
    ask_for_reset(&world);
    world.deliver();
    let waiting = world.store.stored_entries().into_iter().find(|it| it.mail_request().is_some());
    let waiting = waiting.unwrap();
    assert_eq!((waiting.attempts, waiting.last_error), (0, None));
    assert_eq!(waiting.available_at - world.clock.now(), TimeDelta::minutes(59));
}

#[test]
fn c5_one_user_leaves_text_messages_to_others_with_the_same_number() {
    let world = World::new();
    let users = ["mallory", "ada"].map(|name| {
        let user = given::an_active_user().with_username(name).with_phone("+442079460018");
        world.has(user.build())
    });
    let ask = |user: &UserAggregate| {
        let phone = user.phones()[0].id();
        world.app.execute(&by(user), &request_code(user.id(), phone))
    };
    let [mallory, ada] = &users;
    for _ in 0..2 {
        ask(mallory).unwrap();
    }
    for _ in 0..20 {
        let Err(AppError::TooOften(exceeded)) = ask(mallory) else { panic!("too many") };
        assert_eq!(exceeded.limit, Limit::SmsClaim);
    }
    ask(ada).unwrap();
    assert!(world.deliver_sms().len() >= 2);
}
