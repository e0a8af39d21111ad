use userdom_application::use_cases::{self, EventView};

use super::{Page, as_json};
use crate::http::{
    endpoint::Connection,
    parameters::{CURSOR, LIMIT, Parameters},
    prelude::*,
};

pub(super) static EVENT: View = View {
    name: "Event",
    description: "A line of the audit trail",
    members: &[
        member("id", Schema::Id),
        member("occurred_at", Schema::Time),
        member("kind", Schema::Text).like("user.registered"),
        member("outcome", Schema::Enumeration(&EVENT_OUTCOME)),
        member("actor_id", Schema::Id).nullable(),
        member("api_key_id", Schema::Id).nullable(),
        member("user_id", Schema::Id).nullable(),
        member("target_id", Schema::Id).nullable(),
        member("ip_address", Schema::Text).like("192.0.2.7"),
        member("user_agent", Schema::Text).like("curl/8.5.0"),
        member("request_id", Schema::Text).like("019b79da-0000-7000-8000-000000000000"),
    ],
};

static EVENT_OUTCOME: Enumeration = Enumeration {
    name: "EventOutcome",
    description: "How it went",
    values: || vec!["success", "failure"],
};

pub(super) static LIST: Endpoint = Endpoint {
    summary: "The audit trail of a user",
    description: "The newest first, page by page: send `next_cursor` as `cursor`.",
    parameters: &[LIMIT, CURSOR],
    responses: &[page(&EVENT)],
    refusals: codes!["cursor.not_valid"],
    graphql: GraphqlField::Connection(&CONNECTION),
    ..get(ACCOUNTS, "events", "/v1/users/{id}/events", list)
};

static CONNECTION: Connection = Connection {
    field: "auditEvents",
    description: "The audit trail of a user, the newest first",
    page: |call| as_json(find(call)?),
};

fn list(call: &Call<'_>) -> Answer {
    Reply::ok(&Page::from(find(call)?))
}

fn find(call: &Call<'_>) -> Result<use_cases::Page<EventView>, Problem> {
    let user_id = call.user_id()?;
    let mut given = Parameters::of(call);
    let (limit, cursor) = (given.limit(), given.cursor());
    let (limit, cursor) = given.finish((limit, cursor))?;
    Ok(call.app.list_events(call.caller, user_id, cursor.as_deref(), limit)?)
}
