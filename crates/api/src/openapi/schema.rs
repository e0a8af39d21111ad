//! JSON Schema (2020-12, as OpenAPI 3.1 has it).

use serde_json::{Value, json};

use crate::http::schema::{Object, Schema};

/// A schema without a name.
pub(super) fn plain(schema: Schema) -> Value {
    let text = |format: &str| json!({"type": "string", "format": format});
    match schema {
        Schema::Text => json!({"type": "string"}),
        Schema::ShortText(longest) => {
            json!({"type": "string", "minLength": 1, "maxLength": longest})
        }
        Schema::Pattern(pattern) => json!({"type": "string", "pattern": pattern}),
        Schema::Id => text("uuid"),
        Schema::Date => text("date"),
        Schema::Time => text("date-time"),
        Schema::Flag => json!({"type": "boolean"}),
        Schema::Number => json!({"type": "integer", "minimum": 0}),
        Schema::Count { greatest, usual } => {
            json!({"type": "integer", "minimum": 1, "maximum": greatest, "default": usual})
        }
        Schema::Seconds => json!({"type": "integer", "format": "int64", "minimum": 0}),
        Schema::JsonObject => json!({"type": "object", "additionalProperties": {}}),
        Schema::Json | Schema::Enumeration(_) | Schema::Alias(_) | Schema::Object(_) => json!({}),
    }
}

pub(super) fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
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

pub(super) fn page_name(of: &dyn Object) -> String {
    format!("{}Page", of.name())
}

/// A page of a list of such items.
pub(super) fn page(item: &Value) -> Value {
    let properties = json!({
        "items": list(item),
        "next_cursor": or_null(plain(Schema::Text)),
        "total": plain(Schema::Number),
    });
    json!({"type": "object", "properties": properties, "required": ["items", "next_cursor"]})
}

/// Puts a member into an object.
pub(super) fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
