use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    http::header::{self, HeaderValue, X_FORWARDED_FOR},
    web::{self, Bytes},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::{Span, field::display};
use userdom_application::{Actor, App, AppError, Caller, Origin, Settings, queries::UserView};
use userdom_domain::{AddressId, EmailId, PhoneId, UserId};
use uuid::Uuid;

use crate::{
    ApiState, answers, bearer, blocking, body, client_address::client_address, etag::Tags,
    middleware::RequestId, problem::Problem,
};

const FORM: &str = "application/x-www-form-urlencoded";

/// Who a request turned out to come from; the access log reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KnownAs {
    User(UserId),
    Service(Uuid),
}

impl From<&Actor> for KnownAs {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User(user) => Self::User(user.user_id),
            Actor::Service(service) => Self::Service(service.key_id),
        }
    }
}

impl KnownAs {
    fn record(self) {
        match self {
            Self::User(id) => Span::current().record("user.id", display(id)),
            Self::Service(id) => Span::current().record("api_key.id", display(id)),
        };
    }
}

/// One request to the API, on its way through a handler.
pub(crate) struct Call {
    state: ApiState,
    request: HttpRequest,
    payload: Option<web::Payload>,
    query: Vec<(String, String)>,
}

impl FromRequest for Call {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        ready(Self::read(request, payload))
    }
}

