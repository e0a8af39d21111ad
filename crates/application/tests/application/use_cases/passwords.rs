use std::sync::Arc;

use chrono::TimeDelta;
use userdom_application::{
    Actor, AppError, Caller, Field, Resource, Settings,
    ports::{Channel, Outbox, PasswordStrength, TokenKind, TokenMint, WeakPassword},
    testing::{TestMint, given},
    use_cases::{AddEmail, ChangePassword, OpenedSession, RemoveEmail, SignInStep},
};
use userdom_domain::{ContactType, Password, StatusNote, UserAggregate, UserId, UserStatus};
use uuid::Uuid;

use super::requests::{
    refresh_session, request_reset, request_verification, reset_password, sign_out, verify_email,
};
use super::world::{World, assert_err, attempt, by, by_a, by_nobody, fault, link_token};

const NEW: &str = "a longer horse, and a battery";

/// Ada with two verified addresses and one that waits.
fn ada(world: &World) -> UserAggregate {
    let user = given::an_active_user().with_username("ada").with_email("ada@example.org");
    let user = user.with_unverified_email("ada@work.example");
    let mut user = user.with_unverified_email("ada@new.example").build();
    user.verify_email(user.emails()[1].id(), given::now()).unwrap();
    world.has(user)
}

fn open(world: &World, password: &str) -> OpenedSession {
    match world.app.execute(&by_nobody(), &attempt("ada", password)).unwrap() {
        SignInStep::Done(opened) => *opened,
        SignInStep::Challenge(_) => panic!("there is no second factor"),
    }
}

fn holder(world: &World, session: &OpenedSession) -> Caller {
    let actor = world.app.authenticate(session.access_token.expose()).unwrap();
    Caller { actor: Some(actor), ..Caller::default() }
}

fn change(user_id: UserId, current: &str, new: &str) -> ChangePassword {
    ChangePassword { user_id, current: given::password(current), new: given::password(new) }
}

fn is_alive(world: &World, session: &OpenedSession) -> bool {
    world.app.authenticate(session.access_token.expose()).is_ok()
        || world.app.execute(&by_nobody(), &refresh_session(session.refresh_token.expose())).is_ok()
}

/// Whether the device that a session was opened on is still known, for the new password.
fn knows_device(world: &World, session: &OpenedSession) -> bool {
    let device = session.device_token.as_ref().unwrap();
    let mut request = attempt("ada", NEW);
    request.device_token = Some(device.expose().to_owned());
    match world.app.execute(&by_nobody(), &request).unwrap() {
        SignInStep::Done(again) => device.is(again.device_token.unwrap().expose()),
        SignInStep::Challenge(_) => panic!("there is no second factor"),
    }
}

fn signs_in(world: &World, password: &str) -> bool {
    world.app.execute(&by_nobody(), &attempt("ada", password)).is_ok()
}

fn ask(world: &World, email: &str) {
    world.app.execute(&by_nobody(), &request_reset(&given::email(email))).unwrap();
}

/// Asks for a reset mail and gives the token of its link.
fn reset_token(world: &World, email: &str) -> String {
    ask(world, email);
    let mails = world.deliver();
    assert_eq!(mails.len(), 1);
    link_token(&mails[0], "reset-password")
}

fn reset(world: &World, token: &str) -> Result<(), AppError> {
    world.app.execute(&by_nobody(), &reset_password(token, &given::password(NEW)))
}

fn suspend(world: &World, user: &UserAggregate) {
    let note = StatusNote::new("spam", given::a_user_id(), None).unwrap();
    world.change(user.id(), |user| user.suspend(note, given::now()).unwrap());
}

#[test]
fn r18_a_new_password_ends_the_other_sessions_and_renews_this_one() {
    let world = World::new();
    let ada = ada(&world);
    let (this, other) = (open(&world, given::PASSWORD), open(&world, given::PASSWORD));
    let request = change(ada.id(), given::PASSWORD, NEW);
    let renewed = world.app.execute(&holder(&world, &this), &request).unwrap();

    assert!(!is_alive(&world, &other));
    assert_err!(world.app.authenticate(this.access_token.expose()), AppError::Unauthenticated);
    assert_eq!(renewed.session.id, this.session.id);
    assert!(is_alive(&world, &renewed));
    assert!(!signs_in(&world, given::PASSWORD) && signs_in(&world, NEW));
}

