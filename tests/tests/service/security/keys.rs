//! R31: an `Idempotency-Key` changes nothing of what lasts, for any refusal through any
//! interface. Each case runs on two services, with a key on one of them; afterwards all their tables
//! are the same, but for those of the keys.
//!
//! Seen to fail on the code before, where a key undid the last transaction if the answer was an
//! error: lines of refusals were missing after sign-ins, second factors and proofs, a session lived
//! on after its refresh token was reused, an outdated hash stayed, answers were about nobody.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use chrono::TimeDelta;
use serde_json::{Value, json};
use userdom_api::{Method, ROUTES};
use userdom_tests::{
    app::{
        Authenticator, Client, Interface, Reply, TestApp,
        given::{self, PASSWORD, Person, a_registration, an_address, sign_in, verify},
    },
    databases::Kind,
};

use super::authorisation::body;

const NOBODY: &str = "019b79da-0000-7000-8000-000000000000";
const WRONG: &str = "wrong horse battery staple";
const OTHER: &str = "an even longer horse battery";

/// One of the two services.
struct Run<'a> {
    app: &'a TestApp,
    interface: Interface,
    has_keys: bool,
    probes: Cell<usize>,
    people: RefCell<Vec<Person>>,
    /// A batch needs a token.
    carrier: Client,
}

impl<'a> Run<'a> {
    fn new(app: &'a TestApp, interface: Interface, has_keys: bool) -> Self {
        let carrier = given::an_api_key(app, &["events"]).client;
        Self {
            app,
            interface,
            has_keys,
            probes: Cell::default(),
            people: RefCell::default(),
            carrier,
        }
    }

    fn name(&self) -> String {
        format!("user{}-{}", self.probes.get(), self.people.borrow().len())
    }

    fn known(&self, person: Person) -> Person {
        self.people.borrow_mut().push(person.clone());
        person
    }

    fn registered(&self) -> Person {
        self.known(given::a_registered_user(self.app).with_username(&self.name()).present())
    }

    fn verified(&self) -> Person {
        self.known(given::a_verified_user(self.app).with_username(&self.name()).present())
    }

    fn signed_in(&self) -> Person {
        self.known(given::a_verified_user(self.app).with_username(&self.name()).signed_in())
    }

    fn with_two_factor(&self) -> Person {
        let somebody = given::a_verified_user(self.app).with_username(&self.name());
        self.known(somebody.with_two_factor().signed_in())
    }

    fn admin(&self) -> Person {
        self.known(given::an_admin(self.app).with_username(&self.name()).signed_in())
    }

    fn moderator(&self) -> Person {
        self.known(given::a_moderator(self.app).with_username(&self.name()).signed_in())
    }

    /// A caller without a token.
    fn anybody(&self) -> Client {
        match self.interface {
            Interface::Batch => self.carrier.clone(),
            Interface::Rest | Interface::Graphql => self.app.client(),
        }
    }

    /// The request that is looked at: with a key on one service, without on the other.
    fn probe(&self, client: &Client, path: &str, body: &Value) -> Reply {
        self.probes.set(self.probes.get() + 1);
        let key = self.key();
        let client =
            if self.has_keys { client.header("idempotency-key", &key) } else { client.clone() };
        client.post(path, body)
    }

    fn key(&self) -> String {
        format!("probe-{}", self.probes.get())
    }

    /// The tables, without what differs from one run to the next: ids, secrets, hashes. Rows that
    /// are alike are numbered.
    fn tables(&self) -> BTreeSet<String> {
        let rows = self.app.everything().into_iter();
        let rows = rows.filter(|(table, _)| {
            !table.starts_with("idempotency_") && table != "__diesel_schema_migrations"
        });
        let mut times = BTreeMap::<_, u32>::new();
        rows.map(|(table, row)| {
            let row = format!("{table} {}", without_secrets(&row));
            let nth = times.entry(row.clone()).or_default();
            *nth += 1;
            format!("{row} ({nth})")
        })
        .collect()
    }

