use std::collections::BTreeSet;

use actix_web::web;
use serde::Serialize;
use userdom_application::{
    ports::Scope,
    queries::ApiKeyView,
    use_cases::{NewApiKey, judge_api_key},
};
use userdom_domain::trimmed;

use super::Page;
use crate::http::{
    body::{self, Fields},
    call::Call,
    codes::Plain,
    problem::{Answer, Problem},
    reply::Reply,
};

/// A key, with the text that is shown this once.
#[derive(Serialize)]
struct Made<'a> {
    key: &'a str,
    #[serde(flatten)]
    about: &'a ApiKeyView,
}

/// `POST /v1/api-keys`.
pub(crate) fn create(call: &Call<'_>) -> Answer {
    let mut fields = call.fields()?;
    let name = fields.required_text("name");
    let scopes = fields.list("scopes", |text| Scope::parse(text).ok_or(Plain("scope.unknown")));
    let scopes = scopes.map(BTreeSet::from_iter);
    let expires_at = fields.optional("expires_at", body::moment);
    if !fields.is_clean() {
        judge_api_key(fields.faults(), name.as_deref(), scopes.as_ref(), expires_at, call.now);
    }
    let request = fields.finish(|| Some(NewApiKey { name: name?, scopes: scopes?, expires_at }))?;
    let (key, about) = call.app.create_api_key(call.caller, &request)?;
    let location = format!("/v1/api-keys/{}", about.id);
    Reply::created(location, &Made { key: key.expose(), about: &about })
}

/// `GET /v1/api-keys`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    Reply::ok(&Page::whole(call.app.list_api_keys(call.caller)?))
}

/// `DELETE /v1/api-keys/{id}`.
pub(crate) fn remove(call: &Call<'_>) -> Answer {
    call.app.remove_api_key(call.caller, call.api_key_id()?)?;
    Ok(Reply::done())
}

/// `POST /v1/token/introspect` (RFC 7662): a form as the standard has it, or JSON.
pub(crate) fn introspect(call: &Call<'_>) -> Answer {
    let (body, is_form) = (&call.request.body, call.request.is_form);
    let token = if is_form { token_of_form(body)? } else { token_of_json(body)? };
    Reply::ok(&call.app.introspect(call.caller, &token)?)
}

/// Parameters that nobody knows are allowed there (RFC 7662 §2.1), but none twice.
fn token_of_form(body: &[u8]) -> Result<String, Problem> {
    let malformed = |detail: &'static str| Problem::new("request.malformed").with_detail(detail);
    let text = str::from_utf8(body).map_err(|_| malformed("The body is no form"))?;
    let form = web::Query::<Vec<(String, String)>>::from_query(text);
    let form = form.map_err(|_| malformed("The body is no form"))?.into_inner();
    let mut tokens = form.into_iter().filter(|(name, _)| name == "token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Ok(trimmed(&token).to_owned()),
        _ => Err(malformed("The form must have one token")),
    }
}

/// The hint is read and changes nothing, as the standard allows.
fn token_of_json(body: &[u8]) -> Result<String, Problem> {
    let mut fields = Fields::of(body)?;
    let token = fields.required_token("token");
    fields.text("token_type_hint");
    fields.finish(|| token)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Option<String> {
        token_of_form(body.as_bytes()).ok()
    }

    #[test]
    fn a_form_has_one_token_and_whatever_else() {
        assert_eq!(form("token=abc&token_type_hint=access_token&x=1").unwrap(), "abc");
        assert_eq!(form("x=%ff&token=a%20b").unwrap(), "a b");
        assert_eq!(form("token=").unwrap(), "");
        for body in ["", "token=a&token=b", "Token=a", "{\"token\":\"a\"}"] {
            assert!(form(body).is_none(), "{body}");
        }
        assert!(token_of_form(b"token=\xff").is_err());
    }
}
