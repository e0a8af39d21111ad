//! The API as a document that machines read (OpenAPI 3.1), made of the routes themselves.

pub(crate) mod answers;
mod operations;
pub(crate) mod parameters;
pub(crate) mod requests;
mod schema;

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value, json};

pub(crate) use operations::{Description, describe};

use crate::{
    body::BodyKind,
    codes, graphql,
    rest::{Access, GRAPHQL, Hashes, Keys, ROUTES, Route, Verb},
};

/// The document, written once.
pub static DOCUMENT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", document()));

fn document() -> Value {
    let (mut paths, mut refusals) = (Map::new(), Refusals::default());
    for route in ROUTES {
        let Some(description) = describe(route) else { continue };
        let path = paths.entry(route.template).or_insert_with(|| json!({}));
        let method = route.method.as_str().to_lowercase();
        schema::put(path, &method, operation(route, &description, &mut refusals));
    }
    let mut schemas = answers::all();
    schemas.extend(requests::all());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Userdom",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A user directory and account service.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "accounts", "description": "Users, their profiles, passwords and status"},
            {"name": "sessions", "description": "Signing in and out"},
            {"name": "contacts", "description": "Emails, phones and addresses"},
            {"name": "directory", "description": "Finding users"},
            {"name": "service", "description": "Other services, batches, health"},
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": parameters::headers(),
            "examples": examples(),
            "responses": refusals.shown(),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The access token of a session, or an API key",
                },
            },
        },
    })
}

fn operation(route: &Route, description: &Description, refusals: &mut Refusals) -> Value {
    let mut operation = json!({
        "tags": [description.tag],
        "operationId": description.id,
        "summary": description.summary,
        "parameters": parameters::of(route),
        "responses": responses(route, description, refusals),
        "security": match route.access {
            Access::Authenticated => json!([{"token": []}]),
            Access::Open => json!([]),
        },
    });
    if !description.request.is_empty() {
        schema::put(&mut operation, "requestBody", body(route, description.request));
    }
    operation
}

fn body(route: &Route, schema: &str) -> Value {
    let schema = json!({"schema": schema::named(schema)});
    let types = route.body.types().iter();
    let content: Map<_, _> = types.map(|kind| ((*kind).to_owned(), schema.clone())).collect();
    json!({"required": route.body != BodyKind::OptionalJson, "content": content})
}

fn responses(route: &Route, description: &Description, refusals: &mut Refusals) -> Value {
    let mut responses = Map::new();
    for (status, schema) in description.answers {
        responses.insert(status.to_string(), answer(route, *status, schema));
    }
    if route.is_conditional() {
        let not_modified = json!({
            "description": "The client has this version",
            "headers": parameters::answered(&["ETag"]),
        });
        responses.insert("304".to_owned(), not_modified);
    }
    let mut by_status = BTreeMap::<u16, Vec<&'static str>>::new();
    for code in usual_refusals(route).into_iter().chain(description.refusals.iter().copied()) {
        for status in statuses(code) {
            let codes = by_status.entry(status).or_default();
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
    }
    for (status, codes) in by_status {
        let shown = if route.template == GRAPHQL.template {
            refusal_of_documents(status, &codes)
        } else {
            refusals.reference(status, codes)
        };
        responses.insert(status.to_string(), shown);
    }
    Value::Object(responses)
}

/// Faulty fields are 422, and 400 if one of them cannot even be read.
fn statuses(code: &str) -> Vec<u16> {
    match code {
        "request.invalid" => vec![400, 422],
        code => vec![codes::find(code).map_or(500, |(status, _)| status)],
    }
}

fn answer(route: &Route, status: u16, schema: &str) -> Value {
    let description = match status {
        200 => "Done",
        201 => "Made",
        202 => "Accepted",
        _ => "Done; there is nothing to show",
    };
    let mut headers = vec!["X-Request-Id"];
    if status == 201 {
        headers.push("Location");
    }
    if route.shows_version(status) {
        headers.push("ETag");
    }
    if route.method == Verb::Post {
        headers.push("Idempotency-Replayed");
    }
    let mut answer = json!({
        "description": description,
        "headers": parameters::answered(&headers),
    });
    if !schema.is_empty() {
        let content = json!({"application/json": {"schema": schema::named(schema)}});
        schema::put(&mut answer, "content", content);
    }
    answer
}

/// What may be refused by the way in which the route is called.
fn usual_refusals(route: &Route) -> Vec<&'static str> {
    let mut codes = vec!["query.malformed", "query.unknown_parameter"];
    if route.template == "/livez" || route.template == "/readyz" {
        return Vec::new();
    }
    if !route.parameters.is_empty() {
        codes.push("request.invalid");
    }
    if route.template.contains('{') {
        codes.push("path.malformed");
    }
    if route.access == Access::Authenticated {
        codes.extend(["access.unauthenticated", "access.forbidden"]);
        codes.extend(["if_match.malformed", "version.stale", "user.contended"]);
        if route.method != Verb::Get {
            codes.extend(["if_none_match.malformed", "if_none_match.failed"]);
        }
    }
    if route.template.contains("/users/{id}") && route.access == Access::Authenticated {
        codes.push("user.not_found");
    }
    if route.body != BodyKind::None {
        codes.extend(["request.malformed", "request.invalid", "request.timeout"]);
        codes.extend(["request.too_large", "request.unsupported_media_type"]);
        codes.push("request.unsupported_encoding");
    }
    if route.method == Verb::Post {
        codes.extend(["idempotency_key.malformed", "idempotency_key.reused"]);
        codes.push("idempotency_key.in_progress");
    }
    // Callers have an allowance of keys.
    let counts_keys = route.method == Verb::Post
        && route.access == Access::Authenticated
        && route.keys != Keys::Ignore;
    if route.limit.is_some() || counts_keys {
        codes.push("rate_limit.exceeded");
    }
    if route.edits {
        codes.push("if_match.required");
    }
    if route.hashes != Hashes::Nothing {
        codes.push("request.invalid");
    }
    codes.extend(["service.busy", "store.unavailable", "internal"]);
    codes
}

