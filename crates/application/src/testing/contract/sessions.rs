//! Sessions and their access tokens.

use std::collections::BTreeSet;

use userdom_domain::{StatusNote, UserAggregate, UserId, UserRole, UserStatus};
use uuid::Uuid;

use super::{
    StoreUnderTest,
    support::{changed, in_one_unit, minute, saved},
};
use crate::{
    ports::{NewSession, SessionOwner, TokenHash},
    testing::given,
};

/// A session whose access token lasts until minute 15.
fn opened(t: &dyn StoreUnderTest, user: &UserAggregate) -> NewSession {
    let id = given::a_user_id().as_uuid();
    let mut hash = [0xff; 32];
    hash[..16].copy_from_slice(id.as_bytes());
    let session = NewSession {
        id,
        user_id: user.id(),
        access_token: TokenHash(hash),
        access_expires_at: minute(15),
        created_at: given::now(),
        user_agent: "ü".repeat(255),
        ip_address: "2001:db8:ffff:ffff:ffff:ffff:255.255.255.255".to_owned(),
    };
    in_one_unit(t, |uow| uow.sessions().insert(&session)).unwrap();
    session
}

fn owner(t: &dyn StoreUnderTest, session: &NewSession, at_minute: i64) -> Option<SessionOwner> {
    let mut reader = t.store().read().unwrap();
    reader.sessions().find_owner(&session.access_token, minute(at_minute)).unwrap()
}

fn end_all(t: &dyn StoreUnderTest, user_id: UserId) {
    in_one_unit(t, |uow| uow.sessions().end_all(user_id)).unwrap();
}

pub fn a_session_is_found_by_its_token_with_its_owner(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().with_role(UserRole::Moderator).build());
    opened(t, &saved(t, given::an_active_user().build()));
    let session = opened(t, &user);
    let expected = SessionOwner {
        session_id: session.id,
        user_id: user.id(),
        roles: BTreeSet::from([UserRole::User, UserRole::Moderator]),
        status: UserStatus::Active,
        status_until: None,
    };
    assert_eq!(owner(t, &session, 1), Some(expected));
}

pub fn an_unknown_or_expired_token_has_no_owner(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let session = opened(t, &user);
    let unknown = NewSession { access_token: TokenHash([1; 32]), ..session.clone() };
    assert_eq!(owner(t, &unknown, 1), None);
    assert!(owner(t, &session, 14).is_some());
    assert_eq!(owner(t, &session, 15), None, "the end is not part of the time");
}

pub fn the_owner_is_seen_as_it_is_now(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let session = opened(t, &user);
    let note = StatusNote::new("spam", given::a_user_id(), Some(minute(60))).unwrap();
    changed(t, &user, |user| {
        user.set_roles(BTreeSet::from([UserRole::Guest]), minute(1)).unwrap();
        user.suspend(note, minute(1)).unwrap();
    });
    let owner = owner(t, &session, 2).unwrap();
    assert_eq!(owner.roles, BTreeSet::from([UserRole::Guest]));
    assert_eq!((owner.status, owner.status_until), (UserStatus::Suspended, Some(minute(60))));
}

pub fn a_session_ends_once(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let (session, other) = (opened(t, &user), opened(t, &user));
    let end = |id: Uuid| in_one_unit(t, |uow| uow.sessions().end(id)).unwrap();
    assert!(end(session.id));
    assert!(!end(session.id));
    assert_eq!(owner(t, &session, 1), None);
    assert!(owner(t, &other, 1).is_some());
}

pub fn all_sessions_of_a_user_end_at_once(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let bystander = opened(t, &saved(t, given::an_active_user().build()));
    let sessions = [opened(t, &user), opened(t, &user)];
    end_all(t, user.id());
    end_all(t, user.id());
    assert!(sessions.iter().all(|session| owner(t, session, 1).is_none()));
    assert!(owner(t, &bystander, 1).is_some());
}

pub fn the_sessions_of_an_erased_user_are_gone(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let session = opened(t, &user);
    in_one_unit(t, |uow| uow.users().delete(user.id())).unwrap();
    assert_eq!(owner(t, &session, 1), None);
}

pub fn a_save_of_the_user_leaves_the_sessions_alone(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let session = opened(t, &user);
    changed(t, &user, |user| {
        user.rename(given::username("another"), minute(1));
    });
    assert!(owner(t, &session, 1).is_some());
}

pub fn a_dropped_session_was_never_opened(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let session = opened(t, &user);
    in_one_unit(t, |uow| uow.sessions().end(session.id)).unwrap();
    let mut uow = t.store().begin().unwrap();
    uow.sessions().insert(&session).unwrap();
    drop(uow);
    assert_eq!(owner(t, &session, 1), None);
}
