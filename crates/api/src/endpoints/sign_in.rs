use actix_web::http::StatusCode;
use serde::Serialize;
use userdom_application::{
    ports::Limit,
    use_cases::{FinishSignIn, OpenedSession, SecondFactor, SignIn, SignInStep},
};
use userdom_domain::Password;

use super::sessions::{OPENED_SESSION, OpenedSessionView, owner};
use crate::http::prelude::*;

static CHALLENGE: View = View {
    name: "Challenge",
    description: "What stands between the password and the second factor",
    members: &[
        member("challenge", Schema::Text).like("ud_ch_…"),
        member("methods", Schema::Enumeration(&SIGN_IN_METHOD))
            .list()
            .like_json(r#"["totp", "recovery_code"]"#),
    ],
};

static SIGN_IN_METHOD: Enumeration = Enumeration {
    name: "SignInMethod",
    description: "A second factor",
    values: || vec!["totp", "recovery_code"],
};

#[derive(Serialize)]
struct ChallengeView<'a> {
    challenge: &'a str,
    methods: [&'static str; 2],
}

pub(super) static SIGN_IN: Endpoint = Endpoint {
    access: Access::Open,
    summary: "Sign in",
    description: "201 with a session, or 202 with a challenge when the account has a second factor. Whatever is wrong is 401 `session.refused`; the fifth failure in a row locks the account for 15 minutes. Send the `device_token` of an earlier answer, and strangers cannot lock this device out.",
    request: RequestBody::Json(&CREDENTIALS),
    responses: &[created(&OPENED_SESSION).with_version(), accepted(&CHALLENGE)],
    refusals: codes!["session.refused", "access.unauthenticated", "rate_limit.exceeded"],
    limit: Some(Limit::SignInAddress),
    hashing: Hashing::Strangers,
    ..post(SESSIONS, "signIn", "/v1/sessions", sign_in)
};

static CREDENTIALS: Body<SignIn> = Body::new(
    "SignIn",
    "A username or a verified email, and the password",
    r#"{"login": "ada", "password": "granite otter canyon 93"}"#,
    |fields| {
        let login = fields.required_text("login");
        let password = fields.required("password", Password::guess);
        let device_token = fields.token("device_token");
        Some(SignIn { login: login?, password: password?, device_token })
    },
);

fn sign_in(call: &Call<'_>) -> Answer {
    match call.execute(&call.body(&CREDENTIALS)?)? {
        SignInStep::Done(session) => opened(&session),
        SignInStep::Challenge(challenge) => {
            let methods = ["totp", "recovery_code"];
            let challenge = ChallengeView { challenge: challenge.expose(), methods };
            Reply::json(StatusCode::ACCEPTED, &challenge)
        }
    }
}

pub(super) static FINISH_SIGN_IN: Endpoint = Endpoint {
    access: Access::Open,
    summary: "The second factor of a sign-in",
    description: "Takes the challenge of a sign-in with either `totp` or `recovery_code`. The challenge lasts 5 minutes and five tries.",
    request: RequestBody::Json(&SECOND_STEP),
    responses: &[created(&OPENED_SESSION).with_version()],
    refusals: codes![
        "session.refused",
        "access.unauthenticated",
        "token.not_valid",
        "code.not_valid",
        "rate_limit.exceeded",
    ],
    limit: Some(Limit::TokenAddress),
    checks_code: true,
    ..post(SESSIONS, "finishSignIn", "/v1/sessions/challenge", finish)
};

static SECOND_STEP: Body<FinishSignIn> = Body::new(
    "SecondStep",
    "Either the code of the authenticator app or a recovery code",
    r#"{"challenge": "ud_ch_…", "totp": "287082"}"#,
    |fields| {
        let challenge = fields.required_token("challenge");
        let proof = fields.either(
            ("totp", |code| Ok::<_, &Code>(SecondFactor::Totp(code.to_owned()))),
            ("recovery_code", |code| Ok(SecondFactor::RecoveryCode(code.to_owned()))),
        );
        let device_token = fields.token("device_token");
        Some(FinishSignIn { challenge: challenge?, proof: proof?, device_token })
    },
);

fn finish(call: &Call<'_>) -> Answer {
    opened(&call.execute(&call.body(&SECOND_STEP)?)?)
}

fn opened(session: &OpenedSession) -> Answer {
    let location = "/v1/sessions/current".to_owned();
    let reply = Reply::created(location, &OpenedSessionView::from(session))?;
    Ok(reply.with_version(session.user.version).known_as(owner(session)))
}
