//! From an HTTP request to an operation and back: the one place where they meet.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue, X_FORWARDED_FOR},
    },
    web,
};
use userdom_application::{App, AppError, Caller, NoneOf, Origin};

use crate::{
    http::{
        ApiState, bearer, blocking, body,
        call::{Call, KnownAs, Request},
        client_address::client_address,
        dispatch::{Key, dispatch},
        etag::Tags,
        export_body::ExportBody,
        hashing_queue::Turn,
        idempotency, path,
        problem::{Answer, Problem},
    },
    middleware::RequestId,
    routes::{Access, Hashes, Operation, Parts, Route, Verb},
};

/// A request, read as far as that needs neither a token nor the store.
pub(crate) struct Incoming {
    pub(crate) state: ApiState,
    /// Nobody yet: who it is, the token says.
    pub(crate) caller: Caller,
    pub(crate) request: Request,
    /// The `Idempotency-Key`.
    pub(crate) key: Option<String>,
    /// The path and the query, as they came.
    path: String,
    /// Whether it edits something and does not say which version of it.
    is_blind: bool,
}

/// Reads what a route takes.
pub(crate) async fn read(
    route: &Route,
    http: &HttpRequest,
    payload: web::Payload,
) -> Result<Incoming, Problem> {
    let state = http.app_data::<ApiState>().cloned();
    let state = state.ok_or_else(|| Problem::internal("the application has no state"))?;
    let query = web::Query::<Vec<(String, String)>>::from_query(http.query_string());
    let query = query.map_err(|_| Problem::new("query.malformed"))?.into_inner();
    let (body, is_form) = body::read(http, payload, route.body).await?;
    let (token, if_match, if_none_match) = match route.access {
        Access::Authenticated => {
            let token = bearer::token(http.headers(), route.takes_basic)?;
            let token = token.ok_or(AppError::Unauthenticated)?;
            (Some(token), if_match(http)?, if_none_match(route, http)?)
        }
        // Who presents a bad token here is anybody.
        Access::Open => (bearer::token(http.headers(), false).unwrap_or_default(), None, None),
    };
    let key = if route.method == Verb::Post { idempotency::key(http.headers())? } else { None };
    let is_blind = state.requires_if_match && route.edits && !has_if_match(http);
    let caller = Caller { actor: None, if_match, if_none_match, origin: origin(http, &state) };
    let request = Request {
        segments: path::segments(route.template, &path::parts(http.uri().path())?)
            .unwrap_or_default(),
        parameters: known_parameters(route, query)?,
        body,
        is_form,
        if_none_match: header_list(http, &header::IF_NONE_MATCH)
            .and_then(|text| Tags::parse(&text)),
        token,
    };
    Ok(Incoming { state, caller, request, key, path: http.uri().to_string(), is_blind })
}

/// Reads the request, makes one hop to a blocking thread, where the token is checked and the
/// operation runs, and shows what came of it.
pub(crate) async fn answer(
    route: &'static Route,
    operation: Operation,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let Incoming { state, caller, request, key, path, is_blind } =
        read(route, &http, payload).await?;
    let admitted = if route.may_hash() {
        let body = request.body.clone();
        admit(&state, &caller, request.token.clone(), move || route.hashing(&body)).await?
    } else {
        Admitted::default()
    };
    let (now, shared) = (state.now(), state.clone());
    let work = move |app: &App| {
        let Admitted { _turn, is_counted } = admitted;
        let caller = known_caller(app, route, caller, &request)?;
        let known = caller.actor.as_ref().map(KnownAs::from);
        if is_blind {
            return Ok((known, Err(Problem::new("if_match.required"))));
        }
        let requires_if_match = state.requires_if_match;
        let (caller, request) = (&caller, &request);
        let call = Call { app, caller, request, now, requires_if_match, key: None, is_counted };
        let what = [path.as_bytes(), &request.body];
        let key = key.as_deref().map(|text| Key { text, owner: caller, request: &what });
        Ok((known, dispatch(route, operation, &call, key.as_ref())))
    };
    let (known, answer): (Option<KnownAs>, Answer) = blocking::run(&shared, work).await?;
    let found_out = answer.as_ref().ok().and_then(|reply| reply.known);
    note(&http, known.or(found_out));
    Ok(answer?.into())
}

/// What a request was given before it runs.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    /// To hash a password. It goes with the work: a client that leaves does not end that.
    pub(crate) _turn: Option<Turn>,
    /// Whether the operation that hashes was counted.
    pub(crate) is_counted: bool,
}

/// Waits for its turn, if an operation of the request hashes a password: here, where it holds no
/// thread and no connection. Whoever will be refused before the password is looked at takes no
/// place in the queue.
pub(crate) async fn admit(
    state: &ApiState,
    caller: &Caller,
    token: Option<String>,
    hashing: impl FnOnce() -> Option<&'static Route> + Send + 'static,
) -> Result<Admitted, Problem> {
    let caller = caller.clone();
    let waits = move |app: &App| {
        let Some(route) = hashing() else { return Ok((Hashes::Nothing, false)) };
        let is_let_in = match route.limit {
            Some(limit) => app.count_request(&caller, limit).is_ok(),
            None => token.is_some_and(|token| app.authenticate(&token).is_ok()),
        };
        let hashes = if is_let_in { route.hashes } else { Hashes::Nothing };
        Ok((hashes, is_let_in && route.limit.is_some()))
    };
    let (hashes, is_counted) = blocking::run(state, waits).await?;
    Ok(Admitted { _turn: state.hashing.turn(hashes).await?, is_counted })
}

