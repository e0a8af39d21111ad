use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use crate::{ApiState, blocking, problem::Problem};

/// `GET /livez`: the process answers.
pub(super) async fn alive() -> Result<HttpResponse, Problem> {
    Ok(ok())
}

/// `GET /readyz`: the service takes requests, and the store answers.
pub(super) async fn ready(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = request.app_data::<ApiState>().filter(|state| state.is_ready());
    let state = state.ok_or_else(not_ready)?;
    let is_ready = blocking::run(state, |app| Ok(app.is_ready())).await?;
    if is_ready { Ok(ok()) } else { Err(not_ready()) }
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

fn not_ready() -> Problem {
    Problem::new("service.not_ready")
}
