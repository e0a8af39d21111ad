//! Erasing users, and what ends by time.

use userdom_domain::{UserAggregate, UserId};
use uuid::Uuid;

use super::{
    StoreUnderTest,
    support::{a_full_user, changed, claim_all, find, in_one_unit, minute, saved},
};
use crate::{
    ports::{
        AuditEvent, Errand, MailRequest, MailWish, NewDevice, NewToken, Outcome, Session,
        TokenHash, TokenKind, TotpCredential,
    },
    testing::given,
};

fn a_hash(id: Uuid) -> TokenHash {
    let mut hash = [1; 32];
    hash[..16].copy_from_slice(id.as_bytes());
    TokenHash(hash)
}

/// Gives a user a session, a device, a token and a secret, which all end at minute 60.
fn furnish(t: &dyn StoreUnderTest, user_id: UserId) {
    let (id, end) = (given::a_user_id().as_uuid(), minute(60));
    let session = Session {
        id,
        user_id,
        seed: [1; 32],
        generation: 0,
        rotated_at: given::now(),
        access_token: a_hash(id),
        access_expires_at: end,
        idle_expires_at: end,
        expires_at: end,
        created_at: given::now(),
        last_used_at: given::now(),
        authenticated_at: given::now(),
        user_agent: String::new(),
        ip_address: String::new(),
    };
    let (token, created_at) = (a_hash(id), given::now());
    let device = NewDevice { id, user_id, token, created_at, expires_at: end };
    let reset = NewToken {
        id,
        user_id,
        kind: TokenKind::PasswordReset,
        target_id: user_id.as_uuid(),
        hash: a_hash(id),
        created_at,
        expires_at: end,
    };
    let secret = TotpCredential {
        user_id,
        sealed_secret: vec![1],
        created_at,
        confirmed_at: None,
        last_step: None,
    };
    in_one_unit(t, |uow| {
        uow.sessions().insert(&session)?;
        uow.devices().remember(&device)?;
        uow.tokens().issue(&reset)?;
        uow.second_factors().set_up(&secret)?;
        uow.second_factors().replace_recovery_codes(user_id, &[(id, a_hash(id))], created_at)
    })
    .unwrap();
}

/// How much of a user is left: sessions, devices, secrets, codes.
fn furniture(t: &dyn StoreUnderTest, user_id: UserId) -> [usize; 4] {
    let mut reader = t.store().read().unwrap();
    [
        reader.sessions().of_user(user_id, minute(1)).unwrap().len(),
        reader.devices().of_user(user_id, minute(1)).unwrap().len(),
        usize::from(reader.second_factors().find(user_id).unwrap().is_some()),
        usize::try_from(reader.second_factors().recovery_codes_left(user_id).unwrap()).unwrap(),
    ]
}

fn erase(t: &dyn StoreUnderTest, user_id: UserId) -> bool {
    in_one_unit(t, |uow| uow.accounts().erase(user_id)).unwrap()
}

fn wish(n: u128, wish: MailWish) -> MailRequest {
    MailRequest { id: Uuid::from_u128(n), requested_at: minute(0), wish }
}

fn enqueue(t: &dyn StoreUnderTest, requests: &[&MailRequest]) {
    in_one_unit(t, |uow| requests.iter().try_for_each(|it| uow.accounts().enqueue(it))).unwrap();
}

pub fn p2_nothing_of_an_erased_user_is_left(t: &dyn StoreUnderTest) {
    let (user, other) = (saved(t, a_full_user()), saved(t, given::an_active_user().build()));
    furnish(t, user.id());
    furnish(t, other.id());
    assert!(erase(t, user.id()));
    assert!(!erase(t, user.id()), "there is none any more");
    assert_eq!(find(t, user.id()), None);
    assert_eq!((furniture(t, user.id()), furniture(t, other.id())), ([0; 4], [1; 4]));
    assert_eq!(find(t, other.id()), Some(other));
}

pub fn p2_the_events_and_wishes_of_an_erased_user_go_with_it(t: &dyn StoreUnderTest) {
    let (user, other) = (saved(t, a_full_user()), saved(t, given::an_active_user().build()));
    let reset = |email: &str| MailWish::PasswordReset { email: email.to_owned() };
    let again = |user_id: UserId| {
        let (user_id, email_id) = (user_id.as_uuid(), Uuid::nil());
        MailWish::Verification { user_id, email_id, asked_by: None }
    };
    let of_others = [reset("nobody@example.org"), again(other.id())];
    let of_user = [reset("ada@example.org"), reset("ada@work.example"), again(user.id())];
    let wishes = of_user.iter().chain(&of_others);
    let requests: Vec<_> = (1..).zip(wishes).map(|(n, it)| wish(n, it.clone())).collect();
    enqueue(t, &requests.iter().collect::<Vec<_>>());
    erase(t, user.id());
    let left = claim_all(t, minute(1));
    let wishes = left.iter().filter_map(|claimed| match &claimed.errand {
        Errand::Wish(wish) => Some(wish.clone()),
        Errand::Event(_) => {
            assert_eq!(claimed.user_id, other.id());
            None
        }
    });
    assert_eq!(wishes.collect::<Vec<_>>(), of_others);
}

