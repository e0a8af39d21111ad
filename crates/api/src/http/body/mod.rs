//! From the bytes of a body to values of the domain.

mod composites;
mod context;
mod fields;
mod nested;
mod request;
mod strict_json;
mod values;

use std::time::Duration;

use actix_web::{
    Error, HttpRequest,
    error::PayloadError,
    http::header,
    web::{Bytes, Payload},
};
use tokio::time::timeout;

pub(crate) use context::Context;
pub(crate) use fields::Fields;
pub(crate) use request::{Body, FieldType};
pub(crate) use strict_json::object;
pub(crate) use values::moment;

use super::{problem::Problem, schema::Object};

/// The greatest size of a body, in bytes.
pub(crate) const LIMIT: usize = 64 * 1024;
/// A client that is slower does not keep a connection.
const DEADLINE: Duration = Duration::from_secs(15);

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The body of a request.
#[derive(Clone, Copy)]
pub(crate) enum RequestBody {
    /// None; what is there is not read.
    None,
    /// Nothing at all, or an empty object.
    Empty,
    Json(&'static dyn Object),
    /// A JSON merge patch (RFC 7396).
    MergePatch(&'static dyn Object),
    JsonOrForm(&'static dyn Object),
}

impl RequestBody {
    /// What the body is, if there is one.
    pub(crate) fn object(self) -> Option<&'static dyn Object> {
        match self {
            Self::None => None,
            Self::Empty => Some(&NOTHING),
            Self::Json(object) | Self::MergePatch(object) | Self::JsonOrForm(object) => {
                Some(object)
            }
        }
    }

    /// The media types that it may have.
    pub(crate) fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Empty | Self::Json(_) => &[JSON],
            Self::MergePatch(_) => &[JSON, MERGE_PATCH],
            Self::JsonOrForm(_) => &[JSON, FORM],
        }
    }
}

/// The whole body, if it is of the kind, and whether it is a form.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: Payload,
    kind: RequestBody,
) -> Result<(Bytes, bool), Problem> {
    let types = kind.media_types();
    if types.is_empty() {
        return Ok((Bytes::new(), false));
    }
    if is_encoded(request) {
        return Err(Problem::new(code!("request.unsupported_encoding")));
    }
    if is_one_of(request, types) {
        return Ok((collect(payload).await?, is_one_of(request, &[FORM])));
    }
    if matches!(kind, RequestBody::Empty) {
        let body = collect(payload).await?;
        if body.is_empty() {
            return Ok((body, false));
        }
    }
    Err(unsupported(types))
}

/// What an endpoint without fields takes.
pub(crate) static NOTHING: Body<()> =
    Body::new("Nothing", "Nothing at all, or an empty object", "{}", |_| Some(()));

/// Refuses a body that has any member.
pub(crate) fn require_empty(body: &[u8]) -> Result<(), Problem> {
    if body.is_empty() { Ok(()) } else { Fields::of(body, Context::default())?.finish(Some(())) }
}

fn unsupported(types: &[&str]) -> Problem {
    let detail = format!("Send the body as {}", types.join(" or "));
    Problem::new(code!("request.unsupported_media_type")).with_detail(detail)
}

async fn collect(payload: Payload) -> Result<Bytes, Problem> {
    match timeout(DEADLINE, payload.to_bytes_limited(LIMIT)).await {
        Err(_) => Err(Problem::new(code!("request.timeout"))),
        Ok(Err(_)) => Err(too_large()),
        Ok(Ok(Err(error))) if is_overflow(&error) => Err(too_large()),
        Ok(Ok(Err(_))) => {
            Err(Problem::new(code!("request.malformed")).with_detail("The body cannot be read"))
        }
        Ok(Ok(Ok(bytes))) => Ok(bytes),
    }
}

/// Whether the body is compressed, or otherwise not what it stands for.
fn is_encoded(request: &HttpRequest) -> bool {
    let lines = request.headers().get_all(header::CONTENT_ENCODING);
    let codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    codings.map(<[u8]>::trim_ascii).any(|coding| !coding.eq_ignore_ascii_case(b"identity"))
}

fn too_large() -> Problem {
    Problem::new(code!("request.too_large"))
        .with_detail(format!("A body has at most {LIMIT} bytes"))
}

/// Whether the connection stopped reading: chunks of a byte have more bytes than their body.
fn is_overflow(error: &Error) -> bool {
    matches!(error.as_error(), Some(PayloadError::Overflow))
}

/// Parameters such as `charset` do not matter: JSON is UTF-8.
fn is_one_of(request: &HttpRequest, types: &[&str]) -> bool {
    let header = request.headers().get(header::CONTENT_TYPE);
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    types.iter().any(|known| essence.eq_ignore_ascii_case(known))
}
