//! The root field of each endpoint.

use std::{
    future,
    sync::{Arc, LazyLock},
};

use actix_web::web::Bytes;
use async_graphql::{
    Result, Value,
    dynamic::{
        Field, FieldFuture, FieldValue, InputValue, ObjectAccessor, ResolverContext, TypeRef,
    },
};
use serde_json::{Map, Value as Json, json};

use super::{
    error,
    names::{camel, capital, small},
    runner::{self, Runner},
    shape::{Member, Object, Shape},
};
use crate::{
    endpoints::ENDPOINTS,
    http::{
        call::Request,
        endpoint::{Content, Endpoint, GraphqlField, RequestBody},
        path::is_id,
        problem::Problem,
        reply::Reply,
        schema,
    },
};

/// An endpoint, as a root field.
pub(super) struct RootField {
    pub(super) endpoint: &'static Endpoint,
    pub(super) name: &'static str,
    /// The names in the path, each with the argument that stands for it.
    segments: Vec<(&'static str, String)>,
    input: Option<Shape>,
    result: FieldResult,
}

/// What a root field gives.
enum FieldResult {
    /// The body of the answer.
    Body(Shape),
    /// The items of a list.
    Items(Shape),
    /// An object around it, with the version.
    Payload(Object),
}

pub(super) static ROOT_FIELDS: LazyLock<Vec<RootField>> =
    LazyLock::new(|| ENDPOINTS.iter().filter_map(|endpoint| RootField::of(endpoint)).collect());

impl RootField {
    fn of(endpoint: &'static Endpoint) -> Option<Self> {
        let (name, result) = match endpoint.graphql {
            GraphqlField::Mutation => (endpoint.id, FieldResult::Payload(payload(endpoint))),
            GraphqlField::Query(name) => (name, FieldResult::of(endpoint)?),
            GraphqlField::User => ("user", FieldResult::of(endpoint)?),
            GraphqlField::None | GraphqlField::OfUser | GraphqlField::Connection(_) => {
                return None;
            }
        };
        let input = match endpoint.request {
            RequestBody::None | RequestBody::Empty => None,
            request @ (RequestBody::Json(_)
            | RequestBody::MergePatch(_)
            | RequestBody::JsonOrForm(_)) => {
                request.object().map(|it| Shape::of(schema::Schema::Object(it)))
            }
        };
        let names = endpoint.path_parameters();
        let segments = names.map(|segment| (segment, argument(endpoint, segment))).collect();
        Some(Self { endpoint, name, segments, input, result })
    }

    pub(super) fn is_mutation(&self) -> bool {
        matches!(self.result, FieldResult::Payload(_))
    }

    /// The object that it answers with, if that is its own.
    pub(super) fn payload(&self) -> Option<&Object> {
        match &self.result {
            FieldResult::Payload(object) => Some(object),
            FieldResult::Body(_) | FieldResult::Items(_) => None,
        }
    }

    /// The field.
    pub(super) fn field(&'static self) -> Field {
        self.called(self.name, &self.segments)
    }

    /// The same field for the caller, if it shows a user.
    pub(super) fn field_of_me(&'static self) -> Option<Field> {
        self.shows_a_user().then(|| self.called("me", &[]))
    }

    fn shows_a_user(&self) -> bool {
        matches!(self.endpoint.graphql, GraphqlField::User)
    }

    fn called(&'static self, name: &str, segments: &[(&str, String)]) -> Field {
        let mut field = Field::new(name, self.type_ref(), |context| {
            FieldFuture::new(future::ready(self.resolve(&context)))
        });
        field = field.description(self.endpoint.summary);
        for (segment, argument) in segments {
            field = field.argument(if is_user(self.endpoint, segment) && !self.shows_a_user() {
                with_default(argument, TypeRef::ID, "me".into())
            } else {
                let kind = if is_id(segment) { TypeRef::ID } else { TypeRef::STRING };
                InputValue::new(argument, TypeRef::named_nn(kind))
            });
        }
        if let Some(input) = &self.input {
            field = field.argument(InputValue::new("input", input.type_ref()));
        }
        for flag in self.flags() {
            field = field.argument(with_default(flag, TypeRef::BOOLEAN, false.into()));
        }
        if self.endpoint.edits {
            let version = InputValue::new("version", TypeRef::named(TypeRef::INT));
            let what = "The version that the edit is of; refused if the user has another one";
            field = field.argument(version.description(what));
        }
        field
    }

