use actix_web::HttpResponse;
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
use crate::{
    answers::{changed, created},
    body::Fields,
    call::{Call, KnownAs},
    codes::Plain,
    problem::Answer,
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
pub(super) async fn open(mut call: Call) -> Answer {
    let body = call.json().await?;
    let step = call
        .anybody_with_password(move |app, caller| {
            let mut fields = Fields::of(&body)?;
            let login = fields.required_text("login");
            let password = fields.required("password", Password::guess);
            let device_token = fields.text("device_token");
            let request = fields
                .finish(|| Some(SignIn { login: login?, password: password?, device_token }))?;
            Ok(app.sign_in(caller, &request)?)
        })
        .await?;
    Ok(match step {
        SignInStep::Done(session) => first_shown(&call, &session),
        SignInStep::Challenge(challenge) => HttpResponse::Accepted()
            .json(Challenge { challenge: challenge.expose(), methods: ["totp", "recovery_code"] }),
    })
}

/// `POST /v1/sessions/challenge`: the second factor.
pub(super) async fn finish(mut call: Call) -> Answer {
    let body = call.json().await?;
    let session = call
        .anybody(move |app, caller| {
            let mut fields = Fields::of(&body)?;
            let challenge = fields.required_text("challenge");
            let proof = fields.either(
                ("totp", |code| Ok::<_, Plain>(SecondFactor::Totp(code.to_owned()))),
                ("recovery_code", |code| Ok(SecondFactor::RecoveryCode(code.to_owned()))),
            );
            let device_token = fields.text("device_token");
            let request = fields.finish(|| {
                Some(FinishSignIn { challenge: challenge?, proof: proof?, device_token })
            })?;
            Ok(app.finish_sign_in(caller, &request)?)
        })
        .await?;
    Ok(first_shown(&call, &session))
}

fn first_shown(call: &Call, session: &OpenedSession) -> HttpResponse {
    call.known_as(KnownAs::User(UserId::from_uuid(session.user.id)));
    let location = "/v1/sessions/current".to_owned();
    created(location, session.user.version, &Opened::from(session))
}

/// `POST /v1/sessions/refresh`: new tokens for the one that is good for nothing else.
pub(super) async fn refresh(mut call: Call) -> Answer {
    let body = call.json().await?;
    let session = call
        .anybody(move |app, caller| {
            let mut fields = Fields::of(&body)?;
            let token = fields.required_text("refresh_token");
            let token = fields.finish(|| token)?;
            Ok(app.refresh_session(caller, &token)?)
        })
        .await?;
    call.known_as(KnownAs::User(UserId::from_uuid(session.user.id)));
    Ok(changed(session.user.version, &Opened::from(&session)))
}

/// `POST /v1/sessions/current/reauthenticate`: proves anew who it is.
pub(super) async fn reauthenticate(mut call: Call) -> Answer {
    let body = call.json().await?;
    let session = call
        .authenticated(move |app, caller| {
            let mut fields = Fields::of(&body)?;
            let proof = fields.either(
                ("password", |guess| Password::guess(guess).map(Proof::Password)),
                ("totp", |code| Ok(Proof::Totp(code.to_owned()))),
            );
            let proof = fields.finish(|| proof)?;
            Ok(app.reauthenticate(caller, &proof)?)
        })
        .await?;
    Ok(changed(session.user.version, &Opened::from(&session)))
}

/// `DELETE /v1/sessions/current`: signs out.
pub(super) async fn close(call: Call) -> Answer {
    call.authenticated(|app, caller| Ok(app.sign_out(caller)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `GET /v1/users/{id}/sessions`.
pub(super) async fn list(call: Call) -> Answer {
    let sessions = call.on_user(|app, caller, id| Ok(app.list_sessions(caller, id)?)).await?;
    Ok(HttpResponse::Ok().json(Page::whole(sessions)))
}

/// `DELETE /v1/users/{id}/sessions/{session_id}`.
pub(super) async fn end(call: Call) -> Answer {
    let session_id = call.session_id();
    call.on_user(move |app, caller, user_id| {
        Ok(app.execute(caller, &EndSession { user_id, session_id: session_id? })?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `DELETE /v1/users/{id}/sessions`: signs out everywhere.
pub(super) async fn end_all(call: Call) -> Answer {
    call.on_user(|app, caller, user_id| Ok(app.execute(caller, &EndSessions { user_id })?)).await?;
    Ok(HttpResponse::NoContent().finish())
}
