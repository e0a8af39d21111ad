//! P2: all that is held on a user comes out with the export, and nothing is left after erasing.

use chrono::TimeDelta;
use userdom_application::{
    AppError, Caller, Resource,
    ports::Store,
    testing::given,
    use_cases::{DeleteAccount, EraseUser, RegisterUser, Swept},
};
use userdom_domain::{
    AvatarUrl, Bio, ContactType, DisplayName, Gender, Patch, PersonName, Preferences,
    ProfileChanges, StatusNote, UserAggregate, UserId, UserRole,
};

use super::requests::{
    export_in_one_piece, export_user, request_reset, reset_password, verify_email,
};
use super::{
    trust::{a, enrol, holder, open, proved_before, trail},
    world::{World, as_ada, assert_err, by, by_a, by_nobody, link_token, token_in},
};

/// Somebody with this mark in every personal field, a session and a second factor.
fn marked(world: &World, mark: &str) -> UserAggregate {
    let mut profile = given::a_profile();
    let text = |what: &str| format!("{what} {mark}");
    let changes = ProfileChanges {
        first_name: Some(PersonName::parse(&text("first")).unwrap()),
        last_name: Some(PersonName::parse(&text("last")).unwrap()),
        display_name: Patch::Set(DisplayName::parse(&text("display")).unwrap()),
        gender: Patch::Set(Gender::parse(mark).unwrap()),
        bio: Patch::Set(Bio::parse(&text("bio")).unwrap()),
        avatar_url: Patch::Set(
            AvatarUrl::parse(&format!("https://example.org/{mark}.png")).unwrap(),
        ),
        ..ProfileChanges::default()
    };
    profile.update(changes, given::now()).unwrap();
    let preference = ("other".to_owned(), format!("\"{mark}\""));
    let request = RegisterUser {
        username: given::username(mark),
        email: given::email(&format!("{mark}@example.org")),
        profile,
        phone: Some((given::phone("+442079460018"), ContactType::Home)),
        address: Some((given::address(&text("street")), ContactType::Home)),
        preferences: Preferences::from_entries([preference]).unwrap(),
        ..as_ada()
    };
    let view = world.app.execute(&by_nobody(), &request).unwrap();
    let id = UserId::from_uuid(view.id);
    let mails = world.deliver();
    world.app.execute(&by_nobody(), &verify_email(&token_in(&mails[0]))).unwrap();
    world.deliver();
    enrol(world, &open(world, mark));
    world.deliver();
    world.user(id)
}

/// The whole document, which is the same part by part and in one piece.
fn exported(world: &World, caller: &Caller, user: &UserAggregate) -> String {
    let whole = world.app.execute(caller, &export_in_one_piece(user.id())).unwrap();
    let mut export = world.app.execute(caller, &export_user(user.id())).unwrap();
    let mut parts = Vec::new();
    while let Some(part) = world.app.next_part(&mut export).unwrap() {
        parts.extend(part);
    }
    let parts: serde_json::Value = serde_json::from_slice(&parts).unwrap();
    let mut events = parts["events"].as_array().unwrap().clone();
    assert_eq!(events.remove(0)["kind"], "user.exported", "that of the first export");
    let mut whole: serde_json::Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["events"].as_array().unwrap(), &events);
    whole["events"] = parts["events"].clone();
    assert_eq!(whole, parts);
    whole.to_string()
}

#[test]
fn c3_an_export_ends_when_the_user_is_erased_meanwhile() {
    let world = World::new();
    let ada = marked(&world, "ada");
    let mut export = world.app.execute(&by(&ada), &export_user(ada.id())).unwrap();
    assert!(world.app.next_part(&mut export).unwrap().is_some());
    world.app.execute(&by(&ada), &EraseUser { user_id: ada.id() }).unwrap();
    assert_err!(world.app.next_part(&mut export), AppError::NotFound(Resource::User));
}

