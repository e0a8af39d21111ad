//! Keys of other services, and introspection.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use userdom_application::{
    AppError, Caller, Field, Resource,
    ports::{Clock, Scope},
    testing::given,
    use_cases::{AddEmail, CreateApiKey, Introspection, SetRoles, UpdateProfile},
};
use userdom_domain::{
    ContactType, PersonName, ProfileChanges, StatusNote, UserAggregate, UserRole,
};

use super::requests::remove_api_key;
use super::{
    trust::{a, ada, challenge, enrol, from_somewhere, holder, key, lines, open, proved_before},
    world::{World, assert_err, by_nobody, fault},
};

/// The only admin, who has just signed in.
fn chief(world: &World) -> (UserAggregate, Caller) {
    let admin = a(UserRole::Admin, "chief", world);
    let caller = holder(world, &open(world, "chief"));
    (admin, caller)
}

fn new_key(name: &str, scopes: &[Scope], expires_at: Option<DateTime<Utc>>) -> CreateApiKey {
    CreateApiKey { name: name.to_owned(), scopes: scopes.iter().copied().collect(), expires_at }
}

/// The bearer of the key.
fn service(world: &World, key: &str) -> Caller {
    Caller { actor: Some(world.app.authenticate(key).unwrap()), ..from_somewhere() }
}

fn introspect(world: &World, caller: &Caller, token: &str) -> Introspection {
    world.app.introspect(caller, token).unwrap()
}

#[test]
fn a_key_is_shown_once_and_listed_without_itself() {
    let world = World::new();
    let (admin, caller) = chief(&world);
    let end = world.clock.now() + TimeDelta::days(1);
    let request = new_key(" dashboards ", &[Scope::UsersRead, Scope::Introspect], Some(end));
    let (key, view) = world.app.execute(&caller, &request).unwrap();
    assert_eq!((view.name.as_str(), view.created_by), ("dashboards", admin.id().as_uuid()));
    assert_eq!(view.scopes, ["users:read", "introspect"]);
    assert_eq!((view.expires_at, view.last_used_at), (Some(end), None));
    service(&world, key.expose());
    let listed = world.app.list_api_keys(&caller).unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].last_used_at), (view.id, Some(world.clock.now())));
    assert!(!serde_json::to_string(&listed).unwrap().contains(key.expose()));
    assert_eq!(lines(&world, admin.id(), "api_key.created"), 1);
}

#[test]
fn a_removed_key_opens_nothing() {
    let world = World::new();
    let (admin, caller) = chief(&world);
    let (key, view) = world.app.execute(&caller, &new_key("a", &[Scope::Events], None)).unwrap();
    world.app.execute(&caller, &remove_api_key(view.id)).unwrap();
    assert_err!(world.app.authenticate(key.expose()), AppError::Unauthenticated);
    let again = world.app.execute(&caller, &remove_api_key(view.id));
    assert_err!(again, AppError::NotFound(Resource::ApiKey));
    assert_eq!(lines(&world, admin.id(), "api_key.removed"), 1);
}

#[test]
fn a_key_ends_by_time_and_with_its_maker() {
    let world = World::new();
    let (admin, caller) = chief(&world);
    a(UserRole::Admin, "second", &world);
    let end = Some(world.clock.now() + TimeDelta::hours(1));
    let (key, _) = world.app.execute(&caller, &new_key("a", &[Scope::Scim], end)).unwrap();
    let lives = || world.app.authenticate(key.expose()).is_ok();
    let note = StatusNote::new("spam", given::a_user_id(), None).unwrap();
    assert!(lives());
    world.change(admin.id(), |admin| admin.suspend(note, given::now()).unwrap());
    assert!(!lives());
    world.change(admin.id(), |admin| admin.reinstate(given::now()).unwrap());
    assert!(lives());
    let roles = BTreeSet::from([UserRole::Moderator]);
    let demote = SetRoles { user_id: admin.id(), roles };
    world.app.execute(&caller, &demote).unwrap();
    assert!(!lives());
    world.change(admin.id(), |admin| {
        admin.set_roles(BTreeSet::from([UserRole::Admin]), given::now()).unwrap();
    });
    world.clock.advance(TimeDelta::hours(1));
    assert!(!lives());
}

#[test]
fn a3_a_key_is_made_and_removed_after_a_recent_proof() {
    let world = World::new();
    let (_, caller) = chief(&world);
    let request = new_key("a", &[Scope::UsersRead], None);
    let (_, view) = world.app.execute(&caller, &request).unwrap();
    let stale = proved_before(&caller, &world, TimeDelta::minutes(16));
    let made = world.app.execute(&stale, &request).map(drop);
    assert_err!(made, AppError::ReauthenticationRequired);
    let removed = world.app.execute(&stale, &remove_api_key(view.id));
    assert_err!(removed, AppError::ReauthenticationRequired);
    assert_eq!(world.app.list_api_keys(&stale).unwrap().len(), 1);
}

#[test]
fn admins_alone_have_to_do_with_keys() {
    let world = World::new();
    let (_, admin) = chief(&world);
    let request = new_key("a", &[Scope::UsersRead], None);
    let (_, made) = world.app.execute(&admin, &request).unwrap();
    a(UserRole::Moderator, "mona", &world);
    let moderator = holder(&world, &open(&world, "mona"));
    let all_scopes = new_key("all", &Scope::ALL, None);
    let (key, _) = world.app.execute(&admin, &all_scopes).unwrap();
    let service = service(&world, key.expose());
    let app = &world.app;
    for (caller, expected) in [
        (&by_nobody(), "sign in first"),
        (&moderator, "this is not allowed"),
        (&service, "this is not allowed"),
    ] {
        let refused = [
            app.execute(caller, &request).map(drop),
            app.list_api_keys(caller).map(drop),
            app.execute(caller, &remove_api_key(made.id)),
        ];
        for result in refused {
            assert_eq!(result.unwrap_err().to_string(), expected);
        }
    }
}