    /// The parameters of a mutation: each of them is true or false.
    fn flags(&self) -> impl Iterator<Item = &'static str> {
        let parameters = self.endpoint.parameters.iter().filter(|_| self.is_mutation());
        parameters.map(|parameter| parameter.name)
    }

    /// Nullable, so that what goes wrong with one root field leaves the others alone.
    fn type_ref(&self) -> TypeRef {
        match &self.result {
            FieldResult::Body(shape) => shape.nullable(),
            FieldResult::Items(shape) => TypeRef::List(Box::new(shape.type_ref())),
            FieldResult::Payload(object) => TypeRef::named(&object.name),
        }
    }

    fn resolve(&self, context: &ResolverContext<'_>) -> Result<Option<FieldValue<'static>>> {
        let runner = context.ctx.data::<Arc<Runner>>()?;
        let field = runner::Field {
            endpoint: self.endpoint,
            request: self.request(&context.args),
            version: context.args.get("version").and_then(|it| it.i64().ok()),
            arguments: &json(&context.args),
        };
        let value = runner.run(field).and_then(|reply| self.value(&reply));
        Ok(error::value_or_error(value, context, runner.request_id(), |at| self.place(at)))
    }

    /// The request that REST would be sent.
    fn request(&self, args: &ObjectAccessor<'_>) -> Request {
        let text = |argument: &str| match args.get(argument).map(|it| it.as_value().clone()) {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => "me".to_owned(),
            Some(other) => other.to_string(),
        };
        let segments = self.segments.iter();
        let body = self
            .input
            .as_ref()
            .zip(args.get("input"))
            .map(|(shape, input)| Bytes::from(shape.read(input.as_value()).to_string()));
        let flags = self.flags().filter_map(|name| {
            let value = args.get(name)?.boolean().ok()?;
            Some((name.to_owned(), value.to_string()))
        });
        Request {
            segments: segments
                .map(|(name, argument)| ((*name).to_owned(), text(argument)))
                .collect(),
            parameters: flags.collect(),
            body: body.unwrap_or_default(),
            ..Request::default()
        }
    }

    fn value(&self, reply: &Reply) -> Result<FieldValue<'static>, Problem> {
        let body = match reply.body.as_slice() {
            [] => Json::Null,
            body => serde_json::from_slice(body).map_err(Problem::internal)?,
        };
        Ok(match &self.result {
            FieldResult::Body(_) => FieldValue::owned_any(body),
            FieldResult::Items(_) => {
                let Some(Json::Array(items)) = body.get("items").cloned() else {
                    return Err(Problem::internal("a page has no items"));
                };
                FieldValue::list(items.into_iter().map(FieldValue::owned_any))
            }
            FieldResult::Payload(_) => {
                let status = reply.status.as_u16();
                let mut responses = self.endpoint.responses.iter();
                let response = responses.find(|response| response.status == status);
                let (name, value) = match response.map(|response| response.content) {
                    Some(Content::One(view) | Content::Page(view)) => (small(view.name), body),
                    Some(Content::Nothing) | None => ("done".to_owned(), json!(true)),
                };
                let version = json!(reply.version());
                let payload = Map::from_iter([(name, value), ("version".to_owned(), version)]);
                FieldValue::owned_any(Json::Object(payload))
            }
        })
    }

    /// Where among the arguments a faulty value stands.
    fn place(&self, pointer: &str) -> String {
        match (&self.input, pointer.strip_prefix('?')) {
            (_, Some(parameter)) => format!("/{}", camel(parameter)),
            (Some(shape), None) => format!("/input{}", shape.pointer(pointer)),
            (None, None) => pointer.to_owned(),
        }
    }
}

impl FieldResult {
    fn of(endpoint: &Endpoint) -> Option<Self> {
        match endpoint.responses.first()?.content {
            Content::Nothing => None,
            Content::One(view) => Some(Self::Body(Shape::Object(view.name.to_owned()))),
            Content::Page(view) => Some(Self::Items(Shape::Object(view.name.to_owned()))),
        }
    }
}

