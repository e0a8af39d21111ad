//! What a caller may do to a user, through every command.

use userdom_application::{
    App, AppError, Caller, Command, Resource,
    testing::given,
    use_cases::{
        AddAddress, AddEmail, AddPhone, ChangeEmailType, ChangePhoneType, DeleteAccount,
        RemoveAddress, RemoveEmail, RemovePhone, ReplaceAddress, SetDefaultAddress,
        SetDefaultEmail, SetDefaultPhone, UpdateAccount, UpdateProfile,
    },
};
use userdom_domain::{ContactType, PersonName, ProfileChanges, UserAggregate, UserRole};

use super::world::{World, assert_err, by, by_a, by_nobody};

type Attempt = Box<dyn Fn(&App, &Caller) -> Result<(), AppError>>;

fn attempt<C: Command + 'static>(command: C) -> Attempt {
    Box::new(move |app, caller| app.execute(caller, &command).map(drop))
}

fn somebody(world: &World) -> UserAggregate {
    let user = given::a_pending_user().with_unverified_email("two@example.org");
    let user = user.with_phone("+442079460018").with_phone("+442079460019");
    let user = user.with_address("Invalidenstraße 1").with_address("Invalidenstraße 2");
    world.has(user.build())
}

/// Every command, so that the user itself succeeds with each of them in turn.
fn all_commands(user: &UserAggregate) -> Vec<(&'static str, Attempt)> {
    let mut commands = commands_on_account_and_emails(user);
    commands.extend(commands_on_phones_and_addresses(user));
    commands.push(("DeleteAccount", attempt(DeleteAccount { user_id: user.id() })));
    commands
}

fn commands_on_account_and_emails(user: &UserAggregate) -> Vec<(&'static str, Attempt)> {
    let user_id = user.id();
    let email_id = user.emails()[1].id();
    let contact_type = Some(ContactType::Work);
    let profile = ProfileChanges {
        first_name: Some(PersonName::parse("Augusta").unwrap()),
        ..ProfileChanges::default()
    };
    vec![
        (
            "UpdateAccount",
            attempt(UpdateAccount {
                user_id,
                username: Some(given::username("another")),
                preferences: Vec::new(),
            }),
        ),
        ("UpdateProfile", attempt(UpdateProfile { user_id, changes: profile })),
        (
            "AddEmail",
            attempt(AddEmail {
                user_id,
                email: given::email("three@example.org"),
                contact_type: ContactType::Work,
                is_default: false,
            }),
        ),
        ("ChangeEmailType", attempt(ChangeEmailType { user_id, email_id, contact_type })),
        ("SetDefaultEmail", attempt(SetDefaultEmail { user_id, email_id })),
        ("RemoveEmail", attempt(RemoveEmail { user_id, email_id })),
    ]
}

fn commands_on_phones_and_addresses(user: &UserAggregate) -> Vec<(&'static str, Attempt)> {
    let user_id = user.id();
    let (phone_id, address_id) = (user.phones()[1].id(), user.addresses()[1].id());
    let contact_type = Some(ContactType::Work);
    vec![
        (
            "AddPhone",
            attempt(AddPhone {
                user_id,
                phone: given::phone("+442079460020"),
                contact_type: ContactType::Work,
                is_default: true,
            }),
        ),
        ("ChangePhoneType", attempt(ChangePhoneType { user_id, phone_id, contact_type })),
        ("SetDefaultPhone", attempt(SetDefaultPhone { user_id, phone_id })),
        ("RemovePhone", attempt(RemovePhone { user_id, phone_id })),
        (
            "AddAddress",
            attempt(AddAddress {
                user_id,
                address: given::address("Invalidenstraße 3"),
                contact_type: ContactType::Work,
                is_default: true,
            }),
        ),
        (
            "ReplaceAddress",
            attempt(ReplaceAddress {
                user_id,
                address_id,
                address: given::address("Invalidenstraße 4"),
                contact_type,
            }),
        ),
        ("SetDefaultAddress", attempt(SetDefaultAddress { user_id, address_id })),
        ("RemoveAddress", attempt(RemoveAddress { user_id, address_id })),
    ]
}

#[test]
fn the_user_itself_may_do_everything() {
    let world = World::new();
    let user = somebody(&world);
    let mut version = user.version();
    for (name, attempt) in all_commands(&user) {
        let caller = Caller { if_match: Some(vec![0, version]), ..by(&user) };
        attempt(&world.app, &caller).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        version += 1;
        assert_eq!(world.user(user.id()).version(), version, "{name}");
    }
}

#[test]
fn an_admin_may_do_everything_to_others() {
    let world = World::new();
    let user = somebody(&world);
    for (name, attempt) in all_commands(&user) {
        let result = attempt(&world.app, &by_a(UserRole::Admin));
        result.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}

#[test]
fn a_foreign_user_is_not_found() {
    let world = World::new();
    let user = somebody(&world);
    for role in [UserRole::Guest, UserRole::User, UserRole::Premium] {
        for (_, attempt) in all_commands(&user) {
            assert_err!(attempt(&world.app, &by_a(role)), AppError::NotFound(Resource::User));
        }
    }
    assert_eq!(world.user(user.id()), user);
}

#[test]
fn a_moderator_may_look_but_not_write() {
    let world = World::new();
    let user = somebody(&world);
    for (_, attempt) in all_commands(&user) {
        assert_err!(attempt(&world.app, &by_a(UserRole::Moderator)), AppError::Forbidden);
    }
    assert_eq!(world.user(user.id()), user);
}

#[test]
fn nobody_may_do_nothing_and_learns_nothing() {
    let world = World::new();
    let user = somebody(&world);
    let unknown = given::a_pending_user().with_unverified_email("two@example.org");
    let unknown = unknown.with_phone("+442079460018").with_phone("+442079460019");
    let unknown = unknown.with_address("Straße 1").with_address("Straße 2").build();
    for (_, attempt) in all_commands(&user).into_iter().chain(all_commands(&unknown)) {
        assert_err!(attempt(&world.app, &by_nobody()), AppError::Unauthenticated);
    }
    for (_, attempt) in all_commands(&unknown) {
        assert_err!(
            attempt(&world.app, &by_a(UserRole::Admin)),
            AppError::NotFound(Resource::User)
        );
    }
}

#[test]
fn a_caller_who_has_seen_an_older_version_is_refused() {
    let world = World::new();
    let user = somebody(&world);
    for (_, attempt) in all_commands(&user) {
        for versions in [vec![], vec![0, 2]] {
            let caller = Caller { if_match: Some(versions), ..by(&user) };
            assert_err!(attempt(&world.app, &caller), AppError::StaleVersion);
        }
    }
    assert_eq!(world.user(user.id()), user);
}

#[test]
fn who_may_see_a_user() {
    let world = World::new();
    let user = somebody(&world);
    let see = |caller: &Caller| world.app.get_user(caller, user.id());
    assert_err!(see(&by_nobody()), AppError::Unauthenticated);
    assert_err!(see(&by_a(UserRole::Premium)), AppError::NotFound(Resource::User));
    assert!(see(&by(&user)).unwrap().security.is_none());
    for role in [UserRole::Moderator, UserRole::Admin] {
        assert_eq!(see(&by_a(role)).unwrap().security.unwrap().failed_login_attempts, 0);
    }
    let unknown = world.app.get_user(&by_a(UserRole::Admin), given::a_user_id());
    assert_err!(unknown, AppError::NotFound(Resource::User));
}
