//! The one place where async meets sync.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use actix_web::web;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Span;
use userdom_application::App;

use crate::http::{ApiState, problem::Problem};

/// A request without a permit by then is refused, so that its client tries again.
const LONGEST_WAIT: Duration = Duration::from_millis(900);

/// Runs `work` on a thread that may block. A client that goes away does not cut
/// it in half.
pub(crate) async fn run<T: Send + 'static>(
    state: &ApiState,
    work: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let permit = permit(&state.permits).await?;
    let app = state.app.clone();
    let span = Span::current();
    let done = web::block(move || {
        let _permit = permit;
        span.in_scope(|| catch_unwind(AssertUnwindSafe(|| work(&app))))
    });
    match done.await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(Problem::internal(format!("panicked: {}", message(&*panic)))),
        Err(stopped) => Err(Problem::internal(stopped)),
    }
}

/// One of the permits, after a short wait.
async fn permit(permits: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Problem> {
    match tokio::time::timeout(LONGEST_WAIT, Arc::clone(permits).acquire_owned()).await {
        Ok(permit) => permit.map_err(Problem::internal),
        Err(_) => Err(Problem::new(code!("service.busy"))),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no message",
    }
}
