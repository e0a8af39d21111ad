use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use userdom_application::{
    ports::{Channel, Clock, EmailProvider, MailError, Notice, Outbox, OutgoingMail},
    testing::{FixedClock, StoredEntry, given},
    use_cases::RegisterUser,
};
use userdom_domain::{DisplayName, Patch, ProfileChanges, UserId};

use super::requests::{request_code, verify_email, verify_phone};
use super::world::{World, as_ada, asks_for_mail, by, by_nobody, token_in};

/// The event that asks for the only mail.
fn request(world: &World) -> StoredEntry {
    let mut requests = world.store.stored_entries();
    requests.retain(asks_for_mail);
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

fn registered(world: &World) -> UserId {
    UserId::from_uuid(world.app.execute(&by_nobody(), &as_ada()).unwrap().id)
}

#[test]
fn a_mail_that_left_is_done() {
    let world = World::new();
    registered(&world);
    assert_eq!(world.deliver().len(), 1);
    assert_eq!(world.deliver().len(), 0);
    assert!(world.store.stored_entries().iter().all(|event| event.processed_at.is_some()));
    assert_eq!(request(&world).attempts, 1);
}

#[test]
fn a_mail_that_could_not_leave_is_tried_again_later_and_is_the_same() {
    let world = World::new();
    registered(&world);
    world.provider.fail_for_now();
    world.deliver();
    let postponed = request(&world);
    assert_eq!(postponed.available_at, world.clock.now() + TimeDelta::seconds(5));
    let error = postponed.last_error.unwrap();
    assert_eq!(error, "the message could not be handed over now: the server is down");

    world.provider.recover();
    world.clock.advance(TimeDelta::seconds(4));
    assert!(world.deliver().is_empty());
    world.clock.advance(TimeDelta::seconds(1));
    let (first, second) = (world.provider.refused().remove(0), world.deliver().remove(0));
    assert_eq!(first, second, "the same id, so the same Message-ID, and the same link");
    world.app.execute(&by_nobody(), &verify_email(&token_in(&second))).unwrap();
}

#[test]
fn the_waits_grow() {
    let world = World::new();
    registered(&world);
    world.provider.fail_for_now();
    for seconds in [5, 10, 20, 40] {
        world.deliver();
        let wait = request(&world).available_at - world.clock.now();
        assert_eq!(wait, TimeDelta::seconds(seconds));
        world.clock.advance(wait);
    }
}

#[test]
fn after_thirty_tries_a_mail_is_given_up() {
    let world = World::new();
    let user = world.has(given::an_active_user().build());
    world.notify(&user, "ada@example.org", Notice::PasswordChanged);
    world.provider.fail_for_now();
    for _ in 0..40 {
        world.deliver();
        world.clock.advance(TimeDelta::hours(1));
    }
    assert_eq!(world.provider.refused().len(), 30);
    assert!(world.store.stored_entries().last().unwrap().failed_at.is_some());
}

#[test]
fn a_link_that_has_ended_while_the_mail_server_was_down_is_not_sent() {
    let world = World::new();
    registered(&world);
    world.provider.fail_for_now();
    world.deliver();
    world.provider.recover();
    world.clock.advance(TimeDelta::hours(24));
    assert!(world.deliver().is_empty());
    assert!(request(&world).processed_at.is_some());
}

#[test]
fn a_mail_that_is_refused_for_good_is_given_up() {
    let world = World::new();
    registered(&world);
    world.provider.refuse_for_good();
    world.deliver();
    world.provider.recover();
    world.clock.advance(TimeDelta::days(1));
    assert!(world.deliver().is_empty());
    let given_up = request(&world);
    assert_eq!((given_up.attempts, given_up.processed_at), (1, None));
    assert!(given_up.last_error.unwrap().ends_with(": there is no such recipient"));
}

#[test]
fn one_mail_that_fails_holds_up_no_other() {
    let world = World::new();
    registered(&world);
    world.provider.fail_for_now();
    world.deliver();
    world.provider.recover();
    let bob = RegisterUser {
        username: given::username("Bob"),
        email: given::email("bob@example.org"),
        ..as_ada()
    };
    world.app.execute(&by_nobody(), &bob).unwrap();
    assert_eq!(world.deliver()[0].to.as_str(), "bob@example.org");
}

#[test]
fn a_mail_that_nobody_needs_any_more_is_not_sent() {
    type Change = fn(&World, UserId);
    let changes: [Change; 3] = [
        |world, id| {
            world.change(id, |user| {
                user.verify_email(user.emails()[0].id(), given::now()).unwrap();
            });
        },
        |world, id| world.change(id, |user| user.delete(given::now()).unwrap()),
        |world, id| {
            let mut uow = userdom_application::ports::Store::begin(&world.store).unwrap();
            assert!(uow.users().delete(id).unwrap());
            uow.commit().unwrap();
        },
    ];
    for change in changes {
        let world = World::new();
        change(&world, registered(&world));
        assert!(world.deliver().is_empty());
        assert!(request(&world).processed_at.is_some());
    }
}

#[test]
fn the_mail_calls_people_as_they_wish_and_smuggles_no_html() {
    let world = World::new();
    let mut profile = given::a_profile();
    let name = DisplayName::parse("<b>Ada</b> & Co").unwrap();
    let changes = ProfileChanges { display_name: Patch::Set(name), ..ProfileChanges::default() };
    profile.update(changes, given::now()).unwrap();
    let user = given::an_active_user().with_username("ada").with_email("ada@example.org");
    let mut user = user.build();
    user.initialize_profile(profile, given::now());
    let user = world.has(user);
    world.notify(&user, "ada@example.org", Notice::DefaultEmailChanged);
    let mail = world.deliver().remove(0);
    assert!(mail.text.starts_with("Hello <b>Ada</b> & Co,"));
    assert!(mail.html.contains("Hello &lt;b&gt;Ada&lt;/b&gt; &amp; Co,"));
}

#[test]
fn a_worker_that_died_loses_its_events_after_three_minutes() {
    let world = World::new();
    registered(&world);
    let now = world.clock.now();
    let claimed = world.store.claim(Channel::Mail, 100, now, now + TimeDelta::minutes(3)).unwrap();
    assert!(!claimed.is_empty());
    assert!(world.deliver().is_empty());
    world.clock.advance(TimeDelta::minutes(3));
    assert_eq!(world.deliver().len(), 1);
    assert_eq!(request(&world).attempts, 2);
}

/// A receiver that takes a while for each mail.
struct SlowReceiver {
    clock: Arc<FixedClock>,
    takes: TimeDelta,
    sent: AtomicUsize,
}

impl EmailProvider for SlowReceiver {
    fn send(&self, _: &OutgoingMail) -> Result<(), MailError> {
        self.clock.advance(self.takes);
        self.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Three mails that are due, and a receiver that takes so long for each.
fn three_mails_for(world: &mut World, takes: TimeDelta) -> Arc<SlowReceiver> {
    let user = given::an_active_user().with_username("ada").with_email("ada@example.org");
    let user = world.has(user.build());
    for notice in [Notice::PasswordChanged, Notice::TwoFactorEnabled, Notice::TwoFactorDisabled] {
        world.notify(&user, "ada@example.org", notice);
    }
    let (clock, sent) = (world.clock.clone(), AtomicUsize::new(0));
    let receiver = Arc::new(SlowReceiver { clock, takes, sent });
    world.dispatcher.emails.provider = receiver.clone();
    receiver
}

/// Seen to fail without the check: the worker kept all three for as long as the receiver took.
#[test]
fn what_waits_behind_a_slow_receiver_is_given_back_at_once() {
    let mut world = World::new();
    let receiver = three_mails_for(&mut world, TimeDelta::seconds(6));
    let round = world.dispatcher.deliver_due(Channel::Mail, false, &|| true).unwrap();
    assert!(round.is_slow);
    assert_eq!(receiver.sent.load(Ordering::Relaxed), 1);
    let now = world.clock.now();
    let others = world.store.claim(Channel::Mail, 12, now, now + TimeDelta::minutes(3)).unwrap();
    assert_eq!(others.len(), 2, "another instance gets them");
    assert!(others.iter().all(|event| event.attempts == 1), "they were not tried");
}

/// Seen to fail without the wait: an instance whose receiver hangs took the last message again
/// and again, just before the other one.
#[test]
fn after_a_slow_round_one_message_is_taken_that_others_have_left() {
    let mut world = World::new();
    let receiver = three_mails_for(&mut world, TimeDelta::zero());
    let taken = || world.dispatcher.deliver_due(Channel::Mail, true, &|| true).unwrap();
    let round = taken();
    assert_eq!((round.taken, round.is_slow), (0, true), "it has just become due");
    world.clock.advance(TimeDelta::seconds(3));
    let round = taken();
    assert_eq!((round.taken, round.is_slow), (1, false));
    assert_eq!(receiver.sent.load(Ordering::Relaxed), 1);
}

#[test]
fn a_worker_that_is_told_to_stop_begins_no_other_message() {
    let mut world = World::new();
    let receiver = three_mails_for(&mut world, TimeDelta::zero());
    let goes_on = || receiver.sent.load(Ordering::Relaxed) < 2;
    let round = world.dispatcher.deliver_due(Channel::Mail, false, &goes_on).unwrap();
    assert!(!round.is_slow);
    assert_eq!(receiver.sent.load(Ordering::Relaxed), 2);
    let now = world.clock.now();
    let left = world.store.claim(Channel::Mail, 12, now, now + TimeDelta::minutes(3)).unwrap();
    assert_eq!(left.len(), 1);
}

#[test]
fn a_commit_rouses_every_worker() {
    let world = World::new();
    registered(&world);
    let start = Instant::now();
    for mut seen in [0, 0] {
        world.wake.wait(&mut seen, Duration::from_secs(30));
    }
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_notice_tells_one_address_what_happened_and_when() {
    let notices = [
        (Notice::PasswordChanged, "password was changed"),
        (Notice::PasswordReset, "password was reset"),
        (Notice::EmailVerified, "another email address was confirmed"),
        (Notice::DefaultEmailChanged, "became the default"),
        (Notice::EmailRemoved, "email address was removed"),
        (Notice::TwoFactorEnabled, "takes a code of an authenticator app"),
        (Notice::TwoFactorDisabled, "takes the password alone"),
        (Notice::RecoveryCodesReplaced, "new recovery codes"),
    ];
    let world = World::new();
    let user = given::an_active_user().with_username("ada").with_email("ada@example.org");
    let user = world.has(user.with_unverified_email("claim@example.org").build());
    for (notice, words) in notices {
        world.clock.set(given::now());
        world.notify(&user, "ada@example.org", notice);
        world.clock.advance(TimeDelta::days(1));
        let mails = world.deliver();
        assert_eq!(mails.len(), 1, "{notice:?}");
        let mail = &mails[0];
        assert_eq!(mail.to.as_str(), "ada@example.org");
        assert!(mail.text.starts_with("Hello Ada Lovelace,"));
        assert!(mail.text.contains(words) && mail.html.contains(words), "{notice:?}");
        assert!(mail.text.contains("on 1 January 2026, 12:00 UTC"), "when it happened");
        assert!(mail.text.contains("username ada.") && !mail.text.contains("#token="));
    }
}

#[test]
fn a_text_message_that_could_not_leave_is_tried_again_and_is_the_same() {
    let world = World::new();
    let user = world.has(given::an_active_user().with_phone("+442079460018").build());
    let phone = user.phones()[0].id();
    world.sms.fail_for_now();
    world.app.execute(&by(&user), &request_code(user.id(), phone)).unwrap();
    assert!(world.deliver_sms().is_empty());
    world.sms.recover();
    world.clock.advance(TimeDelta::seconds(5));
    let sent = world.deliver_sms();
    assert_eq!(world.sms.refused(), sent);
    let code = &sent[0].body[..6];
    world.app.execute(&by(&user), &verify_phone(user.id(), phone, code)).unwrap();
}
