//! All URLs on one page.

use std::fmt;

use actix_web::{
    HttpRequest,
    http::Method,
    middleware::{Condition, from_fn},
    web,
};
use userdom_application::{ports::Limit, queries};

use crate::{
    batch,
    endpoints::{
        addresses, api_keys, audit_events, directory, emails, passwords, phones, profile, sessions,
        status, two_factor, users,
    },
    graphql,
    http::{
        ApiState,
        body::BodyKind,
        call::Call,
        incoming,
        problem::{Answer, Problem},
    },
    middleware, pages,
    pages::health,
};

/// Who may call a route at all; what it does for them is the application's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Whoever presents a live token or key.
    Authenticated,
}

/// The method of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    /// As it stands in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

/// What a route does: a plain function, which runs on a thread that may block.
pub(crate) type Operation = fn(&Call<'_>) -> Answer;

/// The same where the answer is given part by part.
pub(crate) type Parts = fn(&Call<'_>) -> Result<queries::Export, Problem>;

/// One thing that the service answers. `HEAD` is answered wherever `GET` is.
#[derive(Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: Verb,
    /// The path, with the names of its parameters in braces.
    pub template: &'static str,
    /// Who may call it.
    pub access: Access,
    pub(crate) body: BodyKind,
    /// The parameters of the query that it knows.
    pub(crate) parameters: &'static [&'static str],
    /// Whose password it hashes.
    pub(crate) hashes: Hashes,
    /// What it does with an `Idempotency-Key`.
    pub(crate) keys: Keys,
    /// What requests from one address are counted by, before they cost anything.
    pub(crate) limit: Option<Limit>,
    /// Whether it tells whether a code or a token is the right one.
    checks_a_code: bool,
    /// Whether an API key may be the password of HTTP Basic there.
    pub(crate) takes_basic: bool,
    /// Whether it changes what `ETag` is the version of.
    pub(crate) edits: bool,
    handler: Handler,
    /// How its answer begins where it is given part by part.
    parts: Option<Parts>,
}

/// Whose password a route hashes: that is slow, and dear to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hashes {
    Nothing,
    /// The caller's own.
    Own,
    /// That of whoever comes along.
    Strangers,
}

/// What a route does with an `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The answer is kept, and given again.
    KeepAnswer,
    /// Each of its operations keeps its own.
    EachOperation,
    /// Nothing: the answer says how things stand now, and has no effect.
    Ignore,
}

#[derive(Clone, Copy)]
enum Handler {
    Operation(Operation),
    /// For what is no part of the API: pages, health.
    Http(fn() -> actix_web::Route),
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.template, self.access)
    }
}

const fn route(method: Verb, template: &'static str, handler: Handler) -> Route {
    Route {
        method,
        template,
        access: Access::Authenticated,
        body: BodyKind::None,
        parameters: &[],
        hashes: Hashes::Nothing,
        keys: Keys::KeepAnswer,
        limit: None,
        checks_a_code: false,
        takes_basic: false,
        edits: false,
        handler,
        parts: None,
    }
}

const fn http(template: &'static str, handler: fn() -> actix_web::Route) -> Route {
    route(Verb::Get, template, Handler::Http(handler)).open()
}

const fn get(template: &'static str, operation: Operation) -> Route {
    route(Verb::Get, template, Handler::Operation(operation))
}

const fn post(template: &'static str, operation: Operation) -> Route {
    route(Verb::Post, template, Handler::Operation(operation)).body(BodyKind::Json)
}

const fn put(template: &'static str, operation: Operation) -> Route {
    route(Verb::Put, template, Handler::Operation(operation))
}

const fn patch(template: &'static str, operation: Operation) -> Route {
    route(Verb::Patch, template, Handler::Operation(operation)).body(BodyKind::MergePatch)
}

const fn delete(template: &'static str, operation: Operation) -> Route {
    route(Verb::Delete, template, Handler::Operation(operation))
}

impl Route {
    const fn open(self) -> Self {
        Self { access: Access::Open, ..self }
    }

    const fn body(self, body: BodyKind) -> Self {
        Self { body, ..self }
    }

    const fn json(self) -> Self {
        self.body(BodyKind::Json)
    }

    const fn optional_json(self) -> Self {
        self.body(BodyKind::OptionalJson)
    }