/// [`answer`] where what comes is long: it is read part by part, as fast as the client takes it.
pub(crate) async fn answer_in_parts(
    route: &'static Route,
    begin: Parts,
    http: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let Incoming { state, caller, request, .. } = read(route, &http, payload).await?;
    let (now, requires_if_match) = (state.now(), state.requires_if_match);
    let request_id = caller.origin.request_id.clone();
    let work = move |app: &App| {
        let caller = known_caller(app, route, caller, &request)?;
        let known = caller.actor.as_ref().map(KnownAs::from);
        let (caller, request) = (&caller, &request);
        let is_counted = false;
        let call = Call { app, caller, request, now, requires_if_match, key: None, is_counted };
        Ok((known, begin(&call)))
    };
    let (known, export) = blocking::run(&state, work).await?;
    note(&http, known);
    let mut response = HttpResponse::Ok();
    response.content_type("application/json");
    // Of an answer to HEAD no part is ever sent.
    let export = Some(export?).filter(|_| http.method() != Method::HEAD);
    Ok(response.body(ExportBody::new(state, export, request_id)))
}

/// Tells the access log who it was.
pub(crate) fn note(http: &HttpRequest, known: Option<KnownAs>) {
    if let Some(known) = known {
        http.extensions_mut().insert(known);
    }
}

/// The caller with its actor, where there must be one.
fn known_caller(
    app: &App,
    route: &Route,
    stranger: Caller,
    request: &Request,
) -> Result<Caller, Problem> {
    match (route.access, &request.token) {
        (Access::Authenticated, Some(token)) => {
            let actor = app.authenticate(token)?;
            KnownAs::from(&actor).record();
            Ok(Caller { actor: Some(actor), ..stranger })
        }
        (Access::Authenticated, None) => Err(AppError::Unauthenticated.into()),
        (Access::Open, _) => Ok(stranger),
    }
}

/// The parameters, each of which the route knows and which stands there once.
pub(crate) fn known_parameters(
    route: &Route,
    query: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, Problem> {
    let mut known: Vec<(String, String)> = Vec::with_capacity(query.len());
    for (name, value) in query {
        let is_there = known.iter().any(|(other, _)| *other == name);
        if is_there || !route.parameters.contains(&name.as_str()) {
            let detail = format!("The query parameter {name:?} is unknown, or given twice");
            return Err(Problem::new("query.unknown_parameter").with_detail(detail));
        }
        known.push((name, value));
    }
    Ok(known)
}

fn has_if_match(http: &HttpRequest) -> bool {
    http.headers().contains_key(header::IF_MATCH)
}

fn if_match(http: &HttpRequest) -> Result<Option<Vec<i64>>, Problem> {
    match header_list(http, &header::IF_MATCH) {
        Some(header) => versions(&header),
        None => Ok(None),
    }
}

/// The versions that a write is not meant for; on a read the header asks for something else.
fn if_none_match(route: &Route, http: &HttpRequest) -> Result<Option<NoneOf>, Problem> {
    let header = header_list(http, &header::IF_NONE_MATCH).filter(|_| route.method != Verb::Get);
    let tags = |header: String| {
        Tags::parse(&header).ok_or_else(|| Problem::new("if_none_match.malformed"))
    };
    Ok(header.map(tags).transpose()?.map(|tags| tags.none_of()))
}

/// The versions that `If-Match` names; `None` is any.
pub(crate) fn versions(header: &str) -> Result<Option<Vec<i64>>, Problem> {
    let tags = Tags::parse(header).ok_or_else(|| Problem::new("if_match.malformed"))?;
    Ok(tags.strong_versions())
}

/// All lines of a header as one list; what is no text matches nothing.
fn header_list(http: &HttpRequest, name: &HeaderName) -> Option<String> {
    let lines = http.headers().get_all(name);
    let texts: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!texts.is_empty()).then(|| texts.join(","))
}

fn origin(http: &HttpRequest, state: &ApiState) -> Origin {
    let lines: Vec<_> =
        http.headers().get_all(X_FORWARDED_FOR).map(HeaderValue::as_bytes).collect();
    let client = http
        .peer_addr()
        .map(|peer| client_address(peer.ip(), lines.into_iter(), &state.trusted_proxies));
    let request_id = http.extensions().get::<RequestId>().cloned();
    Origin {
        ip_address: client.map(|address| address.to_string()).unwrap_or_default(),
        user_agent: user_agent(http),
        request_id: request_id.map(|id| id.0).unwrap_or_default(),
    }
}

/// The client's own name for itself, fit to be stored and shown.
fn user_agent(http: &HttpRequest) -> String {
    let header = http.headers().get(header::USER_AGENT);
    let text = String::from_utf8_lossy(header.map_or(b"".as_slice(), HeaderValue::as_bytes));
    text.chars().filter(|c| !c.is_control()).take(255).collect()
}
