//! What is read page by page: Relay's connections, forwards.

use std::{
    future,
    sync::{Arc, LazyLock},
};

use async_graphql::{
    Result, Value,
    dynamic::{
        Enum, Field, FieldFuture, FieldValue, InputObject, InputValue, ResolverContext, TypeRef,
    },
};
use serde::Serialize;
use serde_json::{Value as Json, json};
use userdom_application::queries::Page;

use super::{
    error,
    names::{camel, constant},
    runner::Runner,
    shape::{Member, Object, Shape},
};
use crate::{
    endpoints::{audit_events, directory},
    http::{
        call::{Call, Request},
        problem::Problem,
    },
    openapi::{self, parameters::ORDERS},
    routes::{Route, Verb},
};

/// How many items a page has when nobody says.
pub(super) const USUAL_FIRST: usize = 50;

/// A list of which a part is shown.
struct Connection {
    field: &'static str,
    description: &'static str,
    /// What stands in it.
    node: &'static str,
    template: &'static str,
}

const USERS: Connection = Connection {
    field: "users",
    description: "Users who satisfy all of the filter",
    node: "User",
    template: "/v1/users",
};

const EVENTS: Connection = Connection {
    field: "auditEvents",
    description: "The audit trail of a user, the newest first",
    node: "Event",
    template: "/v1/users/{id}/events",
};

/// Whether a root field is one of them.
pub(super) fn is_one(field: &str) -> bool {
    field == USERS.field || field == EVENTS.field
}

/// The root fields.
pub(super) fn fields() -> [Field; 2] {
    let first = || {
        InputValue::new("first", TypeRef::named_nn(TypeRef::INT))
            .default_value(USUAL_FIRST)
            .description("How many at most: 1 to 200")
    };
    let after = || {
        InputValue::new("after", TypeRef::named(TypeRef::STRING))
            .description("The `endCursor` of the page before")
    };
    let order = InputValue::new("orderBy", TypeRef::named_nn("UserOrder"))
        .default_value(Value::Enum(async_graphql::Name::new("CREATED_AT_ASC")));
    let user = InputValue::new("userId", TypeRef::named_nn(TypeRef::ID)).default_value("me");
    [
        USERS
            .field()
            .argument(InputValue::new("filter", TypeRef::named("UserFilter")))
            .argument(order)
            .argument(first())
            .argument(after()),
        EVENTS.field().argument(user).argument(first()).argument(after()),
    ]
}

impl Connection {
    fn field(&'static self) -> Field {
        let kind = TypeRef::named(format!("{}Connection", self.node));
        let field = Field::new(self.field, kind, |context| {
            FieldFuture::new(future::ready(self.resolve(&context)))
        });
        field.description(self.description)
    }

    fn resolve(&self, context: &ResolverContext<'_>) -> Result<Option<FieldValue<'static>>> {
        let runner = context.ctx.data::<Arc<Runner>>()?;
        let found = self.find(context, runner).map(FieldValue::owned_any);
        Ok(error::told(found, context, runner.request_id(), place))
    }

    fn find(&self, context: &ResolverContext<'_>, runner: &Runner) -> Result<Json, Problem> {
        let request = Request {
            segments: vec![("id".to_owned(), text(context, "userId").unwrap_or_default())],
            parameters: parameters(context),
            ..Request::default()
        };
        let route = self.route().ok_or_else(|| Problem::internal("a list has no route"))?;
        let caller = runner.caller(route, None)?;
        let call = runner.call_of(&caller, &request);
        if self.node == USERS.node {
            page(&call, &directory::find(&call)?)
        } else {
            page(&call, &audit_events::find(&call)?)
        }
    }

    fn route(&self) -> Option<&'static Route> {
        let is_meant =
            |route: &&Route| route.method == Verb::Get && route.template == self.template;
        crate::routes::ROUTES.iter().find(is_meant)
    }
}

/// The arguments, as the parameters of the REST route.
fn parameters(context: &ResolverContext<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        all.extend(value.map(|value| (name.to_owned(), value)));
    };
    add("limit", text(context, "first"));
    add("cursor", text(context, "after"));
    add("sort", text(context, "orderBy").map(|order| sort(&order)));
    if context.ctx.look_ahead().field("totalCount").exists() {
        add("count", Some("true".to_owned()));
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
    match context.args.get(argument)?.as_value() {
        Value::Enum(name) => Some(name.to_string()),
        value => written(&value.clone().into_json().ok()?),
    }
}

