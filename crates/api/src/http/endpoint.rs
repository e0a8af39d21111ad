//! What the service does at one URL by one method, as a value: whatever is served, checked or
//! documented is read from it.

use std::fmt;

use serde_json::Value;
use userdom_application::{
    ports::Limit,
    use_cases::{Export, Page},
};

use super::{
    call::Call,
    codes::Code,
    problem::{Answer, Problem},
};

pub use super::method::Method;
pub(crate) use super::{
    body::RequestBody,
    parameters::Parameter,
    response::{ACCEPTED, Content, NO_CONTENT, Response, accepted, created, ok, page},
    tag::{ACCOUNTS, CONTACTS, DIRECTORY, SERVICE, SESSIONS, Tag},
};

/// One thing that the service answers. `HEAD` is answered wherever `GET` is.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, which endpoints name")]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, with the names of its parameters in braces.
    pub path: &'static str,
    /// What a caller must present.
    pub access: Access,
    /// Whether an API key may be the password of HTTP Basic there.
    pub(crate) takes_basic: bool,
    pub(crate) handler: Handler,
    /// Under which heading it stands; `None` for pages, which are no part of the API.
    pub(crate) tag: Option<Tag>,
    /// The id of the operation, which is the name of a mutation as well.
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    /// What `{id}` is the id of.
    pub(crate) subject: Subject,
    /// The parameters of the query.
    pub(crate) parameters: &'static [Parameter],
    pub(crate) request: RequestBody,
    pub(crate) responses: &'static [Response],
    /// The media types of a response with a body.
    pub(crate) media_types: &'static [&'static str],
    /// The codes of its own refusals; those that follow from its other fields are not repeated.
    pub(crate) refusals: &'static [&'static Code],
    /// Whether it changes what `ETag` is the version of, and so takes `If-Match`.
    pub(crate) edits: bool,
    /// Whether it answers `If-None-Match` by 304.
    pub(crate) is_conditional: bool,
    pub(crate) idempotency: Idempotency,
    /// What requests from one address are counted by, before they cost anything.
    pub(crate) limit: Option<Limit>,
    pub(crate) hashing: Hashing,
    /// Whether its answer tells if a code or a token is the right one.
    pub(crate) checks_code: bool,
    pub(crate) graphql: GraphqlField,
}

/// What a caller must present; what the caller may do is the application's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing; a token is not looked at.
    Open,
    /// A live token makes the caller known. Without one, or with a dead one, it is anybody.
    Optional,
    /// A live token or key.
    Required,
}

/// What an endpoint does: a plain function, which runs on a thread that may block.
pub(crate) type Operation = fn(&Call<'_>) -> Answer;

/// The same where the answer is given part by part.
pub(crate) type Streaming = fn(&Call<'_>) -> Result<Export, Problem>;

/// How requests are handled.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    Operation(Operation),
    /// An answer that has no bound: it is streamed, and given whole within another answer.
    Stream {
        streaming: Streaming,
        whole: Operation,
    },
    /// Many operations in one document.
    Document(fn() -> actix_web::Route),
    /// Reads nothing of the request.
    Page(fn() -> actix_web::Route),
}

/// What has the id that stands in a path as `{id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    User,
    ApiKey,
}

/// What an endpoint does with an `Idempotency-Key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// The answer is kept, and given again.
    KeepAnswer,
    /// Each of its operations keeps its own.
    EachOperation,
    /// Nothing: the answer says how things stand now, and has no effect.
    Ignore,
}

/// Whose password is hashed: that is slow, and waits in a queue.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hashing {
    Nothing,
    /// The caller's own.
    Own,
    /// That of anybody.
    Strangers,
    /// That of the operation in the body which hashes one.
    InBody(fn(&[u8]) -> Option<&'static Endpoint>),
}

