//! Parameters of paths, queries and headers, and the headers of answers.

use serde_json::{Map, Value, json};

use super::{
    schema::{flag, id, named, put, text, time},
    shared::{contact_type, role, status},
};
use crate::routes::{Access, Route, Verb};

/// What users can be sorted by.
pub(crate) const ORDERS: [&str; 4] = ["created_at", "username", "last_login_at", "last_name"];

/// A UUID, or `me`.
pub(super) const USER: &str = "^(me|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$";

/// All parameters of a route.
pub(crate) fn of(route: &Route) -> Vec<Value> {
    let mut all: Vec<Value> = route
        .template
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| path(route, name))
        .collect();
    all.extend(route.parameters.iter().map(|name| query(route, name)));
    all.push(header("X-Request-Id", "Comes back, and stands in the log", &text()));
    if route.method == Verb::Post {
        all.push(header(
            "Idempotency-Key",
            "The same key and request within 24 hours: the first answer again",
            &json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]+$"}),
        ));
    }
    if route.is_conditional() {
        all.push(header("If-None-Match", "304 if the user still has this version", &text()));
    }
    if route.access == Access::Authenticated && route.method != Verb::Get {
        all.push(header("If-None-Match", "412 if the user has this version", &text()));
    }
    if route.edits {
        all.push(header("If-Match", "412 if the user has another version", &text()));
    }
    all
}

fn path(route: &Route, name: &str) -> Value {
    let is_user = name == "id" && route.template.contains("/users/");
    let (description, schema) = match name {
        // The answer is always the same, whatever stands there.
        _ if route.access == Access::Open => ("An id", text()),
        // A choice of a UUID and `me` would be a UUID in typed clients, which cannot say `me`.
        "id" if is_user => {
            ("A user's id, a UUID; or `me`, the caller", json!({"type": "string", "pattern": USER}))
        }
        "email" => ("An email address", text()),
        "username" => ("A username", text()),
        _ => ("An id", id()),
    };
    let example = match name {
        "id" if is_user && route.access != Access::Open => Some("me"),
        "email" => Some("ada@example.org"),
        "username" => Some("ada"),
        _ => None,
    };
    let mut parameter = json!({"name": name, "in": "path", "required": true,
        "description": description, "schema": schema});
    if let Some(example) = example {
        put(&mut parameter, "example", example.into());
    }
    parameter
}

fn query(route: &Route, name: &str) -> Value {
    let is_search = route.template == "/v1/users";
    let (description, schema) = match name {
        "status" => ("The status that counts now", status()),
        "role" => ("Has the role", role()),
        "email_verified" => ("The default email is verified", flag()),
        "phone_verified" => ("Any phone is verified", flag()),
        "two_factor_enabled" => ("Signing in asks for a second factor", flag()),
        "country" => ("Has an address there: ISO 3166, or the English name", text()),
        "email_domain" => ("Has an email of this domain", text()),
        "created_after" | "last_login_after" => ("Later than this moment", time()),
        "created_before" | "last_login_before" => ("Earlier than this moment", time()),
        "never_signed_in" => ("Has never signed in, or has", flag()),
        "q" => ("The start of a username, a name or an email, without case and accents", text()),
        "filter" => ("An expression in SCIM's filter grammar (RFC 7644 §3.4.2.2)", text()),
        "sort" => ("The order; with `-` before it backwards", named("UserSort")),
        "cursor" => ("The `next_cursor` of the page before", text()),
        "limit" => (
            "How many at most",
            json!({"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
        ),
        "count" => ("Whether to count all", flag()),
        "erase" => ("For good; needs a recent proof", flag()),
        "type" if !is_search => ("Of this type", contact_type()),
        "query" => ("A GraphQL document that only reads", text()),
        "operationName" => ("Which operation of the document is meant", text()),
        "variables" => ("A JSON object", text()),
        "extensions" => ("A JSON object, which changes nothing", text()),
        _ => ("", text()),
    };
    let is_required = name == "query";
    json!({"name": name, "in": "query", "required": is_required, "description": description, "schema": schema})
}

fn header(name: &str, description: &str, schema: &Value) -> Value {
    json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema})
}

/// The headers of answers under their names.
pub(super) fn headers() -> Map<String, Value> {
    let all = [
        ("X-Request-Id", "The id of the request"),
        ("ETag", "The user's version in quotation marks"),
        ("Location", "Where what was made is"),
        ("Idempotency-Replayed", "`true` on an answer that was given before"),
        ("WWW-Authenticate", "`Bearer`, and `Basic` where that is taken"),
        ("Accept-Encoding", "`identity` if the body was encoded"),
        ("Retry-After", "Seconds after which the next one passes"),
        ("RateLimit", "What is left, and for how long"),
        ("RateLimit-Policy", "What is allowed"),
    ];
    let header = |(name, description): (&str, &str)| {
        (name.to_owned(), json!({"description": description, "schema": text()}))
    };
    all.into_iter().map(header).collect()
}

/// Some of them, as those of an answer.
pub(super) fn answered(names: &[&str]) -> Map<String, Value> {
    let reference =
        |name: &&str| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")}));
    names.iter().map(reference).collect()
}

impl Route {
    /// Whether it answers `If-None-Match`.
    pub(super) fn is_conditional(&self) -> bool {
        const CONDITIONAL: [&str; 7] = [
            "/v1/users/{id}",
            "/v1/users/{id}/profile",
            "/v1/users/{id}/emails",
            "/v1/users/{id}/phones",
            "/v1/users/{id}/addresses",
            "/v1/users/by-email/{email}",
            "/v1/users/by-username/{username}",
        ];
        self.method == Verb::Get && CONDITIONAL.contains(&self.template)
    }

    /// Whether an answer with this status carries the user's version.
    pub(crate) fn shows_version(&self, status: u16) -> bool {
        /// They change a user, but not under `If-Match`.
        const PROOFS: [&str; 4] = [
            "/v1/email-verifications",
            "/v1/sessions/current/reauthenticate",
            "/v1/users/{id}/password",
            "/v1/users/{id}/phones/{phone_id}/verification/confirm",
        ];
        let is_about_a_user = self.template.contains("/users/{id}");
        let opens = self.template.starts_with("/v1/sessions") && self.access == Access::Open;
        let registers = self.method == Verb::Post && self.template == "/v1/users";
        self.is_conditional()
            || registers
            || PROOFS.contains(&self.template)
            || (opens && matches!(status, 200 | 201))
            || (self.edits && is_about_a_user && self.template != "/v1/users/{id}")
            || (self.edits && self.method == Verb::Patch)
    }
}
