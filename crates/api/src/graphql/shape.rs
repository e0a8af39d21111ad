//! What a value looks like, in JSON and in GraphQL, read from the schemas of the OpenAPI document.

use std::{collections::BTreeMap, sync::LazyLock};

use async_graphql::{
    Name, Value,
    dynamic::{FieldValue, TypeRef},
};
use serde_json::{Map, Value as Json};

use super::names::{camel, constant};
use crate::openapi::{answers, requests, shared};

/// A value that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// One of GraphQL's scalars, or of our own.
    Scalar(&'static str),
    /// One of the enumerations.
    Enum(&'static str),
    /// One of the objects.
    Object(String),
    List(Box<Self>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// In JSON.
    pub(super) name: String,
    /// In GraphQL.
    pub(super) field: String,
    pub(super) shape: Shape,
    /// Whether it may be absent or null.
    pub(super) is_optional: bool,
}

/// An object with its members.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) members: Vec<Member>,
}

/// What the service answers with.
pub(super) static ANSWERS: LazyLock<BTreeMap<String, Object>> =
    LazyLock::new(|| objects(&answers::all()));

/// What it is asked with.
pub(super) static REQUESTS: LazyLock<BTreeMap<String, Object>> =
    LazyLock::new(|| objects(&requests::all()));

/// The enumerations, each with its values as JSON has them.
pub(super) static ENUMS: LazyLock<Vec<(&'static str, Vec<String>)>> = LazyLock::new(|| {
    // GraphQL has an order of its own, and a choice of one is none.
    let is_shown = |it: &shared::Enumeration| it.name != "UserSort" && it.values.len() > 1;
    let shown = shared::enumerations().into_iter().filter(is_shown);
    shown.map(|it| (it.name, it.values)).collect()
});

/// What has a name, but is no object with members of its own.
static CHOICES: LazyLock<Map<String, Json>> = LazyLock::new(|| {
    let named = shared::all().into_iter().chain(requests::all());
    named.filter(|(_, schema)| schema.get("properties").is_none()).collect()
});

