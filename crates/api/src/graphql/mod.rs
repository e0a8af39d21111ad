//! The operations of the REST API once more, as GraphQL. The schema is made of the routes and
//! of what the OpenAPI document says about them, and every root field runs the operation of its
//! route: what a call does, what it refuses and who may make it cannot differ between the two.

mod connections;
mod document;
mod error;
mod names;
mod page;
mod runner;
mod schema;
mod shape;
mod twin;

use std::sync::Arc;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, Accept, Header, HeaderMap, HeaderValue, Quality},
    },
    web,
};
use async_graphql::{Request, Response, Variables};
use serde_json::Value;
use tokio::runtime::Handle;
use userdom_application::{App, AppError};

use self::{document::Plan, runner::Runner, schema::SCHEMA};
use crate::{
    blocking,
    body::Fields,
    call::KnownAs,
    door::{self, Incoming},
    middleware::RequestId,
    problem::Problem,
    rest::GRAPHQL,
};

pub(crate) use page::graphiql;
pub use schema::SDL;

const JSON: &str = "application/json";
/// What clients of GraphQL over HTTP ask for by this name.
const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
/// What an answer may be.
pub(crate) const MEDIA_TYPES: [&str; 2] = [JSON, GRAPHQL_RESPONSE];

/// A request, as GraphQL over HTTP has it.
struct Asked {
    query: String,
    operation_name: Option<String>,
    variables: Value,
}

/// `POST /graphql`: one hop to read the document, another to run it. In between it is known
/// whether passwords of strangers are hashed, which only some may do at once.
pub(crate) async fn answer(http: HttpRequest, payload: web::Payload) -> HttpResponse {
    match carried_out(&http, payload).await {
        Ok(response) => response,
        Err(problem) => refused(&http, &problem),
    }
}

async fn carried_out(http: &HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let Incoming { state, caller, request, key, .. } = door::read(&GRAPHQL, http, payload).await?;
    let token = request.token;
    let planned = move |_: &App| {
        let asked = read(&request.body)?;
        let plan = document::plan(&asked.query, asked.operation_name.as_deref(), &asked.variables);
        Ok((asked, plan))
    };
    let (asked, plan) = match blocking::run(&state, planned).await? {
        (asked, Ok(plan)) => (asked, plan),
        (_, Err(problem)) => {
            let refused = error::refusal(&problem, &caller.origin.request_id);
            return Ok(shown(http, &refused));
        }
    };
    let _turn = if plan.hashes_for_strangers { Some(state.hashing.turn().await?) } else { None };
    let (now, requires_if_match) = (state.now(), state.requires_if_match);
    let work = move |app: &App| {
        let runner = Runner::new(app.clone(), caller, token, key, now, requires_if_match);
        Ok(run(asked, plan, runner))
    };
    let (response, known) = blocking::run(&state, work).await?;
    door::note(http, known);
    Ok(shown(http, &response))
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

/// Runs the document, on this thread: no field waits for anything.
fn run(asked: Asked, plan: Plan, runner: Runner) -> (Response, Option<KnownAs>) {
    let request_id = runner.request_id().to_owned();
    if plan.introspects && !runner.is_signed_in() {
        let problem = AppError::Unauthenticated.into();
        return (error::refusal(&problem, &request_id), None);
    }
    let runner = Arc::new(runner);
    let mut request = Request::new(String::new())
        .variables(Variables::from_json(asked.variables))
        .data(Arc::clone(&runner));
    request.operation_name = asked.operation_name;
    request.set_parsed_query(plan.document);
    let response = Handle::current().block_on(SCHEMA.execute(request));
    (error::with_codes(response, &request_id), runner.known())
}

/// Whether an answer is one of GraphQL's, by its headers.
pub(crate) fn is_answer(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    content_type.is_some_and(|it| it == JSON.as_bytes() || it == GRAPHQL_RESPONSE.as_bytes())
}

/// 200 with whatever came of it, or 400 when nothing was even begun.
fn shown(http: &HttpRequest, response: &Response) -> HttpResponse {
    let is_begun = response.data != async_graphql::Value::Null;
    let status = if is_begun { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    HttpResponse::build(status).content_type(accepted(http)).json(response)
}

/// What is wrong with the request itself, with the status and the headers that it has elsewhere.
fn refused(http: &HttpRequest, problem: &Problem) -> HttpResponse {
    let request_id = http.extensions().get::<RequestId>().cloned();
    let request_id = request_id.map(|id| id.0).unwrap_or_default();
    let mut response = problem.respond(&request_id);
    let body = serde_json::to_string(&error::refusal(problem, &request_id)).unwrap_or_default();
    let content_type = HeaderValue::from_static(accepted(http));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response.set_body(BoxBody::new(body))
}

/// The media type of the answer: the other one only for a client that prefers it.
fn accepted(http: &HttpRequest) -> &'static str {
    let Ok(accept) = Accept::parse(http) else { return JSON };
    let quality = |kind: &str| {
        let named = accept.iter().filter(|item| item.item.essence_str() == kind);
        named.map(|item| item.quality).max()
    };
    let anything = quality("application/*").or_else(|| quality("*/*")).unwrap_or(Quality::ZERO);
    let (plain, own) = (quality(JSON).unwrap_or(anything), quality(GRAPHQL_RESPONSE));
    if own.is_some_and(|own| own > Quality::ZERO && own >= plain) { GRAPHQL_RESPONSE } else { JSON }
}
