use std::collections::BTreeSet;

use chrono::TimeDelta;
use userdom_domain::{
    ContactType, Patch, PersonName, ProfileChanges, StatusNote, User, UserAggregate, UserError,
    UserProfile, UserRole, UserStatus,
};

use crate::{account, email_id, now, user_with_emails};

fn note() -> StatusNote {
    StatusNote::new("spam", account().id(), None).unwrap()
}

/// The user in this status, as the operations lead there.
fn in_status(status: UserStatus) -> User {
    let mut user = account();
    match status {
        UserStatus::Pending => {}
        UserStatus::Active => user.activate(now()).unwrap(),
        UserStatus::Suspended => {
            user.activate(now()).unwrap();
            user.suspend(note(), now()).unwrap();
        }
        UserStatus::Banned => user.ban(note(), now()).unwrap(),
        UserStatus::Deleted => user.delete(now()).unwrap(),
    }
    user
}

#[test]
fn r14_only_the_transitions_of_the_rule_are_allowed() {
    use UserStatus::{Active, Banned, Deleted, Pending, Suspended};
    type Transition = fn(&mut User) -> Result<(), UserError>;
    let transitions: [(Transition, &[UserStatus], Option<UserStatus>); 7] = [
        (|user| user.activate(now()), &[Pending], Some(Active)),
        (|user| user.suspend(note(), now()), &[Active], Some(Suspended)),
        (|user| user.reinstate(now()), &[Suspended], Some(Active)),
        (|user| user.ban(note(), now()), &[Pending, Active, Suspended], Some(Banned)),
        (|user| user.unban(now()), &[Banned], Some(Active)),
        (|user| user.delete(now()), &[Pending, Active, Suspended, Banned], Some(Deleted)),
        (|user| user.restore_account(now()), &[Deleted], None),
    ];
    for (transition, allowed, to) in transitions {
        for from in UserStatus::ALL {
            let mut user = in_status(from);
            let before = user.clone();
            let result = transition(&mut user);
            assert_eq!(result.is_ok(), allowed.contains(&from), "from {from} to {to:?}");
            match to {
                Some(to) if result.is_ok() => assert_eq!(user.status(), to),
                _ if result.is_err() => assert_eq!(user, before),
                _ => {}
            }
        }
    }
}

#[test]
fn r14_activating_twice_says_from_which_status() {
    let mut user = in_status(UserStatus::Active);
    let refused = user.activate(now()).unwrap_err();
    assert_eq!(refused.to_string(), "Cannot activate from status: active");
}

#[test]
fn r14_a_deleted_user_comes_back_as_it_was() {
    for before in
        [UserStatus::Pending, UserStatus::Active, UserStatus::Suspended, UserStatus::Banned]
    {
        let mut user = in_status(before);
        let note = user.status_note().cloned();
        user.delete(now()).unwrap();
        user.restore_account(now()).unwrap();
        assert_eq!((user.status(), user.status_note().cloned()), (before, note));
    }
}

#[test]
fn r14_a_timed_suspension_is_over_at_its_end() {
    let end = now() + TimeDelta::hours(1);
    let mut user = in_status(UserStatus::Active);
    user.suspend(StatusNote::new("cool down", user.id(), Some(end)).unwrap(), now()).unwrap();
    assert_eq!(user.status_at(end - TimeDelta::microseconds(1)), UserStatus::Suspended);
    assert_eq!(user.status_at(end), UserStatus::Active);
}

#[test]
fn r15_a_user_has_at_least_one_role() {
    let mut user = account();
    assert_eq!(user.roles(), &BTreeSet::from([UserRole::User]));
    let refused = user.set_roles(BTreeSet::new(), now()).unwrap_err();
    assert_eq!(refused.to_string(), "User must have at least one role");
    user.set_roles(BTreeSet::from([UserRole::User, UserRole::Moderator]), now()).unwrap();
    assert!(user.has_role(UserRole::Moderator));
    assert_eq!(user.highest_role(), UserRole::Moderator);
}

#[test]
fn r16_only_an_active_verified_unlocked_user_can_sign_in() {
    let mut user = user_with_emails(&[ContactType::Primary]);
    assert!(!user.can_login(now()), "pending");
    user.activate(now()).unwrap();
    assert!(!user.can_login(now()), "not verified");
    user.verify_email(email_id(1), now()).unwrap();
    assert!(user.can_login(now()));
    for _ in 0..5 {
        user.record_failed_login(now());
    }
    assert!(!user.can_login(now()), "locked");
}

#[test]
fn r17_the_fifth_failure_in_a_row_locks_for_fifteen_minutes() {
    let mut user = account();
    for _ in 0..4 {
        user.record_failed_login(now());
    }
    assert!(!user.is_locked(now()));
    user.record_failed_login(now());
    let end = now() + TimeDelta::minutes(15);
    assert!(user.is_locked(end - TimeDelta::microseconds(1)));
    assert!(!user.is_locked(end));
}

#[test]
fn r17_nothing_is_counted_while_locked() {
    let mut user = account();
    for _ in 0..9 {
        user.record_failed_login(now());
    }
    assert_eq!(user.lockout().failed_attempts(), 5);
    assert_eq!(user.lockout().locked_until(), Some(now() + TimeDelta::minutes(15)));
}

#[test]
fn r17_an_expired_lock_starts_a_new_count() {
    let mut user = account();
    for _ in 0..5 {
        user.record_failed_login(now());
    }
    let later = now() + TimeDelta::minutes(15);
    user.record_failed_login(later);
    assert_eq!((user.lockout().failed_attempts(), user.is_locked(later)), (1, false));
}

#[test]
fn r17_a_success_clears_the_count() {
    let mut user = account();
    user.record_failed_login(now());
    user.record_login(now());
    assert_eq!(user.lockout().failed_attempts(), 0);
    assert_eq!(user.last_login_at(), Some(now()));
}

#[test]
fn r18_a_new_password_is_dated() {
    let mut user = user_with_emails(&[ContactType::Primary]);
    let later = now() + TimeDelta::days(1);
    let hash = userdom_domain::PasswordHash::parse("$argon2id$v=19$other$hash").unwrap();
    user.change_password(hash.clone(), later);
    assert_eq!(user.password_hash(), &hash);
    assert_eq!(user.password_changed_at(), later);
}

#[test]
fn r24_a_user_without_a_profile_cannot_update_it() {
    let mut user = user_with_emails(&[ContactType::Primary]);
    let refused = user.update_profile(ProfileChanges::default(), now()).unwrap_err();
    assert_eq!(refused.to_string(), "Profile not initialized");
}

#[test]
fn r24_a_partial_update_touches_only_the_fields_it_names() {
    let name = |text| PersonName::parse(text).unwrap();
    let mut user = UserAggregate::register(
        account(),
        Some(UserProfile::new(name("Ada"), name("King"), now())),
        now(),
    );
    let changes = ProfileChanges {
        last_name: Some(name("Lovelace")),
        bio: Patch::Clear,
        ..ProfileChanges::default()
    };
    user.update_profile(changes, now()).unwrap();
    let profile = user.profile().unwrap();
    assert_eq!(profile.full_name(), "Ada Lovelace");
    assert_eq!(profile.preferred_language().as_str(), "en");
}
