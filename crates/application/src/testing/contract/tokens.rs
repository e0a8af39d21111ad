//! Tokens that are good for one use.

use chrono::TimeDelta;
use userdom_domain::UserAggregate;
use uuid::Uuid;

use super::{
    StoreUnderTest,
    support::{in_one_unit, minute, saved, settled},
};
use crate::{
    ports::{NewToken, TokenHash, TokenKind, UsedToken},
    testing::given,
};

/// A token for the user's first email that lasts for an hour.
fn issued(t: &dyn StoreUnderTest, user: &UserAggregate, at_minute: i64) -> NewToken {
    let target_id = user.emails()[0].id().as_uuid();
    let token = token(user, target_id, at_minute);
    in_one_unit(t, |uow| uow.tokens().issue(&token)).unwrap();
    token
}

fn token(user: &UserAggregate, target_id: Uuid, at_minute: i64) -> NewToken {
    let id = given::a_user_id().as_uuid();
    let mut hash = [0; 32];
    hash[16..].copy_from_slice(id.as_bytes());
    NewToken {
        id,
        user_id: user.id(),
        kind: TokenKind::EmailVerification,
        target_id,
        hash: TokenHash(hash),
        created_at: minute(at_minute),
        expires_at: minute(at_minute) + TimeDelta::hours(1),
    }
}

fn consume(t: &dyn StoreUnderTest, token: &NewToken, at_minute: i64) -> Option<UsedToken> {
    let now = minute(at_minute);
    in_one_unit(t, |uow| uow.tokens().consume(token.kind, &token.hash, now)).unwrap()
}

pub fn a_token_is_good_for_one_use(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let token = issued(t, &user, 0);
    let expected = UsedToken { user_id: user.id(), target_id: token.target_id };
    assert_eq!(consume(t, &token, 59), Some(expected));
    assert_eq!(consume(t, &token, 59), None);
}

pub fn a_token_ends_by_time(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let token = issued(t, &user, 0);
    assert_eq!(consume(t, &token, 60), None, "the end is not part of the time");
    assert!(consume(t, &token, 59).is_some(), "a refused use uses nothing up");
}

pub fn a_token_of_another_kind_is_noise(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let token = issued(t, &user, 0);
    let other = NewToken { kind: TokenKind::Access, ..token.clone() };
    assert_eq!(consume(t, &other, 1), None);
    let unknown = NewToken { hash: TokenHash([9; 32]), ..token.clone() };
    assert_eq!(consume(t, &unknown, 1), None);
    assert!(consume(t, &token, 1).is_some());
}

pub fn a_newer_token_ends_the_older_ones(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let [first, second, third] = [0, 1, 2].map(|at| issued(t, &user, at));
    assert_eq!(consume(t, &first, 3), None);
    assert_eq!(consume(t, &second, 3), None);
    assert!(consume(t, &third, 3).is_some());
}

pub fn a_newer_token_ends_none_of_another_target_or_kind(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let token_for_email = issued(t, &user, 0);
    let for_other_email = token(&user, given::an_email_id().as_uuid(), 1);
    let of_other_kind =
        NewToken { kind: TokenKind::Access, ..token(&user, token_for_email.target_id, 2) };
    in_one_unit(t, |uow| {
        uow.tokens().issue(&for_other_email)?;
        uow.tokens().issue(&of_other_kind)
    })
    .unwrap();
    for token in [token_for_email, for_other_email, of_other_kind] {
        assert!(consume(t, &token, 3).is_some());
    }
}

pub fn issued_tokens_are_counted_used_or_not(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let other = saved(t, given::a_pending_user().build());
    let tokens = [0, 10, 20].map(|at| issued(t, &user, at));
    issued(t, &other, 20);
    assert!(consume(t, &tokens[2], 21).is_some());
    let count = |kind, since| {
        let mut reader = t.store().read().unwrap();
        reader.tokens().issued_since(kind, tokens[0].target_id, minute(since)).unwrap()
    };
    let counts = [-1, 5, 15, 25].map(|since| count(TokenKind::EmailVerification, since));
    assert_eq!(counts, [3, 2, 1, 0]);
    assert_eq!(count(TokenKind::EmailVerification, 10), 2, "the moment itself counts");
    assert_eq!(count(TokenKind::Access, -1), 0);
}

pub fn a_dropped_use_is_no_use(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let token = issued(t, &user, 0);
    let mut uow = t.store().begin().unwrap();
    assert!(uow.tokens().consume(token.kind, &token.hash, minute(1)).unwrap().is_some());
    drop(uow);
    assert!(consume(t, &token, 1).is_some());
}

pub fn a_dropped_issue_ends_nothing(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let old = issued(t, &user, 0);
    let new = token(&user, old.target_id, 1);
    let mut uow = t.store().begin().unwrap();
    uow.tokens().issue(&new).unwrap();
    drop(uow);
    assert_eq!(consume(t, &new, 2), None);
    assert!(consume(t, &old, 2).is_some());
}

pub fn the_tokens_of_an_erased_user_are_gone(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let token = issued(t, &user, 0);
    in_one_unit(t, |uow| uow.users().delete(user.id())).unwrap();
    assert_eq!(consume(t, &token, 1), None);
}

pub fn of_sixteen_at_once_one_uses_the_token(t: &dyn StoreUnderTest) {
    let user = saved(t, given::a_pending_user().build());
    let token = issued(t, &user, 0);
    let winners: usize = std::thread::scope(|scope| {
        let attempt = || {
            let now = minute(1);
            let won = settled(t, |uow| uow.tokens().consume(token.kind, &token.hash, now));
            usize::from(won.unwrap().is_some())
        };
        let attempts: Vec<_> = (0..16).map(|_| scope.spawn(attempt)).collect();
        attempts.into_iter().map(|attempt| attempt.join().unwrap()).sum()
    });
    assert_eq!(winners, 1);
}
