//! Keys of other services.

use std::collections::BTreeSet;

use userdom_domain::{StatusNote, UniqueKey, UserAggregate, UserRole};

use super::{
    StoreUnderTest,
    support::{assert_duplicate, changed, in_one_unit, minute, saved},
};
use crate::{
    ports::{ApiKey, Scope, TokenHash},
    testing::given,
};

fn admin(t: &dyn StoreUnderTest) -> UserAggregate {
    saved(t, given::an_active_user().with_role(UserRole::Admin).build())
}

fn key(admin: &UserAggregate, at_minute: i64) -> ApiKey {
    let id = given::a_user_id().as_uuid();
    let mut token = [5; 32];
    token[..16].copy_from_slice(id.as_bytes());
    ApiKey {
        id,
        name: "dashboards – \"ours\"".to_owned(),
        token: TokenHash(token),
        scopes: Scope::ALL.into(),
        created_by: admin.id(),
        created_at: minute(at_minute),
        expires_at: Some(minute(60)),
        last_used_at: None,
    }
}

fn made(t: &dyn StoreUnderTest, key: ApiKey) -> ApiKey {
    in_one_unit(t, |uow| uow.api_keys().insert(&key)).unwrap();
    key
}

fn all(t: &dyn StoreUnderTest) -> Vec<ApiKey> {
    t.store().read().unwrap().api_keys().all().unwrap()
}

fn live(t: &dyn StoreUnderTest, key: &ApiKey, at_minute: i64) -> Option<ApiKey> {
    t.store().read().unwrap().api_keys().find_live(&key.token, minute(at_minute)).unwrap()
}

pub fn keys_come_back_newest_first(t: &dyn StoreUnderTest) {
    let admin = admin(t);
    assert_eq!(all(t), []);
    let first = made(t, key(&admin, 1));
    let second = ApiKey { scopes: [Scope::Introspect].into(), ..key(&admin, 2) };
    let second = made(t, ApiKey { expires_at: None, ..second });
    assert_eq!(all(t), [second, first.clone()]);
    let again = ApiKey { id: given::a_user_id().as_uuid(), ..first };
    assert_duplicate(in_one_unit(t, |uow| uow.api_keys().insert(&again)), UniqueKey::Identity);
}

pub fn a_key_lives_until_its_end(t: &dyn StoreUnderTest) {
    let admin = admin(t);
    let ending = made(t, key(&admin, 1));
    let endless = made(t, ApiKey { expires_at: None, ..key(&admin, 1) });
    assert_eq!(live(t, &ending, 59), Some(ending.clone()));
    assert_eq!(live(t, &ending, 60), None);
    assert_eq!(live(t, &endless, 1_000_000), Some(endless.clone()));
    let unknown = ApiKey { token: TokenHash([9; 32]), ..endless };
    assert_eq!(live(t, &unknown, 1), None);
}

pub fn a_key_lives_as_long_as_its_maker_is_an_active_admin(t: &dyn StoreUnderTest) {
    let maker = admin(t);
    let key = made(t, key(&maker, 1));
    let roles = |roles: &[UserRole]| roles.iter().copied().collect::<BTreeSet<_>>();
    let maker = changed(t, &maker, |user| {
        user.set_roles(roles(&[UserRole::Moderator]), minute(1)).unwrap();
    });
    assert_eq!(live(t, &key, 2), None, "an admin no more");
    let maker = changed(t, &maker, |user| {
        user.set_roles(roles(&[UserRole::Admin]), minute(2)).unwrap();
    });
    assert!(live(t, &key, 2).is_some());
    let note = StatusNote::new("spam", given::a_user_id(), Some(minute(10))).unwrap();
    let maker = changed(t, &maker, |user| user.suspend(note, minute(3)).unwrap());
    assert_eq!(live(t, &key, 9), None, "suspended");
    assert!(live(t, &key, 10).is_some(), "the suspension has ended");
    let maker = changed(t, &maker, |user| user.delete(minute(11)).unwrap());
    assert_eq!(live(t, &key, 12), None, "deleted");
    in_one_unit(t, |uow| uow.users().delete(maker.id())).unwrap();
    assert_eq!(all(t), [], "erased");
}

pub fn a_removed_key_is_gone(t: &dyn StoreUnderTest) {
    let admin = admin(t);
    let (key, other) = (made(t, key(&admin, 1)), made(t, self::key(&admin, 2)));
    let remove = || in_one_unit(t, |uow| uow.api_keys().remove(key.id)).unwrap();
    assert_eq!([remove(), remove()], [true, false]);
    assert_eq!(live(t, &key, 3), None);
    assert_eq!(all(t), [other]);
}

pub fn the_last_use_of_a_key_is_kept(t: &dyn StoreUnderTest) {
    let key = made(t, key(&admin(t), 1));
    in_one_unit(t, |uow| uow.api_keys().touch(key.id, minute(7))).unwrap();
    assert_eq!(live(t, &key, 8).unwrap().last_used_at, Some(minute(7)));
}
