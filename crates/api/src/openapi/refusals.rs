use serde_json::{Map, Value, json};

use super::{components::Components, parameters};
use crate::http::{
    codes::Code,
    endpoint::{Access, Content, Endpoint, Handler, Idempotency, Method, RequestBody},
    problem_schema::PROBLEM,
};

/// The codes of all refusals of an endpoint.
pub(super) fn codes_of(endpoint: &Endpoint) -> impl Iterator<Item = &'static Code> {
    usual(endpoint).into_iter().chain(endpoint.refusals.iter().copied())
}

/// Those that follow from what it takes.
fn usual(endpoint: &Endpoint) -> Vec<&'static Code> {
    if matches!(endpoint.handler, Handler::Page(_)) {
        return Vec::new();
    }
    let is_closed = endpoint.access == Access::Required;
    let mut codes = codes!["query.malformed", "query.unknown_parameter"].to_vec();
    if !endpoint.parameters.is_empty() {
        codes.push(code!("request.invalid"));
    }
    if endpoint.path_parameters().next().is_some() {
        codes.push(code!("path.malformed"));
    }
    if is_closed {
        codes.extend(codes!["access.unauthenticated", "access.forbidden"]);
        codes.extend(codes!["if_match.malformed", "version.stale", "user.contended"]);
        if endpoint.method != Method::Get {
            codes.extend(codes!["if_none_match.malformed", "if_none_match.failed"]);
        }
        if endpoint.is_about_a_user() {
            codes.push(code!("user.not_found"));
        }
    }
    if !matches!(endpoint.request, RequestBody::None) {
        codes.extend(codes!["request.malformed", "request.invalid", "request.timeout"]);
        codes.extend(codes!["request.too_large", "request.unsupported_media_type"]);
        codes.push(code!("request.unsupported_encoding"));
    }
    if endpoint.method == Method::Post {
        codes.extend(codes!["idempotency_key.malformed", "idempotency_key.reused"]);
        codes.push(code!("idempotency_key.in_progress"));
    }
    // Callers have an allowance of keys.
    let counts_keys =
        endpoint.method == Method::Post && is_closed && endpoint.idempotency != Idempotency::Ignore;
    if endpoint.limit.is_some() || counts_keys {
        codes.push(code!("rate_limit.exceeded"));
    }
    if endpoint.edits {
        codes.push(code!("if_match.required"));
    }
    codes.extend(codes!["service.busy", "store.unavailable", "internal"]);
    codes
}

/// Refusals that several operations share: each status with its codes stands in the document once.
#[derive(Default)]
pub(super) struct Refusals(Vec<(u16, Vec<&'static Code>)>);

impl Refusals {
    /// A refusal of an endpoint: a reference, unless the endpoint has a form of its own.
    pub(super) fn response(
        &mut self,
        endpoint: &Endpoint,
        status: u16,
        codes: Vec<&'static Code>,
        components: &mut Components,
    ) -> Value {
        if let Handler::Document(_) = endpoint.handler {
            return in_own_form(endpoint, status, &codes, components);
        }
        let refusal = (status, codes);
        let known = self.0.iter().position(|other| *other == refusal);
        let place = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(refusal);
        }
        json!({"$ref": format!("#/components/responses/{}", name(status, place))})
    }

    /// All that were referred to.
    pub(super) fn responses(&self, components: &mut Components) -> Map<String, Value> {
        let responses = self.0.iter().enumerate();
        let response = responses.map(|(place, (status, codes))| {
            (name(*status, place), response(*status, codes, components))
        });
        response.collect()
    }
}

fn name(status: u16, place: usize) -> String {
    format!("Refusal{status}.{place}")
}

fn response(status: u16, codes: &[&Code], components: &mut Components) -> Value {
    let lines: Vec<_> =
        codes.iter().map(|code| format!("`{}`: {}", code.name, code.meaning)).collect();
    let headers: &[&str] = match status {
        401 => &["X-Request-Id", "WWW-Authenticate"],
        409 if codes.contains(&code!("idempotency_key.in_progress")) => {
            &["X-Request-Id", "Retry-After"]
        }
        415 => &["X-Request-Id", "Accept-Encoding"],
        429 => &["X-Request-Id", "Retry-After", "RateLimit", "RateLimit-Policy"],
        503 => &["X-Request-Id", "Retry-After"],
        _ => &["X-Request-Id"],
    };
    let examples = codes.iter().map(|code| (code.name.to_owned(), components.refusal(code)));
    let examples: Map<_, _> = examples.collect();
    json!({
        "description": lines.join("; "),
        "headers": parameters::answered(headers),
        "content": {"application/problem+json": {
            "schema": components.object(&PROBLEM),
            "examples": examples,
        }},
    })
}

/// A document of which nothing was begun is refused in the form of its answers.
fn in_own_form(
    endpoint: &Endpoint,
    status: u16,
    codes: &[&Code],
    components: &mut Components,
) -> Value {
    let mut refusal = response(status, codes, components);
    let problems = refusal.get_mut("content").and_then(Value::as_object_mut);
    let answer = endpoint.responses.first().map(|response| response.content);
    if let (Some(problems), Some(Content::One(view))) = (problems, answer) {
        let answer = json!({"schema": components.object(view)});
        let types = endpoint.media_types.iter();
        problems.extend(types.map(|kind| ((*kind).to_owned(), answer.clone())));
    }
    refusal
}
