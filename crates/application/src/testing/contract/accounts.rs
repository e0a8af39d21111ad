//! Erasing users, and what ends by time.

use userdom_domain::{RepositoryError, StatusNote, UserAggregate, UserId};
use uuid::Uuid;

use super::{
    StoreUnderTest,
    support::{a_full_user, changed, claim_all, find, in_one_unit, minute, saved},
};
use crate::{
    ports::{
        ApiKey, AuditEvent, Ended, Leftover, MailRequest, NewDevice, NewEntry, NewToken, Notice,
        OutboxContent, Outcome, Scope, Session, TokenHash, TokenKind, TotpCredential, UnitOfWork,
        UserMessage,
    },
    testing::given,
};

fn a_hash(id: Uuid) -> TokenHash {
    let mut hash = [1; 32];
    hash[..16].copy_from_slice(id.as_bytes());
    TokenHash(hash)
}

fn a_note() -> StatusNote {
    StatusNote::new("spam", given::a_user_id(), None).unwrap()
}

/// A line of the audit trail that tells from where somebody came.
fn a_line(actor_id: UserId, user_id: UserId) -> AuditEvent {
    AuditEvent {
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
    }
}

/// One that ends at minute 60.
fn a_session(user_id: UserId) -> Session {
    let (id, end) = (given::a_user_id().as_uuid(), minute(60));
    Session {
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
    }
}

/// Gives a user a session, a device, a token and a secret, which all end at minute 60; says what
/// opens the session.
fn furnish(t: &dyn StoreUnderTest, user_id: UserId) -> TokenHash {
    let (id, end) = (given::a_user_id().as_uuid(), minute(60));
    let session = a_session(user_id);
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
    session.access_token
}

/// How much of a user is left: sessions, devices, secrets, codes.
fn furniture(t: &dyn StoreUnderTest, user_id: UserId) -> [usize; 4] {
    let mut reader = t.store().read().unwrap();
    [
        reader.sessions().of_user(user_id, minute(1), None, 9).unwrap().len(),
        reader.devices().of_user(user_id, minute(1)).unwrap().len(),
        usize::from(reader.second_factors().find(user_id).unwrap().is_some()),
        usize::try_from(reader.second_factors().recovery_codes_left(user_id).unwrap()).unwrap(),
    ]
}

/// Removes a user, if it is there, and wipes what is left of it in steps of two rows. Says how
/// many steps there were.
fn erase(t: &dyn StoreUnderTest, user_id: UserId) -> Option<usize> {
    let user = find(t, user_id)?;
    let erased = in_one_unit(t, |uow| uow.accounts().erase(user_id, user.version()));
    assert!(erased.unwrap());
    let wipe = || in_one_unit(t, |uow| uow.accounts().wipe(&user_id.to_string(), 2)).unwrap();
    let mut steps = 1;
    while !wipe() {
        steps += 1;
    }
    Some(steps)
}

fn half_erased(t: &dyn StoreUnderTest) -> Vec<String> {
    t.store().read().unwrap().accounts().half_erased("", 10).unwrap()
}

fn entry(n: u128, user_id: Option<UserId>, content: OutboxContent) -> NewEntry {
    NewEntry { id: Uuid::from_u128(n), user_id, content, created_at: minute(0) }
}

fn enqueue(t: &dyn StoreUnderTest, entries: &[NewEntry]) {
    in_one_unit(t, |uow| entries.iter().try_for_each(|it| uow.outbox().enqueue(it))).unwrap();
}

pub fn p2_nothing_of_an_erased_user_is_left(t: &dyn StoreUnderTest) {
    let (user, other) = (saved(t, a_full_user()), saved(t, given::an_active_user().build()));
    furnish(t, user.id());
    furnish(t, other.id());
    assert!(erase(t, user.id()).is_some());
    assert!(erase(t, user.id()).is_none(), "there is none any more");
    assert_eq!(find(t, user.id()), None);
    assert_eq!((furniture(t, user.id()), furniture(t, other.id())), ([0; 4], [1; 4]));
    assert_eq!(find(t, other.id()), Some(other));
}

pub fn r27_who_has_changed_meanwhile_is_not_erased(t: &dyn StoreUnderTest) {
    let seen = saved(t, given::an_active_user().build());
    changed(t, &seen, |user| user.suspend(a_note(), minute(1)).unwrap());
    let erase = |version| in_one_unit(t, |uow| uow.accounts().erase(seen.id(), version)).unwrap();
    assert!(!erase(seen.version()));
    assert!(find(t, seen.id()).is_some());
    assert_eq!(half_erased(t), [""; 0]);
    assert!(erase(seen.version() + 1));
}