    /// Users that a kept answer shows and that are no subjects of it: the answer would outlive the user.
    fn missing_subjects(&self, reply: &Reply) -> Vec<String> {
        let kept = format!("FROM idempotency_keys WHERE id LIKE '%/{}%'", self.key());
        if self.app.texts(&format!("SELECT id AS value {kept}")).is_empty() {
            return Vec::new();
        }
        let subjects = "SELECT user_id AS value FROM idempotency_subjects WHERE key_id";
        let subjects = self.app.texts(&format!("{subjects} LIKE '%/{}%'", self.key()));
        let people = self.people.borrow();
        let shown = people.iter().filter(|person| {
            [&person.id, &person.email].iter().any(|text| reply.text.contains(*text))
        });
        let missing = shown.filter(|person| !subjects.contains(&person.id));
        missing.map(|person| person.username.clone()).collect()
    }
}

fn without_secrets(row: &str) -> String {
    let mut shown = String::new();
    for word in row.split_inclusive(|c: char| !(c.is_ascii_hexdigit() || c == '-')) {
        let long = word.trim_end_matches(|c: char| !(c.is_ascii_hexdigit() || c == '-'));
        shown.push_str(if long.len() >= 32 { "#" } else { word });
    }
    match shown.split_once("$argon2id$") {
        None => shown,
        Some((before, rest)) => {
            let after = rest.find(['"', ' ']).map_or("", |end| &rest[end..]);
            format!("{before}PHC{after}")
        }
    }
}

