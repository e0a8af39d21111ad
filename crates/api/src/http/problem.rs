use std::{borrow::Cow, error::Error, fmt};

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use serde_json::{Map, Value, json};
use userdom_application::{AppError, Resource, ports::Exceeded};
use userdom_domain::{RepositoryError, UniqueKey};

use super::{
    codes::Code,
    faults::{Fault, FaultKind},
    reply::Reply,
};

/// What every operation gives.
pub(crate) type Answer = Result<Reply, Problem>;

pub(super) const INTERNAL: &Code = code!("internal");

/// An error as the client sees it (RFC 9457), and its cause, which only the log sees.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static Code,
    pub(super) status: StatusCode,
    detail: Cow<'static, str>,
    pub(super) errors: Vec<Fault>,
    exceeded: Option<Exceeded>,
    /// The operation of an atomic batch that was refused; with it all others are undone.
    pub(crate) operation: Option<usize>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Problem {
    /// A problem whose status and text are those of the catalogue.
    pub(crate) fn new(code: &'static Code) -> Self {
        Self {
            code,
            status: StatusCode::from_u16(code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            detail: Cow::Borrowed(code.hint.unwrap_or(code.meaning)),
            errors: Vec::new(),
            exceeded: None,
            operation: None,
            cause: None,
        }
    }

    /// Says more than the catalogue does.
    pub(crate) fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// As the reason why an atomic batch was undone.
    pub(crate) fn of_operation(self, n: usize) -> Self {
        Self { operation: Some(n), ..self }
    }

    pub(crate) fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(INTERNAL) }
    }

    /// For an answer that the framework gave by itself.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(match status {
            StatusCode::NOT_FOUND => code!("route.not_found"),
            StatusCode::METHOD_NOT_ALLOWED => code!("method.not_allowed"),
            StatusCode::PAYLOAD_TOO_LARGE => code!("request.too_large"),
            StatusCode::REQUEST_TIMEOUT => code!("request.timeout"),
            other if other.is_client_error() => code!("request.malformed"),
            _ => INTERNAL,
        })
    }

    /// Whether the same request would be refused again, from any caller and at any time.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.status.as_u16(), 400 | 404 | 409 | 412 | 422)
            && self.code != code!("user.contended")
    }

    /// Whether the service failed, rather than refused.
    pub(crate) fn is_failure(&self) -> bool {
        self.status.is_server_error()
    }

    fn caused_by(code: &'static Code, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(code) }
    }

    pub(super) fn invalid(errors: Vec<Fault>) -> Self {
        let is_malformed = errors.iter().any(|fault| fault.kind == FaultKind::Malformed);
        let problem = Self::new(code!("request.invalid"));
        let status = if is_malformed { StatusCode::BAD_REQUEST } else { problem.status };
        Self { status, errors, ..problem }
    }

    /// The same once more; its cause stays behind.
    pub(crate) fn without_cause(&self) -> Self {
        Self {
            code: self.code,
            status: self.status,
            detail: self.detail.clone(),
            errors: self.errors.clone(),
            exceeded: None,
            operation: None,
            cause: None,
        }
    }

    /// The status and the body, for an answer inside another one.
    pub(crate) fn to_body(&self, request_id: &str) -> (u16, String) {
        self.log(request_id);
        (self.status.as_u16(), self.json(request_id))
    }

    /// What is the service's own fault is logged here, and only here.
    pub(crate) fn log(&self, request_id: &str) {
        if self.status.is_server_error() {
            let cause = self.cause.as_deref().map(|cause| chain(cause));
            // Load is no defect: an error for each refused request would hide the real ones.
            if self.code == code!("service.busy") {
                tracing::debug!(request.id = request_id, code = self.code.name, "request refused");
            } else {
                tracing::error!(
                    request.id = request_id,
                    code = self.code.name,
                    cause,
                    "request failed"
                );
            }
        }
    }

    /// Seconds after which the next try may pass, where that is known.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match &self.exceeded {
            Some(exceeded) => Some(exceeded.retry_after),
            None if self.code == code!("service.busy") => Some(1),
            // Most requests are over in a second.
            None if self.code == code!("idempotency_key.in_progress") => Some(1),
            None if self.status == StatusCode::SERVICE_UNAVAILABLE => Some(2),
            None => None,
        }
    }

    /// The members of the problem document, for an answer that has another frame.
    pub(crate) fn to_members(&self, request_id: &str) -> Map<String, Value> {
        self.log(request_id);
        self.members(request_id)
    }

    /// The answer.
    pub(crate) fn respond(&self, request_id: &str) -> HttpResponse {
        self.log(request_id);
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if self.code == code!("request.unsupported_encoding") {
            response.insert_header((header::ACCEPT_ENCODING, "identity"));
        }
        if let Some(seconds) = self.retry_after() {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(exceeded) = &self.exceeded {
            add_limit(&mut response, exceeded);
        }
        response.content_type("application/problem+json").body(self.json(request_id))
    }

    fn json(&self, request_id: &str) -> String {
        Value::Object(self.members(request_id)).to_string()
    }

    /// The members of the problem document.
    fn members(&self, request_id: &str) -> Map<String, Value> {
        let mut members = Map::new();
        let mut add = |name: &str, value| members.insert(name.to_owned(), value);
        add("type", json!(format!("urn:userdom:problem:{}", self.code.name)));
        add("title", json!(self.code.meaning));
        add("status", json!(self.status.as_u16()));
        add("detail", json!(self.detail));
        add("code", json!(self.code.name));
        add("request_id", json!(request_id));
        let errors = self.errors.iter().map(
            |fault| json!({"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}),
        );
        if !self.errors.is_empty() {
            add("errors", errors.collect());
        }
        members
    }
}

/// When the next one passes, and what is allowed (draft-ietf-httpapi-ratelimit-headers).
fn add_limit(response: &mut HttpResponseBuilder, exceeded: &Exceeded) {
    let (name, quota, seconds) =
        (exceeded.limit.as_str(), exceeded.limit.quota(), exceeded.retry_after);
    let policy = format!("\"{name}\";q={};w={}", quota.allowed, quota.seconds);
    response
        .insert_header(("ratelimit-policy", policy))
        .insert_header(("ratelimit", format!("\"{name}\";r=0;t={seconds}")));
}

/// The error and all that lies under it, in one line.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.name)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Invalid(faults) => {
                Self::invalid(faults.0.into_iter().map(Fault::from).collect())
            }
            AppError::Refused(refused) => {
                let code = Code::find(refused.code()).unwrap_or(INTERNAL);
                Self::new(code).with_detail(refused.to_string())
            }
            AppError::Unauthenticated => Self::new(code!("access.unauthenticated")),
            AppError::SignInRefused => Self::new(code!("session.refused")),
            AppError::Forbidden => Self::new(code!("access.forbidden")),
            AppError::ReauthenticationRequired => Self::new(code!("reauthentication_required")),
            AppError::ProofRefused => Self::new(code!("access.proof_refused")),
            AppError::NotFound(Resource::Session) => Self::new(code!("session.not_found")),
            AppError::NotFound(Resource::ApiKey) => Self::new(code!("api_key.not_found")),
            AppError::NotFound(Resource::User) => Self::new(code!("user.not_found")),
            AppError::Taken(UniqueKey::Username) => Self::new(code!("username.taken")),
            AppError::Taken(UniqueKey::VerifiedEmail) => {
                Self::new(code!("email.verified_elsewhere"))
            }
            AppError::Taken(UniqueKey::UserEmail) => Self::new(code!("email.already_exists")),
            AppError::Taken(UniqueKey::UserPhone) => Self::new(code!("phone.already_exists")),
            AppError::Taken(UniqueKey::Default) | AppError::Contended => {
                Self::new(code!("user.contended"))
            }
            AppError::StaleVersion => Self::new(code!("version.stale")),
            AppError::UnwantedVersion => Self::new(code!("if_none_match.failed")),
            AppError::TokenNotValid => Self::new(code!("token.not_valid")),
            AppError::CodeNotValid => Self::new(code!("code.not_valid")),
            AppError::SecondFactorEnabled => Self::new(code!("two_factor.already_enabled")),
            AppError::SecondFactorMissing => Self::new(code!("two_factor.not_enabled")),
            AppError::ExportTooLong => Self::new(code!("export.too_long")),
            AppError::StillRunning => Self::new(code!("idempotency_key.in_progress")),
            AppError::KeyOfAnotherRequest => Self::new(code!("idempotency_key.reused")),
            AppError::CursorNotValid => Self::new(code!("cursor.not_valid")),
            AppError::TooOften(exceeded) => {
                Self { exceeded: Some(exceeded), ..Self::new(code!("rate_limit.exceeded")) }
            }
            AppError::Busy => Self::new(code!("service.busy")),
            AppError::Store(
                cause @ (RepositoryError::Unavailable(_) | RepositoryError::Transient(_)),
            ) => Self::caused_by(code!("store.unavailable"), cause),
            AppError::Internal(cause) => Self::internal(cause),
            error @ (AppError::Taken(UniqueKey::Identity)
            | AppError::Store(
                RepositoryError::Duplicate(_)
                | RepositoryError::Stale
                | RepositoryError::Corrupt { .. }
                | RepositoryError::Other(_),
            )) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use userdom_application::{self as application, Faults, Field, ports::Limit};
    use userdom_domain::UserError;

    use super::*;

    fn status(error: AppError) -> (u16, &'static str) {
        let problem = Problem::from(error);
        (problem.status.as_u16(), problem.code.name)
    }

    fn fault(kind: FaultKind) -> Fault {
        Fault { pointer: "/email".into(), code: "email.empty", detail: "Empty".into(), kind }
    }

    #[test]
    fn a_rule_is_422_and_one_unreadable_field_makes_it_400() {
        let fault_of_field =
            |field| application::Fault { field, code: "username.reserved", detail: String::new() };
        let rule = AppError::Invalid(Faults(vec![fault_of_field(Field::Username)]));
        assert_eq!(status(rule), (422, "request.invalid"));
        let both = Problem::invalid(vec![fault(FaultKind::Rule), fault(FaultKind::Malformed)]);
        assert_eq!((both.status.as_u16(), both.code.name), (400, "request.invalid"));
    }

    #[test]
    fn each_error_has_its_status() {
        assert_eq!(status(AppError::Unauthenticated), (401, "access.unauthenticated"));
        assert_eq!(status(AppError::SignInRefused), (401, "session.refused"));
        assert_eq!(status(AppError::Forbidden), (403, "access.forbidden"));
        assert_eq!(status(AppError::NotFound(Resource::User)), (404, "user.not_found"));
        assert_eq!(status(AppError::Taken(UniqueKey::Username)), (409, "username.taken"));
        assert_eq!(status(AppError::Taken(UniqueKey::Identity)), (500, "internal"));
        assert_eq!(status(AppError::StaleVersion), (412, "version.stale"));
        assert_eq!(status(AppError::UnwantedVersion), (412, "if_none_match.failed"));
        assert_eq!(status(AppError::Contended), (409, "user.contended"));
        assert_eq!(status(AppError::TokenNotValid), (422, "token.not_valid"));
        assert_eq!(status(AppError::Busy), (503, "service.busy"));
        let error = AppError::ReauthenticationRequired;
        assert_eq!(status(error), (403, "reauthentication_required"));
        assert_eq!(status(AppError::ProofRefused), (403, "access.proof_refused"));
        assert_eq!(status(AppError::NotFound(Resource::Session)), (404, "session.not_found"));
        assert_eq!(status(AppError::NotFound(Resource::ApiKey)), (404, "api_key.not_found"));
        assert_eq!(status(AppError::CodeNotValid), (422, "code.not_valid"));
        assert_eq!(status(AppError::SecondFactorEnabled), (409, "two_factor.already_enabled"));
        assert_eq!(status(AppError::SecondFactorMissing), (409, "two_factor.not_enabled"));
        let refused = AppError::Refused(UserError::CannotRemoveOnlyEmail);
        assert_eq!(status(refused), (422, "email.only_one"));
        let store = AppError::Store(RepositoryError::Unavailable("disk".into()));
        assert_eq!(status(store), (503, "store.unavailable"));
        let store = AppError::Store(RepositoryError::Other("disk".into()));
        assert_eq!(status(store), (500, "internal"));
    }

    #[test]
    fn the_cause_stays_inside() {
        let error = AppError::Store(RepositoryError::Unavailable("SELECT secret".into()));
        let problem = Problem::from(error);
        let body = problem.json("r-1");
        assert!(!body.contains("SELECT") && body.contains("r-1"));
        let cause = chain(problem.cause.as_deref().unwrap());
        assert_eq!(cause, "the database is not available: SELECT secret");
    }

    #[test]
    fn a_sign_in_challenge_and_a_pause_are_named_in_headers() {
        let refused = Problem::from(AppError::SignInRefused).respond("r");
        assert_eq!(refused.headers().get("www-authenticate").unwrap(), "Bearer");
        let busy = Problem::from(AppError::Busy).respond("r");
        assert_eq!(busy.headers().get("retry-after").unwrap(), "1");
        let running = Problem::from(AppError::StillRunning).respond("r");
        assert_eq!(running.headers().get("retry-after").unwrap(), "1");
        let down = Problem::new(code!("store.unavailable")).respond("r");
        assert_eq!(down.headers().get("retry-after").unwrap(), "2");
    }

    #[test]
    fn a_limit_says_what_is_allowed_and_when_the_next_one_passes() {
        let exceeded = Exceeded { limit: Limit::SignInAddress, retry_after: 17 };
        let answer = Problem::from(AppError::from(exceeded)).respond("r");
        assert_eq!(answer.status(), 429);
        let header = |name| answer.headers().get(name).unwrap().to_str().unwrap();
        assert_eq!(header("retry-after"), "17");
        assert_eq!(header("ratelimit-policy"), "\"sign-in-address\";q=30;w=60");
        assert_eq!(header("ratelimit"), "\"sign-in-address\";r=0;t=17");
    }

    #[test]
    fn faults_are_listed_with_pointer_code_and_detail() {
        let problem = Problem::invalid(vec![fault(FaultKind::Rule)]);
        let body: serde_json::Value = serde_json::from_str(&problem.json("r")).unwrap();
        let expected = json!([{"pointer": "/email", "code": "email.empty", "detail": "Empty"}]);
        assert_eq!(body["errors"], expected);
        assert_eq!(body["type"], "urn:userdom:problem:request.invalid");
    }
}
