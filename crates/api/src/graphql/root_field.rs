//! The root field of each route.

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
    shape::{Member, Object, Shape, input_name},
};
use crate::{
    http::{call::Request, problem::Problem, reply::Reply},
    openapi::{Description, describe},
    routes::{Operation, ROUTES, Route, Verb},
};

/// The root fields that only read, by the route of each. Every other operation is a mutation of
/// its own name, but for those that are told elsewhere.
const QUERIES: &[(&str, &str)] = &[
    ("/v1/users/{id}", "user"),
    ("/v1/users/by-username/{username}", "userByUsername"),
    ("/v1/users/by-email/{email}", "userByEmail"),
    ("/v1/users/{id}/sessions", "sessions"),
    ("/v1/users/{id}/export", "export"),
    ("/v1/api-keys", "apiKeys"),
];

/// A POST that only reads, with a secret in its body.
const INTROSPECT: &str = "/v1/token/introspect";

/// What stands in a user, or is read page by page.
#[cfg(test)]
pub(super) const ELSEWHERE: &[(&str, &str)] = &[
    ("/v1/users/{id}/profile", "User.profile"),
    ("/v1/users/{id}/emails", "User.emails"),
    ("/v1/users/{id}/phones", "User.phones"),
    ("/v1/users/{id}/addresses", "User.addresses"),
    ("/v1/users", "Query.users"),
    ("/v1/users/{id}/events", "Query.auditEvents"),
];

/// A route, as a root field.
pub(super) struct Twin {
    pub(super) route: &'static Route,
    pub(super) name: &'static str,
    operation: Operation,
    description: Description,
    /// The names in the path, each with the argument that stands for it.
    segments: Vec<(&'static str, String)>,
    input: Option<Shape>,
    gives: Gives,
}

/// What a root field gives.
enum Gives {
    /// The body of the answer.
    Body(Shape),
    /// The items of a list.
    Items(Shape),
    /// An object around it, with the version.
    Payload(Object),
}

/// All of them.
pub(super) static TWINS: LazyLock<Vec<Twin>> =
    LazyLock::new(|| ROUTES.iter().filter_map(Twin::of).collect());

impl Twin {
    fn of(route: &'static Route) -> Option<Self> {
        let (operation, description) = (route.operation()?, describe(route)?);
        let query = QUERIES.iter().find(|(template, _)| *template == route.template);
        let (name, gives) = match (route.method, query) {
            (Verb::Get, Some((_, name))) => (*name, Gives::of(&description)?),
            (Verb::Get, None) => return None,
            _ if route.template == INTROSPECT => (description.id, Gives::of(&description)?),
            _ => (description.id, Gives::Payload(payload(route, &description))),
        };
        let parts = route.template.split('/');
        let names = parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let input = Some(description.request).filter(|name| !matches!(*name, "" | "Nothing"));
        Some(Self {
            route,
            name,
            operation,
            segments: names.map(|segment| (segment, argument(route, segment))).collect(),
            input: input.map(|name| Shape::Object(name.to_owned())),
            description,
            gives,
        })
    }

    pub(super) fn is_mutation(&self) -> bool {
        matches!(self.gives, Gives::Payload(_))
    }

    /// The object that it answers with, if that is its own.
    pub(super) fn payload(&self) -> Option<&Object> {
        match &self.gives {
            Gives::Payload(object) => Some(object),
            Gives::Body(_) | Gives::Items(_) => None,
        }
    }

    /// The field.
    pub(super) fn field(&'static self) -> Field {
        self.called(self.name, &self.segments)
    }

    /// The field for whoever asks.
    pub(super) fn field_of_me(&'static self) -> Field {
        self.called("me", &[])
    }

    fn called(&'static self, name: &str, segments: &[(&str, String)]) -> Field {
        let mut field = Field::new(name, self.type_ref(), |context| {
            FieldFuture::new(future::ready(self.resolve(&context)))
        });
        field = field.description(self.description.summary);
        for (segment, argument) in segments {
            field = field.argument(if is_user(self.route, segment) && self.name != "user" {
                with_default(argument, TypeRef::ID, "me".into())
            } else {
                let kind = if segment.ends_with("id") { TypeRef::ID } else { TypeRef::STRING };
                InputValue::new(argument, TypeRef::named_nn(kind))
            });
        }
        if let Some(input) = &self.input {
            field = field.argument(InputValue::new("input", input.type_ref(input_name)));
        }
        for parameter in self.route.parameters.iter().filter(|_| self.is_mutation()) {
            field = field.argument(with_default(parameter, TypeRef::BOOLEAN, false.into()));
        }
        if self.route.edits {
            let version = InputValue::new("version", TypeRef::named(TypeRef::INT));
            let what = "The version that the edit is of; refused if the user has another one";
            field = field.argument(version.description(what));
        }
        field
    }

    /// Nullable, so that what goes wrong with one root field leaves the others alone.
    fn type_ref(&self) -> TypeRef {
        let there = match &self.gives {
            Gives::Body(shape) => shape.type_ref(str::to_owned),
            Gives::Items(shape) => {
                return TypeRef::List(Box::new(shape.type_ref(str::to_owned)));
            }
            Gives::Payload(object) => return TypeRef::named(&object.name),
        };
        match there {
            TypeRef::NonNull(inner) => *inner,
            other => other,
        }
    }

