//! P3: every security event leaves one line: actor, subject, action, time, origin, outcome.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use userdom_application::{
    AppError, Caller, Origin, Resource,
    ports::{Clock, Outcome, Scope},
    testing::given,
    use_cases::{
        AddEmail, ChangePassword, ChangeStatus, CreateApiKey, DeleteAccount, EndSession,
        EndSessions, EraseUser, Proof, RemoveEmail, Sanction, SecondFactor, SetDefaultEmail,
        SetRoles, StatusChange,
    },
};
use userdom_domain::{ContactType, EmailId, UserAggregate, UserId, UserRole};

use super::requests::{
    confirm_totp, export_user, reauthenticate, remove_api_key, remove_totp, replace_recovery_codes,
    request_reset, reset_password, set_up_totp, sign_out, verify_email,
};
use super::{
    trust::{
        STEP, a, ada, challenge, code, enrol, finish, from_somewhere, holder, id_of, lines, open,
        trail,
    },
    world::{World, assert_err, attempt, by, by_a, by_nobody, link_token, token_in, totp_code},
};

/// The same caller, calling from here.
fn from(caller: Caller, ip_address: &str) -> Caller {
    let origin = Origin {
        ip_address: ip_address.to_owned(),
        user_agent: "a browser".to_owned(),
        request_id: format!("request from {ip_address}"),
    };
    Caller { origin, ..caller }
}

/// Does something, and says which lines it has left in the trail of a user: kind and outcome.
fn left_by<T>(
    world: &World,
    user_id: UserId,
    act: impl FnOnce() -> T,
) -> (T, Vec<(String, Outcome)>) {
    let before = trail(world, user_id).len();
    let done = act();
    let lines = trail(world, user_id).split_off(before);
    (done, lines.into_iter().map(|line| (line.kind, line.outcome)).collect())
}

fn success(kind: &str) -> Vec<(String, Outcome)> {
    vec![(kind.to_owned(), Outcome::Success)]
}

fn failure(kind: &str) -> Vec<(String, Outcome)> {
    vec![(kind.to_owned(), Outcome::Failure)]
}

#[test]
fn p3_a_line_says_who_whom_what_when_and_from_where() {
    let world = World::new();
    let (ada, mona) = (ada(&world), a(UserRole::Moderator, "mona", &world));
    world.clock.advance(TimeDelta::minutes(1));
    let sanction = Sanction { reason: "spam".to_owned(), until: None };
    let suspend = ChangeStatus { user_id: ada.id(), change: StatusChange::Suspend(sanction) };
    world.app.execute(&from(by(&mona), "192.0.2.9"), &suspend).unwrap();
    let line = trail(&world, ada.id()).pop().unwrap();
    assert_eq!(line.kind, "user.suspended");
    assert_eq!((line.actor_id, line.user_id), (Some(mona.id()), Some(ada.id())));
    assert_eq!((line.occurred_at, line.outcome), (world.clock.now(), Outcome::Success));
    assert_eq!((line.ip_address.as_str(), line.user_agent.as_str()), ("192.0.2.9", "a browser"));
    assert_eq!(line.request_id, "request from 192.0.2.9");
    assert_eq!(trail(&world, mona.id()).pop().unwrap(), line, "it is in the trail of both");
}

