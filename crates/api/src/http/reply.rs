//! What an operation answers with when it went well.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
};
use serde::Serialize;

use crate::http::{call::KnownAs, etag, problem::Problem};

/// An answer that knows nothing of a connection, so that it can be made on any thread, kept,
/// and put into another answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Vec<u8>,
    /// The caller as the log names it.
    pub(crate) known: Option<KnownAs>,
}

impl Reply {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), known: None }
    }

    /// An answer with a JSON body.
    pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(Problem::internal)?;
        let headers = vec![(header::CONTENT_TYPE, "application/json".to_owned())];
        Ok(Self { headers, body, ..Self::empty(status) })
    }

    /// 200 with a JSON body.
    pub(crate) fn ok(value: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::OK, value)
    }

    /// 200 with the user's version.
    pub(crate) fn changed(version: i64, value: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self::ok(value)?.with(header::ETAG, etag::of(version)))
    }

    /// 201 with the place of what was made.
    pub(crate) fn created(location: String, value: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self::json(StatusCode::CREATED, value)?.with(header::LOCATION, location))
    }

    /// 202: whether anything came of it, nobody learns.
    pub(crate) fn accepted() -> Self {
        Self::empty(StatusCode::ACCEPTED)
    }

    /// 204.
    pub(crate) fn done() -> Self {
        Self::empty(StatusCode::NO_CONTENT)
    }

    /// 304 for a client that has this version.
    pub(crate) fn not_modified(version: i64) -> Self {
        Self::empty(StatusCode::NOT_MODIFIED).with_version(version)
    }

    /// With the user's version.
    pub(crate) fn with_version(self, version: i64) -> Self {
        self.with(header::ETAG, etag::of(version))
    }

    /// The version of the user, if the answer has one.
    pub(crate) fn version(&self) -> Option<i64> {
        let (_, tag) = self.headers.iter().find(|(name, _)| *name == header::ETAG)?;
        tag.trim_matches('"').parse().ok()
    }

    pub(crate) fn with(mut self, name: HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn known_as(self, known: KnownAs) -> Self {
        Self { known: Some(known), ..self }
    }
}

impl From<Reply> for HttpResponse {
    fn from(reply: Reply) -> Self {
        let mut response = Self::build(reply.status);
        for header in reply.headers {
            response.insert_header(header);
        }
        if reply.body.is_empty() { response.finish() } else { response.body(reply.body) }
    }
}
