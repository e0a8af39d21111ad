//! What a call that went well is answered with.

use actix_web::{HttpResponse, http::header};
use serde::Serialize;

use crate::etag;

/// 200 with the user's version.
pub(crate) fn changed(version: i64, value: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, etag::of(version))).json(value)
}

/// 201 with the place of what was made.
pub(crate) fn created(location: String, version: i64, value: &impl Serialize) -> HttpResponse {
    HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .insert_header((header::ETAG, etag::of(version)))
        .json(value)
}

/// 204 after something of a user was removed.
pub(crate) fn removed(version: i64) -> HttpResponse {
    HttpResponse::NoContent().insert_header((header::ETAG, etag::of(version))).finish()
}

/// 304 for a client that has this version.
pub(crate) fn not_modified(version: i64) -> HttpResponse {
    HttpResponse::NotModified().insert_header((header::ETAG, etag::of(version))).finish()
}