/// A route, what becomes of it, and how to bring it about.
type Case = (&'static str, &'static str, fn(&Run<'_>) -> Reply);

const SESSIONS: &str = "/v1/sessions";
const CHALLENGE: &str = "/v1/sessions/challenge";
const REFRESH: &str = "/v1/sessions/refresh";
const REAUTHENTICATE: &str = "/v1/sessions/current/reauthenticate";
const VERIFY: &str = "/v1/email-verifications";
const RESETS: &str = "/v1/password-resets";
const CONFIRM_RESET: &str = "/v1/password-resets/confirm";
const INTROSPECT: &str = "/v1/token/introspect";
const KEYS: &str = "/v1/api-keys";
const USERS: &str = "/v1/users";
const EMAILS: &str = "/v1/users/{id}/emails";
const RESEND: &str = "/v1/users/{id}/emails/{email_id}/verification";
const PHONES: &str = "/v1/users/{id}/phones";
const CODE: &str = "/v1/users/{id}/phones/{phone_id}/verification";
const CONFIRM_CODE: &str = "/v1/users/{id}/phones/{phone_id}/verification/confirm";
const ADDRESSES: &str = "/v1/users/{id}/addresses";
const TOTP: &str = "/v1/users/{id}/two-factor/totp";
const CONFIRM_TOTP: &str = "/v1/users/{id}/two-factor/totp/confirm";
const RECOVERY: &str = "/v1/users/{id}/two-factor/recovery-codes";
const ACTIVATE: &str = "/v1/users/{id}/activate";
const SUSPEND: &str = "/v1/users/{id}/suspend";
const REINSTATE: &str = "/v1/users/{id}/reinstate";
const BAN: &str = "/v1/users/{id}/ban";
const UNBAN: &str = "/v1/users/{id}/unban";
const RESTORE: &str = "/v1/users/{id}/restore";
const UNLOCK: &str = "/v1/users/{id}/unlock";

/// What is special to a route; what any route may be asked wrongly is in [`WRONG_CALLS`].
#[rustfmt::skip]
const CASES: &[Case] = &[
    (SESSIONS, "right", |run| signs_in(run, &run.verified().username, PASSWORD)),
    (SESSIONS, "wrong", |run| signs_in(run, &run.verified().username, WRONG)),
    (SESSIONS, "unknown", |run| signs_in(run, "nobody", PASSWORD)),
    (SESSIONS, "locked", |run| signs_in(run, &locked(run).username, PASSWORD)),
    (SESSIONS, "locked by it", |run| { let ada = run.verified(); misses(run, &ada, 4); signs_in(run, &ada.username, WRONG) }),
    (SESSIONS, "not verified", |run| signs_in(run, &run.registered().username, PASSWORD)),
    (SESSIONS, "suspended", |run| { let ada = run.verified(); acts(run, SUSPEND, &ada); signs_in(run, &ada.username, PASSWORD) }),
    (SESSIONS, "second factor due", |run| signs_in(run, &run.with_two_factor().username, PASSWORD)),
    (SESSIONS, "hash outdated", |run| { let ada = run.verified(); outdates_hash(run, &ada); signs_in(run, &ada.username, PASSWORD) }),
    (SESSIONS, "hash outdated, wrong", |run| { let ada = run.verified(); outdates_hash(run, &ada); signs_in(run, &ada.username, WRONG) }),
    (CHALLENGE, "right", |run| { let ada = run.with_two_factor(); let code = code_of(&ada).fresh_code(run.app); meets(run, &ada, &json!({"totp": code})) }),
    (CHALLENGE, "wrong", |run| meets(run, &run.with_two_factor(), &json!({"totp": "000000"}))),
    (CHALLENGE, "used code", |run| { let ada = run.with_two_factor(); let code = code_of(&ada).code(run.app, 0); meets(run, &ada, &json!({"totp": code})) }),
    (CHALLENGE, "recovery code", |run| { let ada = run.with_two_factor(); let code = ada.recovery_codes[0].clone(); meets(run, &ada, &json!({"recovery_code": code})) }),
    (CHALLENGE, "wrong recovery code", |run| meets(run, &run.with_two_factor(), &json!({"recovery_code": "aaaaa-aaaaa"}))),
    (CHALLENGE, "dead", |run| run.probe(&run.anybody(), CHALLENGE, &json!({"challenge": "ud_sc_x", "totp": "000000"}))),
    (REFRESH, "right", |run| refreshes(run, &run.signed_in().refresh_token)),
    (REFRESH, "reused", |run| { let first = run.signed_in().refresh_token; refreshed(run, &refreshed(run, &first)); refreshes(run, &first) }),
    (REFRESH, "reused late", |run| { let first = run.signed_in().refresh_token; refreshed(run, &first); run.app.after(TimeDelta::seconds(11)); refreshes(run, &first) }),
    (REFRESH, "repeated", |run| { let first = run.signed_in().refresh_token; refreshed(run, &first); refreshes(run, &first) }),
    (REFRESH, "signed out", |run| { let ada = run.signed_in(); ada.client.delete("/v1/sessions/current").expect(204); refreshes(run, &ada.refresh_token) }),
    (REFRESH, "garbage", |run| refreshes(run, "ud_rt_garbage")),
    (REAUTHENTICATE, "right", |run| run.probe(&run.signed_in().client, REAUTHENTICATE, &json!({"password": PASSWORD}))),
    (REAUTHENTICATE, "wrong", |run| run.probe(&run.signed_in().client, REAUTHENTICATE, &json!({"password": WRONG}))),
    (REAUTHENTICATE, "locked", |run| { let ada = run.signed_in(); misses(run, &ada, 5); run.probe(&ada.client, REAUTHENTICATE, &json!({"password": PASSWORD})) }),
    (REAUTHENTICATE, "totp", |run| { let ada = run.with_two_factor(); let code = code_of(&ada).fresh_code(run.app); run.probe(&ada.client, REAUTHENTICATE, &json!({"totp": code})) }),
    (REAUTHENTICATE, "wrong totp", |run| run.probe(&run.with_two_factor().client, REAUTHENTICATE, &json!({"totp": "000000"}))),
    (REAUTHENTICATE, "no totp", |run| run.probe(&run.signed_in().client, REAUTHENTICATE, &json!({"totp": "000000"}))),
    (VERIFY, "right", |run| { let ada = run.registered(); run.probe(&run.anybody(), VERIFY, &json!({"token": run.app.last_link_token(&ada.email)})) }),
    (VERIFY, "used", |run| { let token = run.app.last_link_token(&run.verified().email); run.probe(&run.anybody(), VERIFY, &json!({"token": token})) }),
    (VERIFY, "verified elsewhere", verifies_what_another_has),
    (RESETS, "known", |run| run.probe(&run.anybody(), RESETS, &json!({"email": run.verified().email}))),
    (RESETS, "unknown", |run| run.probe(&run.anybody(), RESETS, &json!({"email": "nobody@example.org"}))),
    (CONFIRM_RESET, "right", |run| { let token = reset_token(run); resets(run, &token, OTHER) }),
    (CONFIRM_RESET, "weak", |run| { let token = reset_token(run); resets(run, &token, "password1234") }),
    (CONFIRM_RESET, "used", |run| { let token = reset_token(run); let set = json!({"token": token, "new_password": OTHER}); run.app.client().post(CONFIRM_RESET, &set).expect(204); resets(run, &token, OTHER) }),
    (INTROSPECT, "live", |run| { let token = run.signed_in().token; run.probe(&given::an_api_key(run.app, &["introspect"]).client, INTROSPECT, &json!({"token": token})) }),
    (INTROSPECT, "dead", |run| run.probe(&given::an_api_key(run.app, &["introspect"]).client, INTROSPECT, &json!({"token": "ud_at_x"}))),
    (KEYS, "right", |run| run.probe(&run.admin().client, KEYS, &json!({"name": "a service", "scopes": ["events"]}))),
    (KEYS, "faulty", |run| run.probe(&run.admin().client, KEYS, &json!({"name": "", "scopes": []}))),
    (USERS, "right", |run| run.probe(&run.anybody(), USERS, &a_registration(&run.name()))),
    (USERS, "username taken", |run| run.probe(&run.anybody(), USERS, &a_registration(&run.verified().username))),
    (USERS, "email taken", |run| { let mut body = a_registration(&run.name()); body["email"] = json!(given::a_verified_user(run.app).with_username("taken").present().email); body["username"] = json!("somebody-else"); run.probe(&run.anybody(), USERS, &body) }),
    (USERS, "weak", |run| { let mut body = a_registration(&run.name()); body["password"] = json!("password1234"); run.probe(&run.anybody(), USERS, &body) }),
    (EMAILS, "right", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(EMAILS, &ada), &json!({"email": format!("more.{}", ada.email)})) }),
    (EMAILS, "there already", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(EMAILS, &ada), &json!({"email": ada.email})) }),
    (EMAILS, "no recent proof", |run| { let ada = run.signed_in(); let client = after_a_while(run, &ada); run.probe(&client, &own(EMAILS, &ada), &json!({"email": "more@example.org"})) }),
    (RESEND, "right", |run| { let ada = run.registered(); run.probe(&run.anybody(), &own(RESEND, &ada).replace("{email_id}", &ada.email_id), &json!({})) }),
    (PHONES, "right", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(PHONES, &ada), &json!({"phone_number": "+442079460018"})) }),
    (PHONES, "there already", |run| { let ada = run.signed_in(); ada.adds_phone("+442079460018"); run.probe(&ada.client, &own(PHONES, &ada), &json!({"phone_number": "+442079460018"})) }),
    (CODE, "right", |run| { let (ada, phone) = with_phone(run); run.probe(&ada.client, &child(CODE, &ada, &phone), &json!({})) }),
    (CODE, "verified already", |run| { let (ada, phone) = with_phone(run); verifies_phone(run, &ada, &phone); run.probe(&ada.client, &child(CODE, &ada, &phone), &json!({})) }),
    (CONFIRM_CODE, "right", |run| { let (ada, phone) = with_phone(run); let code = asks_for_code(run, &ada, &phone); run.probe(&ada.client, &child(CONFIRM_CODE, &ada, &phone), &json!({"code": code})) }),
    (CONFIRM_CODE, "wrong", |run| { let (ada, phone) = with_phone(run); let code = other_code(&asks_for_code(run, &ada, &phone)); run.probe(&ada.client, &child(CONFIRM_CODE, &ada, &phone), &json!({"code": code})) }),
    (CONFIRM_CODE, "none asked for", |run| { let (ada, phone) = with_phone(run); run.probe(&ada.client, &child(CONFIRM_CODE, &ada, &phone), &json!({"code": "123456"})) }),
    (ADDRESSES, "right", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(ADDRESSES, &ada), &an_address("Street 1")) }),
    (ADDRESSES, "faulty", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(ADDRESSES, &ada), &json!({"street_line1": "", "city": "", "postal_code": "x", "country": "DEU"})) }),
    (TOTP, "right", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(TOTP, &ada), &json!({})) }),
    (TOTP, "there already", |run| { let ada = run.with_two_factor(); run.probe(&ada.client, &own(TOTP, &ada), &json!({})) }),
    (CONFIRM_TOTP, "right", |run| { let (ada, app) = sets_up_totp(run); let code = app.code(run.app, 0); run.probe(&ada.client, &own(CONFIRM_TOTP, &ada), &json!({"code": code})) }),
    (CONFIRM_TOTP, "wrong", |run| { let (ada, app) = sets_up_totp(run); let code = other_code(&app.code(run.app, 0)); run.probe(&ada.client, &own(CONFIRM_TOTP, &ada), &json!({"code": code})) }),
    (CONFIRM_TOTP, "not set up", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(CONFIRM_TOTP, &ada), &json!({"code": "123456"})) }),
    (RECOVERY, "right", |run| { let ada = run.with_two_factor(); run.probe(&ada.client, &own(RECOVERY, &ada), &json!({})) }),
    (RECOVERY, "no second factor", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(RECOVERY, &ada), &json!({})) }),
    (ACTIVATE, "right", |run| run_action(run, ACTIVATE, &run.registered())),
    (ACTIVATE, "active already", |run| run_action(run, ACTIVATE, &run.verified())),
    (SUSPEND, "right", |run| run_action(run, SUSPEND, &run.signed_in())),
    (SUSPEND, "of the same rank", |run| { let peer = run.moderator(); run.probe(&run.moderator().client, &own(SUSPEND, &peer), &json!({"reason": "spam"})) }),
    (REINSTATE, "right", |run| { let ada = run.verified(); acts(run, SUSPEND, &ada); run_action(run, REINSTATE, &ada) }),
    (REINSTATE, "not suspended", |run| run_action(run, REINSTATE, &run.verified())),
    (BAN, "right", |run| run_action(run, BAN, &run.signed_in())),
    (BAN, "banned already", |run| { let ada = run.verified(); acts(run, BAN, &ada); run_action(run, BAN, &ada) }),
    (UNBAN, "right", |run| { let ada = run.verified(); acts(run, BAN, &ada); run_action(run, UNBAN, &ada) }),
    (UNBAN, "not banned", |run| run_action(run, UNBAN, &run.verified())),
    (RESTORE, "right", |run| { let ada = run.signed_in(); ada.client.delete("/v1/users/me").expect(204); run_action(run, RESTORE, &ada) }),
    (RESTORE, "not deleted", |run| run_action(run, RESTORE, &run.verified())),
    (UNLOCK, "right", |run| run_action(run, UNLOCK, &locked(run))),
    (UNLOCK, "by the user", |run| { let ada = run.signed_in(); run.probe(&ada.client, &own(UNLOCK, &ada), &json!({})) }),
];