/// How GraphQL offers an endpoint.
#[derive(Clone, Copy)]
pub(crate) enum GraphqlField {
    /// Not at all.
    None,
    /// As a mutation that is called by the id of the operation.
    Mutation,
    /// As a query of this name.
    Query(&'static str),
    /// As the queries `user` and `me`.
    User,
    /// As a field of a user.
    OfUser,
    Connection(&'static Connection),
}

/// A list that GraphQL reads page by page.
pub(crate) struct Connection {
    pub(crate) field: &'static str,
    pub(crate) description: &'static str,
    pub(crate) page: fn(&Call<'_>) -> Result<Page<Value>, Problem>,
}

const JSON: &[&str] = &["application/json"];

/// An endpoint of the API that takes a token and no body. Its `id` is the name of the operation.
const fn endpoint(
    method: Method,
    tag: Tag,
    id: &'static str,
    path: &'static str,
    run: Operation,
) -> Endpoint {
    let endpoint = outside_the_api(method, path, Handler::Operation(run));
    let (access, graphql) = (Access::Required, GraphqlField::Mutation);
    Endpoint { access, tag: Some(tag), id, graphql, ..endpoint }
}

/// An endpoint that is no part of the API, and open.
pub(crate) const fn outside_the_api(
    method: Method,
    path: &'static str,
    handler: Handler,
) -> Endpoint {
    Endpoint {
        method,
        path,
        access: Access::Open,
        takes_basic: false,
        handler,
        tag: None,
        id: "",
        summary: "",
        description: "",
        subject: Subject::User,
        parameters: &[],
        request: RequestBody::None,
        responses: &[],
        media_types: JSON,
        refusals: &[],
        edits: false,
        is_conditional: false,
        idempotency: Idempotency::KeepAnswer,
        limit: None,
        hashing: Hashing::Nothing,
        checks_code: false,
        graphql: GraphqlField::None,
    }
}

pub(crate) const fn get(
    tag: Tag,
    id: &'static str,
    path: &'static str,
    run: Operation,
) -> Endpoint {
    endpoint(Method::Get, tag, id, path, run)
}

pub(crate) const fn post(
    tag: Tag,
    id: &'static str,
    path: &'static str,
    run: Operation,
) -> Endpoint {
    endpoint(Method::Post, tag, id, path, run)
}

pub(crate) const fn put(
    tag: Tag,
    id: &'static str,
    path: &'static str,
    run: Operation,
) -> Endpoint {
    endpoint(Method::Put, tag, id, path, run)
}

pub(crate) const fn patch(
    tag: Tag,
    id: &'static str,
    path: &'static str,
    run: Operation,
) -> Endpoint {
    endpoint(Method::Patch, tag, id, path, run)
}

pub(crate) const fn delete(
    tag: Tag,
    id: &'static str,
    path: &'static str,
    run: Operation,
) -> Endpoint {
    Endpoint { responses: &[NO_CONTENT], ..endpoint(Method::Delete, tag, id, path, run) }
}

impl Endpoint {
    /// Whether it can be used to guess: such things are done once in a request at most.
    pub(crate) fn checks_a_secret(&self) -> bool {
        self.may_hash() || self.checks_code
    }

    /// Whether a request may hash a password.
    pub(crate) fn may_hash(&self) -> bool {
        !matches!(self.hashing, Hashing::Nothing)
    }

    /// The operation of a request that hashes a password, if one does.
    pub(crate) fn hashing_of(&'static self, body: &[u8]) -> Option<&'static Self> {
        match self.hashing {
            Hashing::Nothing => None,
            Hashing::Own | Hashing::Strangers => Some(self),
            Hashing::InBody(find) => find(body),
        }
    }

    /// Whether the answer has all that was ever kept: such a one is given once in a request.
    pub(crate) fn is_long(&self) -> bool {
        matches!(self.handler, Handler::Stream { .. })
    }

    /// What it does as one operation among others.
    pub(crate) fn operation(&self) -> Option<Operation> {
        match self.handler {
            Handler::Operation(operation) | Handler::Stream { whole: operation, .. } => {
                Some(operation)
            }
            Handler::Document(_) | Handler::Page(_) => None,
        }
    }

    /// The names in braces.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        let segments = self.path.split('/');
        segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Whether it is about the user whose id stands in the path.
    pub(crate) fn is_about_a_user(&self) -> bool {
        self.subject == Subject::User && self.path_parameters().any(|name| name == "id")
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({:?})", self.method, self.path, self.access)
    }
}
