//! A10: somebody acts on your address before you do (the five scenarios of "Pre-hijacked
//! accounts", arXiv 2205.10174), and gets nothing by it.

use userdom_application::{
    Actor, AppError, Caller, Service,
    ports::Scope,
    testing::given,
    use_cases::{AddEmail, AddPhone, OpenedSession, RegisterUser, SignInStep},
};
use userdom_domain::{ContactType, UserAggregate, UserId, UserStatus};
use uuid::Uuid;

use super::requests::{
    refresh_session, request_code, request_reset, request_verification, reset_password,
    verify_email, verify_phone,
};
use super::world::{World, as_ada, assert_err, attempt, by, by_nobody, link_token};

const VICTIMS: &str = "victim's own long password";

fn mallory() -> RegisterUser {
    RegisterUser { username: given::username("mallory"), ..as_ada() }
}

fn victim() -> RegisterUser {
    let password = given::password(VICTIMS);
    RegisterUser { username: given::username("victim"), password, ..as_ada() }
}

/// Registers, and gives the token of the link that arrives.
fn register(world: &World, request: &RegisterUser) -> (UserId, String) {
    let view = world.app.execute(&by_nobody(), request).unwrap();
    (UserId::from_uuid(view.id), link_token(&world.deliver()[0], "verify-email"))
}

fn open(world: &World, login: &str, password: &str) -> Result<OpenedSession, AppError> {
    match world.app.execute(&by_nobody(), &attempt(login, password))? {
        SignInStep::Done(opened) => Ok(*opened),
        SignInStep::Challenge(_) => panic!("there is no second factor"),
    }
}

fn add(user_id: UserId, email: &str) -> AddEmail {
    let (email, contact_type) = (given::email(email), ContactType::Work);
    AddEmail { user_id, email, contact_type, is_default: false }
}

/// The account that the victim has confirmed for an intruder by mistake: the intruder knows
/// its password and has a session.
fn tricked(world: &World) -> (UserAggregate, OpenedSession) {
    let (id, link) = register(world, &mallory());
    world.app.execute(&by_nobody(), &verify_email(&link)).unwrap();
    (world.user(id), open(world, "mallory", given::PASSWORD).unwrap())
}

/// The victim takes it back by the only thing that is the victim's: the mailbox.
fn victim_resets(world: &World) {
    world.deliver();
    let email = given::email("ada@example.org");
    world.app.execute(&by_nobody(), &request_reset(&email)).unwrap();
    let token = link_token(&world.deliver()[0], "reset-password");
    world.app.execute(&by_nobody(), &reset_password(&token, &given::password(VICTIMS))).unwrap();
}

/// Classic-federated merge. There is no federated sign-in to merge with; two claims to one
/// address stay two accounts, and only the one whose link was used last gets it.
///
/// Seen to fail with older claims left alive: the mail of the intruder still worked.
#[test]
fn a10_classic_federated_merge_two_registrations_are_never_one_account() {
    let world = World::new();
    let (intruder, old_link) = register(&world, &mallory());
    let (owner, link) = register(&world, &victim());
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&old_link)), AppError::TokenNotValid);
    world.app.execute(&by_nobody(), &verify_email(&link)).unwrap();

    assert_eq!(world.user(intruder).status(), UserStatus::Pending);
    assert_eq!(world.user(owner).status(), UserStatus::Active);
    for login in ["ada@example.org", "mallory"] {
        assert_err!(open(&world, login, given::PASSWORD), AppError::SignInRefused);
    }
    open(&world, "ada@example.org", VICTIMS).unwrap();
    assert_eq!(world.user(owner).emails().len(), 1);
}

/// The other order: who registers later cannot use the link of who was first either, and the
/// mail of each says whose account it is for.
#[test]
fn a10_each_mail_names_the_account_that_it_is_for() {
    let world = World::new();
    world.app.execute(&by_nobody(), &victim()).unwrap();
    assert!(world.deliver()[0].text.contains("the account with the username victim."));
    world.app.execute(&by_nobody(), &mallory()).unwrap();
    assert!(world.deliver()[0].text.contains("the account with the username mallory."));
}

/// Two registrations that wait for the worker together: the newer one's link lives.
#[test]
fn a10_of_two_claims_in_one_batch_the_newer_one_is_confirmed() {
    let world = World::new();
    world.app.execute(&by_nobody(), &mallory()).unwrap();
    let owner = world.app.execute(&by_nobody(), &victim()).unwrap();
    let links: Vec<_> =
        world.deliver().iter().map(|mail| link_token(mail, "verify-email")).collect();
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&links[0])), AppError::TokenNotValid);
    world.app.execute(&by_nobody(), &verify_email(&links[1])).unwrap();
    assert_eq!(world.user(UserId::from_uuid(owner.id)).status(), UserStatus::Active);
}

/// Unexpired session. A pending account has none; and one that the victim has confirmed by
/// mistake loses every session, device and link when the victim resets its password.
#[test]
fn a10_unexpired_session_dies_with_the_reset() {
    let world = World::new();
    register(&world, &mallory());
    assert_err!(open(&world, "mallory", given::PASSWORD), AppError::SignInRefused);

    let world = World::new();
    let (_, session) = tricked(&world);
    victim_resets(&world);
    let access = world.app.authenticate(session.access_token.expose());
    assert_err!(access, AppError::Unauthenticated);
    let refreshed =
        world.app.execute(&by_nobody(), &refresh_session(session.refresh_token.expose()));
    assert_err!(refreshed, AppError::Unauthenticated);
    assert_err!(open(&world, "mallory", given::PASSWORD), AppError::SignInRefused);
    open(&world, "ada@example.org", VICTIMS).unwrap();
}