#[test]
fn p3_signing_in_and_out() {
    let world = World::new();
    let ada = ada(&world);
    let id = ada.id();
    let sign_in =
        |password: &str| world.app.execute(&from_somewhere(), &attempt("ada", password)).map(drop);
    assert_eq!(left_by(&world, id, || sign_in("wrong")).1, failure("session.refused"));
    let (session, left) = left_by(&world, id, || open(&world, "ada"));
    assert_eq!(left, success("session.opened"));
    let line = trail(&world, id).pop().unwrap();
    assert_eq!((line.actor_id, line.target_id), (Some(id), Some(session.session.id)));
    let caller = holder(&world, &session);
    let proof = |text: &str| Proof::Password(given::password(text));
    let (_, left) =
        left_by(&world, id, || world.app.execute(&caller, &reauthenticate(&proof("wrong"))));
    assert_eq!(left, failure("session.refused"));
    let (session, left) = left_by(&world, id, || {
        world.app.execute(&caller, &reauthenticate(&proof(given::PASSWORD)))
    });
    assert_eq!(left, success("session.reauthenticated"));
    let caller = holder(&world, &session.unwrap());
    assert_eq!(
        left_by(&world, id, || world.app.execute(&caller, &sign_out())).1,
        success("session.ended")
    );
    assert_eq!(
        left_by(&world, id, || world.app.execute(&caller, &sign_out())).1,
        [],
        "it had ended"
    );
    let (user_id, session_id) = id_of(&open(&world, "ada"));
    let end = || world.app.execute(&by(&ada), &EndSession { user_id, session_id });
    assert_eq!(left_by(&world, id, end).1, success("session.ended"));
    let end = || world.app.execute(&by(&ada), &EndSessions { user_id });
    assert_eq!(left_by(&world, id, end).1, success("session.all_ended"));
    for _ in 0..5 {
        sign_in("wrong").unwrap_err();
    }
    let (_, left) = left_by(&world, id, || sign_in(given::PASSWORD));
    assert_eq!(left, [], "who is locked out is not looked at");
    let unknown = lines_of_nobody(&world, || {
        world.app.execute(&from_somewhere(), &attempt("nobody", "wrong")).unwrap_err();
    });
    assert_eq!(unknown, ["session.refused"]);
}

/// The kinds of the lines about no user that something has left.
fn lines_of_nobody(world: &World, act: impl FnOnce()) -> Vec<String> {
    let before = world.store.trail().len();
    act();
    let left = world.store.trail().split_off(before).into_iter();
    left.filter(|line| line.user_id.is_none()).map(|line| line.kind).collect()
}

#[test]
fn p3_registering_and_contacts() {
    let world = World::new();
    let (ada, link) = world.registered_ada();
    let id = ada.id();
    let kinds: Vec<_> = trail(&world, id).into_iter().map(|line| line.kind).collect();
    for kind in ["user.registered", "email.added", "email.verification_requested"] {
        assert_eq!(kinds.iter().filter(|it| *it == kind).count(), 1, "{kind} in {kinds:?}");
    }
    let (_, left) =
        left_by(&world, id, || world.app.execute(&by_nobody(), &verify_email(&link)).unwrap());
    assert_eq!(left, [success("email.verified"), success("user.activated")].concat());
    let add = AddEmail {
        user_id: id,
        email: given::email("second@example.org"),
        contact_type: ContactType::Work,
        is_default: false,
    };
    world.deliver();
    let caller = by(&world.user(id));
    let (second, left) = left_by(&world, id, || world.app.execute(&caller, &add).unwrap());
    assert_eq!(left, [success("email.added"), success("email.verification_requested")].concat());
    let link = token_in(&world.deliver()[0]);
    world.app.execute(&by_nobody(), &verify_email(&link)).unwrap();
    let email_id = EmailId::from_uuid(second.value.id);
    let set = SetDefaultEmail { user_id: id, email_id };
    let (_, left) = left_by(&world, id, || world.app.execute(&caller, &set).unwrap());
    assert_eq!(left, success("email.default_changed"));
    assert_eq!(trail(&world, id).pop().unwrap().target_id, Some(second.value.id));
    let remove = RemoveEmail { user_id: id, email_id: ada.emails()[0].id() };
    let (_, left) = left_by(&world, id, || world.app.execute(&caller, &remove).unwrap());
    assert_eq!(left, success("email.removed"));
}

#[test]
fn p3_passwords() {
    let world = World::new();
    let ada = ada(&world);
    let id = ada.id();
    let caller = holder(&world, &open(&world, "ada"));
    let new = || given::password("a longer horse");
    let request = |current: &str| ChangePassword {
        user_id: id,
        current: given::password(current),
        new: new(),
    };
    let change = |current| world.app.execute(&caller, &request(current)).map(drop);
    assert_eq!(left_by(&world, id, || change("wrong")).1, failure("session.refused"));
    assert_eq!(left_by(&world, id, || change(given::PASSWORD)).1, success("user.password_changed"));
    world.deliver();
    let email = given::email("ada@example.org");
    let ask = || world.app.execute(&by_nobody(), &request_reset(&email)).unwrap();
    assert_eq!(left_by(&world, id, ask).1, [], "anybody may ask");
    let token = link_token(&world.deliver()[0], "reset-password");
    let reset = || world.app.execute(&from_somewhere(), &reset_password(&token, &new()));
    assert_eq!(left_by(&world, id, reset).1, success("user.password_reset"));
    assert_eq!(left_by(&world, id, reset).1, [], "it was used");
}

