//! The audit trail.

use userdom_domain::{RepositoryError, UserId};
use uuid::Uuid;

use super::{
    StoreUnderTest,
    support::{in_one_unit, minute, saved},
};
use crate::{
    ports::{AuditEvent, Outcome},
    testing::given,
};

/// A line about something that a user did to itself.
fn line(user_id: UserId) -> AuditEvent {
    AuditEvent {
        id: given::a_user_id().as_uuid(),
        occurred_at: minute(1),
        kind: "email.removed".to_owned(),
        outcome: Outcome::Success,
        actor_id: Some(user_id),
        api_key_id: Some(Uuid::from_u128(1)),
        user_id: Some(user_id),
        target_id: Some(Uuid::from_u128(2)),
        ip_address: "2001:db8:ffff:ffff:ffff:ffff:255.255.255.255".to_owned(),
        user_agent: "a browser – \"ü\"".to_owned(),
        request_id: "r".repeat(100),
    }
}

fn append(t: &dyn StoreUnderTest, lines: &[&AuditEvent]) {
    in_one_unit(t, |uow| lines.iter().try_for_each(|line| uow.audit().append(line))).unwrap();
}

fn trail(t: &dyn StoreUnderTest, user_id: UserId, before: Option<Uuid>) -> Vec<AuditEvent> {
    t.store().read().unwrap().audit().of_user(user_id, before, 2).unwrap()
}

pub fn p3_lines_come_back_as_they_were_newest_first(t: &dyn StoreUnderTest) {
    let user_id = given::a_user_id();
    let done = line(user_id);
    let suffered = AuditEvent {
        outcome: Outcome::Failure,
        actor_id: None,
        api_key_id: None,
        target_id: None,
        ..line(user_id)
    };
    let did_to_another = AuditEvent { user_id: Some(given::a_user_id()), ..line(user_id) };
    let of_strangers = AuditEvent { actor_id: None, user_id: None, ..line(user_id) };
    append(t, &[&done, &suffered]);
    append(t, &[&of_strangers, &line(given::a_user_id()), &did_to_another]);
    assert_eq!(trail(t, user_id, None), [did_to_another, suffered.clone()]);
    assert_eq!(trail(t, user_id, Some(suffered.id)), std::slice::from_ref(&done));
    assert_eq!(trail(t, user_id, Some(done.id)), []);
}

pub fn p3_a_line_is_there_exactly_when_what_it_tells_is(t: &dyn StoreUnderTest) {
    let mut user = given::an_active_user().build();
    let line = line(user.id());
    let mut uow = t.store().begin().unwrap();
    uow.users().save(&mut user).unwrap();
    uow.audit().append(&line).unwrap();
    drop(uow);
    assert_eq!(trail(t, user.id(), None), []);

    saved(t, given::a_pending_user().with_username("taken").build());
    let mut user = given::a_pending_user().with_username("taken").build();
    let refused = in_one_unit(t, |uow| {
        uow.users().save(&mut user)?;
        uow.audit().append(&self::line(user.id()))
    });
    assert!(matches!(refused, Err(RepositoryError::Duplicate(_))));
    assert_eq!(trail(t, user.id(), None), []);
}

pub fn p3_lines_outlive_their_user(t: &dyn StoreUnderTest) {
    let user = saved(t, given::an_active_user().build());
    let line = line(user.id());
    append(t, &[&line]);
    in_one_unit(t, |uow| uow.users().delete(user.id())).unwrap();
    assert_eq!(trail(t, user.id(), None), [line]);
}

pub fn what_only_reads_writes_no_line(t: &dyn StoreUnderTest) {
    let line = line(given::a_user_id());
    let mut reader = t.store().read().unwrap();
    assert!(reader.audit().append(&line).is_err());
}
