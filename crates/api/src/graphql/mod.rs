//! The operations of the REST API once more, as GraphQL. The schema is made of the routes and
//! of what the OpenAPI document says about them, and every root field runs the operation of its
//! route: what a call does, what it refuses and which callers may make it cannot differ between the two.

mod connections;
mod document;
mod error;
mod lexical_size;
mod media;
mod names;
mod page;
mod root_field;
mod runner;
mod schema;
mod shape;
mod views;

use std::sync::Arc;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{ALLOW, HeaderValue},
    },
    web,
};
use async_graphql::{Request as Document, Response, Variables};
use serde_json::Value;
use tokio::runtime::Handle;
use userdom_application::{App, AppError};

use self::{document::Plan, runner::Runner, schema::SCHEMA, views::ANSWER};
use crate::http::{
    RequestId, blocking,
    body::{self, Body, Context, Fields},
    call::{KnownAs, Request},
    codes::Code,
    dispatch::{HashingPermit, note_caller, wait_to_hash},
    endpoint::{Endpoint, Handler, Method, Parameter, RequestBody, SERVICE, ok, outside_the_api},
    faults::{FaultKind, FaultList},
    incoming::{self, Incoming},
    parameters::parameter,
    problem::Problem,
    schema::Schema,
};

pub(crate) use media::is_answer;
pub use schema::SDL;

const NOT_BY_GET: &Code = code!("method.not_allowed");

/// The same operations once more.
pub(crate) static GRAPHQL: Endpoint = Endpoint {
    tag: Some(SERVICE),
    id: "graphql",
    summary: "The same operations as GraphQL: docs/schema.graphql",
    description: "Runs a GraphQL document. With `Accept: application/graphql-response+json` a document of which nothing could be begun has a status of its own; as `application/json` it is 200 with `errors` and without `data`.",
    request: RequestBody::Json(&DOCUMENT),
    responses: &[ok(&ANSWER)],
    media_types: &media::MEDIA_TYPES,
    refusals: codes![
        "graphql.malformed",
        "graphql.invalid",
        "graphql.too_complex",
        "graphql.too_many_passwords",
        "graphql.too_many_exports",
        "access.unauthenticated",
    ],
    ..outside_the_api(Method::Post, "/graphql", Handler::Document(|| web::to(answer)))
};

/// What only reads, in the URL.
pub(crate) static GRAPHQL_BY_GET: Endpoint = Endpoint {
    tag: Some(SERVICE),
    id: "graphqlByGet",
    summary: "The same queries, in the URL",
    description: "Runs a document that only reads; a mutation is 405. What stands in a URL is kept by proxies and browsers: send what is personal by POST.",
    parameters: &[
        Parameter {
            name: "query",
            description: "A GraphQL document that only reads",
            schema: Schema::Text,
            is_required: true,
        },
        parameter("operationName", "Which operation of the document is meant", Schema::Text),
        parameter("variables", "A JSON object", Schema::Text),
        parameter("extensions", "A JSON object, which changes nothing", Schema::Text),
    ],
    responses: &[ok(&ANSWER)],
    media_types: &media::MEDIA_TYPES,
    refusals: codes![
        "graphql.malformed",
        "graphql.invalid",
        "graphql.too_complex",
        "graphql.too_many_exports",
        "access.unauthenticated",
        "method.not_allowed",
    ],
    ..outside_the_api(Method::Get, "/graphql", Handler::Document(|| web::to(answer_by_get)))
};

static DOCUMENT: Body<Asked> = Body::new(
    "GraphqlDocument",
    "A GraphQL document, as GraphQL over HTTP has it",
    r#"{"query": "{ me { id } }"}"#,
    |fields| {
        let query = fields.required_text("query");
        // Consoles send an empty one for none.
        let operation_name = fields.text("operationName").filter(|name| !name.trim().is_empty());
        let variables = fields.json_object("variables").unwrap_or_default();
        // What clients say of themselves there changes nothing.
        fields.json_object("extensions");
        let variables = Value::Object(variables);
        Some(Asked { query: query?, operation_name, variables })
    },
);

/// A request, as GraphQL over HTTP has it.
struct Asked {
    query: String,
    operation_name: Option<String>,
    variables: Value,
}

async fn answer(http: HttpRequest, payload: web::Payload) -> HttpResponse {
    in_own_form(&http, carry_out(&GRAPHQL, &http, payload).await)
}

/// Or `GraphiQL`, where it is turned on and a browser asks.
async fn answer_by_get(http: HttpRequest, payload: web::Payload) -> HttpResponse {
    if page::is_wanted(&http) {
        return page::show();
    }
    in_own_form(&http, carry_out(&GRAPHQL_BY_GET, &http, payload).await)
}