#[test]
fn a_faulty_request_tells_all_its_faults() {
    let world = World::new();
    let (_, caller) = chief(&world);
    let made = |name: &str, scopes: &[Scope], end| {
        world.app.execute(&caller, &new_key(name, scopes, end)).map(drop)
    };
    let Err(AppError::Invalid(faults)) = made("", &[], Some(world.clock.now())) else {
        panic!("everything is wrong with it")
    };
    let found: Vec<_> = faults.0.iter().map(|it| (it.field.clone(), it.code)).collect();
    let expected = [
        (Field::Name, "api_key.name_invalid"),
        (Field::Scopes, "api_key.no_scope"),
        (Field::ExpiresAt, "api_key.expires_in_past"),
    ];
    assert_eq!(found, expected);
    for name in ["a\nb", &"x".repeat(101), "  "] {
        let result = made(name, &[Scope::Events], None);
        assert_eq!(fault(result).1, "api_key.name_invalid", "{name:?}");
    }
    made(&"x".repeat(100), &[Scope::Events], None).unwrap();
}

#[test]
fn a_key_does_what_its_scope_says() {
    let world = World::new();
    let (admin, caller) = chief(&world);
    let ada = ada(&world);
    let [reader, writer, events] = [Scope::UsersRead, Scope::UsersWrite, Scope::Events]
        .map(|scope| service(&world, &key(&world, &caller, scope)));
    let profile = |user: &UserAggregate| UpdateProfile {
        user_id: user.id(),
        changes: ProfileChanges {
            first_name: Some(PersonName::parse("Augusta").unwrap()),
            ..ProfileChanges::default()
        },
    };
    let add = AddEmail {
        user_id: ada.id(),
        email: given::email("more@example.org"),
        contact_type: ContactType::Work,
        is_default: false,
    };
    let app = &world.app;
    app.get_user(&reader, ada.id()).unwrap();
    assert_err!(app.execute(&reader, &profile(&ada)), AppError::Forbidden);
    app.execute(&writer, &profile(&ada)).unwrap();
    app.execute(&writer, &add).unwrap();
    assert_err!(app.execute(&writer, &profile(&admin)), AppError::Forbidden);
    assert_err!(app.get_user(&events, ada.id()), AppError::NotFound(Resource::User));
    assert!(!app.list_events(&events, ada.id(), None, 10).unwrap().items.is_empty());
    assert_err!(app.list_events(&reader, ada.id(), None, 10), AppError::Forbidden);
    let line = super::trust::trail(&world, ada.id()).pop().unwrap();
    assert!(line.actor_id.is_none() && line.api_key_id.is_some(), "the key did it");
}

#[test]
fn a_service_is_told_whose_a_token_is() {
    let world = World::new();
    let (admin, caller) = chief(&world);
    let ada = ada(&world);
    let session = open(&world, "ada");
    let own = key(&world, &caller, Scope::Introspect);
    let service = service(&world, &own);
    world.clock.advance(TimeDelta::minutes(1));
    let introspection = introspect(&world, &service, session.access_token.expose());
    let issued = given::now().timestamp();
    let expected = Introspection {
        active: true,
        scope: Some("user".to_owned()),
        username: Some("ada".to_owned()),
        token_type: Some("Bearer"),
        exp: Some(issued + 900),
        iat: Some(issued),
        sub: Some(ada.id().as_uuid()),
        roles: Some(vec!["user"]),
    };
    assert_eq!(introspection, expected);
    let introspection = introspect(&world, &service, &own);
    assert!(
        introspection.active && introspection.username.is_none() && introspection.exp.is_none()
    );
    assert_eq!(introspection.scope.as_deref(), Some("introspect"));
    assert_ne!(introspection.sub, Some(admin.id().as_uuid()));
}

#[test]
fn what_is_not_live_is_told_as_that_and_nothing_else() {
    let world = World::new();
    let (_, caller) = chief(&world);
    let ada = ada(&world);
    let session = open(&world, "ada");
    let service = service(&world, &key(&world, &caller, Scope::Introspect));
    let access = session.access_token.expose();
    enrol(&world, &session);
    world.clock.advance(TimeDelta::minutes(1));
    let half = challenge(&world, "ada");
    for noise in ["", "ü", session.refresh_token.expose(), &half, &access[..access.len() - 1]] {
        assert_eq!(introspect(&world, &service, noise), Introspection::default(), "{noise}");
    }
    assert!(introspect(&world, &service, access).active);
    let note = StatusNote::new("spam", given::a_user_id(), None).unwrap();
    world.change(ada.id(), |ada| ada.suspend(note, given::now()).unwrap());
    assert_eq!(introspect(&world, &service, access), Introspection::default());
    world.change(ada.id(), |ada| ada.reinstate(given::now()).unwrap());
    world.clock.advance(TimeDelta::minutes(14));
    assert_eq!(introspect(&world, &service, access), Introspection::default());
}

#[test]
fn users_and_keys_of_another_scope_introspect_nothing() {
    let world = World::new();
    let (_, admin) = chief(&world);
    let reader = service(&world, &key(&world, &admin, Scope::UsersRead));
    for caller in [&admin, &reader] {
        assert_err!(world.app.introspect(caller, "x"), AppError::Forbidden);
    }
    assert_err!(world.app.introspect(&by_nobody(), "x"), AppError::Unauthenticated);
}
