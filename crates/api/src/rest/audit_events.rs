use actix_web::HttpResponse;

use super::{page_of, parameters::Parameters};
use crate::{call::Call, codes::Plain, problem::Answer};

/// `GET /v1/users/{id}/events?limit=&cursor=`: the audit trail, the newest first.
pub(super) async fn list(mut call: Call) -> Answer {
    let mut given = Parameters::of(&mut call);
    let limit = given.limit();
    let cursor = given.read("cursor", |text| Ok::<_, Plain>(text.to_owned()));
    let read = given.finish((limit, cursor));
    let page = call
        .on_user(move |app, caller, id| {
            let (limit, cursor) = read?;
            Ok(app.list_events(caller, id, cursor.as_deref(), limit)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(page_of(page)))
}
