//! JSON Schema (2020-12, as OpenAPI 3.1 has it), in few words.

use serde_json::{Map, Value, json};

/// A text.
pub(super) fn text() -> Value {
    json!({"type": "string"})
}

/// A text of so many characters at most.
pub(super) fn text_to(longest: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": longest})
}

/// A text in one of JSON Schema's formats.
pub(super) fn format(name: &str) -> Value {
    json!({"type": "string", "format": name})
}

pub(super) fn id() -> Value {
    format("uuid")
}

pub(super) fn time() -> Value {
    format("date-time")
}

pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

/// A whole number from nought on.
pub(super) fn number() -> Value {
    json!({"type": "integer", "minimum": 0})
}

/// Seconds since 1970.
pub(super) fn seconds() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 0})
}

pub(super) fn one_of(names: &[&str]) -> Value {
    json!({"type": "string", "enum": names})
}

pub(super) fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

/// Any JSON.
pub(super) fn anything() -> Value {
    json!({})
}

/// The value, or null.
pub(super) fn or_null(mut schema: Value) -> Value {
    match schema.get_mut("type") {
        Some(kind @ Value::String(_)) => {
            *kind = json!([kind.clone(), "null"]);
            schema
        }
        _ => json!({"oneOf": [schema, {"type": "null"}]}),
    }
}

/// One of the schemas that have a name.
pub(super) fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An object with these members, to which later versions may add. A name that ends in `?` may be
/// absent.
pub(super) fn object(members: &[(&str, Value)]) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, schema) in members {
        let plain = name.trim_end_matches('?');
        if plain == *name {
            required.push(json!(plain));
        }
        properties.insert(plain.to_owned(), schema.clone());
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
    })
}

/// An object with these members and no others.
pub(super) fn closed_object(members: &[(&str, Value)]) -> Value {
    let mut schema = object(members);
    put(&mut schema, "additionalProperties", false.into());
    schema
}

/// A page of a list.
pub(super) fn page(of: &str) -> Value {
    object(&[("items", list(&named(of))), ("next_cursor", or_null(text())), ("total?", number())])
}

/// With what it is.
pub(super) fn about(mut schema: Value, description: &str) -> Value {
    put(&mut schema, "description", description.into());
    schema
}

/// Puts a member into an object.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