fn own(template: &str, person: &Person) -> String {
    template.replace("{id}", &person.id)
}

fn child(template: &str, person: &Person, phone: &str) -> String {
    own(template, person).replace("{phone_id}", phone)
}

fn signs_in(run: &Run<'_>, login: &str, password: &str) -> Reply {
    run.probe(&run.anybody(), SESSIONS, &json!({"login": login, "password": password}))
}

fn misses(run: &Run<'_>, person: &Person, times: usize) {
    for _ in 0..times {
        sign_in(run.app, &person.username, WRONG).expect(401);
    }
}

fn locked(run: &Run<'_>) -> Person {
    let person = run.verified();
    misses(run, &person, 5);
    person
}

/// What another application stored: PBKDF2 as Django writes it, of the usual password.
fn outdates_hash(run: &Run<'_>, person: &Person) {
    let hash = "pbkdf2_sha256$1$c2FsdA$5UjytG+SxBRCIjKO0XGmu5/8vlnBc/T3LsKQJmU1DGU=";
    let hash = format!("UPDATE users SET password_hash = '{hash}' WHERE id = '{}'", person.id);
    run.app.execute(&hash);
}

fn code_of(person: &Person) -> Authenticator {
    person.authenticator.clone().expect("a second factor")
}

fn other_code(code: &str) -> &'static str {
    if code == "123456" { "654321" } else { "123456" }
}

