//! Events on their way out.

use std::collections::BTreeSet;

use userdom_domain::DomainEvent;
use uuid::Uuid;

use super::{
    StoreUnderTest,
    support::{claim_all, in_one_unit, minute, saved},
};
use crate::{
    ports::{Channel, ClaimedEvent, Errand, MailRequest, MailWish},
    testing::given,
};

/// Five events: one at registration, and one at each of the minutes 1 to 4.
fn five_events(t: &dyn StoreUnderTest) {
    let account = userdom_domain::User::new(
        given::a_user_id(),
        given::username("eventful"),
        crate::testing::PlainHasher::hash_of(given::PASSWORD),
        given::now(),
    );
    let mut user = userdom_domain::UserAggregate::register(account, None, given::now());
    for n in 1..=4 {
        user.rename(given::username(&format!("name{n}")), minute(n));
    }
    saved(t, user);
}

fn claim(t: &dyn StoreUnderTest, limit: u32, at: i64, lease_ends: i64) -> Vec<ClaimedEvent> {
    t.outbox().claim(Channel::Mail, limit, minute(at), minute(lease_ends)).unwrap()
}

fn ids(events: &[ClaimedEvent]) -> Vec<Uuid> {
    events.iter().map(|event| event.id).collect()
}

pub fn an_empty_outbox_has_nothing_to_claim(t: &dyn StoreUnderTest) {
    assert!(claim_all(t, minute(1)).is_empty());
}

pub fn events_are_claimed_oldest_first_up_to_the_limit(t: &dyn StoreUnderTest) {
    five_events(t);
    let first = claim(t, 2, 10, 11);
    let second = claim(t, 2, 10, 11);
    let third = claim(t, 2, 10, 11);
    assert_eq!((first.len(), second.len(), third.len()), (2, 2, 1));
    assert_eq!(first[0].errand, Errand::Event(DomainEvent::UserRegistered));
    let again = claim(t, 5, 20, 21);
    assert_eq!(ids(&again), [ids(&first), ids(&second), ids(&third)].concat());
}

pub fn an_event_is_not_due_before_its_time(t: &dyn StoreUnderTest) {
    five_events(t);
    assert_eq!(claim(t, 10, 2, 60).len(), 3);
    assert_eq!(claim(t, 10, 4, 60).len(), 2);
}

pub fn text_messages_are_claimed_apart_from_all_else(t: &dyn StoreUnderTest) {
    let mut user = given::an_active_user().with_phone("+1-202-555-0143").build();
    let phone = user.phones()[0].id();
    user.request_phone_verification(phone, Uuid::from_u128(7), given::now()).unwrap();
    saved(t, user);
    let texts = t.outbox().claim(Channel::Sms, 10, minute(1), minute(2)).unwrap();
    let kinds: Vec<_> = texts.iter().map(|event| Channel::of(&event.errand)).collect();
    assert_eq!(kinds, [Channel::Sms]);
    let others = claim(t, 10, 1, 2);
    assert!(!others.is_empty());
    assert!(others.iter().all(|event| Channel::of(&event.errand) == Channel::Mail));
}

pub fn a_claimed_event_is_nobody_elses_until_the_lease_ends(t: &dyn StoreUnderTest) {
    five_events(t);
    let first = claim(t, 10, 10, 13);
    assert!(claim(t, 10, 12, 15).is_empty());
    let again = claim(t, 10, 13, 16);
    assert_eq!(ids(&again), ids(&first));
    assert!(first.iter().all(|event| event.attempts == 1));
    assert!(again.iter().all(|event| event.attempts == 2));
}

pub fn a_completed_event_never_comes_back(t: &dyn StoreUnderTest) {
    five_events(t);
    let events = claim(t, 10, 10, 11);
    t.outbox().complete(&[events[0].id], minute(10)).unwrap();
    t.outbox().complete(&[events[3].id], minute(10)).unwrap();
    let left = claim(t, 10, 20, 21);
    assert_eq!(ids(&left), [events[1].id, events[2].id, events[4].id]);
}

pub fn a_postponed_event_comes_back_at_its_time(t: &dyn StoreUnderTest) {
    five_events(t);
    let events = claim(t, 10, 10, 30);
    t.outbox().postpone(events[0].id, minute(15), "the mail server – \"busy\"").unwrap();
    assert!(claim(t, 10, 14, 30).is_empty());
    let again = claim(t, 10, 15, 30);
    assert_eq!(ids(&again), [events[0].id]);
    assert_eq!(again[0].attempts, 2);
    assert_eq!(again[0].errand, events[0].errand);
}