#[test]
fn a_new_password_is_told_to_every_verified_address_alone() {
    let world = World::new();
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, given::PASSWORD));
    world.app.execute(&caller, &change(ada.id(), given::PASSWORD, NEW)).unwrap();
    let mails = world.deliver();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["ada@example.org", "ada@work.example"]);
    assert_eq!(mails[0].subject, "Your password was changed");
    assert!(mails[0].text.contains("1 January 2026, 12:00 UTC"));
    assert!(mails[0].text.contains("username ada"));
}

#[test]
fn a_new_password_ends_what_else_opens_the_account() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, given::PASSWORD);
    let reset_link = reset_token(&world, "ada@example.org");
    let caller = holder(&world, &session);
    world.app.execute(&caller, &request_verification(ada.id(), ada.emails()[2].id())).unwrap();
    let verification = link_token(&world.deliver()[0], "verify-email");

    world.app.execute(&caller, &change(ada.id(), given::PASSWORD, NEW)).unwrap();
    assert_err!(reset(&world, &reset_link), AppError::TokenNotValid);
    assert_err!(
        world.app.execute(&by_nobody(), &verify_email(&verification)),
        AppError::TokenNotValid
    );
    assert!(!knows_device(&world, &session));
}

#[test]
fn a3_a_wrong_current_password_is_refused_and_counted_like_a_sign_in() {
    let world = World::new();
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, given::PASSWORD));
    for count in 1..=5 {
        let wrong = world.app.execute(&caller, &change(ada.id(), "wrong", NEW));
        assert_err!(wrong, AppError::ProofRefused);
        assert_eq!(world.user(ada.id()).lockout().failed_attempts(), count);
    }
    let right = world.app.execute(&caller, &change(ada.id(), given::PASSWORD, NEW));
    assert_err!(right, AppError::ProofRefused);
    assert_eq!(world.user(ada.id()).password_hash(), ada.password_hash());
}

#[test]
fn a3_without_a_recent_proof_the_password_stays() {
    let world = World::new();
    let ada = ada(&world);
    let mut caller = holder(&world, &open(&world, given::PASSWORD));
    let Some(Actor::User(user)) = &mut caller.actor else { panic!("a user") };
    user.authenticated_at = given::now() - TimeDelta::minutes(16);
    let stale = world.app.execute(&caller, &change(ada.id(), given::PASSWORD, NEW));
    assert_err!(stale, AppError::ReauthenticationRequired);
    assert_eq!(world.user(ada.id()).version(), ada.version());
    assert_eq!(world.hasher.real_checks(), 1, "the sign-in alone");
}

#[test]
fn nobody_changes_the_password_of_another() {
    use userdom_domain::UserRole;
    let world = World::new();
    let ada = ada(&world);
    let request = change(ada.id(), given::PASSWORD, NEW);
    let by = |caller: Caller| world.app.execute(&caller, &request);
    assert_err!(by(by_nobody()), AppError::Unauthenticated);
    assert_err!(by(by_a(UserRole::Premium)), AppError::NotFound(Resource::User));
    assert_err!(by(by_a(UserRole::Admin)), AppError::Forbidden);
    assert_eq!(world.hasher.real_checks(), 0);
}

#[test]
fn a_session_that_has_ended_changes_no_password() {
    let world = World::new();
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, given::PASSWORD));
    world.app.execute(&caller, &sign_out()).unwrap();
    let late = world.app.execute(&caller, &change(ada.id(), given::PASSWORD, NEW));
    assert_err!(late, AppError::Unauthenticated);
    assert_eq!(world.user(ada.id()).password_hash(), ada.password_hash());
}

/// Refuses what the user itself is called.
struct OwnWordsAreWeak;

impl PasswordStrength for OwnWordsAreWeak {
    fn assess(&self, password: &Password, own_words: &[&str]) -> Result<(), WeakPassword> {
        if own_words.contains(&password.expose()) { Err(WeakPassword::Common) } else { Ok(()) }
    }
}

#[test]
fn r12_a_new_password_is_judged_with_the_users_own_words() {
    let world =
        World::with(Settings::default(), Arc::new(OwnWordsAreWeak), |store| Arc::new(store));
    let ada = ada(&world);
    let caller = holder(&world, &open(&world, given::PASSWORD));
    let token = reset_token(&world, "ada@example.org");
    let expected = (Field::NewPassword, "password.common");
    for weak in ["ada", "ada@example.org", "ada@new.example", "Lovelace"] {
        let changed = world.app.execute(&caller, &change(ada.id(), given::PASSWORD, weak));
        assert_eq!(fault(changed), expected, "{weak}");
        let weak = given::password(weak);
        assert_eq!(
            fault(world.app.execute(&by_nobody(), &reset_password(&token, &weak))),
            expected
        );
    }
    reset(&world, &token).unwrap();
}