fn meets(run: &Run<'_>, person: &Person, proof: &Value) -> Reply {
    let challenge = sign_in(run.app, &person.username, PASSWORD).expect(202).at("/challenge");
    let mut body = proof.clone();
    body["challenge"] = json!(challenge);
    run.probe(&run.anybody(), CHALLENGE, &body)
}

fn refreshes(run: &Run<'_>, token: &str) -> Reply {
    run.probe(&run.anybody(), REFRESH, &json!({"refresh_token": token}))
}

fn refreshed(run: &Run<'_>, token: &str) -> String {
    let renewed = run.app.client().post(REFRESH, &json!({"refresh_token": token}));
    renewed.expect(200).at("/refresh_token")
}

fn verifies_what_another_has(run: &Run<'_>) -> Reply {
    let (first, second) = (run.signed_in(), run.signed_in());
    let email = format!("both.{}", first.email);
    first.adds_email(&email);
    let token = run.app.last_link_token(&email);
    second.adds_email(&email);
    verify(run.app, &run.app.last_link_token(&email)).expect(200);
    run.probe(&run.anybody(), VERIFY, &json!({"token": token}))
}

fn reset_token(run: &Run<'_>) -> String {
    let email = run.verified().email;
    run.app.client().post(RESETS, &json!({"email": email})).expect(202);
    run.app.last_link_token(&email)
}

