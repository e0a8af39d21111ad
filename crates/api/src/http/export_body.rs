//! The body of an export: the next part is read when the one before has been sent.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    ResponseError,
    body::{BodySize, MessageBody},
    http::StatusCode,
    web::Bytes,
};
use tracing::{Instrument, Span};
use userdom_application::{App, use_cases::Export};

use crate::http::{ApiState, blocking, problem::Problem};

/// The answer has begun, so being busy for a moment must not end it.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

type NextPart = Pin<Box<dyn Future<Output = Result<(Export, Option<Vec<u8>>), Problem>>>>;

/// While a part is on its way to the client, neither a thread nor a connection to the database is
/// in use. An export that cannot go on ends its connection without the end of the body, so that
/// the client sees that it is not whole.
pub(crate) struct ExportBody {
    state: ApiState,
    export: Option<Export>,
    request_id: String,
    reading: Option<NextPart>,
    span: Span,
}

impl ExportBody {
    /// A body of all parts of the export; without one it is empty.
    pub(crate) fn new(state: ApiState, export: Option<Export>, request_id: String) -> Self {
        Self { state, export, request_id, reading: None, span: Span::current() }
    }
}

impl MessageBody for ExportBody {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.reading.is_none() {
            let Some(export) = self.export.take() else {
                return Poll::Ready(None);
            };
            let next = next_part(self.state.clone(), export).instrument(self.span.clone());
            self.reading = Some(Box::pin(next));
        }
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(None);
        };
        let part = ready!(reading.as_mut().poll(context));
        self.reading = None;
        Poll::Ready(match part {
            Ok((export, Some(part))) => {
                self.export = Some(export);
                Some(Ok(part.into()))
            }
            Ok((_, None)) => None,
            Err(problem) => {
                self.span.in_scope(|| problem.log(&self.request_id));
                tracing::warn!(parent: &self.span, code = problem.code.name, "an export was cut off");
                Some(Err(problem.code.name.into()))
            }
        })
    }
}

async fn next_part(state: ApiState, export: Export) -> Result<(Export, Option<Vec<u8>>), Problem> {
    let mut tries = 1;
    loop {
        let mut next = export.clone();
        let work = move |app: &App| {
            let part = app.next_part(&mut next)?;
            Ok((next, part))
        };
        match blocking::run(&state, work).await {
            Err(problem)
                if problem.status_code() == StatusCode::SERVICE_UNAVAILABLE && tries < TRIES =>
            {
                tries += 1;
                tokio::time::sleep(BETWEEN_TRIES).await;
            }
            result => return result,
        }
    }
}
