use actix_web::http::StatusCode;
use serde::Serialize;
use userdom_application::{
    ports::SecretToken,
    queries::{SessionView, UserView},
    use_cases::{
        EndSession, EndSessions, FinishSignIn, OpenedSession, Proof, SecondFactor, SignIn,
        SignInStep,
    },
};
use userdom_domain::{Password, UserId};

use super::Page;
use crate::http::{
    call::{Call, KnownAs},
    codes::Plain,
    problem::Answer,
    reply::Reply,
};

/// A session, with the tokens that are shown this once.
#[derive(Serialize)]
pub(super) struct Opened<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: i64,
    refresh_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<&'a str>,
    session: &'a SessionView,
    user: &'a UserView,
}

impl<'a> From<&'a OpenedSession> for Opened<'a> {
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

/// What stands between the password and the second factor.
#[derive(Serialize)]
struct Challenge<'a> {
    challenge: &'a str,
    methods: [&'static str; 2],
}

/// `POST /v1/sessions`: signs in, or asks for the second factor.
pub(crate) fn open(call: &Call<'_>) -> Answer {
    let mut fields = call.fields()?;
    let login = fields.required_text("login");
    let password = fields.required("password", Password::guess);
    let device_token = fields.token("device_token");
    let request =
        fields.finish(|| Some(SignIn { login: login?, password: password?, device_token }))?;
    match call.app.sign_in(call.caller, &request)? {
        SignInStep::Done(session) => first_shown(&session),
        SignInStep::Challenge(challenge) => {
            let methods = ["totp", "recovery_code"];
            let challenge = Challenge { challenge: challenge.expose(), methods };
            Reply::json(StatusCode::ACCEPTED, &challenge)
        }
    }
}

/// `POST /v1/sessions/challenge`: the second factor.
pub(crate) fn finish(call: &Call<'_>) -> Answer {
    let mut fields = call.fields()?;
    let challenge = fields.required_token("challenge");
    let proof = fields.either(
        ("totp", |code| Ok::<_, Plain>(SecondFactor::Totp(code.to_owned()))),
        ("recovery_code", |code| Ok(SecondFactor::RecoveryCode(code.to_owned()))),
    );
    let device_token = fields.token("device_token");
    let request = fields
        .finish(|| Some(FinishSignIn { challenge: challenge?, proof: proof?, device_token }))?;
    first_shown(&call.app.finish_sign_in(call.caller, &request)?)
}

fn first_shown(session: &OpenedSession) -> Answer {
    let location = "/v1/sessions/current".to_owned();
    let reply = Reply::created(location, &Opened::from(session))?;
    Ok(reply.with_version(session.user.version).known_as(owner(session)))
}

fn owner(session: &OpenedSession) -> KnownAs {
    KnownAs::User(UserId::from_uuid(session.user.id))
}

/// `POST /v1/sessions/refresh`: new tokens for the one that is good for nothing else.
pub(crate) fn refresh(call: &Call<'_>) -> Answer {
    let mut fields = call.fields()?;
    let token = fields.required_token("refresh_token");
    let token = fields.finish(|| token)?;
    let session = call.app.refresh_session(call.caller, &token)?;
    let reply = Reply::changed(session.user.version, &Opened::from(&session))?;
    Ok(reply.known_as(owner(&session)))
}

/// `POST /v1/sessions/current/reauthenticate`: proves anew who it is.
pub(crate) fn reauthenticate(call: &Call<'_>) -> Answer {
    let mut fields = call.fields()?;
    let proof = fields.either(
        ("password", |guess| Password::guess(guess).map(Proof::Password)),
        ("totp", |code| Ok(Proof::Totp(code.to_owned()))),
    );
    let proof = fields.finish(|| proof)?;
    let session = call.app.reauthenticate(call.caller, &proof)?;
    Reply::changed(session.user.version, &Opened::from(&session))
}

/// `DELETE /v1/sessions/current`: signs out.
pub(crate) fn close(call: &Call<'_>) -> Answer {
    call.app.sign_out(call.caller)?;
    Ok(Reply::done())
}

/// `GET /v1/users/{id}/sessions`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    Reply::ok(&Page::whole(call.app.list_sessions(call.caller, user_id)?))
}

/// `DELETE /v1/users/{id}/sessions/{session_id}`.
pub(crate) fn end(call: &Call<'_>) -> Answer {
    let (user_id, session_id) = (call.user_id()?, call.session_id()?);
    call.execute(&EndSession { user_id, session_id })?;
    Ok(Reply::done())
}

/// `DELETE /v1/users/{id}/sessions`: signs out everywhere.
pub(crate) fn end_all(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    call.execute(&EndSessions { user_id })?;
    Ok(Reply::done())
}
