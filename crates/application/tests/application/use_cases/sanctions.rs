//! The status machine and the roles (R14, R15).

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use userdom_application::{
    Actor, AppError, Caller, Field, Service,
    ports::{Clock, Scope},
    testing::given,
    use_cases::{
        ChangeStatus, DeleteAccount, EraseUser, Sanction, SetRoles, StatusChange, UserView,
    },
};
use userdom_domain::{StatusNote, UserAggregate, UserError, UserId, UserRole, UserStatus};
use uuid::Uuid;

use super::requests::{request_reset, reset_password};
use super::{
    trust::{a, access_lives, ada, challenge, enrol, finish, lines, open, refresh_lives, trail},
    world::{World, assert_err, by, by_a, by_nobody, link_token},
};

fn sanction(until: Option<DateTime<Utc>>) -> Sanction {
    Sanction { reason: " spam ".to_owned(), until }
}

fn change(
    world: &World,
    caller: &Caller,
    user_id: UserId,
    change: StatusChange,
) -> Result<UserView, AppError> {
    world.app.execute(caller, &ChangeStatus { user_id, change })
}

fn by_admin() -> Caller {
    by_a(UserRole::Admin)
}

fn all_changes() -> [StatusChange; 6] {
    [
        StatusChange::Activate,
        StatusChange::Suspend(sanction(None)),
        StatusChange::Reinstate,
        StatusChange::Ban(sanction(None)),
        StatusChange::Unban,
        StatusChange::Restore,
    ]
}

fn in_status(world: &World, status: UserStatus) -> UserAggregate {
    let note = || StatusNote::new("before", given::a_user_id(), None).unwrap();
    let mut user = match status {
        UserStatus::Pending => given::a_pending_user().build(),
        UserStatus::Active | UserStatus::Suspended | UserStatus::Banned | UserStatus::Deleted => {
            given::an_active_user().build()
        }
    };
    match status {
        UserStatus::Pending | UserStatus::Active => {}
        UserStatus::Suspended => user.suspend(note(), given::now()).unwrap(),
        UserStatus::Banned => user.ban(note(), given::now()).unwrap(),
        UserStatus::Deleted => user.delete(given::now()).unwrap(),
    }
    world.has(user)
}

/// Rows: from; columns: activate, suspend, reinstate, ban, unban, restore. `-` is refused.
const MACHINE: [(UserStatus, [&str; 6]); 5] = [
    (UserStatus::Pending, ["active", "-", "-", "banned", "-", "-"]),
    (UserStatus::Active, ["-", "suspended", "-", "banned", "-", "-"]),
    (UserStatus::Suspended, ["-", "-", "active", "banned", "-", "-"]),
    (UserStatus::Banned, ["-", "-", "-", "-", "active", "-"]),
    (UserStatus::Deleted, ["-", "-", "-", "-", "-", "active"]),
];

