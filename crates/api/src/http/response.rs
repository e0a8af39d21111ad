//! The responses that an endpoint declares.

use super::schema::View;

/// A response of a request that was carried out.
#[derive(Clone, Copy)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content: Content,
    /// Whether `ETag` is the version of the user.
    pub(crate) has_version: bool,
}

/// The body of a response.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    Nothing,
    One(&'static View),
    /// A part of a list.
    Page(&'static View),
}

pub(crate) const ACCEPTED: Response =
    Response { status: 202, content: Content::Nothing, has_version: false };
pub(crate) const NO_CONTENT: Response =
    Response { status: 204, content: Content::Nothing, has_version: false };

pub(crate) const fn ok(view: &'static View) -> Response {
    Response { status: 200, content: Content::One(view), has_version: false }
}

pub(crate) const fn page(view: &'static View) -> Response {
    Response { status: 200, content: Content::Page(view), has_version: false }
}

pub(crate) const fn accepted(view: &'static View) -> Response {
    Response { status: 202, content: Content::One(view), has_version: false }
}

pub(crate) const fn created(view: &'static View) -> Response {
    Response { status: 201, content: Content::One(view), has_version: false }
}

impl Response {
    pub(crate) const fn with_version(self) -> Self {
        Self { has_version: true, ..self }
    }
}