impl Call {
    fn read(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Result<Self, Problem> {
        let state = request.app_data::<ApiState>().cloned();
        let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        Ok(Self {
            state: state.ok_or_else(|| Problem::internal("the application has no state"))?,
            request: request.clone(),
            payload: web::Payload::from_request(request, payload).into_inner().ok(),
            query: query.map_err(|_| Problem::new("query.malformed"))?.into_inner(),
        })
    }

    /// The body of a request with `application/json`.
    pub(crate) async fn json(&mut self) -> Result<Bytes, Problem> {
        body::read(&self.request, self.payload.take(), &["application/json"]).await
    }

    /// The body of a request that may have none.
    pub(crate) async fn optional_json(&mut self) -> Result<Bytes, Problem> {
        let types = ["application/json"];
        let body = body::read_optional(&self.request, self.payload.take(), &types).await?;
        Ok(if body.is_empty() { Bytes::from_static(b"{}") } else { body })
    }

    /// The body of a request whose data may be a form as well, and whether it is one.
    pub(crate) async fn json_or_form(&mut self) -> Result<(Bytes, bool), Problem> {
        let types = ["application/json", FORM];
        let body = body::read(&self.request, self.payload.take(), &types).await?;
        Ok((body, body::is_one_of(&self.request, &[FORM])))
    }

    /// The body of a `PATCH`.
    pub(crate) async fn merge_patch(&mut self) -> Result<Bytes, Problem> {
        let types = ["application/json", "application/merge-patch+json"];
        body::read(&self.request, self.payload.take(), &types).await
    }

    /// A query parameter that this endpoint knows. Those that nobody asks for are refused.
    pub(crate) fn parameter(&mut self, name: &str) -> Option<String> {
        let found = self.query.iter().position(|(known, _)| known == name)?;
        Some(self.query.swap_remove(found).1)
    }

    /// Runs a use case that anybody may ask for.
    pub(crate) async fn anybody<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &Caller) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if let Some((name, _)) = self.query.first() {
            let detail = format!("The query parameter {name:?} is unknown, or given twice");
            return Err(Problem::new("query.unknown_parameter").with_detail(detail));
        }
        let caller = Caller { actor: None, if_match: None, origin: self.origin() };
        blocking::run(&self.state, move |app| work(app, &caller)).await
    }

    /// [`Call::anybody`] for a use case that hashes a password: slow, and dear to serve.
    pub(crate) async fn anybody_with_password<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &Caller) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let _permit = blocking::permit(&self.state.hashing).await?;
        self.anybody(work).await
    }

    /// Runs a use case for a user who has signed in or a service with a key; what path and
    /// body say is judged only after that is certain.
    pub(crate) async fn authenticated<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &Caller) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let token = self.token()?.ok_or(AppError::Unauthenticated)?;
        let if_match = self.if_match()?;
        let (known, result) = self
            .anybody(move |app, stranger| {
                let actor = app.authenticate(&token)?;
                let known = KnownAs::from(&actor);
                known.record();
                let origin = stranger.origin.clone();
                let result = work(app, &Caller { actor: Some(actor), if_match, origin });
                Ok((known, result))
            })
            .await?;
        self.known_as(known);
        result
    }

    /// Names the caller in the log line of the request.
    pub(crate) fn known_as(&self, known: KnownAs) {
        self.request.extensions_mut().insert(known);
    }

    /// [`Call::authenticated`] with the user that the path names: an id, or `me`, which
    /// is nobody for a service.
    pub(crate) async fn on_user<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &Caller, UserId) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let id = self.segment("id");
        self.authenticated(move |app, caller| {
            let user_id = named_user(&id, caller.actor.as_ref());
            work(app, caller, user_id.ok_or_else(|| Problem::new("user.not_found"))?)
        })
        .await
    }

    /// The caller's token; `None` is anybody.
    pub(crate) fn token(&self) -> Result<Option<String>, Problem> {
        Ok(bearer::token(self.request.headers())?)
    }

    /// The email that the path names.
    pub(crate) fn email_id(&self) -> Result<EmailId, Problem> {
        self.child("email_id", EmailId::parse, "email.not_found")
    }

    /// The phone that the path names.
    pub(crate) fn phone_id(&self) -> Result<PhoneId, Problem> {
        self.child("phone_id", PhoneId::parse, "phone.not_found")
    }

    /// The address that the path names.
    pub(crate) fn address_id(&self) -> Result<AddressId, Problem> {
        self.child("address_id", AddressId::parse, "address.not_found")
    }

    /// The session that the path names.
    pub(crate) fn session_id(&self) -> Result<Uuid, Problem> {
        self.child("session_id", Uuid::try_parse, "session.not_found")
    }

    /// The key that the path names.
    pub(crate) fn api_key_id(&self) -> Result<Uuid, Problem> {
        self.child("id", Uuid::try_parse, "api_key.not_found")
    }

    fn child<T, E>(
        &self,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
        missing: &'static str,
    ) -> Result<T, Problem> {
        parse(&self.segment(name)).map_err(|_| Problem::new(missing))
    }

    pub(crate) fn segment(&self, name: &str) -> String {
        self.request.match_info().query(name).to_owned()
    }

    /// What the installation has set.
    pub(crate) fn settings(&self) -> Settings {
        self.state.app.settings().clone()
    }

    /// The time of the request.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.state.now()
    }

    fn origin(&self) -> Origin {
        let headers = self.request.headers();
        let lines: Vec<_> = headers.get_all(X_FORWARDED_FOR).map(HeaderValue::as_bytes).collect();
        let client = self
            .request
            .peer_addr()
            .map(|peer| client_address(peer.ip(), lines.into_iter(), &self.state.trusted_proxies));
        let request_id = self.request.extensions().get::<RequestId>().cloned();
        Origin {
            ip_address: client.map(|address| address.to_string()).unwrap_or_default(),
            user_agent: self.user_agent(),
            request_id: request_id.map(|id| id.0).unwrap_or_default(),
        }
    }

    /// The client's own name for itself, fit to be stored and shown.
    fn user_agent(&self) -> String {
        let header = self.request.headers().get(header::USER_AGENT);
        let text = String::from_utf8_lossy(header.map_or(b"".as_slice(), HeaderValue::as_bytes));
        text.chars().filter(|c| !c.is_control()).take(255).collect()
    }

    fn if_match(&self) -> Result<Option<Vec<i64>>, Problem> {
        let Some(header) = self.header_list(&header::IF_MATCH) else {
            return Ok(None);
        };
        let tags = Tags::parse(&header).ok_or_else(|| Problem::new("if_match.malformed"))?;
        Ok(tags.strong_versions())
    }

    /// All lines of a header as one list; what is no text matches nothing.
    fn header_list(&self, name: &header::HeaderName) -> Option<String> {
        let lines = self.request.headers().get_all(name);
        let texts: Vec<_> = lines.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        (!texts.is_empty()).then(|| texts.join(","))
    }

    /// [`Call::show`] for a user. The sign-in counters change without a new version.
    pub(crate) fn show_user(&self, user: &UserView) -> HttpResponse {
        if user.security.is_some() {
            return answers::changed(user.version, user);
        }
        self.show(user.version, user)
    }

    /// 200 with the version, or 304 when the client has seen it (`If-None-Match`).
    pub(crate) fn show(&self, version: i64, value: &impl Serialize) -> HttpResponse {
        let seen = self.header_list(&header::IF_NONE_MATCH);
        match seen.and_then(|text| Tags::parse(&text)) {
            Some(tags) if tags.names(version) => answers::not_modified(version),
            _ => answers::changed(version, value),
        }
    }
}

/// The user that a path names: an id, or `me`.
pub(crate) fn named_user(id: &str, actor: Option<&Actor>) -> Option<UserId> {
    match id {
        "me" => actor.and_then(Actor::user_id),
        id => UserId::parse(id).ok(),
    }
}
