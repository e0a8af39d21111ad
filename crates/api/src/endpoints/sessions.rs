use serde::Serialize;
use userdom_application::{
    ports::{Limit, SecretToken},
    use_cases::{
        EndSession, EndSessions, OpenedSession, Proof, Reauthenticate, RefreshSession, SessionView,
        SignOut, UserView,
    },
};
use userdom_domain::{Password, UserId};

use super::{Page, users::USER};
use crate::http::{call::KnownAs, prelude::*};

static SESSION: View = View {
    name: "Session",
    description: "A session",
    members: &[
        member("id", Schema::Id),
        member("user_agent", Schema::Text).like("curl/8.5.0"),
        member("ip_address", Schema::Text).like("192.0.2.7"),
        member("created_at", Schema::Time),
        member("last_used_at", Schema::Time),
        member("authenticated_at", Schema::Time),
        member("expires_at", Schema::Time),
        member("is_current", Schema::Flag),
    ],
};

pub(super) static OPENED_SESSION: View = View {
    name: "OpenedSession",
    description: "A session with its tokens, which are shown this once",
    members: &[
        member("access_token", Schema::Text).like("ud_at_…"),
        member("token_type", Schema::Enumeration(&TOKEN_TYPE)),
        member("expires_in", Schema::Number).like_json("900"),
        member("refresh_token", Schema::Text).like("ud_rt_…"),
        member("device_token", Schema::Text).optional().like("ud_dt_…"),
        member("session", Schema::Object(&SESSION)),
        member("user", Schema::Object(&USER)),
    ],
};

static TOKEN_TYPE: Enumeration = Enumeration {
    name: "TokenType",
    description: "How an access token is sent",
    values: || vec!["Bearer"],
};

#[derive(Serialize)]
pub(super) struct OpenedSessionView<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<&'a str>,
    session: &'a SessionView,
    user: &'a UserView,
}

impl<'a> From<&'a OpenedSession> for OpenedSessionView<'a> {
    fn from(session: &'a OpenedSession) -> Self {
        Self {
            access_token: session.access_token.expose(),
            token_type: "Bearer",
            expires_in: session.expires_in,
            refresh_token: session.refresh_token.expose(),
            device_token: session.device_token.as_ref().map(SecretToken::expose),
            session: &session.session,
            user: &session.user,
        }
    }
}

pub(super) static LIST: Endpoint = Endpoint {
    summary: "The sessions of a user",
    description: "The open ones, with device, address and last use; all on one page.",
    responses: &[page(&SESSION)],
    graphql: GraphqlField::Query("sessions"),
    ..get(SESSIONS, "sessions", "/v1/users/{id}/sessions", list)
};

fn list(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    Reply::ok(&Page::whole(call.app.list_sessions(call.caller, user_id)?))
}

pub(super) static END: Endpoint = Endpoint {
    summary: "End a session",
    description: "Its tokens are worth nothing from now on.",
    refusals: codes!["session.not_found"],
    ..delete(SESSIONS, "endSession", "/v1/users/{id}/sessions/{session_id}", end)
};

fn end(call: &Call<'_>) -> Answer {
    let (user_id, session_id) = (call.user_id()?, call.session_id()?);
    call.execute(&EndSession { user_id, session_id })?;
    Ok(Reply::done())
}

pub(super) static END_ALL: Endpoint = Endpoint {
    summary: "Sign out everywhere",
    description: "All of them, the present one included.",
    ..delete(SESSIONS, "endSessions", "/v1/users/{id}/sessions", end_all)
};

fn end_all(call: &Call<'_>) -> Answer {
    call.execute(&EndSessions { user_id: call.user_id()? })?;
    Ok(Reply::done())
}

pub(super) static SIGN_OUT: Endpoint = Endpoint {
    summary: "Sign out",
    description: "Ends the session of the token; other sessions stay.",
    ..delete(SESSIONS, "signOut", "/v1/sessions/current", sign_out)
};

fn sign_out(call: &Call<'_>) -> Answer {
    call.execute(&SignOut)?;
    Ok(Reply::done())
}

pub(super) static REFRESH: Endpoint = Endpoint {
    access: Access::Open,
    summary: "New tokens for a session",
    description: "The refresh token is spent. Sent again within 10 seconds it gives the same answer; any later use ends the session.",
    request: RequestBody::Json(&REFRESH_TOKEN),
    responses: &[ok(&OPENED_SESSION).with_version()],
    refusals: codes!["access.unauthenticated", "rate_limit.exceeded"],
    limit: Some(Limit::TokenAddress),
    checks_code: true,
    ..post(SESSIONS, "refresh", "/v1/sessions/refresh", refresh)
};

static REFRESH_TOKEN: Body<RefreshSession> = Body::new(
    "Refresh",
    "The refresh token of a session",
    r#"{"refresh_token": "ud_rt_…"}"#,
    |fields| Some(RefreshSession { refresh_token: fields.required_token("refresh_token")? }),
);

fn refresh(call: &Call<'_>) -> Answer {
    let session = call.execute(&call.body(&REFRESH_TOKEN)?)?;
    let reply = Reply::changed(session.user.version, &OpenedSessionView::from(&session))?;
    Ok(reply.known_as(owner(&session)))
}

pub(super) fn owner(session: &OpenedSession) -> KnownAs {
    KnownAs::User(UserId::from_uuid(session.user.id))
}

pub(super) static REAUTHENTICATE: Endpoint = Endpoint {
    summary: "Prove anew who it is",
    description: "Takes `password`, or `totp` where a second factor is on, and gives new tokens; the old ones end. What needs a recent proof is open for 15 minutes.",
    request: RequestBody::Json(&PROOF),
    responses: &[ok(&OPENED_SESSION).with_version()],
    refusals: codes!["access.proof_refused", "two_factor.not_enabled", "rate_limit.exceeded"],
    hashing: Hashing::Own,
    ..post(SESSIONS, "reauthenticate", "/v1/sessions/current/reauthenticate", reauthenticate)
};

static PROOF: Body<Proof> = Body::new(
    "Proof",
    "Either the password or the code of the authenticator app",
    r#"{"password": "granite otter canyon 93"}"#,
    |fields| {
        fields.either(
            ("password", |guess| Password::guess(guess).map(Proof::Password)),
            ("totp", |code| Ok(Proof::Totp(code.to_owned()))),
        )
    },
);

fn reauthenticate(call: &Call<'_>) -> Answer {
    let session = call.execute(&Reauthenticate { proof: call.body(&PROOF)? })?;
    Reply::changed(session.user.version, &OpenedSessionView::from(&session))
}
