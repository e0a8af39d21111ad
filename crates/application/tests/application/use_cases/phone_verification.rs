use chrono::TimeDelta;
use userdom_application::{
    AppError,
    ports::{Limit, Store, TokenKind},
    testing::given,
    use_cases::RemovePhone,
};
use userdom_domain::{ContactType, PhoneId, UserAggregate, UserError, UserRole};

use uuid::Uuid;

use super::requests::{request_code, verify_phone};
use super::world::{World, assert_err, by, by_a, by_nobody};

fn ada(world: &World) -> (UserAggregate, PhoneId) {
    let ada = world.has(given::an_active_user().with_phone("+442079460018").build());
    let phone = ada.phones()[0].id();
    (ada, phone)
}

fn ask(world: &World, user: &UserAggregate, phone: PhoneId) -> Result<(), AppError> {
    world.app.execute(&by(user), &request_code(user.id(), phone))
}

/// Asks for a code and reads it from the only text message.
fn code(world: &World, user: &UserAggregate, phone: PhoneId) -> String {
    ask(world, user, phone).unwrap();
    let messages = world.deliver_sms();
    assert_eq!(messages.len(), 1);
    messages[0].body[..6].to_owned()
}

/// Another code than this.
fn other_than(code: &str) -> String {
    let first = if code.starts_with('0') { "1" } else { "0" };
    format!("{first}{}", &code[1..])
}

#[test]
fn r16_the_code_of_the_text_message_verifies_the_phone() {
    let world = World::new();
    let (ada, phone) = ada(&world);
    ask(&world, &ada, phone).unwrap();
    let message = world.deliver_sms().remove(0);
    assert_eq!(message.to, "+442079460018");
    let (code, rest) = message.body.split_at(6);
    assert!(code.bytes().all(|digit| digit.is_ascii_digit()));
    assert_eq!(rest, " is your code for Userdom. It works for 10 minutes. Tell it to nobody.");

    let verified = world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, code)).unwrap();
    assert!(verified.value.is_verified);
    assert!(world.user(ada.id()).phone_verified());
    assert!(world.events_of(ada.id()).contains(&"phone.verified"));
    let again = world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, code));
    assert_err!(again, AppError::CodeNotValid);
}

/// Seen to fail with the guess claimed in the transaction that the wrong code rolls back.
#[test]
fn a5_a_code_has_five_guesses() {
    let world = World::new();
    let (ada, phone) = ada(&world);
    let code = code(&world, &ada, phone);
    for _ in 0..5 {
        let wrong =
            world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, &other_than(&code)));
        assert_err!(wrong, AppError::CodeNotValid);
    }
    let right = world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, &code));
    assert_err!(right, AppError::CodeNotValid);
    assert_eq!(world.user(ada.id()).version(), ada.version() + 1, "the request alone");
}

#[test]
fn a5_a_user_has_ten_guesses_in_ten_minutes_however_many_codes_are_sent() {
    let world = World::new();
    let (ada, phone) = ada(&world);
    for _ in 0..2 {
        let wrong = other_than(&code(&world, &ada, phone));
        for _ in 0..5 {
            let guess = world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, &wrong));
            assert_err!(guess, AppError::CodeNotValid);
        }
    }
    world.change(ada.id(), |user| {
        let (phone, kind) = (given::phone("+442079460019"), ContactType::Work);
        user.add_phone(PhoneId::from_uuid(Uuid::from_u128(1)), phone, kind, false, given::now())
            .unwrap();
    });
    let phone = PhoneId::from_uuid(Uuid::from_u128(1));
    let third = code(&world, &ada, phone);
    let guess = world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, &third));
    assert_err!(guess, AppError::TooOften(_));
}

#[test]
fn the_newest_code_wins_and_ends_after_ten_minutes() {
    let world = World::new();
    let (ada, phone) = ada(&world);
    let older = code(&world, &ada, phone);
    let newer = code(&world, &ada, phone);
    let verify = |code: &str| world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, code));
    assert_err!(verify(&older), AppError::CodeNotValid);
    world.clock.advance(TimeDelta::minutes(10));
    assert_err!(verify(&newer), AppError::CodeNotValid);
    world.clock.advance(TimeDelta::minutes(50));
    let newest = code(&world, &ada, phone);
    world.clock.advance(TimeDelta::minutes(10) - TimeDelta::microseconds(1));
    verify(&newest).unwrap();
}

