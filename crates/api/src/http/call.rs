use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use tracing::{Span, field::display};
use userdom_application::{Actor, App, Caller, Commit, UseCase, use_cases::UserView};
use userdom_domain::{AddressId, EmailId, PhoneId, UserId};
use uuid::Uuid;

use crate::http::{
    body::{self, Body, Context, Fields},
    codes::Code,
    etag::Tags,
    problem::{Answer, Problem},
    reply::Reply,
};

/// The caller of a request, as the access log names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub(crate) fn record(self) {
        match self {
            Self::User(id) => Span::current().record("user.id", display(id)),
            Self::Service(id) => Span::current().record("api_key.id", display(id)),
        };
    }
}

/// What a client sends, apart from its identity.
#[derive(Debug, Default)]
pub(crate) struct Request {
    /// What stands in the path in place of the names in braces.
    pub(crate) segments: Vec<(String, String)>,
    /// The parameters of the query: each is one that the endpoint knows, and is given once.
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// Whether the body is a form, where the endpoint takes one.
    pub(crate) is_form: bool,
    /// The versions that the client has.
    pub(crate) if_none_match: Option<Tags>,
    /// The token, which may be dead.
    pub(crate) token: Option<String>,
}

/// One request on its way through an operation.
pub(crate) struct Call<'a> {
    pub(crate) app: &'a App,
    pub(crate) caller: &'a Caller,
    /// When the last transaction of the operation is committed.
    pub(crate) commit: &'a Commit,
    pub(crate) request: &'a Request,
    /// The time of the request.
    pub(crate) now: DateTime<Utc>,
    /// Whether an edit must name the version that it is of.
    pub(crate) requires_if_match: bool,
    /// Whether the operation that hashes a password was counted already.
    pub(crate) is_counted: bool,
    /// The key of a request that has one, where the operation keeps its answers itself.
    pub(crate) key: Option<&'a str>,
}

impl Call<'_> {
    /// What the body says.
    pub(crate) fn body<T>(&self, body: &Body<T>) -> Result<T, Problem> {
        let context = Context { app: Some(self.app), now: self.now };
        let mut fields = Fields::of(&self.request.body, context)?;
        let value = (body.read)(&mut fields);
        fields.finish(value)
    }

    /// Refuses a body that has any member.
    pub(crate) fn require_empty_body(&self) -> Result<(), Problem> {
        body::require_empty(&self.request.body)
    }

    /// Carries out a use case for the caller.
    pub(crate) fn execute<U: UseCase>(&self, use_case: &U) -> Result<U::Output, Problem> {
        Ok(self.app.execute_with(self.commit, self.caller, use_case)?)
    }

    /// A query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.request.parameters.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// The user that the path names: an id, or `me`, which is nobody for a service.
    pub(crate) fn user_id(&self) -> Result<UserId, Problem> {
        let id = self.segment("id");
        match named_user(id, self.caller.actor.as_ref()) {
            Some(id) => Ok(id),
            None => Err(self.no_user(id)),
        }
    }

    /// Why nobody is found under what is no id: another application may have written it (R29).
    fn no_user(&self, id: &str) -> Problem {
        match self.app.has_unreadable(self.caller, id) {
            Ok(true) => Problem::internal(format!("the id {id:?} of a user is no UUID")),
            Ok(false) => Problem::new(code!("user.not_found")),
            Err(error) => error.into(),
        }
    }

    /// The email that the path names.
    pub(crate) fn email_id(&self) -> Result<EmailId, Problem> {
        self.child("email_id", EmailId::parse, code!("email.not_found"))
    }

    /// The phone that the path names.
    pub(crate) fn phone_id(&self) -> Result<PhoneId, Problem> {
        self.child("phone_id", PhoneId::parse, code!("phone.not_found"))
    }

    /// The address that the path names.
    pub(crate) fn address_id(&self) -> Result<AddressId, Problem> {
        self.child("address_id", AddressId::parse, code!("address.not_found"))
    }

    /// The session that the path names.
    pub(crate) fn session_id(&self) -> Result<Uuid, Problem> {
        self.child("session_id", Uuid::try_parse, code!("session.not_found"))
    }

    /// The key that the path names.
    pub(crate) fn api_key_id(&self) -> Result<Uuid, Problem> {
        self.child("id", Uuid::try_parse, code!("api_key.not_found"))
    }

    fn child<T, E>(
        &self,
        name: &str,
        parse: fn(&str) -> Result<T, E>,
        missing: &'static Code,
    ) -> Result<T, Problem> {
        parse(self.segment(name)).map_err(|_| Problem::new(missing))
    }

    pub(crate) fn segment(&self, name: &str) -> &str {
        let found = self.request.segments.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, text)| text)
    }

    /// 304 for a client that has the user's present version (`If-None-Match`), before any of
    /// its contacts is read.
    pub(crate) fn seen(&self, user_id: UserId) -> Result<Option<Reply>, Problem> {
        self.unless_changed(user_id, false)
    }

    /// [`Call::seen`] for the user as a whole.
    pub(crate) fn seen_whole(&self, user_id: UserId) -> Result<Option<Reply>, Problem> {
        self.unless_changed(user_id, true)
    }

    fn unless_changed(
        &self,
        user_id: UserId,
        with_counters: bool,
    ) -> Result<Option<Reply>, Problem> {
        match &self.request.if_none_match {
            Some(tags @ Tags::Listed(_)) => {
                let is_seen = |version| tags.names(version);
                let seen = self.app.seen_version(self.caller, user_id, with_counters, is_seen)?;
                Ok(seen.map(Reply::not_modified))
            }
            Some(Tags::Any) | None => Ok(None),
        }
    }

    /// 200 with a user. The sign-in counters change without a new version.
    pub(crate) fn show_user(&self, user: &UserView) -> Answer {
        if user.security.is_some() {
            return Reply::changed(user.version, user);
        }
        self.show(user.version, user)
    }

    /// 200 with the version, or 304 when the client has seen it (`If-None-Match`).
    pub(crate) fn show(&self, version: i64, value: &impl Serialize) -> Answer {
        match &self.request.if_none_match {
            Some(tags) if tags.names(version) => Ok(Reply::not_modified(version)),
            _ => Reply::changed(version, value),
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
