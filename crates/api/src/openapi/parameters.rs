//! Parameters of paths, queries and headers, and the headers of answers.

use serde_json::{Map, Value, json};

use super::{components::Components, schema::plain};
use crate::http::{
    endpoint::{Access, Endpoint, Method, Parameter, Subject},
    schema::Schema,
};

/// A UUID, or `me`. A choice of both would be a UUID in typed clients, which cannot say `me`.
pub(super) const USER: &str = "^(me|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$";

/// All parameters of an endpoint.
pub(super) fn of(endpoint: &Endpoint, components: &mut Components) -> Vec<Value> {
    let mut all: Vec<Value> =
        endpoint.path_parameters().map(|name| in_path(endpoint, name)).collect();
    all.extend(endpoint.parameters.iter().map(|parameter| in_query(parameter, components)));
    all.push(header("X-Request-Id", "Comes back, and stands in the log", &plain(Schema::Text)));
    if endpoint.method == Method::Post {
        all.push(header(
            "Idempotency-Key",
            "The same key and request within 24 hours: the first answer again",
            &json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]+$"}),
        ));
    }
    let mut add = |name, description| all.push(header(name, description, &plain(Schema::Text)));
    if endpoint.is_conditional {
        add("If-None-Match", "304 if the user still has this version");
    }
    if endpoint.access == Access::Required && endpoint.method != Method::Get {
        add("If-None-Match", "412 if the user has this version");
    }
    if endpoint.edits {
        add("If-Match", "412 if the user has another version");
    }
    all
}

fn in_path(endpoint: &Endpoint, name: &str) -> Value {
    let (description, schema, example) = match (name, endpoint.subject) {
        // The answer is always the same, whatever stands there.
        _ if endpoint.access != Access::Required => ("An id", Schema::Text, None),
        ("id", Subject::User) => {
            ("A user's id, a UUID; or `me`, the caller", Schema::Pattern(USER), Some("me"))
        }
        ("email", _) => ("An email address", Schema::Text, Some("ada@example.org")),
        ("username", _) => ("A username", Schema::Text, Some("ada")),
        _ => ("An id", Schema::Id, None),
    };
    let mut parameter = json!({"name": name, "in": "path", "required": true,
        "description": description, "schema": plain(schema)});
    if let (Some(example), Some(members)) = (example, parameter.as_object_mut()) {
        members.insert("example".to_owned(), example.into());
    }
    parameter
}

fn in_query(parameter: &Parameter, components: &mut Components) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": components.schema(parameter.schema),
    })
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
        (name.to_owned(), json!({"description": description, "schema": plain(Schema::Text)}))
    };
    all.into_iter().map(header).collect()
}

/// Some of them, as those of an answer.
pub(super) fn answered(names: &[&str]) -> Map<String, Value> {
    let reference =
        |name: &&str| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")}));
    names.iter().map(reference).collect()
}
