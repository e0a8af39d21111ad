//! Events on their way out.

use std::collections::BTreeSet;

use userdom_domain::DomainEvent;
use uuid::Uuid;

use super::{
    StoreUnderTest,
    support::{claim_all, in_one_unit, minute, saved},
};
use crate::{
    ports::{Channel, ClaimedEntry, MailRequest, NewEntry, Notice, OutboxContent, UserMessage},
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

fn claim(t: &dyn StoreUnderTest, limit: u32, at: i64, lease_ends: i64) -> Vec<ClaimedEntry> {
    t.outbox().claim(Channel::Mail, limit, minute(at), minute(lease_ends)).unwrap()
}

fn ids(events: &[ClaimedEntry]) -> Vec<Uuid> {
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
    assert_eq!(first[0].content, OutboxContent::Event(DomainEvent::UserRegistered));
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
    let phone_id = user.phones()[0].id();
    let (user_id, token_id) = (Some(user.id()), Uuid::from_u128(7));
    let content = OutboxContent::Message(UserMessage::PhoneCode { phone_id, token_id });
    let code = NewEntry { id: Uuid::from_u128(8), user_id, content, created_at: given::now() };
    in_one_unit(t, |uow| {
        uow.outbox().enqueue(&code)?;
        uow.users().save(&mut user)
    })
    .unwrap();
    let texts = t.outbox().claim(Channel::Sms, 10, minute(1), minute(2)).unwrap();
    let texts: Vec<_> = texts.into_iter().map(|entry| (entry.id, entry.content)).collect();
    assert_eq!(texts, [(code.id, code.content)]);
    let others = claim(t, 10, 1, 2);
    assert!(!others.is_empty());
    assert!(others.iter().all(|entry| entry.content.channel() == Channel::Mail));
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
    assert_eq!(again[0].content, events[0].content);
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
    assert_eq!(again[0].content, events[0].content);
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

fn a_request(n: u128, request: MailRequest) -> NewEntry {
    let content = OutboxContent::MailRequest(request);
    NewEntry { id: Uuid::from_u128(n), user_id: None, content, created_at: minute(1) }
}

fn a_reset(n: u128) -> NewEntry {
    a_request(n, MailRequest::PasswordReset { email: "nobody@example.org".to_owned() })
}

pub fn a_request_for_mail_is_claimed_as_it_was_made_and_gone_when_done(t: &dyn StoreUnderTest) {
    let (user_id, email_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let asked_by = Some(Uuid::from_u128(3));
    let (first, again) =
        (a_reset(8), a_request(9, MailRequest::Verification { user_id, email_id, asked_by }));
    in_one_unit(t, |uow| {
        uow.outbox().enqueue(&first)?;
        uow.outbox().enqueue(&again)
    })
    .unwrap();
    assert!(claim(t, 10, 0, 60).is_empty(), "not before it was asked for");
    let claimed = claim(t, 10, 2, 60).into_iter().map(|claimed| (claimed.id, claimed.content));
    let expected = [&first, &again].map(|it| (it.id, it.content.clone()));
    assert_eq!(claimed.collect::<Vec<_>>(), expected);

    t.outbox().complete(&[first.id], minute(3)).unwrap();
    t.outbox().give_up(again.id, minute(3), "no such mailbox").unwrap();
    // An identity is free again once its row is gone.
    in_one_unit(t, |uow| uow.outbox().enqueue(&first)).unwrap();
    assert_eq!(ids(&claim(t, 10, 61, 62)), [first.id]);
}

pub fn a_request_for_mail_can_be_postponed(t: &dyn StoreUnderTest) {
    let request = a_reset(8);
    in_one_unit(t, |uow| uow.outbox().enqueue(&request)).unwrap();
    assert_eq!(claim(t, 10, 2, 60).len(), 1);
    t.outbox().postpone(request.id, minute(5), "busy").unwrap();
    assert!(claim(t, 10, 4, 60).is_empty());
    assert_eq!(claim(t, 10, 5, 60)[0].attempts, 2);
}

pub fn messages_leave_with_the_transaction_or_not_at_all(t: &dyn StoreUnderTest) {
    let user = given::an_active_user().with_username("taken");
    let mut user = saved(t, user.build());
    claim_all(t, minute(1));
    let message = |n: u128| {
        let (notice, to) = (Notice::PasswordChanged, given::email("ada@example.org"));
        let content = OutboxContent::Message(UserMessage::Notice { notice, to });
        NewEntry {
            id: Uuid::from_u128(n),
            user_id: Some(user.id()),
            content,
            created_at: minute(1),
        }
    };
    let mut impostor = given::a_pending_user().with_username("taken").build();
    let (with_impostor, before_save, after_save, alone) =
        (message(1), message(2), message(3), message(4));
    in_one_unit(t, |uow| {
        uow.outbox().enqueue(&with_impostor)?;
        uow.users().save(&mut impostor)
    })
    .unwrap_err();
    let mut undone = t.store().begin().unwrap();
    undone.outbox().enqueue(&with_impostor).unwrap();
    drop(undone);
    in_one_unit(t, |uow| uow.outbox().enqueue(&alone)).unwrap();
    user.rename(given::username("renamed"), minute(1));
    in_one_unit(t, |uow| {
        uow.outbox().enqueue(&before_save)?;
        uow.users().save(&mut user)?;
        uow.outbox().enqueue(&after_save)
    })
    .unwrap();
    let left: BTreeSet<_> = claim(t, 10, 2, 60)
        .into_iter()
        .filter(|entry| matches!(entry.content, OutboxContent::Message(_)))
        .map(|entry| entry.id)
        .collect();
    assert_eq!(left, BTreeSet::from([before_save.id, after_save.id, alone.id]));
}