/// Our own scalars: what they are, and where that is specified.
pub(super) const SCALARS: &[(&str, &str, &str)] = &[
    (
        "Date",
        "A date, written as `YYYY-MM-DD`",
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    (
        "DateTime",
        "A time in UTC, written as RFC 3339 has it",
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    ("JSON", "Any JSON", "https://www.rfc-editor.org/rfc/rfc8259"),
    ("Long", "A whole number of up to 64 bits", "https://www.w3.org/TR/xmlschema11-2/#long"),
];

/// What GraphQL called some inputs before their schemas were renamed for the sake of generators.
const KEPT_INPUTS: [(&str, &str); 7] = [
    ("AddressToAdd", "NewAddressInput"),
    ("ApiKeyToCreate", "NewApiKeyInput"),
    ("EmailToAdd", "NewEmailInput"),
    ("FirstAddress", "RegistrationAddressInput"),
    ("FirstPhoneParts", "RegistrationPhoneInput"),
    ("ForgottenPassword", "ResetRequestInput"),
    ("PhoneToAdd", "NewPhoneInput"),
];

fn texts(list: Option<&Json>) -> Vec<String> {
    let items = list.and_then(Json::as_array).into_iter().flatten();
    items.filter_map(Json::as_str).map(str::to_owned).collect()
}

fn objects(schemas: &Map<String, Json>) -> BTreeMap<String, Object> {
    let object = |(name, schema): (&String, &Json)| {
        let required = texts(schema.get("required"));
        let member = |(name, schema): (&String, &Json)| {
            let (shape, is_nullable) = shape(schema);
            let is_optional = is_nullable || !required.contains(name);
            Member::new(name, shape, is_optional)
        };
        let members = schema.get("properties").and_then(Json::as_object)?.iter().map(member);
        let description = schema.get("description").and_then(Json::as_str).unwrap_or_default();
        let object = Object {
            name: name.clone(),
            description: description.to_owned(),
            members: members.collect(),
        };
        Some((name.clone(), object))
    };
    schemas.iter().filter_map(object).collect()
}

/// The shape, and whether it may be null.
fn shape(schema: &Json) -> (Shape, bool) {
    if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        let enumeration = ENUMS.iter().find(|(known, _)| *known == name);
        return match (enumeration, CHOICES.get(name)) {
            (Some((name, _)), _) => (Shape::Enum(name), false),
            (None, Some(schema)) => shape(schema),
            (None, None) => (Shape::Object(name.to_owned()), false),
        };
    }
    if let Some(choices) = schema.get("oneOf").and_then(Json::as_array) {
        // GraphQL has no choice of inputs: the last is the object, which can say the most.
        let is_null = |choice: &&Json| choice.get("type").is_some_and(|kind| kind == "null");
        let last = choices.iter().rfind(|choice| !is_null(choice));
        let inner = last.map_or(Shape::Scalar("JSON"), Shape::of);
        return (inner, choices.iter().any(|choice| is_null(&choice)));
    }
    let (kind, is_nullable) = match schema.get("type") {
        Some(Json::Array(kinds)) => (kinds.first().and_then(Json::as_str), true),
        kind => (kind.and_then(Json::as_str), false),
    };
    let format = schema.get("format").and_then(Json::as_str);
    let shape = match (kind, format) {
        (Some("boolean"), _) => Shape::Scalar("Boolean"),
        (Some("integer"), Some("int64")) => Shape::Scalar("Long"),
        (Some("integer"), _) => Shape::Scalar("Int"),
        (Some("string"), Some("uuid")) => Shape::Scalar("ID"),
        (Some("string"), Some("date")) => Shape::Scalar("Date"),
        (Some("string"), Some("date-time")) => Shape::Scalar("DateTime"),
        (Some("string"), _) => Shape::Scalar("String"),
        (Some("array"), _) => {
            Shape::List(Box::new(schema.get("items").map_or(Shape::Scalar("JSON"), Shape::of)))
        }
        _ => Shape::Scalar("JSON"),
    };
    (shape, is_nullable)
}

/// What GraphQL calls the object that a body is read from.
pub(super) fn input_name(name: &str) -> String {
    let kept = KEPT_INPUTS.iter().find(|(schema, _)| *schema == name);
    kept.map_or_else(|| format!("{name}Input"), |(_, input)| (*input).to_owned())
}

impl Shape {
    /// Of a value with this schema, which is there.
    pub(super) fn of(schema: &Json) -> Self {
        shape(schema).0
    }

    /// The type of a value that is always there; objects are called by `name`.
    pub(super) fn type_ref(&self, name: fn(&str) -> String) -> TypeRef {
        TypeRef::NonNull(Box::new(self.nullable(name)))
    }

    fn nullable(&self, name: fn(&str) -> String) -> TypeRef {
        match self {
            Self::Scalar(scalar) => TypeRef::named(*scalar),
            Self::Enum(known) => TypeRef::named(*known),
            Self::Object(object) => TypeRef::named(name(object)),
            Self::List(items) => TypeRef::List(Box::new(items.type_ref(name))),
        }
    }

    /// A value of JSON as GraphQL shows it.
    pub(super) fn show<'a>(&self, value: &'a Json) -> FieldValue<'a> {
        match self {
            Self::Scalar(_) => FieldValue::value(of_json(value.clone())),
            Self::Enum(_) => {
                let text = value.as_str().unwrap_or_default();
                FieldValue::value(Value::Enum(Name::new(constant(text))))
            }
            Self::Object(_) => FieldValue::borrowed_any(value),
            Self::List(shape) => {
                let items = value.as_array().into_iter().flatten();
                FieldValue::list(items.map(|item| shape.show(item)))
            }
        }
    }

    /// A value of GraphQL as JSON has it.
    pub(super) fn read(&self, value: &Value) -> Json {
        match (self, value) {
            (Self::Enum(known), Value::Enum(name)) => of_constant(known, name),
            (Self::Enum(known), Value::String(name)) => of_constant(known, name),
            (Self::Scalar("ID"), Value::Number(number)) => Json::String(number.to_string()),
            (Self::Object(name), Value::Object(given)) => {
                let members = REQUESTS.get(name).map(|object| object.members.iter());
                let found = members.into_iter().flatten().filter_map(|member| {
                    let value = given.get(member.field.as_str())?;
                    Some((member.name.clone(), member.shape.read(value)))
                });
                Json::Object(found.collect())
            }
            (Self::List(shape), Value::List(items)) => {
                items.iter().map(|item| shape.read(item)).collect()
            }
            // GraphQL takes one item for a list of it.
            (Self::List(shape), item) if *item != Value::Null => {
                Json::Array(vec![shape.read(item)])
            }
            (_, value) => value.clone().into_json().unwrap_or_default(),
        }
    }

    /// A JSON pointer into a body, with the names that GraphQL has for its members.
    pub(super) fn pointer(&self, pointer: &str) -> String {
        let Some((segment, rest)) = pointer
            .strip_prefix('/')
            .map(|inner| inner.find('/').map_or((inner, ""), |end| inner.split_at(end)))
        else {
            return pointer.to_owned();
        };
        match self {
            Self::List(shape) => format!("/{segment}{}", shape.pointer(rest)),
            Self::Object(name) => {
                let members = REQUESTS.get(name).map(|object| &object.members);
                let member = members.and_then(|all| all.iter().find(|it| it.name == segment));
                member.map_or_else(
                    || pointer.to_owned(),
                    |member| format!("/{}{}", member.field, member.shape.pointer(rest)),
                )
            }
            Self::Scalar(_) | Self::Enum(_) => pointer.to_owned(),
        }
    }
}

impl Member {
    /// A member that GraphQL has under the same name, in its own spelling.
    pub(super) fn new(name: &str, shape: Shape, is_optional: bool) -> Self {
        Self { name: name.to_owned(), field: camel(name), shape, is_optional }
    }

    pub(super) fn type_ref(&self, name: fn(&str) -> String) -> TypeRef {
        if self.is_optional { self.shape.nullable(name) } else { self.shape.type_ref(name) }
    }
}

/// The text that stands for one of the values of an enumeration.
pub(super) fn of_constant(known: &str, name: &str) -> Json {
    let values = ENUMS.iter().find(|(other, _)| *other == known).map(|(_, values)| values.iter());
    let value = values.into_iter().flatten().find(|value| constant(value) == name);
    value.map_or(Json::Null, |value| Json::String(value.clone()))
}

/// The same value, with all digits of its numbers: `Value::from_json` makes objects of long ones.
pub(super) fn of_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(flag),
        Json::Number(number) => Value::Number(number),
        Json::String(text) => Value::String(text),
        Json::Array(items) => Value::List(items.into_iter().map(of_json).collect()),
        Json::Object(members) => {
            let members = members.into_iter();
            Value::Object(members.map(|(key, json)| (Name::new(key), of_json(json))).collect())
        }
    }
}
