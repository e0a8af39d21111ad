//! The API as a document that machines read (OpenAPI 3.1), written from the endpoints.

mod components;
mod operations;
mod parameters;
mod refusals;
mod schema;

use serde_json::{Map, Value, json};

use self::{components::Components, refusals::Refusals};
use crate::http::endpoint::{ACCOUNTS, CONTACTS, DIRECTORY, Endpoint, SERVICE, SESSIONS};

/// The document of a service at this URL.
pub(crate) fn text(endpoints: &[&Endpoint], server: &str) -> String {
    format!("{:#}\n", document(endpoints, server))
}

fn document(endpoints: &[&Endpoint], server: &str) -> Value {
    let (mut components, mut refusals) = (Components::default(), Refusals::default());
    let mut paths = Map::new();
    for endpoint in endpoints {
        let Some(tag) = endpoint.tag else { continue };
        let method = endpoint.method.as_str().to_lowercase();
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        let operation = operations::operation(endpoint, tag, &mut components, &mut refusals);
        schema::put(path, &method, operation);
    }
    let responses = refusals.responses(&mut components);
    let tags = [ACCOUNTS, SESSIONS, CONTACTS, DIRECTORY, SERVICE]
        .map(|tag| json!({"name": tag.name, "description": tag.description}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Userdom",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A user directory and account service.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": server, "description": "This service"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "examples": components.examples,
            "schemas": components.schemas,
            "headers": parameters::headers(),
            "responses": responses,
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{parameters::USER, *};
    use crate::{OPENAPI, ROUTES};

    fn whole() -> Value {
        document(&ROUTES, "/")
    }

    #[test]
    fn the_document_in_docs_is_this_one() {
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let kept = std::fs::read_to_string(kept).unwrap_or_default();
        assert!(kept == *OPENAPI, "write it anew: cargo run -- openapi > docs/openapi.json");
    }

    #[test]
    fn every_schema_that_is_named_is_there_and_needed() {
        let text = OPENAPI.as_str();
        let document = whole();
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name}");
        }
        for part in text.split("\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(document["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }

    fn schemas() -> Map<String, Value> {
        whole()["components"]["schemas"].as_object().unwrap().clone()
    }

    fn operations() -> Vec<Value> {
        let paths = whole()["paths"].as_object().unwrap().clone();
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
        walk("", &whole(), &mut found);
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
        let all = whole().to_string();
        let enumerations = schemas().into_iter().filter(|(_, schema)| schema.get("enum").is_some());
        for (name, schema) in enumerations {
            let values = format!("\"enum\":{}", schema["enum"]);
            assert_eq!(all.matches(&values).count(), 1, "{name}");
        }
    }

    #[test]
    fn f2_a_typed_client_can_say_me() {
        let mut seen = 0;
        for operation in operations() {
            for parameter in operation["parameters"].as_array().unwrap() {
                if parameter["in"] == "path" && parameter["example"] == "me" {
                    assert_eq!(parameter["schema"], json!({"type": "string", "pattern": USER}));
                    seen += 1;
                }
            }
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn f2_answers_are_open_and_requests_are_closed() {
        let all = operations();
        let requests = reached(all.iter().map(|it| it["requestBody"].to_string()).collect());
        let components = whole()["components"]["responses"].to_string();
        let answers = all.iter().map(|it| it["responses"].to_string()).collect::<String>();
        let answers = reached(answers + &components);
        for (name, schema) in schemas().iter().filter(|(_, it)| it.get("properties").is_some()) {
            let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
            assert_eq!((requests.contains(name), answers.contains(name)), (is_closed, !is_closed));
        }
    }

    /// The schemas that are named in a text, with those that are named in them.
    fn reached(mut text: String) -> BTreeSet<String> {
        let (schemas, mut names) = (schemas(), BTreeSet::new());
        loop {
            let is_new = |name: &&String| {
                !names.contains(*name) && text.contains(&format!("schemas/{name}\""))
            };
            let Some(name) = schemas.keys().find(is_new) else { return names };
            text += &schemas[name].to_string();
            names.insert(name.clone());
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
        let pages = ["/verify-email", "/reset-password", "/openapi.json", "/docs"];
        let served = ROUTES.iter().filter(|route| !pages.contains(&route.path));
        assert_eq!(operations.len(), served.count());
    }

    #[test]
    fn f2_the_server_is_the_one_that_is_asked() {
        let url = "https://accounts.example.org/users";
        let document: Value = serde_json::from_str(&super::text(&ROUTES, url)).unwrap();
        assert_eq!(document["servers"][0]["url"], url);
        let kept: Value = serde_json::from_str(&OPENAPI).unwrap();
        assert_eq!(kept["servers"][0]["url"], "http://127.0.0.1:8080");
    }
}
