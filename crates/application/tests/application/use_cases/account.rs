use chrono::NaiveDate;
use userdom_application::{
    AppError, Field,
    testing::{PlainHasher, given},
    use_cases::{DeleteAccount, UpdateAccount, UpdateProfile},
};
use userdom_domain::{
    Bio, Patch, PersonName, ProfileChanges, UniqueKey, User, UserAggregate, UserError, UserId,
    UserRole, UserStatus,
};

use super::world::{World, assert_err, by, by_a, fault};

fn rename(user_id: UserId, name: &str) -> UpdateAccount {
    UpdateAccount { user_id, username: Some(given::username(name)), preferences: Vec::new() }
}

fn prefer(user_id: UserId, entries: &[(&str, Option<&str>)]) -> UpdateAccount {
    let entries = entries.iter().map(|(key, json)| ((*key).to_owned(), json.map(str::to_owned)));
    UpdateAccount { user_id, username: None, preferences: entries.collect() }
}

#[test]
fn a_user_takes_another_name() {
    let world = World::new();
    let user = world.has(given::an_active_user().with_username("ada").build());
    let view = world.app.execute(&by(&user), &rename(user.id(), "Ada.L")).unwrap();
    assert_eq!((view.username.as_str(), view.version), ("Ada.L", 2));
    world.sign_in("ada.l", given::PASSWORD).unwrap();
    assert_err!(world.sign_in("ada", given::PASSWORD), AppError::SignInRefused);
}

#[test]
fn r9_a_taken_or_reserved_name_is_refused() {
    let world = World::new();
    world.has(given::an_active_user().with_username("taken").build());
    let user = world.has(given::an_active_user().build());
    let taken = world.app.execute(&by(&user), &rename(user.id(), "TAKEN"));
    assert_err!(taken, AppError::Taken(UniqueKey::Username));
    let reserved = world.app.execute(&by(&user), &rename(user.id(), "support"));
    assert_eq!(fault(reserved), (Field::Username, "username.reserved"));
    let by_admin = world.app.execute(&by_a(UserRole::Admin), &rename(user.id(), "support"));
    assert_eq!(by_admin.unwrap().username, "support");
}

#[test]
fn r13_preferences_are_laid_over_the_present_ones() {
    let world = World::new();
    let user = world.has(given::an_active_user().build());
    let app = &world.app;
    let some =
        prefer(user.id(), &[("theme", Some("\"dark\"")), ("x", Some("[1]")), ("y", Some("2"))]);
    app.execute(&by(&user), &some).unwrap();
    let others = prefer(user.id(), &[("theme", None), ("y", None), ("newsletter", Some("false"))]);
    let view = app.execute(&by(&user), &others).unwrap();
    assert_eq!(
        serde_json::to_value(&view).unwrap()["preferences"],
        serde_json::json!({
            "email_notifications": true, "sms_notifications": false, "newsletter": false,
            "theme": "light", "language": "en", "x": [1]
        })
    );
}

#[test]
fn r13_a_preference_of_a_wrong_type_is_named() {
    let world = World::new();
    let user = world.has(given::an_active_user().build());
    let wrong = world.app.execute(&by(&user), &prefer(user.id(), &[("theme", Some("7"))]));
    assert_eq!(fault(wrong).0, Field::Preference("theme".to_owned()));
    let huge = format!("\"{}\"", "x".repeat(5000));
    let huge = world.app.execute(&by(&user), &prefer(user.id(), &[("x", Some(&huge))]));
    assert_eq!(fault(huge).0, Field::Preferences);
}

