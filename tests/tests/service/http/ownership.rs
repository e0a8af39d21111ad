//! Who may reach what: every call that names an id, by everybody (Z2).

use serde_json::{Value, json};
use userdom_tests::{
    app::{
        Client, Reply, TestApp,
        given::{self, Person, an_address},
    },
    through_rest_and_graphql,
};

const NOBODY: &str = "019b79da-0000-7000-8000-000000000000";

/// A call, whose path names a user as `{id}` and perhaps a child.
struct Route {
    method: &'static str,
    path: &'static str,
    body: Option<Value>,
}

fn route(method: &'static str, path: &'static str, body: Option<Value>) -> Route {
    Route { method, path, body }
}

fn reads() -> Vec<Route> {
    let paths = [
        "/v1/users/{id}",
        "/v1/users/{id}/profile",
        "/v1/users/{id}/emails",
        "/v1/users/{id}/phones",
        "/v1/users/{id}/addresses",
    ];
    paths.into_iter().map(|path| route("GET", path, None)).collect()
}

/// All writes but the one that deletes the user.
fn writes() -> Vec<Route> {
    let kind = || Some(json!({"contact_type": "other"}));
    vec![
        route("PATCH", "/v1/users/{id}", Some(json!({"preferences": {"theme": "dark"}}))),
        route("PATCH", "/v1/users/{id}/profile", Some(json!({"bio": "changed"}))),
        route("POST", "/v1/users/{id}/emails", Some(json!({"email": "new@example.org"}))),
        route("PATCH", "/v1/users/{id}/emails/{email}", kind()),
        route("PUT", "/v1/users/{id}/emails/{email}/default", None),
        route("DELETE", "/v1/users/{id}/emails/{email}", None),
        route("POST", "/v1/users/{id}/phones", Some(json!({"phone_number": "+442079460099"}))),
        route("PATCH", "/v1/users/{id}/phones/{phone}", kind()),
        route("PUT", "/v1/users/{id}/phones/{phone}/default", None),
        route("DELETE", "/v1/users/{id}/phones/{phone}", None),
        route("POST", "/v1/users/{id}/addresses", Some(an_address("New 1"))),
        route("PUT", "/v1/users/{id}/addresses/{address}", Some(an_address("New 2"))),
        route("PUT", "/v1/users/{id}/addresses/{address}/default", None),
        route("DELETE", "/v1/users/{id}/addresses/{address}", None),
    ]
}

fn deletion() -> Route {
    route("DELETE", "/v1/users/{id}", None)
}

/// A user with one of everything that has an id.
struct Household {
    person: Person,
    email: String,
    phone: String,
    address: String,
}

impl Household {
    fn of(app: &TestApp, username: &str) -> Self {
        let person = given::a_verified_user(app).with_username(username).signed_in();
        let email = person.adds_verified_email(app, &format!("second-{username}@example.org"));
        let phone = person.adds_phone("+44 20 7946 0018");
        let address = person.adds_address("Invalidenstraße 43");
        Self { person, email, phone, address }
    }

    fn seen_by_itself(&self) -> String {
        self.person.client.get("/v1/users/me").expect(200).text
    }
}

impl Route {
    fn call(&self, client: &Client, user: &str, children: &Household) -> Reply {
        self.call_with(client, user, [&children.email, &children.phone, &children.address])
    }

    fn call_with(&self, client: &Client, user: &str, [email, phone, address]: [&str; 3]) -> Reply {
        let path = self
            .path
            .replace("{id}", user)
            .replace("{email}", email)
            .replace("{phone}", phone)
            .replace("{address}", address);
        println!("{} {path}", self.method);
        match &self.body {
            Some(body) => {
                client.send(self.method, &path, "application/json", body.to_string().as_bytes())
            }
            None => client.ask(self.method, &path),
        }
    }

    /// The code for a child that is not there; `None` when the path names no child.
    fn missing_child(&self) -> Option<&'static str> {
        [
            ("{email}", "email.not_found"),
            ("{phone}", "phone.not_found"),
            ("{address}", "address.not_found"),
        ]
        .into_iter()
        .find_map(|(child, code)| self.path.contains(child).then_some(code))
    }
}

/// The body without what differs from request to request.
fn body(reply: &Reply) -> String {
    reply.text.replace(reply.header("x-request-id"), "ID")
}

fn nobody_reaches_anything_without_a_token(app: &TestApp) {
    let ada = Household::of(app, "ada");
    let before = ada.seen_by_itself();
    let anybody = app.client();
    for route in reads().into_iter().chain(writes()).chain([deletion()]) {
        for user in [ada.person.id.as_str(), "me", NOBODY] {
            route.call(&anybody, user, &ada).expect_problem(401, "access.unauthenticated");
        }
    }
    assert_eq!(ada.seen_by_itself(), before);
}

fn z2_a_stranger_learns_and_changes_nothing(app: &TestApp) {
    let ada = Household::of(app, "ada");
    let mallory = Household::of(app, "mallory");
    let before = ada.seen_by_itself();
    let client = &mallory.person.client;
    for route in reads().into_iter().chain(writes()).chain([deletion()]) {
        let foreign = route.call(client, &ada.person.id, &ada);
        let foreign = foreign.expect_problem(404, "user.not_found");
        for unknown in [NOBODY, "no-id", "%2e%2e", "0"] {
            let missing = route.call(client, unknown, &ada);
            assert_eq!(body(&missing), body(&foreign), "{unknown}");
        }
    }
    assert_eq!(ada.seen_by_itself(), before);
}

