//! From a request that was read to the operation of its endpoint, and back to the answer.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::Method, web};
use userdom_application::{App, AppError, Caller, Commit};

use super::{
    ApiState, blocking,
    call::{Call, KnownAs},
    endpoint::{Access, Endpoint, Hashing, Idempotency, Streaming},
    export_body::ExportBody,
    hashing_queue::Turn,
    idempotency::{self, Key},
    incoming::{Incoming, read},
    problem::{Answer, Problem},
};

/// Reads the request, makes one hop to a blocking thread, where the token is checked and the
/// operation runs, and sends the answer.
pub(crate) async fn answer(
    endpoint: &'static Endpoint,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let Incoming { state, caller, request, key, path, is_blind } =
        read(endpoint, &http, payload).await?;
    let permit = if endpoint.may_hash() {
        let body = request.body.clone();
        let hashing = move || endpoint.hashing_of(&body);
        wait_to_hash(&state, &caller, request.token.clone(), hashing).await?
    } else {
        HashingPermit::default()
    };
    let (now, shared) = (state.now(), state.clone());
    let work = move |app: &App| {
        let HashingPermit { _turn, is_counted } = permit;
        let caller = with_required_actor(app, endpoint, caller, request.token.as_deref())?;
        let known = caller.actor.as_ref().map(KnownAs::from);
        if is_blind {
            return Ok((known, Err(Problem::new(code!("if_match.required")))));
        }
        let requires_if_match = state.requires_if_match;
        let (caller, request) = (&caller, &request);
        let commit = &Commit::AtOnce;
        let call =
            Call { app, caller, commit, request, now, requires_if_match, key: None, is_counted };
        let fingerprint = [path.as_bytes(), &request.body];
        let key = key.as_deref().map(|text| Key { text, owner: caller, request: &fingerprint });
        Ok((known, dispatch(endpoint, &call, key.as_ref())))
    };
    let (known, answer): (Option<KnownAs>, Answer) = blocking::run(&shared, work).await?;
    let signed_in = answer.as_ref().ok().and_then(|reply| reply.known);
    note_caller(&http, known.or(signed_in));
    Ok(answer?.into())
}

/// [`answer`] where the answer is long: it is read part by part, as fast as the client takes it.
pub(crate) async fn answer_in_parts(
    endpoint: &'static Endpoint,
    streaming: Streaming,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let Incoming { state, caller, request, .. } = read(endpoint, &http, payload).await?;
    let (now, requires_if_match) = (state.now(), state.requires_if_match);
    let request_id = caller.origin.request_id.clone();
    let work = move |app: &App| {
        let caller = with_required_actor(app, endpoint, caller, request.token.as_deref())?;
        let known = caller.actor.as_ref().map(KnownAs::from);
        let (caller, request) = (&caller, &request);
        let is_counted = false;
        let commit = &Commit::AtOnce;
        let call =
            Call { app, caller, commit, request, now, requires_if_match, key: None, is_counted };
        Ok((known, streaming(&call)))
    };
    let (known, export) = blocking::run(&state, work).await?;
    note_caller(&http, known);
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    // Of an answer to HEAD no part is ever sent.
    let export = Some(export?).filter(|_| http.method() != Method::HEAD);
    Ok(response.body(ExportBody::new(state, export, request_id)))
}

/// What a request needs before it hashes a password.
#[derive(Debug, Default)]
pub(crate) struct HashingPermit {
    /// Held until the work has ended, also when the client disconnects.
    pub(crate) _turn: Option<Turn>,
    /// Whether the operation that hashes was counted.
    pub(crate) is_counted: bool,
}

/// Waits for a turn, if an operation of the request hashes a password. The request holds no thread
/// and no connection meanwhile. A request that will be refused before the hashing takes no place
/// in the queue.
pub(crate) async fn wait_to_hash(
    state: &ApiState,
    caller: &Caller,
    token: Option<String>,
    hashing: impl FnOnce() -> Option<&'static Endpoint> + Send + 'static,
) -> Result<HashingPermit, Problem> {
    let caller = caller.clone();
    let check = move |app: &App| {
        let Some(endpoint) = hashing() else { return Ok((Hashing::Nothing, false)) };
        let is_let_in = match endpoint.limit {
            Some(limit) => app.count_request(&caller, limit).is_ok(),
            None => token.is_some_and(|token| app.authenticate(&token).is_ok()),
        };
        let hashing = if is_let_in { endpoint.hashing } else { Hashing::Nothing };
        Ok((hashing, is_let_in && endpoint.limit.is_some()))
    };
    let (hashing, is_counted) = blocking::run(state, check).await?;
    Ok(HashingPermit { _turn: state.hashing.turn(hashing).await?, is_counted })
}

/// Names the caller in the access log.
pub(crate) fn note_caller(http: &HttpRequest, known: Option<KnownAs>) {
    if let Some(known) = known {
        http.extensions_mut().insert(known);
    }
}

/// The caller as its token makes it known, where there must be one.
fn with_required_actor(
    app: &App,
    endpoint: &Endpoint,
    caller: Caller,
    token: Option<&str>,
) -> Result<Caller, Problem> {
    match endpoint.access {
        Access::Required => {
            let actor = app.authenticate(token.ok_or(AppError::Unauthenticated)?)?;
            KnownAs::from(&actor).record();
            Ok(Caller { actor: Some(actor), ..caller })
        }
        Access::Open | Access::Optional => Ok(caller),
    }
}

/// Counts the request and carries the operation out; with a key only once, however often it is
/// sent. REST, batches and GraphQL all call it.
pub(crate) fn dispatch(endpoint: &Endpoint, call: &Call<'_>, key: Option<&Key<'_>>) -> Answer {
    let was_counted = call.is_counted && endpoint.may_hash();
    if let Some(limit) = endpoint.limit.filter(|_| !was_counted) {
        call.app.count_request(call.caller, limit)?;
    }
    let run = |commit: &Commit, key| carry_out(endpoint, &Call { commit, key, ..*call });
    match (endpoint.idempotency, key) {
        (Idempotency::KeepAnswer, Some(key)) => {
            idempotency::answer(call.app, key, |commit| run(commit, None))
        }
        (Idempotency::EachOperation, Some(key)) => run(call.commit, Some(key.text)),
        (Idempotency::Ignore, Some(_)) | (_, None) => run(call.commit, None),
    }
}

/// The operation itself. A token that is optional is looked up here: after the request was counted.
fn carry_out(endpoint: &Endpoint, call: &Call<'_>) -> Answer {
    let operation = endpoint.operation();
    let operation = operation.ok_or_else(|| Problem::internal("an endpoint has no operation"))?;
    match (endpoint.access, &call.request.token) {
        (Access::Optional, Some(token)) => {
            let caller = Caller { actor: call.app.authenticate(token).ok(), ..call.caller.clone() };
            operation(&Call { caller: &caller, ..*call })
        }
        (Access::Open | Access::Optional | Access::Required, _) => operation(call),
    }
}
