use serde_json::value::RawValue;
use userdom_application::use_cases::{Export, ExportInOnePiece, ExportUser};

use super::{api_keys::API_KEY, audit_events::EVENT, users::USER};
use crate::http::{endpoint::Handler, prelude::*};

static EXPORTED_USER: View = View {
    name: "Export",
    description: "All that is held on a user",
    members: &[
        member("exported_at", Schema::Time),
        member("user", Schema::Object(&USER)),
        member("status_note", Schema::Object(&STATUS_NOTE)).nullable(),
        member("sessions", Schema::Object(&EXPORTED_SESSION)).list(),
        member("known_devices", Schema::Object(&KNOWN_DEVICE)).list(),
        member("second_factor", Schema::Object(&SECOND_FACTOR)).nullable(),
        member("api_keys", Schema::Object(&API_KEY)).list(),
        member("events", Schema::Object(&EVENT)).list(),
    ],
};

static STATUS_NOTE: View = View {
    name: "StatusNote",
    description: "Why somebody is shut out, who did it, and until when",
    members: &[
        member("reason", Schema::Text).like("Sends spam"),
        member("actor_id", Schema::Id),
        member("until", Schema::Time).nullable(),
    ],
};

static EXPORTED_SESSION: View = View {
    name: "ExportedSession",
    description: "A session, with all of its times",
    members: &[
        member("id", Schema::Id),
        member("user_agent", Schema::Text).like("curl/8.5.0"),
        member("ip_address", Schema::Text).like("192.0.2.7"),
        member("created_at", Schema::Time),
        member("renewed_at", Schema::Time),
        member("last_used_at", Schema::Time),
        member("authenticated_at", Schema::Time),
        member("access_expires_at", Schema::Time),
        member("idle_expires_at", Schema::Time),
        member("expires_at", Schema::Time),
    ],
};

static KNOWN_DEVICE: View = View {
    name: "KnownDevice",
    description: "A device on which the user has signed in",
    members: &[
        member("id", Schema::Id),
        member("created_at", Schema::Time),
        member("last_used_at", Schema::Time),
        member("expires_at", Schema::Time),
    ],
};

static SECOND_FACTOR: View = View {
    name: "SecondFactor",
    description: "An authenticator app",
    members: &[
        member("created_at", Schema::Time),
        member("confirmed_at", Schema::Time).nullable(),
        member("recovery_codes_left", Schema::Number),
    ],
};

pub(super) static EXPORT: Endpoint = Endpoint {
    handler: Handler::Stream { streaming: stream, whole },
    summary: "All that is held on a user",
    description: "One document, without any secret. By the user itself after a recent proof, or by an admin.",
    responses: &[ok(&EXPORTED_USER)],
    refusals: codes!["reauthentication_required"],
    graphql: GraphqlField::Query("export"),
    ..get(ACCOUNTS, "export", "/v1/users/{id}/export", whole)
};

/// Part by part, since it has no bound.
fn stream(call: &Call<'_>) -> Result<Export, Problem> {
    call.execute(&ExportUser { user_id: call.user_id()? })
}

/// Within another answer, which cannot be given part by part.
fn whole(call: &Call<'_>) -> Answer {
    let export = call.execute(&ExportInOnePiece { user_id: call.user_id()? })?;
    Reply::ok(&RawValue::from_string(export).map_err(Problem::internal)?)
}