fn z2_a_foreign_child_under_the_own_id_is_not_found(app: &TestApp) {
    let ada = Household::of(app, "ada");
    let mallory = Household::of(app, "mallory");
    let before = (ada.seen_by_itself(), mallory.seen_by_itself());
    let client = &mallory.person.client;
    for route in writes() {
        let Some(code) = route.missing_child() else { continue };
        for user in [mallory.person.id.as_str(), "me"] {
            let foreign = route.call(client, user, &ada).expect_problem(404, code);
            let missing = route.call_with(client, user, [NOBODY; 3]).expect_problem(404, code);
            // The detail names the id that was asked for, and nothing else.
            let asked = |text: String| {
                [&ada.email, &ada.phone, &ada.address]
                    .iter()
                    .fold(text, |text, id| text.replace(*id, NOBODY))
            };
            assert_eq!(asked(body(&foreign)), body(&missing));
            route.call_with(client, user, ["no-id"; 3]).expect_problem(404, code);
        }
    }
    assert_eq!((ada.seen_by_itself(), mallory.seen_by_itself()), before);
}

fn z2_a_child_of_another_kind_is_not_found(app: &TestApp) {
    let ada = Household::of(app, "ada");
    let before = ada.seen_by_itself();
    for route in writes() {
        let Some(code) = route.missing_child() else { continue };
        let swapped = [ada.phone.as_str(), &ada.address, &ada.email];
        route.call_with(&ada.person.client, "me", swapped).expect_problem(404, code);
    }
    assert_eq!(ada.seen_by_itself(), before);
}

fn a_moderator_sees_but_may_not_write(app: &TestApp) {
    let ada = Household::of(app, "ada");
    let mona = given::a_moderator(app).signed_in();
    let before = ada.seen_by_itself();
    for route in reads() {
        route.call(&mona.client, &ada.person.id, &ada).expect(200);
    }
    for route in writes().into_iter().chain([deletion()]) {
        route.call(&mona.client, &ada.person.id, &ada).expect_problem(403, "access.forbidden");
        route.call(&mona.client, NOBODY, &ada).expect_problem(404, "user.not_found");
    }
    assert_eq!(ada.seen_by_itself(), before);
}

fn an_admin_may_do_all(app: &TestApp) {
    let ada = Household::of(app, "ada");
    let hedy = given::an_admin(app).signed_in();
    for route in reads().into_iter().chain(writes()).chain([deletion()]) {
        // What was made the default stays; what was removed, or was the default, is another's turn.
        let reply = route.call(&hedy.client, &ada.person.id, &ada);
        assert!((200..300).contains(&reply.status), "{}", reply.text);
    }
}

fn a_user_may_do_all_to_itself(app: &TestApp) {
    let ada = Household::of(app, "ada");
    for route in reads().into_iter().chain(writes()).chain([deletion()]) {
        let reply = route.call(&ada.person.client, "me", &ada);
        assert!((200..300).contains(&reply.status), "{}", reply.text);
    }
}

fn v7_a_stale_version_changes_nothing_anywhere(app: &TestApp) {
    let ada = Household::of(app, "ada");
    let before = ada.seen_by_itself();
    let stale = ada.person.client.header("if-match", "\"1\"");
    let weak = ada.person.client.get("/v1/users/me").header("etag").to_owned();
    let weak = ada.person.client.header("if-match", &format!("W/{weak}"));
    let garbage = ada.person.client.header("if-match", "7");
    for route in writes().into_iter().chain([deletion()]) {
        route.call(&stale, "me", &ada).expect_problem(412, "version.stale");
        route.call(&weak, "me", &ada).expect_problem(412, "version.stale");
        route.call(&garbage, "me", &ada).expect_problem(400, "if_match.malformed");
    }
    assert_eq!(ada.seen_by_itself(), before);
}

fn every_write_takes_the_version_that_was_seen_and_gives_the_next(app: &TestApp) {
    let ada = Household::of(app, "ada");
    let me = || ada.person.client.get("/v1/users/me").expect(200);
    for route in writes() {
        let before = me();
        let reply = route.call(&ada.person.client.if_match(&before), "me", &ada);
        assert!((200..300).contains(&reply.status), "{}", reply.text);
        let after = me();
        assert_eq!(reply.header("etag"), after.header("etag"));
        assert_ne!(after.header("etag"), before.header("etag"));
    }
}

fn v7_what_was_seen_already_is_304(app: &TestApp) {
    let ada = Household::of(app, "ada");
    for route in reads() {
        let seen = route.call(&ada.person.client, "me", &ada).expect(200);
        let tag = seen.header("etag");
        for known in [tag.to_owned(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let client = ada.person.client.header("if-none-match", &known);
            let reply = route.call(&client, "me", &ada).expect(304);
            assert_eq!((reply.text.as_str(), reply.header("etag")), ("", tag));
        }
        for unknown in ["\"1\"", "7", "", "\"", "\u{e9}"] {
            let client = ada.person.client.header("if-none-match", unknown);
            route.call(&client, "me", &ada).expect(200);
        }
    }
}

through_rest_and_graphql!(
    nobody_reaches_anything_without_a_token,
    z2_a_stranger_learns_and_changes_nothing,
    z2_a_foreign_child_under_the_own_id_is_not_found,
    z2_a_child_of_another_kind_is_not_found,
    a_moderator_sees_but_may_not_write,
    an_admin_may_do_all,
    a_user_may_do_all_to_itself,
    v7_a_stale_version_changes_nothing_anywhere,
    every_write_takes_the_version_that_was_seen_and_gives_the_next,
    v7_what_was_seen_already_is_304,
);