    const fn parameters(self, parameters: &'static [&'static str]) -> Self {
        Self { parameters, ..self }
    }

    const fn hashes(self, hashes: Hashes) -> Self {
        Self { hashes, ..self }
    }

    const fn keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }

    const fn limit(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    const fn checks_a_code(self) -> Self {
        Self { checks_a_code: true, ..self }
    }

    const fn takes_basic(self) -> Self {
        Self { takes_basic: true, ..self }
    }

    const fn edits(self) -> Self {
        Self { edits: true, ..self }
    }

    /// An answer that has no bound, and so is given part by part by this route alone.
    const fn in_parts(self, parts: Parts) -> Self {
        Self { parts: Some(parts), ..self }
    }

    /// Whether it can be used to guess: such things are done once in a request at most.
    pub(crate) fn checks_a_secret(&self) -> bool {
        self.hashes != Hashes::Nothing || self.checks_a_code || self.keys == Keys::EachOperation
    }

    /// Whether a request may hash a password.
    pub(crate) fn may_hash(&self) -> bool {
        self.hashes != Hashes::Nothing || self.keys == Keys::EachOperation
    }

    /// The operation of a request that hashes a password, if one does.
    pub(crate) fn hashing(&'static self, body: &[u8]) -> Option<&'static Self> {
        match self.keys {
            Keys::EachOperation => batch::hashing(body),
            Keys::KeepAnswer | Keys::Ignore => (self.hashes != Hashes::Nothing).then_some(self),
        }
    }

    /// Whether the answer has all that was ever kept: such a one is given once in a request.
    pub(crate) fn is_long(&self) -> bool {
        self.parts.is_some()
    }

    /// What it does, unless it is no part of the API.
    pub(crate) fn operation(&self) -> Option<Operation> {
        match self.handler {
            Handler::Operation(operation) => Some(operation),
            Handler::Http(_) => None,
        }
    }

    fn served(&'static self) -> actix_web::Route {
        match self.handler {
            Handler::Http(handler) => handler(),
            Handler::Operation(operation) => match self.parts {
                Some(parts) => web::to(move |http: HttpRequest, payload: web::Payload| {
                    incoming::answer_in_parts(self, parts, http, payload)
                }),
                None => web::to(move |http: HttpRequest, payload: web::Payload| {
                    incoming::answer(self, operation, http, payload)
                }),
            },
        }
    }
}

/// The same operations once more.
pub(crate) const GRAPHQL: Route = Route {
    body: BodyKind::Json,
    ..route(Verb::Post, "/graphql", Handler::Http(|| web::to(graphql::answer)))
}
.open();

/// What only reads, in the URL.
pub(crate) const GRAPHQL_BY_GET: Route =
    http("/graphql", || web::to(graphql::answer_by_get)).parameters(graphql::PARAMETERS);

/// Everything that the service answers: the routes are made from this list alone. Those
/// of one path stand together.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    http("/livez", || web::to(health::alive)),
    http("/readyz", || web::to(health::ready)),
    http("/openapi.json", || web::to(pages::openapi)),
    http("/docs", || web::to(pages::docs)),
    http("/verify-email", || web::to(pages::verify_email)),
    http("/reset-password", || web::to(pages::reset_password)),

    GRAPHQL,
    GRAPHQL_BY_GET,

    post("/v1/sessions", sessions::open).open().limit(Limit::SignInAddress).hashes(Hashes::Strangers),
    post("/v1/sessions/challenge", sessions::finish).open().limit(Limit::TokenAddress).checks_a_code(),
    post("/v1/sessions/refresh", sessions::refresh).open().limit(Limit::TokenAddress).checks_a_code(),
    delete("/v1/sessions/current", sessions::close),
    post("/v1/sessions/current/reauthenticate", sessions::reauthenticate).hashes(Hashes::Own),
    post("/v1/email-verifications", emails::verify).open().limit(Limit::TokenAddress).checks_a_code(),
    post("/v1/password-resets", passwords::request_reset).open().limit(Limit::MailAddress),
    post("/v1/password-resets/confirm", passwords::reset).open().limit(Limit::TokenAddress).hashes(Hashes::Strangers),
    post("/v1/token/introspect", api_keys::introspect).body(BodyKind::JsonOrForm).keys(Keys::Ignore).takes_basic(),
    get("/v1/api-keys", api_keys::list),
    post("/v1/api-keys", api_keys::create),
    delete("/v1/api-keys/{id}", api_keys::remove),

    post("/v1/batch", batch::run).keys(Keys::EachOperation),

    get("/v1/users", directory::search).parameters(directory::PARAMETERS),
    post("/v1/users", users::register).open().limit(Limit::RegisterAddress).hashes(Hashes::Strangers),
    get("/v1/users/by-email/{email}", directory::by_email),
    get("/v1/users/by-username/{username}", directory::by_username),
    get("/v1/users/{id}", users::show),
    patch("/v1/users/{id}", users::update).edits(),
    delete("/v1/users/{id}", users::delete).parameters(&["erase"]).edits(),
    get("/v1/users/{id}/profile", profile::show),
    patch("/v1/users/{id}/profile", profile::update).edits(),

    get("/v1/users/{id}/emails", emails::list),
    post("/v1/users/{id}/emails", emails::add).edits(),
    patch("/v1/users/{id}/emails/{email_id}", emails::update).edits(),
    delete("/v1/users/{id}/emails/{email_id}", emails::remove).edits(),
    put("/v1/users/{id}/emails/{email_id}/default", emails::set_default).edits(),
    post("/v1/users/{id}/emails/{email_id}/verification", emails::send_again).open().limit(Limit::MailAddress).body(BodyKind::None),

    get("/v1/users/{id}/phones", phones::list),
    post("/v1/users/{id}/phones", phones::add).edits(),
    patch("/v1/users/{id}/phones/{phone_id}", phones::update).edits(),
    delete("/v1/users/{id}/phones/{phone_id}", phones::remove).edits(),
    put("/v1/users/{id}/phones/{phone_id}/default", phones::set_default).edits(),
    post("/v1/users/{id}/phones/{phone_id}/verification", phones::send_code).optional_json(),
    post("/v1/users/{id}/phones/{phone_id}/verification/confirm", phones::verify).checks_a_code(),

    get("/v1/users/{id}/addresses", addresses::list).parameters(&["type"]),
    post("/v1/users/{id}/addresses", addresses::add).edits(),
    put("/v1/users/{id}/addresses/{address_id}", addresses::replace).json().edits(),
    delete("/v1/users/{id}/addresses/{address_id}", addresses::remove).edits(),
    put("/v1/users/{id}/addresses/{address_id}/default", addresses::set_default).edits(),

    get("/v1/users/{id}/sessions", sessions::list),
    delete("/v1/users/{id}/sessions", sessions::end_all),
    delete("/v1/users/{id}/sessions/{session_id}", sessions::end),
    put("/v1/users/{id}/password", passwords::change).json().hashes(Hashes::Own),
    post("/v1/users/{id}/two-factor/totp", two_factor::set_up).optional_json(),
    delete("/v1/users/{id}/two-factor/totp", two_factor::remove),
    post("/v1/users/{id}/two-factor/totp/confirm", two_factor::confirm).checks_a_code(),
    post("/v1/users/{id}/two-factor/recovery-codes", two_factor::replace_codes).optional_json(),

    post("/v1/users/{id}/activate", status::activate).optional_json().edits(),
    post("/v1/users/{id}/suspend", status::suspend).edits(),
    post("/v1/users/{id}/reinstate", status::reinstate).optional_json().edits(),
    post("/v1/users/{id}/ban", status::ban).edits(),
    post("/v1/users/{id}/unban", status::unban).optional_json().edits(),
    post("/v1/users/{id}/restore", status::restore).optional_json().edits(),
    post("/v1/users/{id}/unlock", status::unlock).optional_json().edits(),
    put("/v1/users/{id}/roles", status::set_roles).json().edits(),
    get("/v1/users/{id}/export", users::export_in_one_piece).in_parts(users::export),
    get("/v1/users/{id}/events", audit_events::list).parameters(&["limit", "cursor"]),
];

