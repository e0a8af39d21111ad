//! The whole table of what a caller may do to a user.

use std::collections::BTreeSet;

use userdom_application::{
    Actor, AppError, Resource, Service, SignedInUser,
    policies::{self, GlobalOperation, Operation, Verdict},
    ports::Scope,
    testing::given,
};
use userdom_domain::{UserAggregate, UserId, UserRole};
use uuid::Uuid;

use super::world::assert_err;

/// `+` is allowed, `-` forbidden, `.` hidden.
/// Own: below moderator, moderator, admin.
/// Others: moderator on lower roles, moderator on the same and higher ones, admin on all.
/// Keys: `users:read`, `users:write` on users below moderator and on others, `events`.
const TABLE: [(Operation, &str); 15] = [
    (Operation::View, "+++ +++ +++."),
    (Operation::ViewSecurity, "-++ +++ ---."),
    (Operation::ViewSessions, "+++ +-+ ---."),
    (Operation::ViewEvents, "+++ +-+ ---+"),
    (Operation::ChangeAccount, "+++ --+ -+-."),
    (Operation::ChangeProfile, "+++ --+ -+-."),
    (Operation::ManageContacts, "+++ --+ -+-."),
    (Operation::ChangePassword, "+++ --- ---."),
    (Operation::ManageSecondFactor, "+++ --- ---."),
    (Operation::EndSessions, "+++ +-+ ---."),
    (Operation::Export, "+++ --+ ---."),
    (Operation::Delete, "+++ --+ ---."),
    (Operation::Erase, "+++ --+ ---."),
    (Operation::ChangeStatus, "--+ +-+ ---."),
    (Operation::SetRoles, "--+ --+ ---."),
];

fn verdict_at(row: &str, column: usize) -> Verdict {
    match row.replace(' ', "").as_bytes()[column] {
        b'+' => Verdict::Allowed,
        b'-' => Verdict::Forbidden,
        b'.' => Verdict::Hidden,
        other => panic!("{other} stands for nothing"),
    }
}

fn rows() -> impl Iterator<Item = (Operation, &'static str)> {
    Operation::ALL.into_iter().map(|operation| {
        let row = TABLE.iter().find(|row| row.0 == operation);
        *row.unwrap_or_else(|| panic!("{operation:?} has no row"))
    })
}

fn user_as(user_id: UserId, role: UserRole) -> Actor {
    Actor::User(SignedInUser {
        user_id,
        session_id: Uuid::nil(),
        roles: BTreeSet::from([role]),
        authenticated_at: given::now(),
    })
}

fn target(role: UserRole) -> UserAggregate {
    let mut user = given::an_active_user().build();
    user.set_roles(BTreeSet::from([role]), given::now()).unwrap();
    user
}

fn all_sets_of_scopes() -> impl Iterator<Item = BTreeSet<Scope>> {
    (0..1_usize << Scope::ALL.len()).map(|set| {
        let scopes = Scope::ALL.into_iter().enumerate();
        scopes.filter(|(n, _)| set & 1 << n != 0).map(|(_, scope)| scope).collect()
    })
}

fn key(scopes: BTreeSet<Scope>) -> Actor {
    Actor::Service(Service { key_id: Uuid::nil(), scopes })
}

#[test]
fn z1_everybody_on_the_own_account() {
    for (operation, row) in rows() {
        for role in UserRole::ALL {
            let user = target(role);
            let column = [UserRole::Moderator, UserRole::Admin].iter().filter(|r| role >= **r);
            let expected = verdict_at(row, column.count());
            let verdict = policies::decide(&user_as(user.id(), role), operation, &user);
            assert_eq!(verdict, expected, "{role} on the own account: {operation:?}");
        }
    }
}

#[test]
fn z1_everybody_on_the_account_of_another() {
    for (operation, row) in rows() {
        for role in UserRole::ALL {
            for other in UserRole::ALL {
                let expected = match role {
                    UserRole::Guest | UserRole::User | UserRole::Premium => Verdict::Hidden,
                    UserRole::Moderator if other < role => verdict_at(row, 3),
                    UserRole::Moderator => verdict_at(row, 4),
                    UserRole::Admin => verdict_at(row, 5),
                };
                let actor = user_as(given::a_user_id(), role);
                let verdict = policies::decide(&actor, operation, &target(other));
                assert_eq!(verdict, expected, "{role} on {other}: {operation:?}");
            }
        }
    }
}