#[test]
fn a7_the_link_of_the_mail_sets_a_new_password_once() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, given::PASSWORD);
    let token = reset_token(&world, "ada@work.example");
    reset(&world, &token).unwrap();
    assert!(!is_alive(&world, &session) && !knows_device(&world, &session));
    assert!(!signs_in(&world, given::PASSWORD) && signs_in(&world, NEW));
    assert_err!(reset(&world, &token), AppError::TokenNotValid);

    let mails = world.deliver();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["ada@example.org", "ada@work.example"]);
    assert_eq!(mails[0].subject, "Your password was reset");
    assert!(world.events_of(ada.id()).contains(&"user.password_reset"));
}

#[test]
fn a8_the_reset_mail_goes_to_the_stored_address_with_our_own_link() {
    let world = World::new();
    ada(&world);
    ask(&world, " ADA@Example.ORG ");
    let mail = world.deliver().remove(0);
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("ada@example.org", "Reset your password")
    );
    assert!(mail.text.starts_with("Hello Ada Lovelace,"));
    assert!(mail.text.contains("https://id.example.org/reset-password#token=ud_pr_"));
    assert!(mail.text.contains("works for 30 minutes after this mail was sent, and once"));
    assert!(!mail.text.contains("http://") && mail.html.contains("ud_pr_"));
}

#[test]
fn a7_the_newest_link_wins_and_ends_after_30_minutes() {
    let world = World::new();
    ada(&world);
    let older = reset_token(&world, "ada@example.org");
    let newer = reset_token(&world, "ada@work.example");
    assert_err!(reset(&world, &older), AppError::TokenNotValid);
    world.clock.set(given::now() + TimeDelta::minutes(30));
    assert_err!(reset(&world, &newer), AppError::TokenNotValid);
    let newest = reset_token(&world, "ada@example.org");
    world.clock.advance(TimeDelta::minutes(29));
    reset(&world, &newest).unwrap();
}

#[test]
fn a9_a_reset_unlocks_the_account() {
    let world = World::new();
    let ada = ada(&world);
    for _ in 0..5 {
        assert!(!signs_in(&world, "wrong"));
    }
    assert!(!signs_in(&world, given::PASSWORD));
    let token = reset_token(&world, "ada@example.org");
    reset(&world, &token).unwrap();
    assert_eq!(world.user(ada.id()).lockout().locked_until(), None);
    assert!(signs_in(&world, NEW));
}

#[test]
fn a6_a_reset_keeps_the_second_factor() {
    let world = World::new();
    let ada = ada(&world);
    world.change(ada.id(), |user| user.set_two_factor(true, given::now()));
    world.deliver();
    reset(&world, &reset_token(&world, "ada@example.org")).unwrap();
    assert!(world.user(ada.id()).two_factor_enabled());
    let step = world.app.execute(&by_nobody(), &attempt("ada", NEW)).unwrap();
    assert!(matches!(step, SignInStep::Challenge(_)));
}

#[test]
fn e1_whom_no_reset_is_for_looks_like_anybody() {
    let world = World::new();
    let ada = ada(&world);
    let pending = world.has(given::a_pending_user().with_email("pending@example.org").build());
    let banned = world.has(given::an_active_user().with_email("banned@example.org").build());
    let note = StatusNote::new("spam", given::a_user_id(), None).unwrap();
    world.change(banned.id(), |user| user.ban(note, given::now()).unwrap());
    let deleted = world.has(given::an_active_user().with_email("deleted@example.org").build());
    world.change(deleted.id(), |user| user.delete(given::now()).unwrap());
    world.deliver();
    let (known, vain) = (
        "ada@example.org",
        [
            "nobody@example.org",
            "ada@new.example",
            pending.emails()[0].email().as_str(),
            "banned@example.org",
            "deleted@example.org",
        ],
    );
    for email in vain.into_iter().chain([known]) {
        ask(&world, email);
        let now = given::now();
        let claimed =
            world.store.claim(Channel::Mail, 9, now, now + TimeDelta::seconds(1)).unwrap();
        assert_eq!(claimed.len(), 1, "one row for {email}");
        world.clock.advance(TimeDelta::seconds(1));
        assert_eq!(world.deliver().len(), usize::from(email == known), "{email}");
        world.clock.set(now);
    }
    assert_eq!(world.user(ada.id()), ada);
}