#[test]
fn r29_a_preference_that_cannot_be_read_is_replaced() {
    let world = World::new();
    let mut snapshot = given::an_active_user().build().snapshot();
    snapshot.preferences = r#"{"crm":{"\ud800":1},"x":1}"#.to_owned();
    let user = world.has(UserAggregate::restore(snapshot));
    let patch = prefer(user.id(), &[("crm", Some(r#"{"a":3}"#))]);
    world.app.execute(&by(&user), &patch).unwrap();
    let stored = world.user(user.id()).preferences().as_json().to_owned();
    assert!(stored.starts_with(r#"{"crm":{"a":3},"x":1"#), "{stored}");
}

#[test]
fn an_update_that_changes_nothing_raises_no_version() {
    let world = World::new();
    let user = world.has(given::an_active_user().with_username("ada").build());
    let nothing = prefer(user.id(), &[]);
    let same = UpdateAccount { username: Some(given::username("ada")), ..nothing.clone() };
    for command in [nothing, same] {
        assert_eq!(world.app.execute(&by(&user), &command).unwrap().version, 1);
    }
    assert_eq!(world.user(user.id()), user);
}

#[test]
fn r24_a_profile_changes_in_the_fields_that_are_named() {
    let world = World::new();
    let user = world.has(given::an_active_user().build());
    let update = |changes| UpdateProfile { user_id: user.id(), changes };
    let changes = ProfileChanges {
        bio: Patch::Set(Bio::parse("counts").unwrap()),
        date_of_birth: Patch::Set(NaiveDate::from_ymd_opt(1990, 12, 10).unwrap()),
        ..ProfileChanges::default()
    };
    let answer = world.app.execute(&by(&user), &update(changes)).unwrap();
    assert_eq!(answer.version, 2);
    assert_eq!((answer.value.bio.as_deref(), answer.value.age), (Some("counts"), Some(35)));
    let changes = ProfileChanges { bio: Patch::Clear, ..ProfileChanges::default() };
    let answer = world.app.execute(&by(&user), &update(changes)).unwrap();
    assert_eq!((answer.value.bio, answer.value.age), (None, Some(35)));
}

#[test]
fn r11_a_child_is_refused() {
    let world = World::new();
    let user = world.has(given::an_active_user().build());
    let born = NaiveDate::from_ymd_opt(2013, 1, 2).unwrap();
    let changes = ProfileChanges { date_of_birth: Patch::Set(born), ..ProfileChanges::default() };
    let refused = world.app.execute(&by(&user), &UpdateProfile { user_id: user.id(), changes });
    assert_eq!(fault(refused), (Field::DateOfBirth, "profile.too_young"));
    assert_eq!(world.user(user.id()), user);
}

#[test]
fn r24_a_user_without_a_profile_gets_one_with_both_names() {
    let world = World::new();
    let hash = PlainHasher::hash_of(given::PASSWORD);
    let bare = User::new(given::a_user_id(), given::username("bare"), hash, given::now());
    let user = world.has(UserAggregate::register(bare, None, given::now()));
    let name = |text| Some(PersonName::parse(text).unwrap());
    let one = ProfileChanges { first_name: name("Ada"), ..ProfileChanges::default() };
    let both = ProfileChanges { last_name: name("Lovelace"), ..one.clone() };
    let update =
        |changes| world.app.execute(&by(&user), &UpdateProfile { user_id: user.id(), changes });
    assert_err!(update(one), AppError::Refused(UserError::ProfileNotInitialized));
    assert_eq!(update(both).unwrap().value.full_name, "Ada Lovelace");
}

#[test]
fn r14_a_deleted_account_is_kept_and_has_no_session() {
    let world = World::new();
    let user = world.has(given::an_active_user().with_username("ada").build());
    let token = world.sign_in("ada", given::PASSWORD).unwrap();
    let delete = DeleteAccount { user_id: user.id() };
    world.app.execute(&by(&user), &delete).unwrap();
    assert_err!(world.app.authenticate(&token), AppError::Unauthenticated);
    assert_err!(world.sign_in("ada", given::PASSWORD), AppError::SignInRefused);
    assert_eq!(world.user(user.id()).status(), UserStatus::Deleted);

    world.change(user.id(), |user| {
        user.restore_account(given::now()).unwrap();
    });
    assert_err!(world.app.authenticate(&token), AppError::Unauthenticated);
    world.sign_in("ada", given::PASSWORD).unwrap();
}

#[test]
fn r14_nobody_is_deleted_twice() {
    let world = World::new();
    let user = world.has(given::an_active_user().build());
    let delete = DeleteAccount { user_id: user.id() };
    world.app.execute(&by_a(UserRole::Admin), &delete).unwrap();
    let again = world.app.execute(&by_a(UserRole::Admin), &delete);
    assert_err!(again, AppError::Refused(UserError::InvalidTransition { .. }));
}
