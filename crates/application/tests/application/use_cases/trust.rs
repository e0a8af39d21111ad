//! What the tests of sessions, second factors, sanctions and keys begin with.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use userdom_application::{
    Actor, AppError, Caller, Origin,
    ports::{AuditEvent, Clock, Scope, SecretToken, Store},
    testing::given,
    use_cases::{CreateApiKey, FinishSignIn, OpenedSession, SecondFactor, SignInStep},
};
use userdom_domain::{UserAggregate, UserId, UserRole};
use uuid::Uuid;

use super::requests::{confirm_totp, refresh_session, set_up_totp};
use super::world::{World, attempt, by_nobody, totp_code};

pub(crate) const STEP: TimeDelta = TimeDelta::seconds(30);

pub(crate) fn ada(world: &World) -> UserAggregate {
    let user = given::an_active_user().with_username("ada").with_email("ada@example.org");
    world.has(user.build())
}

pub(crate) fn a(role: UserRole, username: &str, world: &World) -> UserAggregate {
    world.has(given::an_active_user().with_username(username).with_role(role).build())
}

/// Signs in on a new device, from an address of its own.
pub(crate) fn step(world: &World, login: &str) -> Result<SignInStep, AppError> {
    world.app.execute(&from_somewhere(), &attempt(login, given::PASSWORD))
}

pub(crate) fn open(world: &World, login: &str) -> OpenedSession {
    done(step(world, login).unwrap())
}

pub(crate) fn done(step: SignInStep) -> OpenedSession {
    match step {
        SignInStep::Done(opened) => *opened,
        SignInStep::Challenge(_) => panic!("the second factor is due"),
    }
}

pub(crate) fn challenge(world: &World, login: &str) -> String {
    match step(world, login).unwrap() {
        SignInStep::Challenge(challenge) => challenge.expose().to_owned(),
        SignInStep::Done(_) => panic!("no second factor was asked for"),
    }
}

/// The bearer of the access token.
pub(crate) fn holder(world: &World, session: &OpenedSession) -> Caller {
    let actor = world.app.authenticate(session.access_token.expose()).unwrap();
    Caller { actor: Some(actor), ..from_somewhere() }
}

/// The same caller, whose last proof is this old.
pub(crate) fn proved_before(caller: &Caller, world: &World, age: TimeDelta) -> Caller {
    let mut caller = caller.clone();
    let Some(Actor::User(user)) = &mut caller.actor else { panic!("a user") };
    user.authenticated_at = world.clock.now() - age;
    caller
}

/// Nobody, from an address that nobody else has: no limit of addresses is reached.
pub(crate) fn from_somewhere() -> Caller {
    let ip_address = given::a_user_id().to_string();
    Caller { origin: Origin { ip_address, ..Origin::default() }, ..by_nobody() }
}

pub(crate) fn access_lives(world: &World, session: &OpenedSession) -> bool {
    world.app.authenticate(session.access_token.expose()).is_ok()
}

pub(crate) fn refresh_lives(world: &World, session: &OpenedSession) -> bool {
    let token = session.refresh_token.expose();
    world.app.execute(&from_somewhere(), &refresh_session(token)).is_ok()
}

/// Turns the second factor on, and says the secret and the recovery codes. The code of
/// the present step is used up by that.
pub(crate) fn enrol(world: &World, session: &OpenedSession) -> (String, Vec<SecretToken>) {
    let (caller, user_id) = (holder(world, session), UserId::from_uuid(session.user.id));
    let secret = world.app.execute(&caller, &set_up_totp(user_id)).unwrap().secret.to_string();
    let code = totp_code(&secret, world.clock.now());
    let codes = world.app.execute(&caller, &confirm_totp(user_id, &code)).unwrap();
    (secret, codes)
}

/// The code that an authenticator app shows at this moment.
pub(crate) fn code(world: &World, secret: &str) -> SecondFactor {
    SecondFactor::Totp(totp_code(secret, world.clock.now()))
}

pub(crate) fn finish(
    world: &World,
    challenge: &str,
    proof: SecondFactor,
) -> Result<OpenedSession, AppError> {
    let request = FinishSignIn { challenge: challenge.to_owned(), proof, device_token: None };
    world.app.execute(&from_somewhere(), &request)
}

/// A key of the admin who calls.
pub(crate) fn key(world: &World, caller: &Caller, scope: Scope) -> String {
    let name = "a service".to_owned();
    let request = CreateApiKey { name, scopes: BTreeSet::from([scope]), expires_at: None };
    world.app.execute(caller, &request).unwrap().0.expose().to_owned()
}

/// The audit trail of a user, oldest line first.
pub(crate) fn trail(world: &World, user_id: UserId) -> Vec<AuditEvent> {
    let mut events = world.store.read().unwrap().audit().of_user(user_id, None, 1000).unwrap();
    events.reverse();
    events
}

/// How often this is in the trail of a user.
pub(crate) fn lines(world: &World, user_id: UserId, kind: &str) -> usize {
    trail(world, user_id).iter().filter(|event| event.kind == kind).count()
}

pub(crate) fn id_of(session: &OpenedSession) -> (UserId, Uuid) {
    (UserId::from_uuid(session.user.id), session.session.id)
}
