use std::sync::LazyLock;

use async_graphql::{
    SDLExportOptions,
    dynamic::{
        Enum, Field, FieldFuture, FieldValue, InputObject, InputValue, Object, Scalar, Schema,
        SchemaError, TypeRef,
    },
};
use serde_json::Value as Json;

use super::{
    connections,
    names::constant,
    root_field::TWINS,
    shape::{self, ANSWERS, ENUMS, Member, REQUESTS, SCALARS, Shape, input_name, of_constant},
};

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

/// Answers that GraphQL tells in its own way.
const REST_ONLY: [&str; 4] = ["Fault", "Health", "Problem", "Nothing"];

fn is_shown(name: &str) -> bool {
    !REST_ONLY.contains(&name) && !name.starts_with("Graphql") && !name.ends_with("Page")
}

fn build() -> Result<Schema, SchemaError> {
    let (mut query, mut mutation) = (Object::new("Query"), Object::new("Mutation"));
    for twin in TWINS.iter() {
        if twin.is_mutation() {
            mutation = mutation.field(twin.field());
        } else {
            query = query.field(twin.field());
        }
        if twin.name == "user" {
            query = query.field(twin.field_of_me());
        }
    }
    query = connections::fields().into_iter().fold(query, Object::field);
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
    for (name, values) in ENUMS.iter() {
        schema = schema.register(Enum::new(*name).items(values.iter().map(|it| constant(it))));
    }
    for shape in ANSWERS.values().filter(|shape| is_shown(&shape.name)) {
        schema = schema.register(object(shape));
    }
    for shape in connections::objects().iter().chain(TWINS.iter().filter_map(|it| it.payload())) {
        schema = schema.register(object(shape));
    }
    for shape in REQUESTS.values().filter(|shape| is_shown(&shape.name)) {
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
    let lists_addresses = shape == Shape::List(Box::new(Shape::Object("Address".to_owned())));
    let field = Field::new(&member.field, member.type_ref(str::to_owned), move |context| {
        let parent = context.parent_value.downcast_ref::<Json>();
        let value = parent.and_then(|parent| parent.get(&name)).filter(|value| !value.is_null());
        let wanted = context.args.get("type");
        let wanted = wanted.as_ref().and_then(|it| it.enum_name().ok());
        FieldFuture::Value(value.map(|value| match wanted {
            Some(wanted) => of_type(&shape, value, wanted),
            None => shape.show(value),
        }))
    });
    if lists_addresses {
        field.argument(InputValue::new("type", TypeRef::named("ContactType")))
    } else {
        field
    }
}

/// The items of one type.
fn of_type<'a>(shape: &Shape, list: &'a Json, wanted: &str) -> FieldValue<'a> {
    let wanted = of_constant("ContactType", wanted);
    let items = list.as_array().into_iter().flatten();
    let of_type = items.filter(|item| item.get("contact_type") == Some(&wanted));
    match shape {
        Shape::List(item) => FieldValue::list(of_type.map(|value| item.show(value))),
        Shape::Scalar(_) | Shape::Enum(_) | Shape::Object(_) => shape.show(list),
    }
}

fn input(shape: &shape::Object) -> InputObject {
    let object = InputObject::new(input_name(&shape.name)).description(&shape.description);
    let value = |member: &Member| InputValue::new(&member.field, member.type_ref(input_name));
    shape.members.iter().map(value).fold(object, InputObject::field)
}
