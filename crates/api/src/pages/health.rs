use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use serde_json::json;
use tokio::time::timeout;

use crate::http::{
    ApiState, blocking,
    endpoint::{Endpoint, Handler, Method, SERVICE, ok as answers, outside_the_api},
    problem::Problem,
    schema::{Schema, View, member},
};

/// A smaller difference of clocks is not shown.
const SHOWN_FROM: TimeDelta = TimeDelta::seconds(2);
const PATIENCE: Duration = Duration::from_millis(1800);

static HEALTH: View = View {
    name: "Health",
    description: "The service answers",
    members: &[member("status", Schema::Text).like("ok")],
};

pub(crate) static LIVEZ: Endpoint = Endpoint {
    tag: Some(SERVICE),
    id: "alive",
    summary: "The process answers",
    description: "Answers while the process runs; looks at nothing else.",
    responses: &[answers(&HEALTH)],
    ..outside_the_api(Method::Get, "/livez", Handler::Page(|| web::to(alive)))
};

async fn alive() -> Result<HttpResponse, Problem> {
    Ok(ok())
}

pub(crate) static READYZ: Endpoint = Endpoint {
    tag: Some(SERVICE),
    id: "ready",
    summary: "The service takes requests",
    description: "Answers 200 while the service takes requests and its database answers.",
    responses: &[answers(&HEALTH)],
    refusals: codes!["service.not_ready"],
    ..outside_the_api(Method::Get, "/readyz", Handler::Page(|| web::to(ready)))
};

async fn ready(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let state = request.app_data::<ApiState>().filter(|state| state.is_ready());
    let state = state.ok_or_else(not_ready)?;
    let asked = blocking::run(state, |app| Ok(app.is_ready()));
    // A balancer has no patience with a database that is silent.
    let is_ready = timeout(PATIENCE, asked).await.unwrap_or(Ok(false))?;
    if !is_ready {
        return Err(not_ready());
    }
    let ahead = state.machine_is_ahead();
    if ahead.abs() <= SHOWN_FROM {
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
    Problem::new(code!("service.not_ready"))
}
