//! Z2: what belongs to somebody else is as if it were not there.

use serde_json::{Value, json};
use userdom_api::ROUTES;
use userdom_tests::{
    app::{
        Client, Reply, TestApp,
        given::{self, Person},
    },
    through_rest_and_graphql,
};

use super::{authorisation::body, bytes};

const NOBODY: &str = "019b79da-0000-7000-8000-000000000000";

/// Somebody with one of everything; the ids by the names of the parameters.
struct Owner {
    person: Person,
    ids: Vec<(&'static str, String)>,
}

fn owner(app: &TestApp, name: &str, number: &str) -> Owner {
    let person = given::a_verified_user(app).with_username(name).signed_in();
    let sessions = person.client.get("/v1/users/me/sessions").expect(200);
    let ids = vec![
        ("{id}", person.id.clone()),
        ("{email_id}", person.adds_email(&format!("{name}@more.example"))),
        ("{phone_id}", person.adds_phone(number)),
        ("{address_id}", person.adds_address("Street 1")),
        ("{session_id}", sessions.at("/items/0/id")),
    ];
    Owner { person, ids }
}

impl Owner {
    /// The path of a template, with parent and children of these owners.
    fn path(template: &str, parent: &str, child: impl Fn(&str) -> String) -> String {
        let path = template.replace("{id}", parent);
        let children = ["{email_id}", "{phone_id}", "{address_id}", "{session_id}"];
        children.iter().fold(path, |path, name| path.replace(name, &child(name)))
    }

    fn id(&self, name: &str) -> String {
        self.ids.iter().find(|(known, _)| *known == name).unwrap().1.clone()
    }

    fn rows(&self, app: &TestApp) -> Vec<String> {
        let id = &self.person.id;
        let tables = [
            ("users", "id", "username || status || CAST(version AS TEXT) || password_hash"),
            ("user_emails", "user_id", "email || contact_type || uid"),
            ("user_phones", "user_id", "phone_number || contact_type || uid"),
            ("user_addresses", "user_id", "street_line1 || contact_type || uid"),
            ("sessions", "user_id", "id"),
        ];
        let of = |(table, key, value): &(&str, &str, &str)| {
            app.texts(&format!(
                "SELECT {value} AS value FROM {table} WHERE {key} = '{id}' ORDER BY 1"
            ))
        };
        tables.iter().flat_map(of).collect()
    }
}

fn send(client: &Client, method: &str, path: &str, body: &Value) -> Reply {
    match method {
        "GET" | "DELETE" => client.send(method, path, "", b""),
        _ => client.send(method, path, "application/json", body.to_string().as_bytes()),
    }
}

/// Seen to fail with a read that does not authorise.
fn z2_nothing_of_another_user_is_reached_by_any_route(app: &TestApp) {
    let ada = owner(app, "ada", "+442079460018");
    let bob = owner(app, "bob", "+442079460019");
    let before = ada.rows(app);
    let mut tried = 0;
    for route in ROUTES.iter().filter(|route| route.path.contains("/users/{id}")) {
        let (method, template) = (route.method.as_str(), route.path);
        let body = body(method, template);
        let call = |path: &str| send(&bob.person.client, method, path, &body);
        // The parent is another's, whosesoever the child is.
        for child_of in [&ada, &bob] {
            let foreign = call(&Owner::path(template, &ada.person.id, |name| child_of.id(name)));
            let unknown = call(&Owner::path(template, NOBODY, |name| child_of.id(name)));
            assert_eq!(bytes(&foreign), bytes(&unknown), "{method} {template}");
            let sends_mail = template.ends_with("/emails/{email_id}/verification");
            assert!(foreign.status >= 400 || sends_mail, "{method} {template}: {}", foreign.text);
            tried += 1;
        }
        // The parent is one's own, the child another's.
        if template.matches('{').count() > 1 {
            let foreign = call(&Owner::path(template, "me", |name| ada.id(name)));
            let unknown = call(&Owner::path(template, "me", |_| NOBODY.to_owned()));
            let shown = bytes(&foreign).replace(&ada.id("{email_id}"), NOBODY);
            let shown = shown.replace(&ada.id("{phone_id}"), NOBODY);
            let shown = shown.replace(&ada.id("{address_id}"), NOBODY);
            assert_eq!(shown, bytes(&unknown), "{method} {template}");
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
    assert_eq!(ada.rows(app), before);
    let key = json!({"name": "x", "scopes": ["events"]});
    bob.person.client.post("/v1/api-keys", &key).expect_problem(403, "access.forbidden");
}

fn z2_ids_that_are_none_are_not_found(app: &TestApp) {
    let bob = given::a_verified_user(app).with_username("bob").signed_in();
    for id in ["0", "null", "%00", "me%2f", "019b79da", "' OR 1=1 --", "ü", "..", "%2e%2e"] {
        let encoded = id.replace(' ', "%20").replace('\'', "%27").replace('ü', "%c3%bc");
        for path in [
            format!("/v1/users/{encoded}"),
            format!("/v1/users/me/emails/{encoded}/default"),
            format!("/v1/users/me/sessions/{encoded}"),
        ] {
            let method = if path.ends_with("default") {
                "PUT"
            } else if path.contains("sessions") {
                "DELETE"
            } else {
                "GET"
            };
            let reply = bob.client.ask(method, &path);
            assert!([404, 405, 400].contains(&reply.status), "{path}: {}", reply.text);
        }
    }
}

through_rest_and_graphql!(
    z2_nothing_of_another_user_is_reached_by_any_route,
    z2_ids_that_are_none_are_not_found,
);