/// Everything that the service answers.
pub fn routes(config: &mut web::ServiceConfig, state: ApiState) {
    let serves_other_origins = state.serves_other_origins();
    let cors = Condition::new(serves_other_origins, middleware::cors(&state.cors_origins));
    let mut all = web::scope("").wrap(cors).wrap(from_fn(middleware::around));
    for of_path in ROUTES.chunk_by(|a, b| a.template == b.template) {
        let Some(first) = of_path.first() else { continue };
        let mut resource = web::resource(first.template);
        for route in of_path {
            resource = resource.route(route.served().method(route.method.into()));
            if route.method == Verb::Get {
                resource = resource.route(route.served().method(Method::HEAD));
            }
        }
        all = all.service(resource);
    }
    config.app_data(state).service(all);
}

/// Whether the route of a request takes HTTP Basic.
pub(crate) fn takes_basic(request: &HttpRequest) -> bool {
    let template = request.match_pattern();
    ROUTES.iter().any(|route| route.takes_basic && template.as_deref() == Some(route.template))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_routes_of_one_path_stand_together() {
        let paths: Vec<_> = ROUTES.chunk_by(|a, b| a.template == b.template).collect();
        let distinct: BTreeSet<_> = ROUTES.iter().map(|route| route.template).collect();
        assert_eq!(paths.len(), distinct.len());
    }

    #[test]
    fn r1_what_strangers_may_send_is_counted() {
        for route in ROUTES.iter().filter(|route| route.operation().is_some()) {
            let is_open = route.access == Access::Open && route.method != Verb::Get;
            assert_eq!(route.limit.is_some(), is_open, "{route:?}");
        }
    }

    /// R31: an atomic batch holds one transaction, and takes what edits.
    #[test]
    fn r31_nothing_that_edits_hashes_a_password_or_counts_guesses() {
        for route in ROUTES.iter().filter(|route| route.edits) {
            assert!(!route.checks_a_secret(), "{route:?}");
        }
    }

    #[test]
    fn no_route_stands_there_twice() {
        let distinct: BTreeSet<_> =
            ROUTES.iter().map(|route| (route.method.as_str(), route.template)).collect();
        assert_eq!(distinct.len(), ROUTES.len());
    }
}