#[test]
fn r14_every_change_from_every_status() {
    let world = World::new();
    for (from, to) in MACHINE {
        for (step, to) in all_changes().into_iter().zip(to) {
            let user = in_status(&world, from);
            let result = change(&world, &by_admin(), user.id(), step.clone());
            match result {
                Ok(view) => assert_eq!(view.status, to, "{from}: {step:?}"),
                Err(AppError::Refused(
                    UserError::InvalidTransition { .. } | UserError::CannotActivate { .. },
                )) => {
                    assert_eq!(to, "-", "{from}: {step:?}");
                    assert_eq!(world.user(user.id()), user);
                }
                Err(other) => panic!("{from}: {step:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn r14_a_sanction_carries_reason_actor_and_end() {
    let world = World::new();
    let (ada, moderator) = (ada(&world), a(UserRole::Moderator, "mona", &world));
    let until = given::now() + TimeDelta::days(3);
    let step = StatusChange::Suspend(sanction(Some(until)));
    let view = change(&world, &by(&moderator), ada.id(), step).unwrap();
    assert_eq!((view.status_reason.as_deref(), view.status_until), (Some("spam"), Some(until)));
    let stored = world.user(ada.id());
    assert_eq!(stored.status_note().unwrap().actor(), moderator.id());
    let line = trail(&world, ada.id()).pop().unwrap();
    assert_eq!((line.kind.as_str(), line.actor_id), ("user.suspended", Some(moderator.id())));

    world.clock.set(until - TimeDelta::microseconds(1));
    assert_err!(world.sign_in("ada", given::PASSWORD), AppError::SignInRefused);
    world.clock.set(until);
    world.sign_in("ada", given::PASSWORD).unwrap();
    let view = world.app.get_user(&by(&ada), ada.id()).unwrap();
    assert_eq!((view.status.as_str(), view.status_reason), ("active", None));
}

#[test]
fn a_faulty_sanction_tells_all_its_faults() {
    let world = World::new();
    let ada = ada(&world);
    let until = Some(world.clock.now());
    let step = StatusChange::Ban(Sanction { reason: "\n".to_owned(), until });
    let Err(AppError::Invalid(faults)) = change(&world, &by_admin(), ada.id(), step) else {
        panic!("the sanction is faulty")
    };
    let found: Vec<_> = faults.0.iter().map(|it| (it.field.clone(), it.code)).collect();
    let expected =
        [(Field::Reason, "status.reason_invalid"), (Field::Until, "status.until_in_past")];
    assert_eq!(found, expected);
    assert_eq!(world.user(ada.id()), ada);
}

/// Seen to fail with sessions that outlive the sanction.
#[test]
fn s3_who_is_shut_out_has_no_live_token_of_any_kind() {
    let steps: [fn(UserId) -> Option<ChangeStatus>; 3] = [
        |user_id| Some(ChangeStatus { user_id, change: StatusChange::Suspend(sanction(None)) }),
        |user_id| Some(ChangeStatus { user_id, change: StatusChange::Ban(sanction(None)) }),
        |_| None,
    ];
    for step in steps {
        let world = World::new();
        let ada = ada(&world);
        let session = open(&world, "ada");
        let (secret, _) = enrol(&world, &session);
        world.clock.advance(TimeDelta::minutes(1));
        let half = challenge(&world, "ada");
        world.deliver();
        let email = given::email("ada@example.org");
        world.app.execute(&by_nobody(), &request_reset(&email)).unwrap();
        let reset = link_token(&world.deliver()[0], "reset-password");

        if let Some(step) = step(ada.id()) {
            world.app.execute(&by_admin(), &step).unwrap();
        } else {
            let delete = DeleteAccount { user_id: ada.id() };
            world.app.execute(&by_admin(), &delete).unwrap();
        }
        assert!(!access_lives(&world, &session) && !refresh_lives(&world, &session));
        let code = super::trust::code(&world, &secret);
        assert_err!(finish(&world, &half, code), AppError::SignInRefused);
        let new = given::password("another long horse");
        let late = world.app.execute(&by_nobody(), &reset_password(&reset, &new));
        assert_err!(late, AppError::TokenNotValid);
    }
}

#[test]
fn a_reinstated_user_signs_in_anew() {
    let world = World::new();
    let ada = ada(&world);
    let session = open(&world, "ada");
    change(&world, &by_admin(), ada.id(), StatusChange::Suspend(sanction(None))).unwrap();
    change(&world, &by_admin(), ada.id(), StatusChange::Reinstate).unwrap();
    assert!(!access_lives(&world, &session) && !refresh_lives(&world, &session));
    open(&world, "ada");
}

#[test]
fn z5_a_moderator_acts_on_lower_roles_alone() {
    let world = World::new();
    let moderator = a(UserRole::Moderator, "mona", &world);
    let roles = [UserRole::Guest, UserRole::User, UserRole::Premium];
    for (n, role) in roles.into_iter().enumerate() {
        let user = a(role, &format!("lower{n}"), &world);
        let step = StatusChange::Suspend(sanction(None));
        change(&world, &by(&moderator), user.id(), step).unwrap();
    }
    for (n, role) in [UserRole::Moderator, UserRole::Admin].into_iter().enumerate() {
        let user = a(role, &format!("higher{n}"), &world);
        for step in all_changes().into_iter().chain([StatusChange::Unlock]) {
            let refused = change(&world, &by(&moderator), user.id(), step);
            assert_err!(refused, AppError::Forbidden);
        }
        assert_eq!(world.user(user.id()), user);
    }
}

#[test]
fn z5_nobody_raises_or_unlocks_themselves() {
    let world = World::new();
    for role in [UserRole::User, UserRole::Premium, UserRole::Moderator] {
        let user = a(role, &format!("user{role}"), &world);
        let caller = by(&user);
        let roles = SetRoles { user_id: user.id(), roles: BTreeSet::from([UserRole::Admin]) };
        assert_err!(world.app.execute(&caller, &roles), AppError::Forbidden);
        for step in all_changes().into_iter().chain([StatusChange::Unlock]) {
            assert_err!(change(&world, &caller, user.id(), step), AppError::Forbidden);
        }
    }
    let admin = a(UserRole::Admin, "chief", &world);
    let unlock = change(&world, &by(&admin), admin.id(), StatusChange::Unlock);
    assert_err!(unlock, AppError::Forbidden);
}

#[test]
fn neither_strangers_nor_services_change_a_status_or_roles() {
    let world = World::new();
    let ada = ada(&world);
    let service = Service { key_id: Uuid::nil(), scopes: Scope::ALL.into() };
    let service = Caller { actor: Some(Actor::Service(service)), ..Caller::default() };
    for (caller, expected) in [(by_nobody(), "sign in first"), (service, "this is not allowed")] {
        for step in all_changes() {
            let refused = change(&world, &caller, ada.id(), step);
            assert_eq!(refused.unwrap_err().to_string(), expected);
        }
        let roles = SetRoles { user_id: ada.id(), roles: BTreeSet::from([UserRole::Admin]) };
        assert_eq!(world.app.execute(&caller, &roles).unwrap_err().to_string(), expected);
    }
}

#[test]
fn z6_new_roles_end_every_session() {
    let world = World::new();
    let mona = a(UserRole::Moderator, "mona", &world);
    let session = open(&world, "mona");
    let roles = BTreeSet::from([UserRole::User]);
    let demote = SetRoles { user_id: mona.id(), roles: roles.clone() };
    let view = world.app.execute(&by_admin(), &demote).unwrap();
    assert_eq!(view.roles, ["user"]);
    assert!(!access_lives(&world, &session) && !refresh_lives(&world, &session));
    assert_eq!(lines(&world, mona.id(), "user.roles_changed"), 1);
    let session = open(&world, "mona");
    world.app.execute(&by_admin(), &demote).unwrap();
    assert!(access_lives(&world, &session), "nothing changed the second time");
    let none = SetRoles { user_id: mona.id(), roles: BTreeSet::new() };
    assert_err!(world.app.execute(&by_admin(), &none), AppError::Refused(UserError::NoRole));
}

/// Every way to do without the last admin.
fn farewells(world: &World, caller: &Caller, user_id: UserId) -> [Result<(), AppError>; 5] {
    let step = |change| world.app.execute(caller, &ChangeStatus { user_id, change }).map(drop);
    let roles = BTreeSet::from([UserRole::User]);
    [
        step(StatusChange::Suspend(sanction(None))),
        step(StatusChange::Ban(sanction(None))),
        world.app.execute(caller, &DeleteAccount { user_id }),
        world.app.execute(caller, &EraseUser { user_id }),
        world.app.execute(caller, &SetRoles { user_id, roles }).map(drop),
    ]
}

#[test]
fn r15_the_last_admin_stays() {
    let world = World::new();
    let admin = a(UserRole::Admin, "chief", &world);
    let banned = a(UserRole::Admin, "gone", &world);
    let note = StatusNote::new("spam", admin.id(), None).unwrap();
    world.change(banned.id(), |user| user.ban(note, given::now()).unwrap());
    for caller in [by(&admin), by_admin()] {
        for refused in farewells(&world, &caller, admin.id()) {
            assert_err!(refused, AppError::Refused(UserError::LastAdmin));
        }
    }
    assert_eq!(world.user(admin.id()), admin);
    a(UserRole::Admin, "second", &world);
    let [suspended, ..] = farewells(&world, &by_admin(), admin.id());
    suspended.unwrap();
}

#[test]
fn r14_a_deleted_account_is_restored_within_thirty_days() {
    for (more, works) in [(-1, true), (0, false)] {
        let world = World::new();
        let ada = ada(&world);
        world.app.execute(&by(&ada), &DeleteAccount { user_id: ada.id() }).unwrap();
        world.clock.advance(TimeDelta::days(30) + TimeDelta::microseconds(more));
        let restored = change(&world, &by_admin(), ada.id(), StatusChange::Restore);
        assert_eq!(restored.is_ok(), works, "{more} µs");
        assert_eq!(world.sign_in("ada", given::PASSWORD).is_ok(), works);
    }
}

#[test]
fn r17_an_admin_unlocks_an_account() {
    let world = World::new();
    let ada = ada(&world);
    for _ in 0..5 {
        assert_err!(world.sign_in("ada", "wrong"), AppError::SignInRefused);
    }
    let view = change(&world, &by_admin(), ada.id(), StatusChange::Unlock).unwrap();
    assert_eq!(view.security.unwrap().failed_login_attempts, 0);
    assert_eq!(lines(&world, ada.id(), "user.unlocked"), 1);
    world.sign_in("ada", given::PASSWORD).unwrap();
}
