//! Holds every answer that a test gets against the published document (V1, Z3): its status, its
//! code and its body.

use std::sync::LazyLock;

use serde_json::Value;

use super::Reply;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(userdom_api::OPENAPI.as_str()).unwrap());

/// Fails when the document does not know of such an answer.
#[track_caller]
pub(super) fn check(method: &str, path: &str, reply: &Reply) {
    let Some((_, operation)) = found(method, path) else { return };
    let known = &operation["responses"][reply.status.to_string()];
    let known = match known["$ref"].as_str() {
        Some(name) => &DOCUMENT["components"]["responses"][name.rsplit('/').next().unwrap()],
        None => known,
    };
    assert!(
        !known.is_null(),
        "{method} {path}: {} is not documented: {}",
        reply.status,
        reply.text
    );
    for name in known["headers"].as_object().unwrap().keys() {
        // By the code of the refusal.
        let is_of_one_code = [(409, "Retry-After"), (415, "Accept-Encoding")];
        let may_be_absent = name == "Idempotency-Replayed"
            || reply.status == 202
            || is_of_one_code.contains(&(reply.status, name));
        let is_there = reply.headers.contains_key(name.to_lowercase());
        assert!(is_there || may_be_absent, "{method} {path}: no {name} in {:?}", reply.headers);
    }
    let is_problem = reply.header("content-type") == "application/problem+json";
    if reply.status >= 400 && (is_problem || !path.starts_with("/graphql")) {
        let code = reply.json()["code"].as_str().unwrap_or_default().to_owned();
        let codes = known["content"]["application/problem+json"]["examples"].as_object().unwrap();
        assert!(codes.contains_key(&code), "{method} {path}: {code} is not documented");
        fits(&reply.json(), schema("Problem"), &format!("{method} {path}"));
        return;
    }
    let schema = &known["content"][reply.header("content-type")]["schema"];
    if schema.is_null() {
        assert_eq!(reply.text, "", "{method} {path}: a body that is not documented");
    } else {
        fits(&reply.json(), schema, &format!("{method} {path}"));
    }
}

/// The operation of a path, with its template.
pub(super) fn found(method: &str, path: &str) -> Option<(&'static str, &'static Value)> {
    let path = path.split('?').next().unwrap_or_default();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let is_meant = |template: &str| {
        let (names, texts) = (template.split('/'), path.split('/'));
        names.clone().count() == texts.clone().count()
            && names
                .zip(texts)
                .all(|(name, text)| name == text || (name.starts_with('{') && !text.is_empty()))
    };
    let exact = paths.get_key_value(path);
    let (template, methods) =
        exact.or_else(|| paths.iter().find(|(template, _)| is_meant(template)))?;
    Some((template, methods.get(method.to_lowercase())?))
}

/// One of the schemas that have a name.
pub(super) fn schema(name: &str) -> &'static Value {
    &DOCUMENT["components"]["schemas"][name]
}

/// As much of JSON Schema as the document uses.
#[track_caller]
fn fits(value: &Value, schema: &Value, at: &str) {
    if let Some(fault) = fault(value, schema, at) {
        panic!("{fault}: {value}");
    }
}

fn fault(value: &Value, of: &Value, at: &str) -> Option<String> {
    if let Some(name) = of["$ref"].as_str() {
        return fault(value, schema(name.rsplit('/').next().unwrap()), at);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = of[choice].as_array() {
            let faults: Vec<_> = choices.iter().filter_map(|one| fault(value, one, at)).collect();
            return (faults.len() == choices.len()).then(|| faults.join(", or "));
        }
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let is_of_type = match &of["type"] {
        Value::String(name) => name == kind,
        Value::Array(names) => names.iter().any(|name| name == kind),
        _ => true,
    };
    if !is_of_type {
        return Some(format!("{at} is of the type {kind}"));
    }
    if let (Some(names), false) = (of["enum"].as_array(), value.is_null())
        && !names.contains(value)
    {
        return Some(format!("{at} is none of {names:?}"));
    }
    if let (Some("uuid"), Some(text)) = (of["format"].as_str(), value.as_str())
        && uuid::Uuid::parse_str(text).is_err()
    {
        return Some(format!("{at} is no UUID"));
    }
    if let (Some("date-time"), Some(text)) = (of["format"].as_str(), value.as_str())
        && (chrono::DateTime::parse_from_rfc3339(text).is_err() || !text.ends_with('Z'))
    {
        return Some(format!("{at} is no time in UTC"));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(n, item)| fault(item, &of["items"], &format!("{at}/{n}"))),
        Value::Object(members) => {
            let required =
                of["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            if let Some(missing) = required.into_iter().find(|name| !members.contains_key(*name)) {
                return Some(format!("{at} has no {missing}"));
            }
            // Clients must let members come; here one that came without a word is a fault.
            let is_closed = of["properties"].is_object();
            members.iter().find_map(|(name, member)| match &of["properties"][name.as_str()] {
                Value::Null if is_closed => {
                    Some(format!("{at} has {name}, which is not documented"))
                }
                Value::Null => None,
                schema => fault(member, schema, &format!("{at}/{name}")),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen to fail without the examples, and with one that has a member too many.
    #[test]
    fn f2_every_body_has_an_example_beside_its_media_type_that_fits() {
        let components = &DOCUMENT["components"];
        let operations = DOCUMENT["paths"].as_object().unwrap().values();
        let operations = operations.flat_map(|methods| methods.as_object().unwrap().values());
        let mut seen = 0;
        for operation in operations {
            let answers = operation["responses"].as_object().unwrap().values();
            let answers = answers.map(|answer| match answer["$ref"].as_str() {
                Some(name) => &components["responses"][name.rsplit('/').next().unwrap()],
                None => answer,
            });
            for body in answers.chain([&operation["requestBody"]]) {
                for (kind, media) in body["content"].as_object().into_iter().flatten() {
                    let at = format!("{} {kind}", operation["operationId"]);
                    // How a whole request is refused, GraphQL's answers of success show.
                    if media["schema"]["$ref"] == "#/components/schemas/GraphqlAnswer" {
                        continue;
                    }
                    let examples = media["examples"].as_object();
                    for example in examples.unwrap_or_else(|| panic!("{at}: none")).values() {
                        let name = example["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
                        let value = &components["examples"][name]["value"];
                        assert!(value.is_object(), "{at}: {name}");
                        fits(value, &media["schema"], &format!("{at}: {name}"));
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 200, "{seen}");
    }
}
