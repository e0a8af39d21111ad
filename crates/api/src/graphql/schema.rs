use std::sync::LazyLock;

use async_graphql::{
    Name, SDLExportOptions, Value,
    dynamic::{
        Enum, Field, FieldFuture, FieldValue, InputObject, InputValue, Object, Scalar, Schema,
        SchemaError,
    },
};
use serde_json::Value as Json;
use userdom_domain::ContactType;

use super::{
    connections,
    names::constant,
    root_field::{ROOT_FIELDS, RootField},
    shape::{self, Member, SCALARS, Shape, TYPES},
};
use crate::{endpoints::addresses::ADDRESS, http::body::FieldType};

/// By which addresses can be chosen.
static CONTACT_TYPE: LazyLock<Shape> = LazyLock::new(|| Shape::of(ContactType::SCHEMA));

/// The schema, built once.
pub(super) static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    build().unwrap_or_else(|error| {
        // It is made of constants alone: the first test to run would show it.
        panic!("the schema does not hold together: {error}")
    })
});

/// The schema in GraphQL's own language.
pub static SDL: LazyLock<String> = LazyLock::new(|| {
    let options = SDLExportOptions::new()
        .use_space_ident()
        .prefer_single_line_descriptions()
        .include_specified_by();
    SCHEMA.sdl_with_options(options)
});

fn build() -> Result<Schema, SchemaError> {
    let (mut query, mut mutation) = (Object::new("Query"), Object::new("Mutation"));
    for field in ROOT_FIELDS.iter() {
        if field.is_mutation() {
            mutation = mutation.field(field.field());
        } else {
            query = query.field(field.field());
        }
        if let Some(me) = field.field_of_me() {
            query = query.field(me);
        }
    }
    query = connections::fields().fold(query, Object::field);
    let mut schema = Schema::build("Query", Some("Mutation"), None)
        .disable_suggestions()
        .register(query)
        .register(mutation)
        .register(connections::filter())
        .register(connections::order());
    for (name, description, specification) in SCALARS {
        let scalar = Scalar::new(*name).description(*description);
        schema = schema.register(scalar.specified_by_url(*specification));
    }
    for enumeration in TYPES.enums.values() {
        let items = (enumeration.values)().into_iter().map(constant);
        schema = schema.register(Enum::new(enumeration.name).items(items));
    }
    let payloads = ROOT_FIELDS.iter().filter_map(RootField::payload);
    for shape in TYPES.objects.values().chain(&connections::objects()).chain(payloads) {
        schema = schema.register(object(shape));
    }
    for shape in TYPES.inputs.values() {
        schema = schema.register(input(shape));
    }
    schema.finish()
}

fn object(shape: &shape::Object) -> Object {
    let mut object = Object::new(&shape.name);
    if !shape.description.is_empty() {
        object = object.description(&shape.description);
    }
    shape.members.iter().map(field).fold(object, Object::field)
}

fn field(member: &Member) -> Field {
    let (name, shape) = (member.name.clone(), member.shape.clone());
    let lists_addresses = matches!(&shape, Shape::List(item)
        if matches!(&**item, Shape::Object(name) if name == ADDRESS.name));
    let field = Field::new(&member.field, member.type_ref(), move |context| {
        let parent = context.parent_value.downcast_ref::<Json>();
        let value = parent.and_then(|parent| parent.get(&name)).filter(|value| !value.is_null());
        let wanted = context.args.get("type");
        let wanted = wanted.as_ref().and_then(|it| it.enum_name().ok());
        FieldFuture::Value(value.map(|value| match (wanted, &shape) {
            (Some(wanted), Shape::List(item)) => of_type(item, value, wanted),
            (Some(_) | None, shape) => shape.show(value),
        }))
    });
    if lists_addresses {
        field.argument(InputValue::new("type", CONTACT_TYPE.nullable()))
    } else {
        field
    }
}

/// The items of one contact type.
fn of_type<'a>(item: &Shape, list: &'a Json, wanted: &str) -> FieldValue<'a> {
    let wanted = CONTACT_TYPE.read(&Value::Enum(Name::new(wanted)));
    let items = list.as_array().into_iter().flatten();
    let of_type = items.filter(|item| item.get("contact_type") == Some(&wanted));
    FieldValue::list(of_type.map(|value| item.show(value)))
}

fn input(shape: &shape::Object) -> InputObject {
    let object = InputObject::new(&shape.name).description(&shape.description);
    let value = |member: &Member| InputValue::new(&member.field, member.type_ref());
    shape.members.iter().map(value).fold(object, InputObject::field)
}