/// As it stands in a query; null is not there.
fn written(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// What REST calls an order.
fn sort(order: &str) -> String {
    let known = |(name, sign): &(&str, &str)| order == format!("{}_{sign}", constant(name));
    let all = ORDERS.iter().flat_map(|name| [(*name, "ASC"), (*name, "DESC")]);
    match all.into_iter().find(known) {
        Some((name, "DESC")) => format!("-{name}"),
        Some((name, _)) => name.to_owned(),
        None => order.to_owned(),
    }
}

/// Where among the arguments a faulty parameter stands.
fn place(pointer: &str) -> String {
    match pointer.strip_prefix('?') {
        Some("limit") => "/first".to_owned(),
        Some("cursor") => "/after".to_owned(),
        Some("sort") => "/orderBy".to_owned(),
        Some("filter") => "/filter/expression".to_owned(),
        Some(name) => format!("/filter/{}", camel(name)),
        None => pointer.to_owned(),
    }
}

fn page<T: Serialize>(call: &Call<'_>, page: &Page<T>) -> Result<Json, Problem> {
    let edge = |(node, cursor): &(T, String)| {
        Ok(json!({"cursor": cursor, "node": serde_json::to_value(node)?}))
    };
    let edges: Result<Vec<_>, serde_json::Error> = page.items.iter().map(edge).collect();
    Ok(json!({
        "page_info": {
            "has_next_page": page.has_more,
            "has_previous_page": call.parameter("cursor").is_some(),
            "start_cursor": page.items.first().map(|(_, cursor)| cursor),
            "end_cursor": page.items.last().map(|(_, cursor)| cursor),
        },
        "edges": edges.map_err(Problem::internal)?,
        "total_count": page.total,
    }))
}

/// The members of the filter: the parameters of the search that are no business of the page.
static FILTER_MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let route = USERS.route();
    let parameters = route.map(openapi::parameters::of).unwrap_or_default();
    let member = |parameter: &Json| {
        let name = parameter.get("name")?.as_str()?;
        let is_filter = parameter.get("in")? == "query"
            && !matches!(name, "sort" | "cursor" | "limit" | "count");
        let mut member = Member::new(name, Shape::of(parameter.get("schema")?), true);
        if name == "filter" {
            "expression".clone_into(&mut member.field);
        }
        is_filter.then_some(member)
    };
    parameters.iter().filter_map(member).collect()
});

/// What a search may say.
pub(super) fn filter() -> InputObject {
    let members = FILTER_MEMBERS.iter();
    let value = |member: &Member| InputValue::new(&member.field, member.type_ref(str::to_owned));
    members.map(value).fold(
        InputObject::new("UserFilter").description(
            "All that is said must be so; `expression` is in SCIM's filter grammar (RFC 7644 §3.4.2.2)",
        ),
        InputObject::field,
    )
}

/// In which order users come.
pub(super) fn order() -> Enum {
    let item = |name| ["ASC", "DESC"].map(|sign| format!("{}_{sign}", constant(name)));
    Enum::new("UserOrder").items(ORDERS.into_iter().flat_map(item))
}

/// The objects around what is listed.
pub(super) fn objects() -> Vec<Object> {
    let member = Member::new;
    let object = |name: String, members| Object { name, description: String::new(), members };
    let text = || Shape::Scalar("String");
    let mut all = vec![object(
        "PageInfo".to_owned(),
        vec![
            member("has_next_page", Shape::Scalar("Boolean"), false),
            member("has_previous_page", Shape::Scalar("Boolean"), false),
            member("start_cursor", text(), true),
            member("end_cursor", text(), true),
        ],
    )];
    for Connection { node, .. } in [USERS, EVENTS] {
        let edge = format!("{node}Edge");
        let edges = Shape::List(Box::new(Shape::Object(edge.clone())));
        let mut members = vec![
            member("edges", edges, false),
            member("page_info", Shape::Object("PageInfo".to_owned()), false),
        ];
        if node == USERS.node {
            members.push(member("total_count", Shape::Scalar("Int"), true));
        }
        all.push(object(format!("{node}Connection"), members));
        let node = Shape::Object(node.to_owned());
        all.push(object(edge, vec![member("cursor", text(), false), member("node", node, false)]));
    }
    all
}
