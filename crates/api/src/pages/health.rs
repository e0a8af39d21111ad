use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use serde_json::json;
use tokio::time::timeout;

use crate::http::{ApiState, blocking, problem::Problem};

/// A difference of clocks that is told.
const TOLD: TimeDelta = TimeDelta::seconds(2);
const PATIENCE: Duration = Duration::from_millis(1800);

/// `GET /livez`: the process answers.
pub(crate) async fn alive() -> Result<HttpResponse, Problem> {
    Ok(ok())
}

/// `GET /readyz`: the service takes requests, and the store answers.
pub(crate) async fn ready(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = request.app_data::<ApiState>().filter(|state| state.is_ready());
    let state = state.ok_or_else(not_ready)?;
    let asked = blocking::run(state, |app| Ok(app.is_ready()));
    // A balancer has no patience with a database that is silent.
    let is_ready = timeout(PATIENCE, asked).await.unwrap_or(Ok(false))?;
    if !is_ready {
        return Err(not_ready());
    }
    let ahead = state.machine_is_ahead();
    if ahead.abs() <= TOLD {
        return Ok(ok());
    }
    // It does no harm here, but will elsewhere: to TLS, and to the log.
    let clock = json!({"machine_is_ahead_by_seconds": ahead.as_seconds_f64()});
    Ok(HttpResponse::Ok().json(json!({"status": "ok", "clock": clock})))
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

fn not_ready() -> Problem {
    Problem::new("service.not_ready")
}