#[test]
fn z1_every_set_of_scopes_on_every_account() {
    for (operation, row) in rows() {
        for role in UserRole::ALL {
            for scopes in all_sets_of_scopes() {
                let write = if role < UserRole::Moderator { 7 } else { 8 };
                let columns =
                    [(Scope::UsersRead, 6), (Scope::UsersWrite, write), (Scope::Events, 9)];
                let held = columns.iter().filter(|(scope, _)| scopes.contains(scope));
                let verdicts: Vec<_> = held.map(|(_, column)| verdict_at(row, *column)).collect();
                let best = [Verdict::Allowed, Verdict::Forbidden]
                    .into_iter()
                    .find(|verdict| verdicts.contains(verdict));
                let verdict = policies::decide(&key(scopes.clone()), operation, &target(role));
                let expected = best.unwrap_or(Verdict::Hidden);
                assert_eq!(verdict, expected, "{scopes:?} on {role}: {operation:?}");
            }
        }
    }
}

#[test]
fn the_greatest_of_several_roles_counts() {
    let mut many = target(UserRole::User);
    let roles = BTreeSet::from([UserRole::Guest, UserRole::Moderator]);
    many.set_roles(roles, given::now()).unwrap();
    let moderator = user_as(given::a_user_id(), UserRole::Moderator);
    let verdict = policies::decide(&moderator, Operation::ChangeStatus, &many);
    assert_eq!(verdict, Verdict::Forbidden);
}

#[test]
fn what_is_hidden_looks_like_what_is_not_there() {
    let user = target(UserRole::User);
    let by = |actor: Option<Actor>| policies::authorise(actor.as_ref(), Operation::Export, &user);
    assert_err!(by(None), AppError::Unauthenticated);
    assert_err!(
        by(Some(user_as(given::a_user_id(), UserRole::User))),
        AppError::NotFound(Resource::User)
    );
    assert_err!(by(Some(user_as(given::a_user_id(), UserRole::Moderator))), AppError::Forbidden);
    by(Some(user_as(user.id(), UserRole::User))).unwrap();
}

#[test]
fn admins_alone_manage_keys_and_keys_alone_introspect() {
    let may =
        |actor: &Actor, operation| policies::authorise_globally(Some(actor), operation).is_ok();
    for role in UserRole::ALL {
        let user = user_as(given::a_user_id(), role);
        assert_eq!(may(&user, GlobalOperation::ManageApiKeys), role == UserRole::Admin);
        assert!(!may(&user, GlobalOperation::Introspect));
        let looks_after_others = matches!(role, UserRole::Moderator | UserRole::Admin);
        assert_eq!(may(&user, GlobalOperation::SearchUsers), looks_after_others);
    }
    for scopes in all_sets_of_scopes() {
        let has_scope = scopes.contains(&Scope::Introspect);
        assert!(!may(&key(scopes.clone()), GlobalOperation::ManageApiKeys));
        let sees_users = [Scope::UsersRead, Scope::UsersWrite].iter().any(|s| scopes.contains(s));
        assert_eq!(may(&key(scopes.clone()), GlobalOperation::SearchUsers), sees_users);
        assert_eq!(may(&key(scopes), GlobalOperation::Introspect), has_scope);
    }
    for operation in
        [GlobalOperation::ManageApiKeys, GlobalOperation::Introspect, GlobalOperation::SearchUsers]
    {
        assert_err!(policies::authorise_globally(None, operation), AppError::Unauthenticated);
    }
}

/// Seen to fail with a `_ => false` in `by_key`.
#[test]
fn z4_no_arm_of_the_table_catches_what_nobody_thought_of() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/policies");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for (n, line) in text.lines().enumerate() {
            let arm = line.trim_start();
            let catches_all = arm.starts_with("_ ") || arm.contains("| _ ");
            assert!(!catches_all, "{}:{}: {arm}", path.display(), n + 1);
        }
        files += 1;
    }
    assert!(files >= 2, "where have the policies gone?");
}
