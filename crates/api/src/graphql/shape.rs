//! What a value looks like in JSON and in GraphQL.

use std::{collections::BTreeMap, sync::LazyLock};

use async_graphql::{
    Name, Value,
    dynamic::{FieldValue, TypeRef},
};
use serde_json::Value as Json;

use super::names::{camel, constant};
use crate::{
    endpoints::ENDPOINTS,
    http::{
        endpoint::{Content, GraphqlField, RequestBody},
        schema::{self, Enumeration, Schema},
    },
};

/// A value that is there.
#[derive(Clone)]
pub(super) enum Shape {
    /// One of GraphQL's scalars, or of our own.
    Scalar(&'static str),
    Enum(&'static Enumeration),
    /// An object of this name.
    Object(String),
    List(Box<Self>),
}

/// A member of an object.
#[derive(Clone)]
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
pub(super) struct Object {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) members: Vec<Member>,
}

/// The types of all bodies that GraphQL has, under their names.
#[derive(Default)]
pub(super) struct Types {
    pub(super) objects: BTreeMap<String, Object>,
    pub(super) inputs: BTreeMap<String, Object>,
    pub(super) enums: BTreeMap<&'static str, &'static Enumeration>,
}

pub(super) static TYPES: LazyLock<Types> = LazyLock::new(|| {
    let mut types = Types::default();
    for endpoint in ENDPOINTS {
        for response in endpoint.responses {
            match response.content {
                Content::One(view) | Content::Page(view) => types.add(Schema::Object(view)),
                Content::Nothing => {}
            }
        }
        let object = endpoint.request.object();
        let has_input = !matches!(endpoint.request, RequestBody::Empty)
            && !matches!(endpoint.graphql, GraphqlField::None);
        if let Some(object) = object.filter(|_| has_input) {
            types.add(Schema::Object(object));
        }
    }
    types
});

impl Types {
    fn add(&mut self, schema: Schema) {
        if let Schema::Object(object) = schema {
            self.add_object(object);
        } else if let Schema::Alias(alias) = schema {
            for alternative in alias.alternatives {
                self.add(*alternative);
            }
        } else if let Shape::Enum(enumeration) = Shape::of(schema) {
            self.enums.insert(enumeration.name, enumeration);
        }
    }

    fn add_object(&mut self, object: &dyn schema::Object) {
        let name = object.graphql_name();
        let known = if object.is_closed() { &self.inputs } else { &self.objects };
        if known.contains_key(&name) {
            return;
        }
        let mut members = object.members();
        members.sort_unstable_by_key(|member| member.name);
        for member in &members {
            self.add(member.schema);
        }
        let description = object.description().to_owned();
        let members = members.iter().map(Member::of).collect();
        let added = Object { name: name.clone(), description, members };
        let all = if object.is_closed() { &mut self.inputs } else { &mut self.objects };
        all.insert(name, added);
    }
}

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

impl Shape {
    /// Of a value that is there.
    pub(super) fn of(schema: Schema) -> Self {
        match schema {
            Schema::Text | Schema::ShortText(_) | Schema::Pattern(_) => Self::Scalar("String"),
            Schema::Id => Self::Scalar("ID"),
            Schema::Date => Self::Scalar("Date"),
            Schema::Time => Self::Scalar("DateTime"),
            Schema::Flag => Self::Scalar("Boolean"),
            Schema::Number | Schema::Count { .. } => Self::Scalar("Int"),
            Schema::Seconds => Self::Scalar("Long"),
            Schema::Json | Schema::JsonObject => Self::Scalar("JSON"),
            // A choice of one is none.
            Schema::Enumeration(it) if (it.values)().len() == 1 => Self::Scalar("String"),
            Schema::Enumeration(it) => Self::Enum(it),
            // GraphQL has no choice of inputs: the last is the object, which can say the most.
            Schema::Alias(it) => {
                it.alternatives.last().map_or(Self::Scalar("JSON"), |it| Self::of(*it))
            }
            Schema::Object(object) => Self::Object(object.graphql_name()),
        }
    }

    /// The type of a value that is always there.
    pub(super) fn type_ref(&self) -> TypeRef {
        TypeRef::NonNull(Box::new(self.nullable()))
    }

    pub(super) fn nullable(&self) -> TypeRef {
        match self {
            Self::Scalar(scalar) => TypeRef::named(*scalar),
            Self::Enum(enumeration) => TypeRef::named(enumeration.name),
            Self::Object(object) => TypeRef::named(object),
            Self::List(items) => TypeRef::List(Box::new(items.type_ref())),
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
            (Self::Enum(known), Value::Enum(name)) => value_of(known, name),
            (Self::Enum(known), Value::String(name)) => value_of(known, name),
            (Self::Scalar("ID"), Value::Number(number)) => Json::String(number.to_string()),
            (Self::Object(name), Value::Object(given)) => {
                let members = TYPES.inputs.get(name).map(|object| object.members.iter());
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
                let members = TYPES.inputs.get(name).map(|object| &object.members);
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

    fn of(member: &schema::Member) -> Self {
        let one = Shape::of(member.schema);
        let shape = if member.is_list { Shape::List(Box::new(one)) } else { one };
        Self::new(member.name, shape, member.is_nullable || !member.is_required)
    }

    pub(super) fn type_ref(&self) -> TypeRef {
        if self.is_optional { self.shape.nullable() } else { self.shape.type_ref() }
    }
}

/// The value of an enumeration that GraphQL calls by this name.
pub(super) fn value_of(known: &Enumeration, name: &str) -> Json {
    (known.values)().into_iter().find(|value| constant(value) == name).into()
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
