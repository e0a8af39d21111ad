//! What both doors call the same thing.

use serde_json::Value;

/// The name of the schema that a media type has.
pub(super) fn named(media: &Value) -> Option<String> {
    reference(&media["schema"])
}

pub(super) fn reference(schema: &Value) -> Option<String> {
    let of = |schema: &Value| {
        schema["$ref"].as_str().map(|name| name.rsplit('/').next().unwrap().to_owned())
    };
    let choices = schema["oneOf"].as_array();
    of(schema).or_else(|| choices?.iter().find_map(of))
}

pub(super) fn is_enum(schema: &Value) -> bool {
    schema["enum"].as_array().is_some_and(|values| values.len() > 1)
}

pub(super) fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |text, part| text + &part[..1].to_uppercase() + &part[1..])
}

pub(super) fn small(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}

pub(super) fn constant(value: &str) -> String {
    value.to_uppercase().replace(':', "_")
}
