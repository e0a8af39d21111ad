use std::collections::BTreeSet;

use actix_web::{HttpResponse, http::header, web};
use serde::Serialize;
use userdom_application::{ports::Scope, queries::ApiKeyView, use_cases::NewApiKey};

use super::Page;
use crate::{
    body::{self, Fields},
    call::Call,
    codes::Plain,
    problem::{Answer, Problem},
};

/// A key, with the text that is shown this once.
#[derive(Serialize)]
struct Made<'a> {
    key: &'a str,
    #[serde(flatten)]
    about: &'a ApiKeyView,
}

/// `POST /v1/api-keys`.
pub(super) async fn create(mut call: Call) -> Answer {
    let body = call.json().await?;
    let (key, about) = call
        .authenticated(move |app, caller| {
            let mut fields = Fields::of(&body)?;
            let name = fields.required_text("name");
            let scopes =
                fields.list("scopes", |text| Scope::parse(text).ok_or(Plain("scope.unknown")));
            let scopes = scopes.map(BTreeSet::from_iter);
            let expires_at = fields.optional("expires_at", body::moment);
            let request =
                fields.finish(|| Some(NewApiKey { name: name?, scopes: scopes?, expires_at }))?;
            Ok(app.create_api_key(caller, &request)?)
        })
        .await?;
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, format!("/v1/api-keys/{}", about.id)))
        .json(Made { key: key.expose(), about: &about }))
}

/// `GET /v1/api-keys`.
pub(super) async fn list(call: Call) -> Answer {
    let keys = call.authenticated(|app, caller| Ok(app.list_api_keys(caller)?)).await?;
    Ok(HttpResponse::Ok().json(Page::whole(keys)))
}

/// `DELETE /v1/api-keys/{id}`.
pub(super) async fn remove(call: Call) -> Answer {
    let id = call.api_key_id();
    call.authenticated(move |app, caller| Ok(app.remove_api_key(caller, id?)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /v1/token/introspect` (RFC 7662): a form as the standard has it, or JSON.
pub(super) async fn introspect(mut call: Call) -> Answer {
    let (body, is_form) = call.json_or_form().await?;
    let introspection = call
        .authenticated(move |app, caller| {
            let token = if is_form { token_of_form(&body)? } else { token_of_json(&body)? };
            Ok(app.introspect(caller, &token)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(introspection))
}

/// Parameters that nobody knows are allowed there (RFC 7662 §2.1), but none twice.
fn token_of_form(body: &[u8]) -> Result<String, Problem> {
    let malformed = |detail: &'static str| Problem::new("request.malformed").with_detail(detail);
    let text = str::from_utf8(body).map_err(|_| malformed("The body is no form"))?;
    let form = web::Query::<Vec<(String, String)>>::from_query(text);
    let form = form.map_err(|_| malformed("The body is no form"))?.into_inner();
    let mut tokens = form.into_iter().filter(|(name, _)| name == "token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Ok(token),
        _ => Err(malformed("The form must have one token")),
    }
}

/// The hint is read and changes nothing, as the standard allows.
fn token_of_json(body: &[u8]) -> Result<String, Problem> {
    let mut fields = Fields::of(body)?;
    let token = fields.required_text("token");
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
