//! The operations of the REST API once more, as GraphQL. The schema is made of the routes and
//! of what the OpenAPI document says about them, and every root field runs the operation of its
//! route: what a call does, what it refuses and who may make it cannot differ between the two.

mod connections;
mod document;
mod error;
mod media;
mod names;
mod page;
mod root_field;
mod runner;
mod schema;
mod shape;

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
use userdom_application::{App, AppError, FaultKind, services::ValidationService};

use self::{document::Plan, runner::Runner, schema::SCHEMA};
use crate::{
    http::{
        blocking,
        body::{self, Fields},
        call::{KnownAs, Request},
        codes::Plain,
        incoming::{self, Admitted, Incoming},
        problem::Problem,
    },
    middleware::RequestId,
    routes::{GRAPHQL, GRAPHQL_BY_GET, Route, Verb},
};

pub(crate) use media::{MEDIA_TYPES, is_answer};
pub use schema::SDL;

const NOT_BY_GET: &str = "method.not_allowed";

/// What the query of a GET may say.
pub(crate) const PARAMETERS: &[&str] = &["query", "operationName", "variables", "extensions"];

/// A request, as GraphQL over HTTP has it.
struct Asked {
    query: String,
    operation_name: Option<String>,
    variables: Value,
}

/// `POST /graphql`.
pub(crate) async fn answer(http: HttpRequest, payload: web::Payload) -> HttpResponse {
    in_own_form(&http, carry_out(&GRAPHQL, &http, payload).await)
}

/// `GET /graphql`: what only reads; or `GraphiQL`, where it is turned on and a browser asks.
pub(crate) async fn answer_by_get(http: HttpRequest, payload: web::Payload) -> HttpResponse {
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
    route: &'static Route,
    http: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let Incoming { state, caller, request, key, .. } = incoming::read(route, http, payload).await?;
    let token = request.token.clone();
    let planned = move |_: &App| {
        let asked = asked(route, &request)?;
        let plan = document::plan(&asked.query, asked.operation_name.as_deref(), &asked.variables);
        let plan = plan.and_then(|plan| only_reads(route, plan));
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
    let admitted = match hashing {
        Some(_) => incoming::admit(&state, &caller, token.clone(), move || hashing).await?,
        None => Admitted::default(),
    };
    let (now, requires_if_match) = (state.now(), state.requires_if_match);
    let work = move |app: &App| {
        let Admitted { _turn, is_counted } = admitted;
        let mut runner = Runner::new(app.clone(), caller, token, now);
        (runner.key, runner.is_counted) = (key, is_counted);
        runner.requires_if_match = requires_if_match;
        Ok(run(asked, plan, runner))
    };
    let (response, known) = blocking::run(&state, work).await?;
    incoming::note(http, known);
    Ok(media::answered(http, &response))
}

fn shown(http: &HttpRequest, code: &str, refused: &Response) -> HttpResponse {
    if code != NOT_BY_GET {
        return media::answered(http, refused);
    }
    let mut answer = media::with_status(http, StatusCode::METHOD_NOT_ALLOWED, refused);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    answer
}

fn asked(route: &Route, request: &Request) -> Result<Asked, Problem> {
    if route.method == Verb::Get { read_parameters(request) } else { read(&request.body) }
}

/// Whatever follows a link sends a GET: that changes nothing.
fn only_reads(route: &Route, plan: Plan) -> Result<Plan, Problem> {
    if route.method == Verb::Get && plan.mutates {
        return Err(Problem::new(NOT_BY_GET).with_detail("Send a mutation by POST"));
    }
    Ok(plan)
}

fn read(body: &[u8]) -> Result<Asked, Problem> {
    let mut fields = Fields::of(body)?;
    let query = fields.required_text("query");
    // Consoles send an empty one for none.
    let operation_name = fields.text("operationName").filter(|name| !name.trim().is_empty());
    let variables = fields.members_of("variables").unwrap_or_default();
    // What clients tell about themselves there changes nothing.
    fields.members_of("extensions");
    let variables = Value::Object(variables);
    fields.finish(|| Some(Asked { query: query?, operation_name, variables }))
}

/// The same from the query of a GET, where the objects are written as JSON.
fn read_parameters(request: &Request) -> Result<Asked, Problem> {
    let mut faults = ValidationService::default();
    let text = |name: &str| {
        let found = request.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.clone()).filter(|text| !text.is_empty())
    };
    let query = text("query").unwrap_or_default();
    if query.is_empty() {
        faults.add("?query", "field.required", Plain("field.required"), FaultKind::Malformed);
    }
    let mut object = |name: &str| match text(name).map(|text| body::object(text.as_bytes())) {
        None => Value::Object(serde_json::Map::new()),
        Some(Ok(members)) => Value::Object(members),
        Some(Err(detail)) => {
            faults.add(&format!("?{name}"), "field.wrong_type", &detail, FaultKind::Malformed);
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