#[test]
fn what_is_no_code_is_not_valid() {
    let world = World::new();
    let (ada, phone) = ada(&world);
    let none = world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, "000000"));
    assert_err!(none, AppError::CodeNotValid);
    let code = code(&world, &ada, phone);
    for noise in ["", "ü", &code[..5], &format!("{code}0")] {
        let guess = world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, noise));
        assert_err!(guess, AppError::CodeNotValid);
    }
}

#[test]
fn r5_three_text_messages_an_hour_go_to_one_number_whoever_asks() {
    let world = World::new();
    let (ada, phone) = ada(&world);
    let bob = world.has(given::an_active_user().with_phone("+44 20 7946 0018").build());
    ask(&world, &ada, phone).unwrap();
    ask(&world, &ada, phone).unwrap();
    ask(&world, &bob, bob.phones()[0].id()).unwrap();
    let again = ask(&world, &bob, bob.phones()[0].id());
    let Err(AppError::TooOften(exceeded)) = again else { panic!("too many") };
    assert_eq!(exceeded.limit, Limit::SmsTarget);
    world.clock.advance(TimeDelta::hours(1));
    ask(&world, &ada, phone).unwrap();
}

#[test]
fn a_phone_that_is_verified_or_that_no_message_reaches_gets_none() {
    let world = World::new();
    let user = given::an_active_user().with_phone("+442079460018").with_phone("555 123 4567 8");
    let user = world.has(user.build());
    let [verified, unknown] = [0, 1].map(|n| user.phones()[n].id());
    world.change(user.id(), |user| user.verify_phone(verified, given::now()).unwrap());
    for _ in 0..4 {
        let refused = ask(&world, &user, verified);
        assert_err!(refused, AppError::Refused(UserError::PhoneAlreadyVerified));
        assert_err!(ask(&world, &user, unknown), AppError::Refused(UserError::PhoneNotReachable));
    }
    assert!(world.deliver_sms().is_empty());
}

#[test]
fn z2_a_phone_of_another_user_is_not_found() {
    let world = World::new();
    let (ada, phone) = ada(&world);
    let bob = world.has(given::an_active_user().build());
    let code = code(&world, &ada, phone);
    let mixed = world.app.execute(&by(&bob), &request_code(bob.id(), phone));
    assert_err!(mixed, AppError::Refused(UserError::PhoneNotFound(_)));
    let mixed = world.app.execute(&by(&bob), &verify_phone(bob.id(), phone, &code));
    assert_err!(mixed, AppError::Refused(UserError::PhoneNotFound(_)));
    for (caller, expected) in
        [(by(&bob), "user not found"), (by_a(UserRole::Moderator), "this is not allowed")]
    {
        let asked = world.app.execute(&caller, &request_code(ada.id(), phone));
        assert_eq!(asked.unwrap_err().to_string(), expected);
        let verified = world.app.execute(&caller, &verify_phone(ada.id(), phone, &code));
        assert_eq!(verified.unwrap_err().to_string(), expected);
    }
    for user in [ada.id(), given::a_user_id()] {
        let asked = world.app.execute(&by_nobody(), &request_code(user, phone));
        assert_err!(asked, AppError::Unauthenticated);
        let verified = world.app.execute(&by_nobody(), &verify_phone(user, phone, &code));
        assert_err!(verified, AppError::Unauthenticated);
    }
}

#[test]
fn the_code_of_a_removed_phone_is_good_for_nothing() {
    let world = World::new();
    let user = given::an_active_user().with_phone("+442079460018").with_phone("+442079460019");
    let ada = world.has(user.build());
    let phone = ada.phones()[0].id();
    ask(&world, &ada, phone).unwrap();
    let remove = RemovePhone { user_id: ada.id(), phone_id: phone };
    world.app.execute(&by(&ada), &remove).unwrap();
    let (kind, now) = (TokenKind::PhoneVerification, given::now());
    let mut uow = world.store.begin().unwrap();
    let live = uow.tokens().claim_guess_at(kind, ada.id(), phone.as_uuid(), now).unwrap();
    assert_eq!(live, None);
    drop(uow);
    assert!(world.deliver_sms().is_empty());
    let guess = world.app.execute(&by(&ada), &verify_phone(ada.id(), phone, "000000"));
    assert_err!(guess, AppError::Refused(UserError::PhoneNotFound(_)));
}

#[test]
fn a_code_that_a_newer_one_has_replaced_is_not_sent() {
    let world = World::new();
    let (ada, phone) = ada(&world);
    ask(&world, &ada, phone).unwrap();
    ask(&world, &ada, phone).unwrap();
    assert_eq!(world.deliver_sms().len(), 1);
}
