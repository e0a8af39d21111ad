//! The API as a document that machines read (OpenAPI 3.1), made of the routes themselves.

pub(crate) mod answers;
mod descriptions;
mod operations;
pub(crate) mod parameters;
pub(crate) mod requests;
mod samples;
mod schema;
pub(crate) mod shared;

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value, json};

pub(crate) use operations::{Description, describe};

use crate::{
    graphql::MEDIA_TYPES as GRAPHQL_TYPES,
    http::{body::BodyKind, codes},
    routes::{Access, GRAPHQL, Hashes, Keys, ROUTES, Route, Verb},
};

/// The document, written once, for a service that nobody has configured.
pub static DOCUMENT: LazyLock<String> = LazyLock::new(|| text("http://127.0.0.1:8080"));

/// The document of a service at this URL.
pub(crate) fn text(server: &str) -> String {
    format!("{:#}\n", document(server))
}

fn document(server: &str) -> Value {
    let (mut paths, mut refusals) = (Map::new(), Refusals::default());
    for route in ROUTES {
        let Some(description) = describe(route) else { continue };
        let path = paths.entry(route.template).or_insert_with(|| json!({}));
        let method = route.method.as_str().to_lowercase();
        schema::put(path, &method, operation(route, &description, &mut refusals));
    }
    let mut schemas = answers::all();
    schemas.extend(requests::all());
    schemas.extend(shared::all());
    let refusals = refusals.shown();
    let mut examples = examples(&schemas);
    let (in_paths, in_refusals) = (json!(paths).to_string(), json!(refusals).to_string());
    examples.retain(|name, _| {
        let reference = format!("\"#/components/examples/{name}\"");
        in_paths.contains(&reference) || in_refusals.contains(&reference)
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Userdom",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A user directory and account service.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": server, "description": "This service"}],
        "tags": [
            {"name": "accounts", "description": "Users, their profiles, passwords and status"},
            {"name": "sessions", "description": "Signing in and out"},
            {"name": "contacts", "description": "Emails, phones and addresses"},
            {"name": "directory", "description": "Finding users"},
            {"name": "service", "description": "Other services, batches, health"},
        ],
        "paths": paths,
        "components": {
            "examples": examples,
            "schemas": schemas,
            "headers": parameters::headers(),
            "responses": refusals,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The access token of a session, or an API key",
                },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The access token or the API key as the password",
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
        "description": descriptions::of(description.id),
        "parameters": parameters::of(route),
        "responses": responses(route, description, refusals),
        "security": match route.access {
            Access::Authenticated if route.takes_basic => json!([{"token": []}, {"basic": []}]),
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
    let content = content(route.body.types(), schema);
    json!({"required": route.body != BodyKind::OptionalJson, "content": content})
}

/// A schema in these media types, with its example beside it: consoles look for it there.
fn content(types: &[&str], schema: &str) -> Map<String, Value> {
    let example = json!({"$ref": format!("#/components/examples/{schema}")});
    let media = json!({"schema": schema::named(schema), "examples": {schema: example}});
    types.iter().map(|kind| ((*kind).to_owned(), media.clone())).collect()
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
        let is_graphql = route.template == GRAPHQL.template;
        let types = if is_graphql { &GRAPHQL_TYPES[..] } else { &["application/json"] };
        schema::put(&mut answer, "content", content(types, schema).into());
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

/// Each body as it may look: what is sent, what comes back, and each refusal.
fn examples(schemas: &Map<String, Value>) -> Map<String, Value> {
    let mut all = samples::all(schemas);
    all.extend(requests::examples());
    let shown = |(name, value): (String, Value)| (name, json!({"value": value}));
    let mut all: Map<_, _> = all.into_iter().map(shown).collect();
    all.extend(refusal_examples());
    all
}

fn refusal_examples() -> Map<String, Value> {
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
        409 if codes.contains(&"idempotency_key.in_progress") => &["X-Request-Id", "Retry-After"],
        415 => &["X-Request-Id", "Accept-Encoding"],
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
    if let Some(problems) = refusal.get_mut("content").and_then(Value::as_object_mut) {
        let answer = json!({"schema": schema::named("GraphqlAnswer")});
        problems.extend(GRAPHQL_TYPES.map(|kind| (kind.to_owned(), answer.clone())));
    }
    refusal
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
        let document = document("/");
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name}");
        }
        for part in text.split("\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }

    fn schemas() -> Map<String, Value> {
        document("/")["components"]["schemas"].as_object().unwrap().clone()
    }

    fn operations() -> Vec<Value> {
        let paths = document("/")["paths"].as_object().unwrap().clone();
        paths.values().flat_map(|path| path.as_object().unwrap().values().cloned()).collect()
    }

    /// Every schema in the document that has no name, with its place.
    fn unnamed() -> Vec<(String, Value)> {
        fn walk(at: &str, value: &Value, found: &mut Vec<(String, Value)>) {
            let members = value.as_object().into_iter().flatten();
            for (name, inner) in
                members.filter(|(name, _)| *name != "example" && *name != "examples")
            {
                let at = format!("{at}/{name}");
                if name == "schema"
                    || name == "items"
                    || at.ends_with(&format!("/properties/{name}"))
                {
                    found.push((at.clone(), inner.clone()));
                }
                walk(&at, inner, found);
            }
            for (n, inner) in value.as_array().into_iter().flatten().enumerate() {
                let at = format!("{at}/{n}");
                if inner.get("type").is_some() {
                    found.push((at.clone(), inner.clone()));
                }
                walk(&at, inner, found);
            }
        }
        let mut found = Vec::new();
        walk("", &document("/"), &mut found);
        assert!(found.len() > 500, "{}", found.len());
        found
    }

    #[test]
    fn f2_no_schema_has_a_name_that_generators_make_by_themselves() {
        let schemas = schemas();
        let mut reasons: BTreeMap<String, String> = BTreeMap::new();
        let mut add = |name: String, why: String| {
            reasons.insert(name.to_lowercase(), why);
        };
        for (name, schema) in &schemas {
            for prefix in ["New", "Nullable", "Api", "I", "Create", "With"] {
                add(format!("{prefix}{name}"), format!("{prefix} of {name}"));
            }
            for suffix in [
                "Inner",
                "Enum",
                "OneOf",
                "AnyOf",
                "AllOf",
                "Item",
                "Value",
                "Dto",
                "Model",
                "Builder",
                "List",
                "FromJSON",
                "ToJSON",
                "WithDefaults",
                "Impl",
            ] {
                add(format!("{name}{suffix}"), format!("{suffix} of {name}"));
            }
            for (member, of) in schema["properties"].as_object().into_iter().flatten() {
                // What stands there by its name alone gets no other one.
                if of.get("$ref").is_none() {
                    let inline = format!("{name}{}", member.replace('_', ""));
                    add(format!("{inline}Inner"), format!("the items of {name}.{member}"));
                    add(inline, format!("{name}.{member}"));
                }
            }
        }
        for operation in operations() {
            let id = operation["operationId"].as_str().unwrap();
            for suffix in [
                "Request",
                "Response",
                "Responses",
                "Params",
                "Parameters",
                "Body",
                "JSONBody",
                "JSONRequestBody",
                "Data",
                "Error",
                "Errors",
                "Result",
                "Options",
                "OperationRequest",
                "Req",
                "Res",
                "Variables",
                "Query",
                "Args",
            ] {
                add(format!("{id}{suffix}"), format!("{suffix} of the operation {id}"));
                add(format!("New{id}{suffix}"), format!("the constructor of {id}{suffix}"));
                add(format!("Api{id}{suffix}"), format!("{suffix} of the operation {id}"));
            }
        }
        for tag in ["accounts", "sessions", "contacts", "directory", "service", "default"] {
            for suffix in ["Api", "Service", "Client", "Controller"] {
                add(format!("{tag}{suffix}"), format!("the {suffix} of {tag}"));
            }
        }
        for name in ["Configuration", "Client", "Error", "Result", "Option", "Response", "Request"]
        {
            add(name.to_owned(), "a part of every client".to_owned());
        }
        let names: BTreeSet<_> = schemas.keys().map(|name| name.to_lowercase()).collect();
        assert_eq!(names.len(), schemas.len(), "two differ by case alone");
        let taken: Vec<_> = names.iter().filter_map(|name| reasons.get_key_value(name)).collect();
        assert!(taken.is_empty(), "{taken:#?}");
    }

    #[test]
    fn f2_objects_and_enumerations_have_names() {
        for (at, schema) in unnamed() {
            let is_named_itself =
                at.matches('/').count() == 3 && at.starts_with("/components/schemas/");
            assert!(is_named_itself || schema.get("enum").is_none(), "{at} is an enumeration");
            assert!(is_named_itself || schema.get("properties").is_none(), "{at} is an object");
            assert!(schema.get("const").is_none() && schema.get("anyOf").is_none(), "{at}");
        }
        let all = document("/").to_string();
        for it in shared::enumerations() {
            let values = format!("\"enum\":{}", json!(it.values));
            assert_eq!(all.matches(&values).count(), 1, "{}", it.name);
        }
    }

    #[test]
    fn f2_a_typed_client_can_say_me() {
        let mut seen = 0;
        for operation in operations() {
            for parameter in operation["parameters"].as_array().unwrap() {
                if parameter["in"] == "path" && parameter["example"] == "me" {
                    assert_eq!(
                        parameter["schema"],
                        json!({"type": "string", "pattern": parameters::USER})
                    );
                    seen += 1;
                }
            }
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn f2_answers_are_open_and_requests_are_closed() {
        for name in answers::all().keys() {
            assert_eq!(schemas()[name].get("additionalProperties"), None, "{name}");
        }
        for (name, schema) in requests::all().iter().filter(|(_, it)| it["type"] == "object") {
            assert_eq!(schema["additionalProperties"], false, "{name}");
        }
    }

    #[test]
    fn f2_every_operation_says_what_it_does_under_an_id_of_its_own() {
        let operations = operations();
        let ids: BTreeSet<_> =
            operations.iter().map(|it| it["operationId"].to_string().to_lowercase()).collect();
        assert_eq!(ids.len(), operations.len(), "two ids differ by case alone, or not at all");
        for operation in &operations {
            let id = &operation["operationId"];
            let text = operation["description"].as_str().unwrap();
            assert!(text.ends_with('.') && text != operation["summary"], "{id}: {text:?}");
            assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{id}");
            for parameter in operation["parameters"].as_array().unwrap() {
                assert!(
                    !parameter["description"].as_str().unwrap().is_empty(),
                    "{id}: {parameter}"
                );
            }
        }
        let described: BTreeSet<_> = descriptions::ids().collect();
        let known = operations.iter().map(|it| it["operationId"].as_str().unwrap()).collect();
        assert_eq!(described, known);
    }

    #[test]
    fn f2_the_server_is_the_one_that_is_asked() {
        let url = "https://accounts.example.org/users";
        let document: Value = serde_json::from_str(&super::text(url)).unwrap();
        assert_eq!(document["servers"][0]["url"], url);
        let kept: Value = serde_json::from_str(&DOCUMENT).unwrap();
        assert_eq!(kept["servers"][0]["url"], "http://127.0.0.1:8080");
    }
}
