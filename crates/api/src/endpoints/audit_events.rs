use userdom_application::queries::{EventView, Page};

use super::page_of;
use crate::http::parameters::Parameters;
use crate::http::{
    call::Call,
    codes::Plain,
    problem::{Answer, Problem},
    reply::Reply,
};

/// `GET /v1/users/{id}/events?limit=&cursor=`: the audit trail, the newest first.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    Reply::ok(&page_of(find(call)?))
}

/// A page of the audit trail.
pub(crate) fn find(call: &Call<'_>) -> Result<Page<EventView>, Problem> {
    let user_id = call.user_id()?;
    let mut given = Parameters::of(call);
    let limit = given.limit();
    let cursor = given.read("cursor", |text| Ok::<_, Plain>(text.to_owned()));
    let (limit, cursor) = given.finish((limit, cursor))?;
    Ok(call.app.list_events(call.caller, user_id, cursor.as_deref(), limit)?)
}