/// What is wrong with the request itself has the status and the headers that it has elsewhere.
fn in_own_form(http: &HttpRequest, answer: Result<HttpResponse, Problem>) -> HttpResponse {
    answer.unwrap_or_else(|problem| {
        let request_id = http.extensions().get::<RequestId>().cloned();
        let request_id = request_id.map(|id| id.0).unwrap_or_default();
        let refusal = error::refusal(&problem, &request_id);
        media::with_headers_of(http, problem.respond(&request_id), &refusal)
    })
}

/// One hop to read the document, another to run it. In between it is known whether a
/// password is hashed, which only some may do at once.
async fn carry_out(
    endpoint: &'static Endpoint,
    http: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let Incoming { state, caller, request, key, .. } =
        incoming::read(endpoint, http, payload).await?;
    let token = request.token.clone();
    let planned = move |_: &App| {
        let asked = asked(endpoint, &request)?;
        let plan = document::plan(&asked.query, asked.operation_name.as_deref(), &asked.variables);
        let plan = plan.and_then(|plan| only_reads(endpoint, plan));
        Ok((asked, plan))
    };
    let (asked, plan) = match blocking::run(&state, planned).await? {
        (asked, Ok(plan)) => (asked, plan),
        (_, Err(problem)) => {
            let refused = error::refusal(&problem, &caller.origin.request_id);
            return Ok(shown(http, problem.code, &refused));
        }
    };
    let hashing = plan.hashing;
    let permit = match hashing {
        Some(_) => wait_to_hash(&state, &caller, token.clone(), move || hashing).await?,
        None => HashingPermit::default(),
    };
    let (now, requires_if_match) = (state.now(), state.requires_if_match);
    let work = move |app: &App| {
        let HashingPermit { _turn, is_counted } = permit;
        let mut runner = Runner::new(app.clone(), caller, token, now);
        (runner.key, runner.is_counted) = (key, is_counted);
        runner.requires_if_match = requires_if_match;
        Ok(run(asked, plan, runner))
    };
    let (response, known) = blocking::run(&state, work).await?;
    note_caller(http, known);
    Ok(media::answered(http, &response))
}

fn shown(http: &HttpRequest, code: &Code, refused: &Response) -> HttpResponse {
    if code != NOT_BY_GET {
        return media::answered(http, refused);
    }
    let mut answer = media::with_status(http, StatusCode::METHOD_NOT_ALLOWED, refused);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

fn asked(endpoint: &Endpoint, request: &Request) -> Result<Asked, Problem> {
    if endpoint.method == Method::Get {
        return read_parameters(request);
    }
    let mut fields = Fields::of(&request.body, Context::default())?;
    let asked = (DOCUMENT.read)(&mut fields);
    fields.finish(asked)
}

/// Whatever follows a link sends a GET: that changes nothing.
fn only_reads(endpoint: &Endpoint, plan: Plan) -> Result<Plan, Problem> {
    if endpoint.method == Method::Get && plan.mutates {
        return Err(Problem::new(NOT_BY_GET).with_detail("Send a mutation by POST"));
    }
    Ok(plan)
}

/// A request from the query of a GET, where the objects are written as JSON.
fn read_parameters(request: &Request) -> Result<Asked, Problem> {
    let mut faults = FaultList::default();
    let text = |name: &str| {
        let found = request.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.clone()).filter(|text| !text.is_empty())
    };
    let query = text("query").unwrap_or_default();
    if query.is_empty() {
        faults.add("?query", &code!("field.required"), FaultKind::Malformed);
    }
    let mut object = |name: &str| match text(name).map(|text| body::object(text.as_bytes())) {
        None => Value::Object(serde_json::Map::new()),
        Some(Ok(members)) => Value::Object(members),
        Some(Err(detail)) => {
            faults.malformed(&format!("?{name}"), code!("field.wrong_type"), &detail);
            Value::Null
        }
    };
    let variables = object("variables");
    object("extensions");
    faults.finish()?;
    Ok(Asked { query, operation_name: text("operationName"), variables })
}

/// Runs the document, on this thread: no field waits for anything.
fn run(asked: Asked, plan: Plan, runner: Runner) -> (Response, Option<KnownAs>) {
    let request_id = runner.request_id().to_owned();
    if plan.introspects && !runner.is_signed_in() {
        let problem = AppError::Unauthenticated.into();
        return (error::refusal(&problem, &request_id), None);
    }
    let runner = Arc::new(runner);
    let mut request = Document::new(String::new())
        .variables(Variables::from_value(shape::of_json(asked.variables)))
        .data(Arc::clone(&runner));
    request.operation_name = asked.operation_name;
    request.set_parsed_query(plan.document);
    let response = Handle::current().block_on(SCHEMA.execute(request));
    (error::with_codes(response, &request_id), runner.known())
}