fn resets(run: &Run<'_>, token: &str, password: &str) -> Reply {
    run.probe(&run.anybody(), CONFIRM_RESET, &json!({"token": token, "new_password": password}))
}

fn after_a_while(run: &Run<'_>, person: &Person) -> Client {
    run.app.after(TimeDelta::minutes(16));
    let token = json!({"refresh_token": person.refresh_token});
    let renewed = run.app.client().post(REFRESH, &token).expect(200);
    run.app.client().bearer(&renewed.at("/access_token"))
}

const NUMBER: &str = "+447911123456";

fn with_phone(run: &Run<'_>) -> (Person, String) {
    let person = run.signed_in();
    let phone = person.adds_phone(NUMBER);
    (person, phone)
}

fn asks_for_code(run: &Run<'_>, person: &Person, phone: &str) -> String {
    person.client.post(&child(CODE, person, phone), &json!({})).expect(202);
    run.app.last_code(NUMBER)
}

fn verifies_phone(run: &Run<'_>, person: &Person, phone: &str) {
    let code = asks_for_code(run, person, phone);
    person.client.post(&child(CONFIRM_CODE, person, phone), &json!({"code": code})).expect(200);
}

fn sets_up_totp(run: &Run<'_>) -> (Person, Authenticator) {
    let person = run.signed_in();
    let secret = person.client.post(&own(TOTP, &person), &json!({})).expect(200).at("/secret");
    (person, Authenticator::with_secret(&secret))
}

fn reason(template: &str) -> Value {
    if [SUSPEND, BAN].contains(&template) { json!({"reason": "spam"}) } else { json!({}) }
}

/// An admin does something to a user beforehand.
fn acts(run: &Run<'_>, template: &str, person: &Person) {
    run.admin().client.post(&own(template, person), &reason(template)).expect(200);
}

/// An admin does it with the key.
fn run_action(run: &Run<'_>, template: &str, person: &Person) -> Reply {
    run.probe(&run.admin().client, &own(template, person), &reason(template))
}

/// What is wrong, and a call of any route that is wrong in this way.
type WrongCall = (&'static str, fn(&Run<'_>, &str) -> Reply);

/// What any route can be asked wrongly; a sound body comes to nothing where it holds a token.
#[rustfmt::skip]
const WRONG_CALLS: &[WrongCall] = &[
    ("own, sound", |run, template| { let ada = run.signed_in(); run.probe(&ada.client, &path(template, &ada.id), &body("POST", template)) }),
    ("own, with a strange member", |run, template| { let ada = run.signed_in(); run.probe(&ada.client, &path(template, &ada.id), &strange_body(template)) }),
    ("by a stranger", |run, template| { let ada = run.signed_in(); run.probe(&run.signed_in().client, &path(template, &ada.id), &body("POST", template)) }),
    ("by a service", |run, template| { let ada = run.signed_in(); run.probe(&given::an_api_key(run.app, &["events"]).client, &path(template, &ada.id), &body("POST", template)) }),
    ("about nobody", |run, template| run.probe(&run.admin().client, &path(template, NOBODY), &body("POST", template))),
    ("of an old version", |run, template| { let ada = run.signed_in(); run.probe(&ada.client.header("if-match", "\"0\""), &path(template, &ada.id), &body("POST", template)) }),
    ("without a token", |run, template| { let ada = run.verified(); run.probe(&run.app.client(), &path(template, &ada.id), &body("POST", template)) }),
    ("with a dead token", |run, template| { let ada = run.signed_in(); ada.client.delete("/v1/sessions/current").expect(204); run.probe(&ada.client, &path(template, &ada.id), &body("POST", template)) }),
];

