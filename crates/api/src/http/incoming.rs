//! Reads an HTTP request as far as that needs neither a token nor the store.

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{self, HeaderName, HeaderValue, X_FORWARDED_FOR},
    web,
};
use userdom_application::{AppError, Caller, NoneOf, Origin};

use super::{
    ApiState, RequestId, bearer, body,
    call::Request,
    client_address::client_address,
    endpoint::{Access, Endpoint, Method},
    etag::Tags,
    idempotency, path,
    problem::Problem,
};

/// A request, read as far as that needs neither a token nor the store.
pub(crate) struct Incoming {
    pub(crate) state: ApiState,
    /// Without an actor yet: the token is looked up later.
    pub(crate) caller: Caller,
    pub(crate) request: Request,
    /// The `Idempotency-Key`.
    pub(crate) key: Option<String>,
    /// The path and the query, as they came.
    pub(crate) path: String,
    /// Whether it edits something and does not say which version of it.
    pub(crate) is_blind: bool,
}

/// Reads what an endpoint takes.
pub(crate) async fn read(
    endpoint: &'static Endpoint,
    http: &HttpRequest,
    payload: web::Payload,
) -> Result<Incoming, Problem> {
    let state = http.app_data::<ApiState>().cloned();
    let state = state.ok_or_else(|| Problem::internal("the application has no state"))?;
    http.extensions_mut().insert(endpoint);
    let query = web::Query::<Vec<(String, String)>>::from_query(http.query_string());
    let query = query.map_err(|_| Problem::new(code!("query.malformed")))?.into_inner();
    let (body, is_form) = body::read(http, payload, endpoint.request).await?;
    let (token, if_match, if_none_match) = match endpoint.access {
        Access::Required => {
            let token = bearer::token(http.headers(), endpoint.takes_basic)?;
            let token = token.ok_or(AppError::Unauthenticated)?;
            (Some(token), if_match(http)?, if_none_match(endpoint, http)?)
        }
        // With a bad token the caller is anybody.
        Access::Open | Access::Optional => {
            (bearer::token(http.headers(), false).unwrap_or_default(), None, None)
        }
    };
    let key =
        if endpoint.method == Method::Post { idempotency::key(http.headers())? } else { None };
    let is_blind = state.requires_if_match && endpoint.edits && !has_if_match(http);
    let caller = Caller { actor: None, if_match, if_none_match, origin: origin(http, &state) };
    let request = Request {
        segments: path::segments(endpoint.path, &path::parts(http.uri().path())?)
            .unwrap_or_default(),
        parameters: known_parameters(endpoint, query)?,
        body,
        is_form,
        if_none_match: header_list(http, &header::IF_NONE_MATCH)
            .and_then(|text| Tags::parse(&text)),
        token,
    };
    Ok(Incoming { state, caller, request, key, path: http.uri().to_string(), is_blind })
}

/// The parameters of the query, if the endpoint knows each of them and each is given once.
pub(crate) fn known_parameters(
    endpoint: &Endpoint,
    query: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, Problem> {
    let mut known: Vec<(String, String)> = Vec::with_capacity(query.len());
    for (name, value) in query {
        let is_there = known.iter().any(|(other, _)| *other == name);
        if is_there || !endpoint.parameters.iter().any(|known| known.name == name) {
            let detail = format!("The query parameter {name:?} is unknown, or given twice");
            return Err(Problem::new(code!("query.unknown_parameter")).with_detail(detail));
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
fn if_none_match(endpoint: &Endpoint, http: &HttpRequest) -> Result<Option<NoneOf>, Problem> {
    let header =
        header_list(http, &header::IF_NONE_MATCH).filter(|_| endpoint.method != Method::Get);
    let tags = |header: String| {
        Tags::parse(&header).ok_or_else(|| Problem::new(code!("if_none_match.malformed")))
    };
    Ok(header.map(tags).transpose()?.map(|tags| tags.none_of()))
}

/// The versions that `If-Match` names; `None` is any.
pub(crate) fn versions(header: &str) -> Result<Option<Vec<i64>>, Problem> {
    let tags = Tags::parse(header).ok_or_else(|| Problem::new(code!("if_match.malformed")))?;
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