#[test]
fn p2_the_export_holds_all_of_ones_own_nothing_of_others_and_no_secret() {
    let world = World::new();
    let ada = marked(&world, "markada");
    marked(&world, "markbob");
    let text = exported(&world, &by(&ada), &ada);
    for field in [
        "first markada",
        "last markada",
        "display markada",
        "bio markada",
        "street markada",
        "markada@example.org",
        "https://example.org/markada.png",
        "\"other\":\"markada\"",
        "\"gender\":\"markada\"",
        "\"username\":\"markada\"",
        "+442079460018",
        "\"kind\":\"session.opened\"",
        "\"recovery_codes_left\":10",
    ] {
        assert!(text.contains(field), "{field} is not in {text}");
    }
    for part in ["sessions", "known_devices", "second_factor", "api_keys", "events"] {
        assert!(text.contains(&format!("\"{part}\":")), "{part}");
    }
    assert!(!text.contains("markbob"));
    for secret in ["$plain$", "ud_at_", "ud_rt_", "ud_dt_", "seed", "sealed", "code-0", "hash"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

#[test]
fn a3_an_export_of_ones_own_needs_a_recent_proof() {
    let world = World::new();
    let ada = marked(&world, "ada");
    let stale = proved_before(&by(&ada), &world, TimeDelta::minutes(16));
    let refused = world.app.execute(&stale, &export_user(ada.id()));
    assert_err!(refused, AppError::ReauthenticationRequired);
    world.app.execute(&by_a(UserRole::Admin), &export_user(ada.id())).unwrap();
    let moderator = world.app.execute(&by_a(UserRole::Moderator), &export_user(ada.id()));
    assert_err!(moderator, AppError::Forbidden);
}

/// Seen to fail when the wishes of the outbox were left out.
#[test]
fn p2_nothing_is_left_of_who_is_erased() {
    let world = World::new();
    let ada = marked(&world, "markada");
    let bob = marked(&world, "markbob");
    let session = {
        let email = given::email("markada@example.org");
        world.app.execute(&by_nobody(), &request_reset(&email)).unwrap();
        let reset = link_token(&world.deliver()[0], "reset-password");
        let new = given::password(given::PASSWORD);
        world.app.execute(&by_nobody(), &reset_password(&reset, &new)).unwrap();
        world.app.execute(&by_nobody(), &request_reset(&email)).unwrap();
        super::trust::challenge(&world, "markada")
    };
    world.app.execute(&by(&ada), &EraseUser { user_id: ada.id() }).unwrap();

    let mut reader = world.store.read().unwrap();
    assert_eq!(reader.users().find_by_id(ada.id()).unwrap(), None);
    assert_eq!(reader.second_factors().find(ada.id()).unwrap(), None);
    let waiting = format!("{:?}", world.store.stored_entries());
    assert!(!waiting.contains("markada") && !waiting.contains(&ada.id().to_string()), "{waiting}");
    let half = super::trust::code(&world, "secret 1");
    assert_err!(super::trust::finish(&world, &session, half), AppError::SignInRefused);
    for line in trail(&world, ada.id()) {
        assert_eq!((line.ip_address.as_str(), line.user_agent.as_str()), ("", ""), "{}", line.kind);
    }
    assert_eq!(trail(&world, ada.id()).pop().unwrap().kind, "user.erased");
    assert_eq!(world.user(bob.id()), bob);
    assert!(world.deliver().is_empty(), "no mail leaves for who is not here");
}

#[test]
fn erasing_needs_a_recent_proof_and_the_owner_or_an_admin() {
    let world = World::new();
    let ada = marked(&world, "ada");
    let erase = EraseUser { user_id: ada.id() };
    let stale = proved_before(&by(&ada), &world, TimeDelta::minutes(16));
    assert_err!(world.app.execute(&stale, &erase), AppError::ReauthenticationRequired);
    let stale = proved_before(&by_a(UserRole::Admin), &world, TimeDelta::minutes(16));
    assert_err!(world.app.execute(&stale, &erase), AppError::ReauthenticationRequired);
    let moderator = world.app.execute(&by_a(UserRole::Moderator), &erase);
    assert_err!(moderator, AppError::Forbidden);
    let stranger = world.app.execute(&by_a(UserRole::User), &erase);
    assert_err!(stranger, AppError::NotFound(Resource::User));
    assert_eq!(world.user(ada.id()).version(), ada.version());
    world.app.execute(&by_a(UserRole::Admin), &erase).unwrap();
    let again = world.app.execute(&by_a(UserRole::Admin), &erase);
    assert_err!(again, AppError::NotFound(Resource::User));
}

#[test]
fn the_keys_of_an_erased_admin_go_as_well() {
    let world = World::new();
    let admin = a(UserRole::Admin, "chief", &world);
    a(UserRole::Admin, "second", &world);
    let caller = holder(&world, &open(&world, "chief"));
    let key = super::trust::key(&world, &caller, userdom_application::ports::Scope::Events);
    world.app.authenticate(&key).unwrap();
    world.app.execute(&caller, &EraseUser { user_id: admin.id() }).unwrap();
    assert_err!(world.app.authenticate(&key), AppError::Unauthenticated);
    let left = world.app.list_api_keys(&by_a(UserRole::Admin)).unwrap();
    assert!(left.is_empty());
}

fn is_there(world: &World, user: &UserAggregate) -> bool {
    world.store.read().unwrap().users().find_by_id(user.id()).unwrap().is_some()
}

#[test]
fn accounts_that_were_never_verified_are_erased_after_seven_days() {
    let world = World::new();
    let pending = world.has(given::a_pending_user().build());
    let verified = world.has(given::an_active_user().build());
    let late = world.has(given::a_pending_user().build());
    let note = StatusNote::new("spam", given::a_user_id(), None).unwrap();
    let banned = world.has(given::a_pending_user().build());
    world.change(banned.id(), |user| user.ban(note, given::now()).unwrap());

    world.clock.advance(TimeDelta::days(7));
    assert_eq!(world.app.sweep().never_verified, 0, "not before the week is over");
    world.change(late.id(), |user| {
        user.verify_email(user.emails()[0].id(), given::now()).unwrap();
    });
    world.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(world.app.sweep().never_verified, 1);
    assert!(!is_there(&world, &pending));
    assert!([&verified, &late, &banned].into_iter().all(|user| is_there(&world, user)));
    assert_eq!(trail(&world, pending.id()).pop().unwrap().kind, "user.erased");
    assert_eq!(world.app.sweep().never_verified, 0);
}

#[test]
fn deleted_accounts_are_erased_after_thirty_days() {
    let world = World::new();
    let ada = world.has(given::an_active_user().build());
    world.app.execute(&by(&ada), &DeleteAccount { user_id: ada.id() }).unwrap();
    world.clock.advance(TimeDelta::days(30));
    assert_eq!(world.app.sweep().deleted, 0);
    assert!(is_there(&world, &ada));
    world.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(world.app.sweep().deleted, 1);
    assert!(!is_there(&world, &ada));
}

#[test]
fn more_than_one_batch_is_swept_at_once() {
    let world = World::new();
    for _ in 0..250 {
        world.has(given::a_pending_user().build());
    }
    world.clock.advance(TimeDelta::days(8));
    let swept = world.app.sweep();
    assert_eq!((swept.never_verified, swept.deleted), (250, 0));
}

#[test]
fn what_has_ended_is_swept_and_what_lives_goes_on() {
    let world = World::new();
    world.has(given::an_active_user().with_username("ada").build());
    let session = open(&world, "ada");
    assert_eq!(world.app.sweep(), Swept::default());
    assert!(super::trust::access_lives(&world, &session));
    world.clock.advance(TimeDelta::days(15));
    let swept = world.app.sweep();
    assert!(swept.ended >= 1, "{swept:?}");
}