#[test]
fn p3_the_second_factor() {
    let world = World::new();
    let ada = ada(&world);
    let id = ada.id();
    let session = open(&world, "ada");
    let caller = holder(&world, &session);
    let app = &world.app;
    let (secret, left) =
        left_by(&world, id, || app.execute(&caller, &set_up_totp(id)).unwrap().secret);
    assert_eq!(left, success("two_factor.set_up"));
    let first = totp_code(&secret, world.clock.now());
    let (codes, left) =
        left_by(&world, id, || app.execute(&caller, &confirm_totp(id, &first)).unwrap());
    assert_eq!(left, success("two_factor.enabled"));
    world.clock.advance(STEP);
    let (half, left) = left_by(&world, id, || challenge(&world, "ada"));
    assert_eq!(left, [], "half a sign-in is none");
    let wrong = SecondFactor::Totp("000000".to_owned());
    let (_, left) = left_by(&world, id, || finish(&world, &half, wrong).unwrap_err());
    assert_eq!(left, failure("session.refused"));
    let proof = code(&world, &secret);
    let (_, left) = left_by(&world, id, || finish(&world, &half, proof).unwrap());
    assert_eq!(left, success("session.opened"));
    let on_paper = SecondFactor::RecoveryCode(codes[0].expose().to_owned());
    let half = challenge(&world, "ada");
    let (_, left) = left_by(&world, id, || finish(&world, &half, on_paper).unwrap());
    let expected = [success("two_factor.recovery_code_used"), success("session.opened")];
    assert_eq!(left, expected.concat());
    let (_, left) =
        left_by(&world, id, || app.execute(&caller, &replace_recovery_codes(id)).unwrap());
    assert_eq!(left, success("two_factor.recovery_codes_replaced"));
    let ((), left) = left_by(&world, id, || app.execute(&caller, &remove_totp(id)).unwrap());
    assert_eq!(left, success("two_factor.disabled"));
    enrol(&world, &open(&world, "ada"));
}

#[test]
fn p3_what_is_done_to_an_account() {
    let world = World::new();
    let ada = ada(&world);
    let id = ada.id();
    let admin = by_a(UserRole::Admin);
    let sanction = || Sanction { reason: "spam".to_owned(), until: None };
    let step = |change| {
        world.app.execute(&admin, &ChangeStatus { user_id: id, change }).map(drop).unwrap();
    };
    let steps = [
        (StatusChange::Suspend(sanction()), "user.suspended"),
        (StatusChange::Reinstate, "user.reinstated"),
        (StatusChange::Ban(sanction()), "user.banned"),
        (StatusChange::Unban, "user.unbanned"),
        (StatusChange::Unlock, "user.unlocked"),
    ];
    for (change, kind) in steps {
        assert_eq!(left_by(&world, id, || step(change)).1, success(kind));
    }
    let roles = SetRoles { user_id: id, roles: BTreeSet::from([UserRole::Premium]) };
    let (_, left) = left_by(&world, id, || world.app.execute(&admin, &roles).unwrap());
    assert_eq!(left, success("user.roles_changed"));
    let (_, left) = left_by(&world, id, || world.app.execute(&admin, &export_user(id)).unwrap());
    assert_eq!(left, success("user.exported"));
    let delete = DeleteAccount { user_id: id };
    let ((), left) = left_by(&world, id, || world.app.execute(&admin, &delete).unwrap());
    assert_eq!(left, success("user.deleted"));
    assert_eq!(left_by(&world, id, || step(StatusChange::Restore)).1, success("user.restored"));
    let erase = EraseUser { user_id: id };
    let ((), left) = left_by(&world, id, || world.app.execute(&admin, &erase).unwrap());
    assert_eq!(left, success("user.erased"));
}