    fn resolve(&self, context: &ResolverContext<'_>) -> Result<Option<FieldValue<'static>>> {
        let runner = context.ctx.data::<Arc<Runner>>()?;
        let field = runner::Field {
            route: self.route,
            operation: self.operation,
            request: self.request(&context.args),
            version: context.args.get("version").and_then(|it| it.i64().ok()),
            what: &json(&context.args),
        };
        let shown = runner.run(field).and_then(|reply| self.shown(&reply));
        Ok(error::told(shown, context, runner.request_id(), |at| self.place(at)))
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
        let flags = self.route.parameters.iter().filter(|_| self.is_mutation());
        let flags = flags.filter_map(|name| {
            let value = args.get(name)?.boolean().ok()?;
            Some(((*name).to_owned(), value.to_string()))
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

    fn shown(&self, reply: &Reply) -> Result<FieldValue<'static>, Problem> {
        let body = match reply.body.as_slice() {
            [] => Json::Null,
            body => serde_json::from_slice(body).map_err(Problem::internal)?,
        };
        Ok(match &self.gives {
            Gives::Body(_) => FieldValue::owned_any(body),
            Gives::Items(_) => {
                let Some(Json::Array(items)) = body.get("items").cloned() else {
                    return Err(Problem::internal("a page has no items"));
                };
                FieldValue::list(items.into_iter().map(FieldValue::owned_any))
            }
            Gives::Payload(_) => {
                let mut payload = Map::new();
                let status = reply.status.as_u16();
                let answer = self.description.answers.iter().find(|(known, _)| *known == status);
                let (name, value) = match answer {
                    Some((_, schema)) if !schema.is_empty() => (small(schema), body),
                    _ => ("done".to_owned(), json!(true)),
                };
                payload.insert(name, value);
                payload.insert("version".to_owned(), json!(reply.version()));
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

impl Gives {
    fn of(description: &Description) -> Option<Self> {
        let (_, schema) = description.answers.first()?;
        Some(match schema.strip_suffix("Page") {
            Some(item) => Self::Items(Shape::Object(item.to_owned())),
            None => Self::Body(Shape::Object((*schema).to_owned())),
        })
    }
}

/// What a mutation answers with: one member for each kind of body, and the new version.
fn payload(route: &Route, description: &Description) -> Object {
    let answers = description.answers;
    let mut members: Vec<_> = answers
        .iter()
        .map(|(_, schema)| match *schema {
            "" => Member::new("done", Shape::Scalar("Boolean"), false),
            schema => {
                Member::new(&small(schema), Shape::Object(schema.to_owned()), answers.len() > 1)
            }
        })
        .collect();
    if answers.iter().any(|(status, _)| route.shows_version(*status)) {
        members.push(Member::new("version", Shape::Scalar("Int"), true));
    }
    let name = format!("{}Payload", capital(description.id));
    Object { name, description: String::new(), members }
}

fn is_user(route: &Route, segment: &str) -> bool {
    segment == "id" && route.template.starts_with("/v1/users/{id}")
}

/// What the argument is called that stands for a name in the path.
fn argument(route: &Route, segment: &str) -> String {
    let is_child = is_user(route, segment) && route.template != "/v1/users/{id}";
    if is_child || (is_user(route, segment) && route.method != Verb::Get) {
        "userId".to_owned()
    } else {
        camel(segment)
    }
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

    /// What clients of GraphQL have no use for: pages, health, and GraphQL itself.
    fn is_for_rest_alone(route: &Route) -> bool {
        !route.template.starts_with("/v1/")
    }

    #[test]
    fn g3_every_operation_has_its_twin() {
        for route in ROUTES.iter().filter(|route| !is_for_rest_alone(route)) {
            let is_it = |twin: &&Twin| std::ptr::eq(twin.route, route);
            let twins = TWINS.iter().filter(is_it).count();
            let elsewhere = ELSEWHERE
                .iter()
                .filter(|(template, _)| route.method == Verb::Get && *template == route.template);
            assert_eq!(twins + elsewhere.count(), 1, "{route:?}");
        }
    }

    #[test]
    fn g3_what_is_told_elsewhere_is_there() {
        for (template, place) in ELSEWHERE {
            let (kind, field) = place.split_once('.').unwrap();
            let body = SDL.split(&format!("\ntype {kind} {{")).nth(1).unwrap();
            let body = body.split("\n}").next().unwrap();
            let is_there = |line: &str| {
                let name = line.trim_start().split([':', '(']).next();
                name == Some(field)
            };
            assert!(body.lines().any(is_there), "{template}: {place}");
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
            TWINS.iter().find(|twin| twin.name == name).unwrap().place(pointer)
        };
        assert_eq!(place("register", "/first_name"), "/input/firstName");
        assert_eq!(place("register", "/address/postal_code"), "/input/address/postalCode");
        assert_eq!(place("updateAccount", "/preferences/crm_tabs"), "/input/preferences/crm_tabs");
        assert_eq!(place("batch", "/operations/0/if_match"), "/input/operations/0/ifMatch");
        assert_eq!(place("deleteUser", "?erase"), "/erase");
    }
}
