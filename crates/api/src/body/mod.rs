//! From the bytes of a body to values of the domain.

mod composites;
mod fields;
mod strict_json;
mod values;

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header,
    web::{Bytes, Payload},
};
use tokio::time::timeout;

pub(crate) use fields::Fields;
pub(crate) use values::moment;

use crate::problem::Problem;

/// The greatest size of a body, in bytes.
const LIMIT: usize = 64 * 1024;
/// A client that is slower does not keep a connection.
const DEADLINE: Duration = Duration::from_secs(10);

/// The whole body, if it is of one of the content types.
pub(crate) async fn read(
    request: &HttpRequest,
    payload: Option<Payload>,
    types: &[&str],
) -> Result<Bytes, Problem> {
    if !is_one_of(request, types) {
        return Err(unsupported(types));
    }
    collect(payload).await
}

/// Refuses a body that says anything.
pub(crate) fn nothing(body: &[u8]) -> Result<(), Problem> {
    Fields::of(body)?.finish(|| Some(()))
}

/// The whole body, if there is none or it is of one of the content types.
pub(crate) async fn read_optional(
    request: &HttpRequest,
    payload: Option<Payload>,
    types: &[&str],
) -> Result<Bytes, Problem> {
    if is_one_of(request, types) {
        return collect(payload).await;
    }
    let body = collect(payload).await?;
    if body.is_empty() { Ok(body) } else { Err(unsupported(types)) }
}

fn unsupported(types: &[&str]) -> Problem {
    let detail = format!("Send the body as {}", types.join(" or "));
    Problem::new("request.unsupported_media_type").with_detail(detail)
}

async fn collect(payload: Option<Payload>) -> Result<Bytes, Problem> {
    let Some(payload) = payload else {
        return Ok(Bytes::new());
    };
    match timeout(DEADLINE, payload.to_bytes_limited(LIMIT)).await {
        Err(_) => Err(Problem::new("request.timeout")),
        Ok(Err(_)) => Err(Problem::new("request.too_large")
            .with_detail(format!("A body has at most {LIMIT} bytes"))),
        Ok(Ok(Err(_))) => {
            Err(Problem::new("request.malformed").with_detail("The body cannot be read"))
        }
        Ok(Ok(Ok(bytes))) => Ok(bytes),
    }
}

/// Parameters such as `charset` do not matter: JSON is UTF-8.
pub(crate) fn is_one_of(request: &HttpRequest, types: &[&str]) -> bool {
    let header = request.headers().get(header::CONTENT_TYPE);
    let text = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    types.iter().any(|known| essence.eq_ignore_ascii_case(known))
}
