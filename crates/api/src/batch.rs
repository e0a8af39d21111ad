//! Several operations in one request, one after the other.

use std::cell::Cell;

use actix_web::web::{self, Bytes};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use userdom_application::{Caller, Commit};

use crate::http::{
    call::{Call, Request},
    dispatch::dispatch,
    endpoint::{Access, Endpoint, Idempotency, Method},
    idempotency::{self, Key},
    incoming::{known_parameters, versions},
    path,
    problem::{Answer, Problem},
    reply::Reply,
};

/// What a batch is to do.
pub(crate) struct Batch {
    pub(crate) is_atomic: bool,
    pub(crate) items: Vec<Item>,
}

/// One operation of a batch.
pub(crate) struct Item {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) if_match: Option<String>,
}

/// The endpoints among which operations are looked up: those of one path stand together.
type Endpoints = &'static [&'static Endpoint];

/// What came of one operation.
#[derive(Serialize)]
struct Outcome {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Outcomes {
    /// Whether what the batch did lasts; without `atomic` each operation stands for itself.
    committed: bool,
    results: Vec<Outcome>,
}

/// Carries out the operations, together or each by itself.
pub(crate) fn run(call: &Call<'_>, batch: &Batch, endpoints: Endpoints) -> Answer {
    let planned = plan(batch, call, endpoints);
    if batch.is_atomic { all_or_nothing(call, &planned) } else { each_by_itself(call, &planned) }
}

/// The endpoints of those operations that have one.
pub(crate) fn endpoints(
    batch: &Batch,
    endpoints: Endpoints,
) -> impl Iterator<Item = &'static Endpoint> {
    batch.items.iter().filter_map(move |item| Some(item.endpoint(endpoints).ok()?.0))
}

/// An operation that is ready to run.
struct Planned {
    endpoint: &'static Endpoint,
    caller: Caller,
    request: Request,
}

/// Each operation, or why it cannot even begin. One password or code is checked in a batch at
/// most: more would multiply guesses, and the work of hashing. One export is, since it is long.
fn plan(batch: &Batch, call: &Call<'_>, endpoints: Endpoints) -> Vec<Result<Planned, Problem>> {
    let (has_checked, has_exported) = (Cell::new(false), Cell::new(false));
    let one = |item: &Item| {
        let planned = item.plan(call, endpoints)?;
        if planned.endpoint.checks_a_secret() && has_checked.replace(true) {
            return Err(Problem::new(code!("batch.too_many_passwords")));
        }
        if planned.endpoint.is_long() && has_exported.replace(true) {
            return Err(Problem::new(code!("batch.too_many_exports")));
        }
        if batch.is_atomic && !planned.endpoint.edits {
            return Err(Problem::new(code!("batch.not_atomic")));
        }
        Ok(planned)
    };
    batch.items.iter().map(one).collect()
}

/// Names in braces with what stands in their place.
type Segments = Vec<(String, String)>;

impl Item {
    fn endpoint(&self, endpoints: Endpoints) -> Result<(&'static Endpoint, Segments), Problem> {
        let path = self.path.split_once('?').map_or(&*self.path, |(path, _)| path);
        find(&self.method, path, endpoints)
    }

    fn plan(&self, call: &Call<'_>, endpoints: Endpoints) -> Result<Planned, Problem> {
        let (endpoint, segments) = self.endpoint(endpoints)?;
        let (_, query) = self.path.split_once('?').unwrap_or_default();
        let query = web::Query::<Vec<(String, String)>>::from_query(query);
        let query = query.map_err(|_| Problem::new(code!("query.malformed")))?.into_inner();
        let if_match = self.if_match.as_deref().map(versions).transpose()?;
        if call.requires_if_match && endpoint.edits && if_match.is_none() {
            return Err(Problem::new(code!("if_match.required")));
        }
        let body = self.body.as_ref().map(Value::to_string).unwrap_or_default();
        let (actor, if_match) = match endpoint.access {
            Access::Required => (call.caller.actor.clone(), if_match.flatten()),
            Access::Open | Access::Optional => (None, None),
        };
        let origin = call.caller.origin.clone();
        let caller = Caller { actor, if_match, if_none_match: None, origin };
        let request = Request {
            segments,
            parameters: known_parameters(endpoint, query)?,
            body: Bytes::from(body),
            token: call.request.token.clone(),
            ..Request::default()
        };
        Ok(Planned { endpoint, caller, request })
    }
}

/// The endpoint of a path: of templates that fit, the first, as in the router.
fn find(
    method: &str,
    path: &str,
    endpoints: Endpoints,
) -> Result<(&'static Endpoint, Segments), Problem> {
    let parts = path::parts(path)?;
    let of_path = endpoints.chunk_by(|a, b| a.path == b.path).find_map(|of_path| {
        let segments = path::segments(of_path.first()?.path, &parts)?;
        Some((of_path, segments))
    });
    let (of_path, segments) = of_path.ok_or_else(|| Problem::new(code!("route.not_found")))?;
    let is_meant = |endpoint: &&&Endpoint| {
        endpoint.method.as_str() == method && endpoint.idempotency != Idempotency::EachOperation
    };
    let endpoint = of_path.iter().find(is_meant);
    let endpoint = endpoint.ok_or_else(|| Problem::new(code!("method.not_allowed")))?;
    Ok((*endpoint, segments))
}

