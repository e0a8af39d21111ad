use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    http::header,
    web::{self, Bytes},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::field;
use userdom_application::{App, AppError, Caller};
use userdom_domain::{AddressId, EmailId, IdError, PhoneId, UserId};

use crate::{ApiState, answers, blocking, body, etag::Tags, problem::Problem};

/// Who a request turned out to come from; the access log reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedInAs(pub(crate) UserId);

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
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if let Some((name, _)) = self.query.first() {
            let detail = format!("The query parameter {name:?} is unknown, or given twice");
            return Err(Problem::new("query.unknown_parameter").with_detail(detail));
        }
        blocking::run(&self.state, work).await
    }

    /// Runs a use case for somebody who has signed in; what path and body say is
    /// judged only after that is certain.
    pub(crate) async fn signed_in<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &Caller) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let token = self.token()?.ok_or(AppError::Unauthenticated)?;
        let if_match = self.if_match()?;
        let (user_id, result) = self
            .run(move |app| {
                let actor = app.authenticate(&token)?;
                let user_id = actor.user_id;
                tracing::Span::current().record("user.id", field::display(user_id));
                let result = work(app, &Caller { actor: Some(actor), if_match });
                Ok((user_id, result))
            })
            .await?;
        self.known_as(user_id);
        result
    }

    /// Names the user in the log line of the request.
    pub(crate) fn known_as(&self, user_id: UserId) {
        self.request.extensions_mut().insert(SignedInAs(user_id));
    }

    /// [`Call::signed_in`] with the user that the path names: an id, or `me`.
    pub(crate) async fn on_user<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App, &Caller, UserId) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let id = self.segment("id");
        self.signed_in(move |app, caller| {
            let user_id = match (&caller.actor, id.as_str()) {
                (Some(actor), "me") => actor.user_id,
                _ => UserId::parse(&id).map_err(|_| Problem::new("user.not_found"))?,
            };
            work(app, caller, user_id)
        })
        .await
    }

    /// The caller's token; `None` is anybody.
    pub(crate) fn token(&self) -> Result<Option<String>, Problem> {
        let mut headers = self.request.headers().get_all(header::AUTHORIZATION);
        let Some(header) = headers.next() else {
            return Ok(None);
        };
        // A proxy before us might go by the other one.
        if headers.next().is_some() {
            return Err(AppError::Unauthenticated.into());
        }
        let token = header.to_str().ok().and_then(bearer);
        Ok(Some(token.ok_or(AppError::Unauthenticated)?.to_owned()))
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

    fn child<T>(
        &self,
        name: &str,
        parse: fn(&str) -> Result<T, IdError>,
        missing: &'static str,
    ) -> Result<T, Problem> {
        parse(&self.segment(name)).map_err(|_| Problem::new(missing))
    }

    pub(crate) fn segment(&self, name: &str) -> String {
        self.request.match_info().query(name).to_owned()
    }

    /// The time of the request.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.state.now()
    }

    /// The address of whoever opened the connection.
    pub(crate) fn client_address(&self) -> String {
        let peer = self.request.peer_addr();
        peer.map(|peer| peer.ip().to_canonical().to_string()).unwrap_or_default()
    }

    /// The client's own name for itself, fit to be stored and shown.
    pub(crate) fn user_agent(&self) -> String {
        let header = self.request.headers().get(header::USER_AGENT);
        let text = String::from_utf8_lossy(header.map_or(b"".as_slice(), |value| value.as_bytes()));
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

    /// 200 with the version, or 304 when the client has seen it (`If-None-Match`).
    pub(crate) fn show(&self, version: i64, value: &impl Serialize) -> HttpResponse {
        let seen = self.header_list(&header::IF_NONE_MATCH);
        match seen.and_then(|text| Tags::parse(&text)) {
            Some(tags) if tags.names(version) => answers::not_modified(version),
            _ => answers::changed(version, value),
        }
    }
}

/// The token of `Bearer <token>`; the scheme is read in any case (RFC 9110 §11.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    let sound = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && sound).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_read_in_any_case() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bEARER  abc "), Some("abc"));
    }

    #[test]
    fn what_is_no_bearer_token_is_none() {
        for header in ["", "Bearer", "Bearer ", "Basic abc", "abc", "Bearer a b", "Bearerabc"] {
            assert_eq!(bearer(header), None, "{header}");
        }
    }
}
