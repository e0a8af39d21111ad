//! What is read page by page: Relay's connections, forwards.

use std::{
    future, iter,
    sync::{Arc, LazyLock},
};

use async_graphql::{
    Result, Value,
    dynamic::{
        Enum, Field, FieldFuture, FieldValue, InputObject, InputValue, ResolverContext, TypeRef,
    },
};
use serde_json::{Value as Json, json};
use userdom_application::use_cases::Page;

use super::{
    error,
    names::{camel, constant},
    runner::Runner,
    shape::{Member, Object, Shape},
};
use crate::{
    endpoints::{
        ENDPOINTS,
        directory::{FILTER, ORDERS, SORT},
    },
    http::{
        call::{Call, Request},
        endpoint::{self, Content, Endpoint, GraphqlField},
        parameters::{COUNT, CURSOR, LIMIT},
        problem::Problem,
        schema::View,
    },
};

pub(super) use crate::http::parameters::{GREATEST_LIMIT, USUAL_LIMIT};

/// A list of which a part is shown.
struct Connection {
    endpoint: &'static Endpoint,
    declared: &'static endpoint::Connection,
    /// What stands in it.
    node: &'static View,
}

static CONNECTIONS: LazyLock<Vec<Connection>> = LazyLock::new(|| {
    let connection = |endpoint: &&'static Endpoint| {
        let GraphqlField::Connection(declared) = endpoint.graphql else { return None };
        let Content::Page(node) = endpoint.responses.first()?.content else { return None };
        Some(Connection { endpoint, declared, node })
    };
    ENDPOINTS.iter().filter_map(connection).collect()
});

/// Whether a root field is one of them.
pub(super) fn is_one(field: &str) -> bool {
    CONNECTIONS.iter().any(|connection| connection.declared.field == field)
}

/// The root fields.
pub(super) fn fields() -> impl Iterator<Item = Field> {
    CONNECTIONS.iter().map(Connection::field)
}

impl Connection {
    fn has(&self, parameter: &endpoint::Parameter) -> bool {
        self.endpoint.parameters.iter().any(|known| known.name == parameter.name)
    }

    fn field(&'static self) -> Field {
        let kind = TypeRef::named(format!("{}Connection", self.node.name));
        let mut field = Field::new(self.declared.field, kind, |context| {
            FieldFuture::new(future::ready(self.resolve(&context)))
        });
        field = field.description(self.declared.description);
        if self.endpoint.is_about_a_user() {
            let user = InputValue::new("userId", TypeRef::named_nn(TypeRef::ID));
            field = field.argument(user.default_value("me"));
        }
        if self.has(&FILTER) {
            field = field.argument(InputValue::new("filter", TypeRef::named("UserFilter")));
        }
        if self.has(&SORT) {
            let order = InputValue::new("orderBy", TypeRef::named_nn("UserOrder"));
            let usual = Value::Enum(async_graphql::Name::new("CREATED_AT_ASC"));
            field = field.argument(order.default_value(usual));
        }
        let first = InputValue::new("first", TypeRef::named_nn(TypeRef::INT));
        let after = InputValue::new("after", TypeRef::named(TypeRef::STRING));
        field
            .argument(first.default_value(USUAL_LIMIT).description("How many at most: 1 to 200"))
            .argument(after.description("The `endCursor` of the page before"))
    }

    fn resolve(&self, context: &ResolverContext<'_>) -> Result<Option<FieldValue<'static>>> {
        let runner = context.ctx.data::<Arc<Runner>>()?;
        let page = self.page(context, runner).map(FieldValue::owned_any);
        Ok(error::value_or_error(page, context, runner.request_id(), place))
    }

    fn page(&self, context: &ResolverContext<'_>, runner: &Runner) -> Result<Json, Problem> {
        let request = Request {
            segments: vec![("id".to_owned(), text(context, "userId").unwrap_or_default())],
            parameters: parameters(context),
            ..Request::default()
        };
        let caller = runner.caller(self.endpoint, None)?;
        let call = runner.call_of(&caller, &request);
        Ok(connection(&call, (self.declared.page)(&call)?))
    }
}

/// The arguments, as the parameters of the REST endpoint.
fn parameters(context: &ResolverContext<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        all.extend(value.map(|value| (name.to_owned(), value)));
    };
    add(LIMIT.name, text(context, "first"));
    add(CURSOR.name, text(context, "after"));
    add(SORT.name, text(context, "orderBy").map(|order| sort(&order)));
    if context.ctx.look_ahead().field("totalCount").exists() {
        add(COUNT.name, Some("true".to_owned()));
    }
    if let Some(filter) = context.args.get("filter").and_then(|it| it.object().ok()) {
        for member in FILTER_MEMBERS.iter() {
            let given = filter.get(&member.field).map(|value| member.shape.read(value.as_value()));
            add(&member.name, given.as_ref().and_then(written));
        }
    }
    all
}