pub fn c2_an_erased_user_is_gone_at_once_and_wiped_row_by_row(t: &dyn StoreUnderTest) {
    let (user, other) = (saved(t, a_full_user()), saved(t, given::an_active_user().build()));
    let token = furnish(t, user.id());
    furnish(t, other.id());
    let lines: Vec<_> = (1..=9).map(|_| a_line(user.id(), user.id())).collect();
    in_one_unit(t, |uow| lines.iter().try_for_each(|line| uow.audit().append(line))).unwrap();
    let owner = || {
        let found = t.store().read().unwrap().sessions().find_owner(&token, minute(1)).unwrap();
        found.map(|owner| owner.user_id)
    };
    assert_eq!(owner(), Some(user.id()));
    let erased = in_one_unit(t, |uow| uow.accounts().erase(user.id(), user.version()));
    assert!(erased.unwrap());
    assert_eq!(find(t, user.id()), None);
    assert_eq!(half_erased(t), [user.id().to_string()]);
    assert_eq!(owner(), None);
    let wiped = |uow: &mut dyn UnitOfWork| uow.accounts().wipe(&user.id().to_string(), 4);
    let is_left = || {
        let trail = t.store().read().unwrap().audit().of_user(user.id(), None, 99).unwrap();
        trail.iter().filter(|line| !line.ip_address.is_empty()).count()
    };
    let mut left = Vec::new();
    while !in_one_unit(t, wiped).unwrap() {
        left.push(is_left());
    }
    assert!(left.windows(2).all(|pair| pair[0] - pair[1] <= 4), "{left:?}");
    assert!(left.len() >= 3, "{left:?}");
    assert_eq!(is_left(), 0);
    assert_eq!(half_erased(t), [""; 0]);
    assert_eq!(furniture(t, other.id()), [1; 4]);
    assert!(in_one_unit(t, wiped).unwrap(), "there is nothing left to do");
}

/// What a foreign key would refuse is refused.
pub fn c2_nothing_is_added_to_who_is_being_erased(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    in_one_unit(t, |uow| uow.accounts().erase(user.id(), user.version())).unwrap();
    let (id, end) = (given::a_user_id().as_uuid(), minute(60));
    let (user_id, token, created_at) = (user.id(), a_hash(id), given::now());
    let device = NewDevice { id, user_id, token, created_at, expires_at: end };
    assert_is_refused(&in_one_unit(t, |uow| uow.devices().remember(&device)));
    let key = ApiKey {
        id,
        name: "key".to_owned(),
        token,
        scopes: std::collections::BTreeSet::from([Scope::Events]),
        created_by: user_id,
        created_at,
        expires_at: None,
        last_used_at: None,
    };
    assert_is_refused(&in_one_unit(t, |uow| uow.api_keys().insert(&key)));
    let reset = NewToken {
        id,
        user_id,
        kind: TokenKind::PasswordReset,
        target_id: user_id.as_uuid(),
        hash: token,
        created_at,
        expires_at: end,
    };
    assert_is_refused(&in_one_unit(t, |uow| uow.tokens().issue(&reset)));
    assert_is_refused(&in_one_unit(t, |uow| uow.sessions().insert(&a_session(user_id))));
}

/// As a foreign key says it: the next try finds nobody.
fn assert_is_refused<T: std::fmt::Debug>(added: &Result<T, RepositoryError>) {
    assert!(matches!(added, Err(RepositoryError::Transient(_))), "{added:?}");
}

pub fn p2_the_outbox_entries_of_an_erased_user_go_with_it(t: &dyn StoreUnderTest) {
    let (user, other) = (saved(t, a_full_user()), saved(t, given::an_active_user().build()));
    let notice = |user: &UserAggregate| {
        let (notice, to) = (Notice::PasswordChanged, given::email("ada@example.org"));
        (Some(user.id()), OutboxContent::Message(UserMessage::Notice { notice, to }))
    };
    let reset = |email: &str| {
        let email = email.to_owned();
        (None, OutboxContent::MailRequest(MailRequest::PasswordReset { email }))
    };
    let again = |user: &UserAggregate| {
        let (user_id, email_id) = (user.id().as_uuid(), Uuid::nil());
        let request = MailRequest::Verification { user_id, email_id, asked_by: None };
        (None, OutboxContent::MailRequest(request))
    };
    let of_others = [reset("nobody@example.org"), again(&other), notice(&other)];
    let of_user =
        [reset("ada@example.org"), reset("ada@work.example"), again(&user), notice(&user)];
    let all = of_user.iter().chain(&of_others).cloned();
    let entries: Vec<_> = (1..).zip(all).map(|(n, (id, content))| entry(n, id, content)).collect();
    enqueue(t, &entries);
    erase(t, user.id());
    let left = claim_all(t, minute(1)).into_iter().filter_map(|claimed| match claimed.content {
        OutboxContent::Event(_) => {
            assert_eq!(claimed.user_id, other.id());
            None
        }
        content @ (OutboxContent::Message(_) | OutboxContent::MailRequest(_)) => Some(content),
    });
    assert_eq!(left.collect::<Vec<_>>(), of_others.map(|(_, content)| content));
}