/// What a mutation answers with: one member for each kind of body, and the new version.
fn payload(endpoint: &Endpoint) -> Object {
    let responses = endpoint.responses;
    let member = |content: Content| match content {
        Content::Nothing => Member::new("done", Shape::Scalar("Boolean"), false),
        Content::One(view) | Content::Page(view) => {
            let shape = Shape::Object(view.name.to_owned());
            Member::new(&small(view.name), shape, responses.len() > 1)
        }
    };
    let mut members: Vec<_> = responses.iter().map(|response| member(response.content)).collect();
    if responses.iter().any(|response| response.has_version) {
        members.push(Member::new("version", Shape::Scalar("Int"), true));
    }
    let name = format!("{}Payload", capital(endpoint.id));
    Object { name, description: String::new(), members }
}

fn is_user(endpoint: &Endpoint, segment: &str) -> bool {
    segment == "id" && endpoint.is_about_a_user()
}

/// What the argument is called that stands for a name in the path.
fn argument(endpoint: &Endpoint, segment: &str) -> String {
    let shows_a_user = matches!(endpoint.graphql, GraphqlField::User);
    if is_user(endpoint, segment) && !shows_a_user { "userId".to_owned() } else { camel(segment) }
}

fn with_default(name: &str, kind: &'static str, value: Value) -> InputValue {
    InputValue::new(name, TypeRef::named_nn(kind)).default_value(value)
}

fn json(args: &ObjectAccessor<'_>) -> Vec<u8> {
    let args: Map<_, _> = args
        .iter()
        .map(|(name, value)| {
            let value = value.as_value().clone().into_json().unwrap_or_default();
            (name.to_string(), value)
        })
        .collect();
    Json::Object(args).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::schema::SDL;

    #[test]
    fn g3_every_operation_has_its_twin() {
        for endpoint in ENDPOINTS {
            let is_it = |field: &&RootField| std::ptr::eq(field.endpoint, *endpoint);
            let fields = ROOT_FIELDS.iter().filter(is_it).count();
            let elsewhere = elsewhere(endpoint).is_some();
            assert_eq!(fields + usize::from(elsewhere), 1, "{endpoint:?}");
        }
    }

    /// The type and the field of what stands in a user, or is read page by page.
    fn elsewhere(endpoint: &Endpoint) -> Option<(&'static str, &'static str)> {
        match endpoint.graphql {
            GraphqlField::OfUser => Some(("User", endpoint.path.rsplit('/').next()?)),
            GraphqlField::Connection(connection) => Some(("Query", connection.field)),
            GraphqlField::None
            | GraphqlField::Mutation
            | GraphqlField::Query(_)
            | GraphqlField::User => None,
        }
    }

    #[test]
    fn g3_what_stands_elsewhere_is_there() {
        let places = ENDPOINTS.iter().filter_map(|endpoint| Some((endpoint, elsewhere(endpoint)?)));
        for (endpoint, (kind, field)) in places {
            let body = SDL.split(&format!("\ntype {kind} {{")).nth(1).unwrap();
            let body = body.split("\n}").next().unwrap();
            let is_there = |line: &str| {
                let name = line.trim_start().split([':', '(']).next();
                name == Some(field)
            };
            assert!(body.lines().any(is_there), "{endpoint:?}: {kind}.{field}");
        }
    }

    #[test]
    fn the_schema_in_docs_is_this_one() {
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema.graphql");
        let kept = std::fs::read_to_string(kept).unwrap_or_default();
        assert!(kept == *SDL, "write it anew: cargo run -- graphql-schema > docs/schema.graphql");
    }

    #[test]
    fn a_fault_is_told_where_it_stands_among_the_arguments() {
        let place = |name: &str, pointer| {
            ROOT_FIELDS.iter().find(|field| field.name == name).unwrap().place(pointer)
        };
        assert_eq!(place("register", "/first_name"), "/input/firstName");
        assert_eq!(place("register", "/address/postal_code"), "/input/address/postalCode");
        assert_eq!(place("updateAccount", "/preferences/crm_tabs"), "/input/preferences/crm_tabs");
        assert_eq!(place("batch", "/operations/0/if_match"), "/input/operations/0/ifMatch");
        assert_eq!(place("deleteUser", "?erase"), "/erase");
    }
}