fn text(context: &ResolverContext<'_>, argument: &str) -> Option<String> {
    let value = context.args.get(argument)?.as_value();
    if let Value::Enum(name) = value {
        return Some(name.to_string());
    }
    written(&value.clone().into_json().ok()?)
}

/// As it stands in a query; null is not there.
fn written(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => {
            Some(value.to_string())
        }
    }
}

/// Each order: what GraphQL calls it, and what REST does.
fn orders() -> impl Iterator<Item = (String, &'static str)> {
    ORDERS.iter().flat_map(|(forwards, backwards, _)| {
        let name = constant(forwards);
        [(format!("{name}_ASC"), *forwards), (format!("{name}_DESC"), *backwards)]
    })
}

/// What REST calls an order.
fn sort(order: &str) -> String {
    let known = orders().find(|(name, _)| name == order);
    known.map_or(order, |(_, parameter)| parameter).to_owned()
}

/// Where among the arguments a faulty parameter stands.
fn place(pointer: &str) -> String {
    let Some(name) = pointer.strip_prefix('?') else { return pointer.to_owned() };
    let argument = [(&LIMIT, "/first"), (&CURSOR, "/after"), (&SORT, "/orderBy")];
    let argument = argument.into_iter().find(|(parameter, _)| parameter.name == name);
    match argument {
        Some((_, place)) => place.to_owned(),
        None if name == FILTER.name => "/filter/expression".to_owned(),
        None => format!("/filter/{}", camel(name)),
    }
}

fn connection(call: &Call<'_>, page: Page<Json>) -> Json {
    let cursor = |item: Option<&(Json, String)>| item.map(|(_, cursor)| cursor.clone());
    let page_info = json!({
        "has_next_page": page.has_more,
        "has_previous_page": call.parameter(CURSOR.name).is_some(),
        "start_cursor": cursor(page.items.first()),
        "end_cursor": cursor(page.items.last()),
    });
    let edges =
        page.items.into_iter().map(|(node, cursor)| json!({"cursor": cursor, "node": node}));
    let edges: Json = edges.collect();
    json!({"page_info": page_info, "edges": edges, "total_count": page.total})
}

/// The members of the filter: the parameters of the search that are no business of the page.
static FILTER_MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let of_page = [&SORT, &CURSOR, &LIMIT, &COUNT];
    let searches = CONNECTIONS.iter().filter(|connection| connection.has(&FILTER));
    let parameters = searches.flat_map(|search| search.endpoint.parameters);
    let filters = parameters.filter(|it| of_page.iter().all(|other| other.name != it.name));
    let member = |parameter: &endpoint::Parameter| {
        let mut member = Member::new(parameter.name, Shape::of(parameter.schema), true);
        if parameter.name == FILTER.name {
            "expression".clone_into(&mut member.field);
        }
        member
    };
    filters.map(member).collect()
});

/// What a search may say.
pub(super) fn filter() -> InputObject {
    let value = |member: &Member| InputValue::new(&member.field, member.type_ref());
    FILTER_MEMBERS.iter().map(value).fold(
        InputObject::new("UserFilter").description(
            "All that is said must be so; `expression` is in SCIM's filter grammar (RFC 7644 §3.4.2.2)",
        ),
        InputObject::field,
    )
}

/// In which order users come.
pub(super) fn order() -> Enum {
    Enum::new("UserOrder").items(orders().map(|(name, _)| name))
}

/// The objects around what is listed.
pub(super) fn objects() -> Vec<Object> {
    let member = Member::new;
    let object = |name: String, members| Object { name, description: String::new(), members };
    let (text, flag) = (|| Shape::Scalar("String"), || Shape::Scalar("Boolean"));
    let of_page = vec![
        member("has_next_page", flag(), false),
        member("has_previous_page", flag(), false),
        member("start_cursor", text(), true),
        member("end_cursor", text(), true),
    ];
    let around = |connection: &Connection| {
        let node = connection.node.name;
        let edge = format!("{node}Edge");
        let edges = Shape::List(Box::new(Shape::Object(edge.clone())));
        let mut members = vec![
            member("edges", edges, false),
            member("page_info", Shape::Object("PageInfo".to_owned()), false),
        ];
        if connection.has(&COUNT) {
            members.push(member("total_count", Shape::Scalar("Int"), true));
        }
        let of_edge = vec![
            member("cursor", text(), false),
            member("node", Shape::Object(node.to_owned()), false),
        ];
        [object(format!("{node}Connection"), members), object(edge, of_edge)]
    };
    let info = object("PageInfo".to_owned(), of_page);
    iter::once(info).chain(CONNECTIONS.iter().flat_map(around)).collect()
}
