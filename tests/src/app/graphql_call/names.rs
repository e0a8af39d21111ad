//! The names of the same things in REST and GraphQL.

use serde_json::Value;

use crate::app::conformity::schema;

/// What GraphQL calls the inputs whose schemas have another name in the document.
const KEPT_INPUTS: [(&str, &str); 7] = [
    ("AddressToAdd", "NewAddressInput"),
    ("ApiKeyToCreate", "NewApiKeyInput"),
    ("EmailToAdd", "NewEmailInput"),
    ("FirstAddress", "RegistrationAddressInput"),
    ("FirstPhoneParts", "RegistrationPhoneInput"),
    ("ForgottenPassword", "ResetRequestInput"),
    ("PhoneToAdd", "NewPhoneInput"),
];

pub(super) fn input_name(schema: &str) -> String {
    let kept = KEPT_INPUTS.iter().find(|(known, _)| *known == schema);
    kept.map_or_else(|| format!("{schema}Input"), |(_, input)| (*input).to_owned())
}

/// The name of the schema that a media type has.
pub(super) fn named(media: &Value) -> Option<String> {
    name_of(&media["schema"])
}

fn name_of(schema: &Value) -> Option<String> {
    schema["$ref"].as_str().map(|name| name.rsplit('/').next().unwrap().to_owned())
}

/// The name of the object that a member is, or may be.
pub(super) fn reference(member: &Value) -> Option<String> {
    if let Some(name) = name_of(member) {
        let named = schema(&name);
        return if named["properties"].is_object() { Some(name) } else { reference(named) };
    }
    member["oneOf"].as_array()?.iter().find_map(reference)
}

pub(super) fn is_enum(schema: &Value) -> bool {
    !values(schema).is_empty()
}

/// What an enumeration may be; nothing for a choice of one, which GraphQL shows as a text.
pub(super) fn values(member: &Value) -> &[Value] {
    let choices = member["oneOf"].as_array().map_or(&[][..], Vec::as_slice);
    let inner = choices.iter().chain([member]).find_map(name_of);
    let of = inner.map_or(member, |name| schema(&name));
    let values = of["enum"].as_array().map_or(&[][..], Vec::as_slice);
    if values.len() > 1 { values } else { &[] }
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