/// Refusals that several operations share: each status with its codes stands there once.
#[derive(Default)]
struct Refusals(Vec<(u16, Vec<&'static str>)>);

impl Refusals {
    fn reference(&mut self, status: u16, codes: Vec<&'static str>) -> Value {
        let refusal = (status, codes);
        let known = self.0.iter().position(|other| *other == refusal);
        let place = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(refusal);
        }
        json!({"$ref": format!("#/components/responses/{}", Self::name(status, place))})
    }

    fn name(status: u16, place: usize) -> String {
        format!("Refusal{status}.{place}")
    }

    fn shown(&self) -> Map<String, Value> {
        let one = |(place, (status, codes)): (usize, &(u16, Vec<&str>))| {
            (Self::name(*status, place), refusal(*status, codes))
        };
        self.0.iter().enumerate().map(one).collect()
    }
}

/// Each refusal as it looks.
fn examples() -> Map<String, Value> {
    let example = |(code, status, meaning): &(&str, u16, &str)| {
        let problem = json!({
            "type": format!("urn:userdom:problem:{code}"),
            "title": meaning,
            "status": status,
            "detail": meaning,
            "code": code,
            "request_id": "019b79da-0000-7000-8000-000000000000",
        });
        ((*code).to_owned(), json!({"summary": meaning, "value": problem}))
    };
    codes::CODES.iter().map(example).collect()
}

fn refusal(status: u16, codes: &[&str]) -> Value {
    let lines: Vec<_> = codes
        .iter()
        .map(|code| format!("`{code}`: {}", codes::find(code).map_or("", |(_, meaning)| meaning)))
        .collect();
    let example = |code: &&str| {
        let named = format!("#/components/examples/{code}");
        ((*code).to_owned(), json!({"$ref": named}))
    };
    let headers: &[&str] = match status {
        401 => &["X-Request-Id", "WWW-Authenticate"],
        429 => &["X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy"],
        503 => &["X-Request-Id", "Retry-After"],
        _ => &["X-Request-Id"],
    };
    json!({
        "description": lines.join("; "),
        "headers": parameters::answered(headers),
        "content": {"application/problem+json": {
            "schema": schema::named("Problem"),
            "examples": codes.iter().map(example).collect::<Map<_, _>>(),
        }},
    })
}

/// A document of which nothing was begun: GraphQL says so in its own way.
fn refusal_of_documents(status: u16, codes: &[&str]) -> Value {
    let mut refusal = refusal(status, codes);
    let response = json!({"schema": schema::named("GraphqlResponse")});
    let content = graphql::MEDIA_TYPES.map(|kind| (kind.to_owned(), response.clone()));
    schema::put(&mut refusal, "content", Value::Object(content.into_iter().collect()));
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_in_docs_is_this_one() {
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let kept = std::fs::read_to_string(kept).unwrap_or_default();
        assert!(kept == *DOCUMENT, "write it anew: cargo run -- openapi > docs/openapi.json");
    }

    #[test]
    fn every_schema_that_is_named_is_there_and_needed() {
        let text = DOCUMENT.as_str();
        let document = document();
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name}");
        }
        for part in text.split("\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }
}
