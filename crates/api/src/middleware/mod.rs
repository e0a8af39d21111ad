//! What surrounds every request.

mod access_log;
mod cors;
mod headers;
mod problems;
mod request_id;

use std::time::Instant;

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use tracing::{Instrument, field, info_span};

pub(crate) use cors::cors;
pub(crate) use headers::add as add_headers;

use crate::http::{ApiState, RequestId};

/// A span with the request's id, problems in their one form, the headers that
/// every answer has, and a line in the access log.
pub(crate) async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = request_id::of(&request);
    let span = info_span!("request", request.id = %id, user.id = field::Empty,
        api_key.id = field::Empty);
    request.extensions_mut().insert(RequestId(id.clone()));
    let response = next.call(request).instrument(span).await?.map_into_boxed_body();
    let mut response = problems::render(response, &id);
    let state = response.request().app_data::<ApiState>();
    let serves_other_origins = state.is_some_and(ApiState::serves_other_origins);
    add_headers(response.headers_mut(), &id, serves_other_origins);
    access_log::write(&response, &id, started.elapsed());
    Ok(response)
}
