//! From the bytes of a body to values of the domain.

mod composites;
mod fields;
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

pub(crate) use fields::Fields;
pub(crate) use strict_json::object;
pub(crate) use values::moment;

use crate::http::problem::Problem;

/// The greatest size of a body, in bytes.
pub(crate) const LIMIT: usize = 64 * 1024;
/// A client that is slower does not keep a connection.
const DEADLINE: Duration = Duration::from_secs(15);

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What body a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    /// None; what is there is not read.
    None,
    /// A JSON object.
    Json,
    /// A JSON object, or nothing at all.
    OptionalJson,
    /// A JSON merge patch (RFC 7396).
    MergePatch,
    /// A JSON object, or a form.
    JsonOrForm,
}

impl BodyKind {
    /// The content types that it may have.
    pub(crate) fn types(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Json | Self::OptionalJson => &[JSON],
            Self::MergePatch => &[JSON, MERGE_PATCH],
            Self::JsonOrForm => &[JSON, FORM],
        }
    }
}

/// The whole body, if it is of the kind, and whether it is a form.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: Payload,
    kind: BodyKind,
) -> Result<(Bytes, bool), Problem> {
    if kind != BodyKind::None && is_encoded(request) {
        return Err(Problem::new("request.unsupported_encoding"));
    }
    let types = kind.types();
    match kind {
        BodyKind::None => Ok((Bytes::new(), false)),
        _ if is_one_of(request, types) => {
            let is_form = kind == BodyKind::JsonOrForm && is_one_of(request, &[FORM]);
            Ok((collect(payload).await?, is_form))
        }
        BodyKind::OptionalJson => {
            let body = collect(payload).await?;
            if body.is_empty() { Ok((body, false)) } else { Err(unsupported(types)) }
        }
        BodyKind::Json | BodyKind::MergePatch | BodyKind::JsonOrForm => Err(unsupported(types)),
    }
}

/// Refuses a body that says anything.
pub(crate) fn nothing(body: &[u8]) -> Result<(), Problem> {
    Fields::of(body)?.finish(|| Some(()))
}

fn unsupported(types: &[&str]) -> Problem {
    let detail = format!("Send the body as {}", types.join(" or "));
    Problem::new("request.unsupported_media_type").with_detail(detail)
}

async fn collect(payload: Payload) -> Result<Bytes, Problem> {
    match timeout(DEADLINE, payload.to_bytes_limited(LIMIT)).await {
        Err(_) => Err(Problem::new("request.timeout")),
        Ok(Err(_)) => Err(too_large()),
        Ok(Ok(Err(error))) if is_overflow(&error) => Err(too_large()),
        Ok(Ok(Err(_))) => {
            Err(Problem::new("request.malformed").with_detail("The body cannot be read"))
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
    Problem::new("request.too_large").with_detail(format!("A body has at most {LIMIT} bytes"))
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