/// Trojan identifier. An address or a phone of the intruder's own in the account: a pending
/// account takes none, since nobody can sign in to it; what was added later and not confirmed
/// signs nobody in, and can no longer be confirmed after the reset.
#[test]
fn a10_trojan_identifier_is_confirmed_by_nobody_after_the_reset() {
    let world = World::new();
    let (pending, _) = register(&world, &mallory());
    let added = world.app.execute(&by_nobody(), &add(pending, "mallory@evil.example"));
    assert_err!(added, AppError::Unauthenticated);

    let world = World::new();
    let (account, _) = tricked(&world);
    world.app.execute(&by(&account), &add(account.id(), "mallory@evil.example")).unwrap();
    let trojan = link_token(&world.deliver()[0], "verify-email");
    let phone = AddPhone {
        user_id: account.id(),
        phone: given::phone("+442079460018"),
        contact_type: ContactType::Mobile,
        is_default: true,
    };
    let phone = world.app.execute(&by(&account), &phone).unwrap().value.id;
    let phone = userdom_domain::PhoneId::from_uuid(phone);
    world.app.execute(&by(&account), &request_code(account.id(), phone)).unwrap();
    let code = world.deliver_sms()[0].body[..6].to_owned();

    victim_resets(&world);
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&trojan)), AppError::TokenNotValid);
    let confirmed = world.app.execute(&by(&account), &verify_phone(account.id(), phone, &code));
    assert_err!(confirmed, AppError::CodeNotValid);
    assert_err!(open(&world, "mallory@evil.example", VICTIMS), AppError::SignInRefused);
    let email = given::email("mallory@evil.example");
    world.deliver();
    world.app.execute(&by_nobody(), &request_reset(&email)).unwrap();
    assert!(world.deliver().is_empty(), "an unconfirmed address gets no reset");
}

/// Trojan identifier, the other way round: the victim's address as a claim in an account of
/// the intruder's that works. It blocks nobody, and its link dies when the victim registers.
#[test]
fn a10_trojan_identifier_a_claim_in_another_account_blocks_nobody() {
    let world = World::new();
    let mallory = world.has(given::an_active_user().with_username("mallory").build());
    world.app.execute(&by(&mallory), &add(mallory.id(), "ada@example.org")).unwrap();
    let claim = link_token(&world.deliver()[0], "verify-email");
    let (owner, link) = register(&world, &victim());
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&claim)), AppError::TokenNotValid);
    world.app.execute(&by_nobody(), &verify_email(&link)).unwrap();
    assert!(world.user(owner).email_verified());
    assert!(!world.user(mallory.id()).emails()[1].is_verified());
}

/// Unexpired email change. The link that waits in the intruder's mailbox dies with the
/// reset, and nobody but the victim can ask for another one.
#[test]
fn a10_unexpired_email_change_dies_with_the_reset() {
    let world = World::new();
    let (account, _) = tricked(&world);
    world.app.execute(&by(&account), &add(account.id(), "mallory@evil.example")).unwrap();
    let pending = link_token(&world.deliver()[0], "verify-email");
    let waiting = world.user(account.id()).emails()[1].id();
    victim_resets(&world);
    world.deliver();
    assert_err!(world.app.execute(&by_nobody(), &verify_email(&pending)), AppError::TokenNotValid);
    world.app.execute(&by_nobody(), &request_verification(account.id(), waiting)).unwrap();
    assert!(world.deliver().is_empty(), "nobody but the victim can ask again");
}

/// Unexpired email change, asked for just before the reset and worked on just after it.
///
/// Seen to fail with the age of the wish left unchecked: the late wish made a new link.
#[test]
fn a10_a_wish_from_before_the_reset_makes_no_link_after_it() {
    let world = World::new();
    let (account, _) = tricked(&world);
    world.app.execute(&by(&account), &add(account.id(), "mallory@evil.example")).unwrap();
    world.deliver();
    let waiting = world.user(account.id()).emails()[1].id();
    let email = given::email("ada@example.org");
    world.app.execute(&by_nobody(), &request_reset(&email)).unwrap();
    let reset = link_token(&world.deliver()[0], "reset-password");

    world.app.execute(&by(&account), &request_verification(account.id(), waiting)).unwrap();
    world.clock.advance(chrono::TimeDelta::seconds(1));
    world.app.execute(&by_nobody(), &reset_password(&reset, &given::password(VICTIMS))).unwrap();
    let mails = world.deliver();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["ada@example.org"], "the notice alone");
}

/// Non-verifying identity provider. No provider vouches for an email: a caller that adds an
/// address, another service included, it is verified by its own link alone.
#[test]
fn a10_non_verifying_provider_an_address_is_verified_by_its_link_alone() {
    let world = World::new();
    let user = world.has(given::an_active_user().with_username("user").build());
    let key = Service { key_id: Uuid::from_u128(7), scopes: [Scope::UsersWrite].into() };
    let service = Caller { actor: Some(Actor::Service(key)), ..Caller::default() };
    let added = world.app.execute(&service, &add(user.id(), "ada@example.org")).unwrap();
    assert!(!added.value.is_verified);
    assert_err!(open(&world, "ada@example.org", given::PASSWORD), AppError::SignInRefused);
}