pub fn an_event_that_was_postponed_again_and_again_counts_its_attempts(t: &dyn StoreUnderTest) {
    five_events(t);
    for attempt in 1..=4 {
        let at = i64::from(attempt);
        let events = claim(t, 1, 10 + at, 60);
        assert_eq!(events[0].attempts, attempt);
        t.outbox().postpone(events[0].id, minute(-60), &"long ".repeat(1000)).unwrap();
    }
}

pub fn a_deferred_event_comes_back_at_its_time_and_was_not_tried(t: &dyn StoreUnderTest) {
    five_events(t);
    let events = claim(t, 10, 10, 30);
    t.outbox().defer(events[0].id, minute(15)).unwrap();
    assert!(claim(t, 10, 14, 30).is_empty());
    let again = claim(t, 10, 15, 30);
    assert_eq!(ids(&again), [events[0].id]);
    assert_eq!(again[0].attempts, 1);
    assert_eq!(again[0].errand, events[0].errand);
}

pub fn an_event_that_was_given_up_never_comes_back(t: &dyn StoreUnderTest) {
    five_events(t);
    let events = claim(t, 1, 10, 11);
    t.outbox().give_up(events[0].id, minute(10), "no such mailbox").unwrap();
    let left = claim(t, 10, 20, 21);
    assert_eq!(left.len(), 4);
    assert!(!ids(&left).contains(&events[0].id));
}

pub fn workers_side_by_side_share_the_events(t: &dyn StoreUnderTest) {
    for _ in 0..6 {
        saved(t, given::an_active_user().build());
    }
    let work = || {
        let mut taken = Vec::new();
        loop {
            let events = claim(t, 3, 10, 20);
            if events.is_empty() {
                return taken;
            }
            for event in &events {
                t.outbox().complete(&[event.id], minute(10)).unwrap();
            }
            taken.extend(ids(&events));
        }
    };
    let taken: Vec<Uuid> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let distinct: BTreeSet<_> = taken.iter().collect();
    assert_eq!(distinct.len(), taken.len(), "no event is taken twice");
    assert!(taken.len() >= 6 * 3);
    assert!(claim(t, 10, 30, 31).is_empty(), "no event is left behind");
}

fn a_wish(n: u128, email: &str) -> MailRequest {
    let wish = MailWish::PasswordReset { email: email.to_owned() };
    MailRequest { id: Uuid::from_u128(n), requested_at: minute(1), wish }
}

pub fn a_wish_is_claimed_as_it_was_asked_for_and_gone_when_done(t: &dyn StoreUnderTest) {
    let again = MailWish::Verification {
        user_id: Uuid::from_u128(1),
        email_id: Uuid::from_u128(2),
        asked_by: Some(Uuid::from_u128(3)),
    };
    let again = MailRequest { id: Uuid::from_u128(9), requested_at: minute(2), wish: again };
    let first = a_wish(8, "nobody@example.org");
    in_one_unit(t, |uow| {
        uow.accounts().enqueue(&first)?;
        uow.accounts().enqueue(&again)
    })
    .unwrap();
    assert!(claim(t, 10, 0, 60).is_empty(), "not before it was asked for");
    let claimed = claim(t, 10, 2, 60);
    let wishes: Vec<_> = claimed.iter().map(|claimed| (claimed.id, &claimed.errand)).collect();
    let expected = [&first, &again].map(|it| (it.id, Errand::Wish(it.wish.clone())));
    assert_eq!(wishes, expected.iter().map(|(id, errand)| (*id, errand)).collect::<Vec<_>>());

    t.outbox().complete(&[first.id], minute(3)).unwrap();
    t.outbox().give_up(again.id, minute(3), "no such mailbox").unwrap();
    // An identity is free again once its row is gone.
    in_one_unit(t, |uow| uow.accounts().enqueue(&first)).unwrap();
    assert_eq!(ids(&claim(t, 10, 61, 62)), [first.id]);
}

pub fn a_wish_can_be_postponed(t: &dyn StoreUnderTest) {
    let wish = a_wish(8, "nobody@example.org");
    in_one_unit(t, |uow| uow.accounts().enqueue(&wish)).unwrap();
    assert_eq!(claim(t, 10, 2, 60).len(), 1);
    t.outbox().postpone(wish.id, minute(5), "busy").unwrap();
    assert!(claim(t, 10, 4, 60).is_empty());
    assert_eq!(claim(t, 10, 5, 60)[0].attempts, 2);
}