impl Planned {
    fn run(&self, commit: &Commit, call: &Call<'_>, key: Option<&Key<'_>>) -> Answer {
        let call = Call { commit, caller: &self.caller, request: &self.request, ..*call };
        dispatch(self.endpoint, &call, key)
    }
}

/// The key of the batch's `n`th operation that has one. Each stands for the batch as a whole.
fn key_text(call: &Call<'_>, n: usize) -> Option<String> {
    call.key.map(|key| format!("{key}/{n}"))
}

/// Each operation is a transaction of its own, and has a key of its own where the batch has one:
/// a batch that is sent again does what is still missing.
fn each_by_itself(call: &Call<'_>, planned: &[Result<Planned, Problem>]) -> Answer {
    let (mut has_written, mut keyed) = (false, 0);
    let request = [&*call.request.body];
    let outcome = |planned: &Result<Planned, Problem>| {
        let planned = match planned {
            Ok(planned) => planned,
            Err(problem) => return Ok(Outcome::refused(problem, call)),
        };
        // An operation before may have ended the session of the caller.
        if let (Access::Required, Some(token)) = (planned.endpoint.access, &call.request.token)
            && has_written
            && let Err(error) = call.app.authenticate(token)
        {
            return Ok(Outcome::refused(&error.into(), call));
        }
        let is_write = planned.endpoint.method != Method::Get;
        has_written |= is_write;
        let text = key_text(call, keyed).filter(|_| is_write);
        keyed += usize::from(is_write);
        let key = text.as_deref().map(|text| Key { text, owner: call.caller, request: &request });
        match planned.run(call.commit, call, key.as_ref()) {
            // The whole batch is another than the one that had the key.
            Err(problem) if problem.code == code!("idempotency_key.reused") => Err(problem),
            Err(problem) => Ok(Outcome::refused(&problem, call)),
            Ok(reply) => Ok(Outcome::of(reply)),
        }
    };
    let results = planned.iter().map(outcome).collect::<Result<_, Problem>>()?;
    Reply::ok(&Outcomes { committed: true, results })
}

/// All operations in one transaction; the first that is refused undoes those before it.
fn all_or_nothing(call: &Call<'_>, planned: &[Result<Planned, Problem>]) -> Answer {
    let together = |commit: &Commit| {
        let replies = call.app.all_or_nothing(commit, |commit| {
            let one = |(n, planned): (usize, &Result<Planned, Problem>)| {
                let answer = match planned {
                    Ok(planned) => planned.run(commit, call, None),
                    Err(problem) => Err(problem.without_cause()),
                };
                answer.map_err(|problem| problem.of_operation(n))
            };
            planned.iter().enumerate().map(one).collect::<Result<Vec<Reply>, Problem>>()
        })?;
        let results = replies.into_iter().map(Outcome::of).collect();
        Reply::ok(&Outcomes { committed: true, results })
    };
    let (text, request) = (key_text(call, 0), [&*call.request.body]);
    let key = text.as_deref().map(|text| Key { text, owner: call.caller, request: &request });
    let answer = match key {
        Some(key) => idempotency::answer(call.app, &key, together),
        None => together(call.commit),
    };
    answer.or_else(|problem| match problem.operation {
        Some(refused) => undone(call, planned.len(), refused, &problem),
        None => Err(problem),
    })
}

/// The answer to a batch of which one operation was refused.
fn undone(call: &Call<'_>, operations: usize, refused: usize, problem: &Problem) -> Answer {
    let other = Problem::new(code!("batch.undone"));
    let outcome = |n| Outcome::refused(if n == refused { problem } else { &other }, call);
    Reply::ok(&Outcomes { committed: false, results: (0..operations).map(outcome).collect() })
}

impl Outcome {
    fn of(reply: Reply) -> Self {
        let mut outcome = Self {
            status: reply.status.as_u16(),
            location: None,
            etag: None,
            body: String::from_utf8(reply.body).ok().and_then(|it| RawValue::from_string(it).ok()),
        };
        for (name, value) in reply.headers {
            match name.as_str() {
                "location" => outcome.location = Some(value),
                "etag" => outcome.etag = Some(value),
                _ => {}
            }
        }
        outcome
    }

    fn refused(problem: &Problem, call: &Call<'_>) -> Self {
        let (status, body) = problem.to_body(&call.caller.origin.request_id);
        Self { status, location: None, etag: None, body: RawValue::from_string(body).ok() }
    }
}