#[test]
fn p3_keys_are_in_the_trail_of_who_made_them() {
    let world = World::new();
    let admin = a(UserRole::Admin, "chief", &world);
    let caller = holder(&world, &open(&world, "chief"));
    let name = "a service".to_owned();
    let request = CreateApiKey { name, scopes: BTreeSet::from([Scope::Events]), expires_at: None };
    let make = || world.app.execute(&caller, &request).unwrap().1.id;
    let (id, left) = left_by(&world, admin.id(), make);
    assert_eq!(left, success("api_key.created"));
    assert_eq!(trail(&world, admin.id()).pop().unwrap().target_id, Some(id));
    let remove = || world.app.execute(&caller, &remove_api_key(id)).unwrap();
    assert_eq!(left_by(&world, admin.id(), remove).1, success("api_key.removed"));
}

#[test]
fn what_was_refused_leaves_no_line_of_success() {
    let world = World::new();
    let ada = ada(&world);
    let before = world.user(ada.id());
    let late = Caller { if_match: Some(vec![0]), ..by(&ada) };
    let (_, left) = left_by(&world, ada.id(), || {
        world.app.execute(&late, &DeleteAccount { user_id: ada.id() }).unwrap_err()
    });
    assert_eq!(left, []);
    assert_eq!(world.user(ada.id()), before);
}

#[test]
fn the_trail_is_read_in_pages_by_whom_it_concerns() {
    let world = World::new();
    let ada = ada(&world);
    for _ in 0..3 {
        open(&world, "ada");
    }
    let all = world.app.list_events(&by(&ada), ada.id(), None, 100).unwrap();
    let first = world.app.list_events(&by(&ada), ada.id(), None, 2).unwrap();
    assert!(first.has_more && !all.has_more);
    let cursor = first.items[1].1.clone();
    let rest = world.app.list_events(&by(&ada), ada.id(), Some(&cursor), 100).unwrap();
    assert_eq!([first.items, rest.items].concat(), all.items);
    let ids: Vec<_> = all.items.iter().map(|(event, _)| event.id).collect();
    assert!(ids.is_sorted_by(|one, next| one > next), "the newest first");
    let of_another =
        world.app.list_events(&by_a(UserRole::Admin), UserId::from_uuid(ids[0]), Some(&cursor), 1);
    assert_err!(of_another, AppError::NotFound(Resource::User));

    let list = |caller: &Caller| world.app.list_events(caller, ada.id(), None, 1).map(drop);
    list(&by_a(UserRole::Moderator)).unwrap();
    assert_err!(list(&by_nobody()), AppError::Unauthenticated);
    assert_err!(list(&by_a(UserRole::Premium)), AppError::NotFound(Resource::User));
    let admin = a(UserRole::Admin, "chief", &world);
    let of_admin = world.app.list_events(&by_a(UserRole::Moderator), admin.id(), None, 1);
    assert_err!(of_admin, AppError::Forbidden);
}

#[test]
fn where_a_moderator_called_from_is_not_the_users_business() {
    let world = World::new();
    let (ada, mona) = (ada(&world), a(UserRole::Moderator, "mona", &world));
    let sanction = Sanction { reason: "spam".to_owned(), until: None };
    let suspend = ChangeStatus { user_id: ada.id(), change: StatusChange::Suspend(sanction) };
    world.app.execute(&from(by(&mona), "192.0.2.9"), &suspend).unwrap();
    let newest = |caller: &Caller, user: &UserAggregate| {
        world.app.list_events(caller, user.id(), None, 1).unwrap().items.remove(0).0
    };
    let seen = newest(&by(&ada), &ada);
    assert_eq!((seen.kind.as_str(), seen.actor_id), ("user.suspended", Some(mona.id().as_uuid())));
    assert_eq!((seen.ip_address.as_str(), seen.user_agent.as_str()), ("", ""));
    assert_eq!(newest(&by(&mona), &ada).ip_address, "192.0.2.9");
    assert_eq!(lines(&world, ada.id(), "user.suspended"), 1);
}