pub fn p2_the_trail_of_an_erased_user_forgets_where_from(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let line = |actor_id: UserId, user_id: UserId| AuditEvent {
        id: given::a_user_id().as_uuid(),
        occurred_at: minute(1),
        kind: "user.suspended".to_owned(),
        outcome: Outcome::Success,
        actor_id: Some(actor_id),
        api_key_id: None,
        user_id: Some(user_id),
        target_id: None,
        ip_address: "192.0.2.1".to_owned(),
        user_agent: "a browser".to_owned(),
        request_id: "r".to_owned(),
    };
    let (other, third) = (given::a_user_id(), given::a_user_id());
    let (done, suffered) = (line(user.id(), other), line(other, user.id()));
    let (untouched, last) = (line(other, third), line(user.id(), user.id()));
    in_one_unit(t, |uow| {
        [&done, &suffered, &untouched].into_iter().try_for_each(|it| uow.audit().append(it))
    })
    .unwrap();
    in_one_unit(t, |uow| {
        uow.audit().append(&last)?;
        uow.accounts().erase(user.id())
    })
    .unwrap();
    let wiped = |line: AuditEvent| AuditEvent {
        ip_address: String::new(),
        user_agent: String::new(),
        ..line
    };
    let trail = |user_id| t.store().read().unwrap().audit().of_user(user_id, None, 9).unwrap();
    assert_eq!(trail(user.id()), [wiped(last), wiped(suffered), wiped(done)]);
    assert_eq!(trail(third), [untouched]);
}

pub fn a_dropped_erasure_erases_nothing(t: &dyn StoreUnderTest) {
    let user = saved(t, a_full_user());
    furnish(t, user.id());
    let mut uow = t.store().begin().unwrap();
    assert!(uow.accounts().erase(user.id()).unwrap());
    drop(uow);
    assert_eq!(furniture(t, user.id()), [1; 4]);
    assert_eq!(find(t, user.id()), Some(user));
}

fn never_verified(t: &dyn StoreUnderTest, before: i64, limit: u32) -> Vec<UserId> {
    t.store().read().unwrap().accounts().never_verified(minute(before), limit).unwrap()
}

pub fn accounts_that_never_verified_an_email_are_found(t: &dyn StoreUnderTest) {
    let pending = || saved(t, given::a_pending_user().build());
    let (first, second) = (pending(), pending());
    saved(t, given::an_active_user().build());
    let with_verified = pending();
    changed(t, &with_verified, |user| {
        user.verify_email(user.emails()[0].id(), minute(1)).unwrap();
    });
    let banned = pending();
    let note = userdom_domain::StatusNote::new("spam", given::a_user_id(), None).unwrap();
    changed(t, &banned, |user| user.ban(note, minute(1)).unwrap());
    assert_eq!(never_verified(t, 0, 10), [], "the moment itself is not before it");
    assert_eq!(never_verified(t, 1, 10), [first.id(), second.id()]);
    assert_eq!(never_verified(t, 1, 1), [first.id()]);
}

pub fn accounts_that_were_deleted_long_ago_are_found(t: &dyn StoreUnderTest) {
    let deleted = |at: i64| -> UserAggregate {
        let user = saved(t, given::an_active_user().build());
        changed(t, &user, |user| user.delete(minute(at)).unwrap())
    };
    let (second, first) = (deleted(20), deleted(10));
    saved(t, given::an_active_user().build());
    let before = |moment: i64, limit| {
        t.store().read().unwrap().accounts().deleted_before(minute(moment), limit).unwrap()
    };
    assert_eq!(before(10, 9), []);
    assert_eq!(before(11, 9), [first.id()]);
    assert_eq!(before(21, 9), [first.id(), second.id()]);
    assert_eq!(before(21, 1), [first.id()]);
}

pub fn what_has_ended_by_time_is_swept_and_nothing_else(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    furnish(t, user.id());
    let events = claim_all(t, minute(1));
    t.outbox().complete(&[events[0].id], minute(30)).unwrap();
    let sweep = |now, processed_before| {
        let (now, before) = (minute(now), minute(processed_before));
        in_one_unit(t, |uow| uow.accounts().sweep(now, before)).unwrap()
    };
    assert_eq!(sweep(59, 30), 0);
    assert_eq!(furniture(t, user.id()), [1; 4]);
    assert_eq!(sweep(59, 31), 1, "the event");
    assert_eq!(sweep(60, 31), 3, "session, token and device");
    assert_eq!(furniture(t, user.id()), [0, 0, 1, 1]);
    assert_eq!(claim_all(t, minute(90)).len(), events.len() - 1, "what waits stays");
}