fn path(template: &str, id: &str) -> String {
    template.replace("{id}", id).replace("{email_id}", NOBODY).replace("{phone_id}", NOBODY)
}

fn strange_body(template: &str) -> Value {
    let mut body = body("POST", template);
    body["nonsense"] = json!(true);
    body
}

fn posts() -> impl Iterator<Item = &'static str> {
    let routes = ROUTES.iter().filter(|route| route.method == Method::Post);
    let templates = routes.map(|route| route.path);
    templates.filter(|template| template.starts_with("/v1/") && *template != "/v1/batch")
}

fn answer(reply: &Reply) -> (u16, String) {
    let code = if reply.status >= 400 { reply.at("/code") } else { String::new() };
    (reply.status, code)
}

/// How the tables of two services differ.
fn differences(plain: &Run<'_>, keyed: &Run<'_>) -> BTreeSet<String> {
    let (without, with) = (plain.tables(), keyed.tables());
    let missing = without.difference(&with).map(|row| format!("missing with a key: {row}"));
    missing.chain(with.difference(&without).map(|row| format!("only with a key: {row}"))).collect()
}

fn r31_a_key_changes_nothing_of_what_lasts(kind: Kind, interface: Interface) {
    let (plain, keyed) =
        (TestApp::start(kind).through(interface), TestApp::start(kind).through(interface));
    let (plain, keyed) = (Run::new(&plain, interface, false), Run::new(&keyed, interface, true));
    let (mut faults, mut known) = (Vec::new(), BTreeSet::new());
    for template in posts() {
        let special = CASES.iter().filter(|(of, _, _)| *of == template);
        let special = special.map(|(_, what, case)| (*what, case(&plain), case(&keyed)));
        let wrong = WRONG_CALLS.iter();
        let wrong =
            wrong.map(|(what, call)| (*what, call(&plain, template), call(&keyed, template)));
        for (what, without, with) in special.chain(wrong) {
            assert!(without.status < 500, "{template}, {what}: {}", without.text);
            assert!(what != "right" || without.status < 300, "{template}: {}", without.text);
            let answers = (answer(&without), answer(&with));
            if answers.0 != answers.1 {
                faults.push(format!("{template}, {what}: without and with a key {answers:?}"));
            }
            let missing = keyed.missing_subjects(&with);
            faults.extend(missing.iter().map(|user| format!("{template}, {what}: about {user}")));
        }
        // What one route has left shows at all that follow.
        let differences = differences(&plain, &keyed);
        faults.extend(differences.difference(&known).map(|row| format!("{template}: {row}")));
        known = differences;
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn r31_every_route_with_keys_has_a_case_of_success_and_one_of_refusal() {
    for template in posts() {
        let cases = CASES.iter().filter(|(of, _, _)| *of == template);
        let names: Vec<_> = cases.map(|(_, what, _)| *what).collect();
        let succeeds = names.iter().any(|what| ["right", "live", "known"].contains(what));
        assert!(succeeds && (names.len() > 1 || template == RESEND), "{template}: {names:?}");
    }
}

macro_rules! through_all_doors {
    ($($name:ident: $kind:ident, $interface:ident;)+) => {$(
        #[test]
        fn $name() {
            r31_a_key_changes_nothing_of_what_lasts(Kind::$kind, Interface::$interface);
        }
    )+};
}

through_all_doors! {
    r31_a_key_changes_nothing_through_rest_on_sqlite: Sqlite, Rest;
    r31_a_key_changes_nothing_through_rest_on_postgres: Postgres, Rest;
    r31_a_key_changes_nothing_through_graphql_on_sqlite: Sqlite, Graphql;
    r31_a_key_changes_nothing_through_graphql_on_postgres: Postgres, Graphql;
    r31_a_key_changes_nothing_through_a_batch_on_sqlite: Sqlite, Batch;
    r31_a_key_changes_nothing_through_a_batch_on_postgres: Postgres, Batch;
}