#[test]
fn who_is_suspended_may_reset_the_password_and_stays_suspended() {
    let world = World::new();
    let ada = ada(&world);
    suspend(&world, &ada);
    reset(&world, &reset_token(&world, "ada@example.org")).unwrap();
    assert_eq!(world.user(ada.id()).status(), UserStatus::Suspended);
    assert!(!signs_in(&world, NEW));
}

#[test]
fn a_link_is_good_for_nothing_once_its_user_is_banned_or_deleted() {
    let world = World::new();
    let ada = ada(&world);
    let token = reset_token(&world, "ada@example.org");
    let note = StatusNote::new("spam", given::a_user_id(), None).unwrap();
    world.change(ada.id(), |user| user.ban(note, given::now()).unwrap());
    assert_err!(reset(&world, &token), AppError::TokenNotValid);
    world.change(ada.id(), |user| user.delete(given::now()).unwrap());
    assert_err!(reset(&world, &token), AppError::TokenNotValid);
}

#[test]
fn a7_what_is_no_reset_token_changes_nothing() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, given::PASSWORD);
    let token = reset_token(&world, "ada@example.org");
    let of_another_kind =
        TestMint::default().derived(TokenKind::EmailVerification, Uuid::from_u128(1));
    let unknown = TestMint::default().derived(TokenKind::PasswordReset, Uuid::from_u128(1));
    for noise in [
        "",
        "ü",
        "ud_pr_",
        session.access_token.expose(),
        session.refresh_token.expose(),
        of_another_kind.expose(),
        unknown.expose(),
        &token[..token.len() - 1],
        &"x".repeat(1 << 20),
    ] {
        assert_err!(reset(&world, noise), AppError::TokenNotValid);
    }
    assert_eq!(world.user(ada.id()).password_hash(), ada.password_hash());
}

#[test]
fn r5_three_mails_an_hour_go_to_one_address_and_nobody_sees_the_fourth_missing() {
    let world = World::new();
    ada(&world);
    let sent = |world: &World| {
        ask(world, "ada@example.org");
        world.deliver().len()
    };
    assert_eq!([(); 4].map(|()| sent(&world)), [1, 1, 1, 0]);
    world.clock.advance(TimeDelta::hours(1));
    assert_eq!(world.deliver().len(), 1, "the fourth, for the user that waits for it");
    assert_eq!(sent(&world), 1);
}

#[test]
fn a_reset_mail_that_could_not_leave_carries_the_same_link_later() {
    let world = World::new();
    ada(&world);
    world.provider.fail_for_now();
    ask(&world, "ada@example.org");
    world.deliver();
    world.provider.recover();
    world.clock.advance(TimeDelta::minutes(1));
    let (first, second) = (world.provider.refused().remove(0), world.deliver().remove(0));
    assert_eq!(first, second);
    reset(&world, &link_token(&second, "reset-password")).unwrap();
}

#[test]
fn a_reset_mail_whose_link_is_dead_is_not_sent() {
    let world = World::new();
    ada(&world);
    world.provider.fail_for_now();
    ask(&world, "ada@example.org");
    world.deliver();
    world.provider.recover();
    let newer = reset_token(&world, "ada@work.example");
    world.clock.advance(TimeDelta::minutes(1));
    assert!(world.deliver().is_empty(), "the newer link has replaced it");
    reset(&world, &newer).unwrap();

    let world = World::new();
    self::ada(&world);
    ask(&world, "ada@example.org");
    world.clock.advance(TimeDelta::minutes(90));
    assert!(world.deliver().is_empty(), "the worker comes too late");
}

#[test]
fn a_link_in_a_mailbox_that_was_removed_resets_nothing() {
    let world = World::new();
    let ada = ada(&world);
    let token = reset_token(&world, "ada@work.example");
    let remove = RemoveEmail { user_id: ada.id(), email_id: ada.emails()[1].id() };
    world.app.execute(&by(&ada), &remove).unwrap();
    assert_err!(reset(&world, &token), AppError::TokenNotValid);
}

#[test]
fn an_address_that_waits_stays_unverified_after_a_reset() {
    let world = World::new();
    let ada = ada(&world);
    let add = AddEmail {
        user_id: ada.id(),
        email: given::email("later@example.org"),
        contact_type: ContactType::Work,
        is_default: false,
    };
    world.app.execute(&by(&ada), &add).unwrap();
    let pending = link_token(&world.deliver()[0], "verify-email");
    reset(&world, &reset_token(&world, "ada@example.org")).unwrap();
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&pending)), AppError::TokenNotValid);
}