pub fn p2_the_trail_of_an_erased_user_forgets_where_from(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let (other, third) = (given::a_user_id(), given::a_user_id());
    let (done, suffered) = (a_line(user.id(), other), a_line(other, user.id()));
    let (untouched, last) = (a_line(other, third), a_line(user.id(), user.id()));
    in_one_unit(t, |uow| {
        [&done, &suffered, &untouched].into_iter().try_for_each(|it| uow.audit().append(it))
    })
    .unwrap();
    in_one_unit(t, |uow| uow.audit().append(&last)).unwrap();
    erase(t, user.id());
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
    assert!(uow.accounts().erase(user.id(), user.version()).unwrap());
    assert!(uow.accounts().wipe(&user.id().to_string(), 100).unwrap());
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
    changed(t, &banned, |user| user.ban(a_note(), minute(1)).unwrap());
    assert_eq!(never_verified(t, 0, 10), [], "the moment itself is not before it");
    assert_eq!(never_verified(t, 1, 10), [first.id(), second.id()]);
    assert_eq!(never_verified(t, 1, 1), [first.id()]);
    let left = |user: &UserAggregate, before| {
        let leftover = Leftover::NeverVerified { registered_before: minute(before) };
        leftover_version(t, user, leftover)
    };
    assert_eq!((left(&first, 0), left(&first, 1)), (None, Some(first.version())));
    assert_eq!((left(&with_verified, 1), left(&banned, 1)), (None, None));
}

fn leftover_version(
    t: &dyn StoreUnderTest,
    user: &UserAggregate,
    leftover: Leftover,
) -> Option<i64> {
    in_one_unit(t, |uow| uow.accounts().leftover_version(user.id(), leftover)).unwrap()
}

pub fn accounts_that_were_deleted_long_ago_are_found(t: &dyn StoreUnderTest) {
    let deleted = |at: i64| -> UserAggregate {
        let user = saved(t, given::an_active_user().build());
        changed(t, &user, |user| user.delete(minute(at)).unwrap())
    };
    let (second, first) = (deleted(20), deleted(10));
    let live = saved(t, given::an_active_user().build());
    let before = |moment: i64, limit| {
        t.store().read().unwrap().accounts().deleted_before(minute(moment), limit).unwrap()
    };
    assert_eq!(before(10, 9), []);
    assert_eq!(before(11, 9), [first.id()]);
    assert_eq!(before(21, 9), [first.id(), second.id()]);
    assert_eq!(before(21, 1), [first.id()]);
    let left = |user: &UserAggregate, moment| {
        let leftover = Leftover::Deleted { deleted_before: minute(moment) };
        leftover_version(t, user, leftover)
    };
    assert_eq!((left(&first, 10), left(&first, 11)), (None, Some(first.version())));
    assert_eq!(left(&live, 99), None);
}

pub fn what_has_ended_by_time_is_swept_and_nothing_else(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    furnish(t, user.id());
    let events = claim_all(t, minute(1));
    t.outbox().complete(&[events[0].id], minute(30)).unwrap();
    let sweep =
        |what, at| in_one_unit(t, |uow| uow.accounts().sweep(what, minute(at), 100)).unwrap();
    assert_eq!(sweep(Ended::Events, 30), 0);
    assert_eq!(sweep(Ended::Events, 31), 1);
    let by_time = [Ended::Sessions, Ended::Tokens, Ended::Devices];
    assert_eq!(by_time.map(|what| sweep(what, 59)), [0; 3]);
    assert_eq!(furniture(t, user.id()), [1; 4]);
    assert_eq!(by_time.map(|what| sweep(what, 60)), [1; 3]);
    assert_eq!(furniture(t, user.id()), [0, 0, 1, 1]);
    assert_eq!(claim_all(t, minute(90)).len(), events.len() - 1, "what waits stays");
}

pub fn c4_a_sweep_takes_so_many_rows_and_no_more(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    for _ in 0..5 {
        furnish(t, user.id());
    }
    let sweep = |what| in_one_unit(t, |uow| uow.accounts().sweep(what, minute(60), 2)).unwrap();
    assert_eq!([(); 4].map(|()| sweep(Ended::Sessions)), [2, 2, 1, 0]);
    assert_eq!([(); 4].map(|()| sweep(Ended::Tokens)), [2, 2, 1, 0]);
    assert_eq!([(); 4].map(|()| sweep(Ended::Devices)), [2, 2, 1, 0]);
}
