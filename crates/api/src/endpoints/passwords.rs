use userdom_application::{
    ports::Limit,
    use_cases::{ChangePassword, RequestPasswordReset, ResetPassword},
};
use userdom_domain::{EmailAddress, Password};

use super::sessions::{OPENED_SESSION, OpenedSessionView};
use crate::http::prelude::*;

pub(super) static REQUEST_RESET: Endpoint = Endpoint {
    access: Access::Open,
    summary: "Ask for the mail that resets a password",
    description: "Always 202, whether the address is known or not. The link in the mail is good for 30 minutes and one use.",
    request: RequestBody::Json(&FORGOTTEN_PASSWORD),
    responses: &[ACCEPTED],
    refusals: codes!["rate_limit.exceeded"],
    limit: Some(Limit::MailAddress),
    ..post(ACCOUNTS, "requestPasswordReset", "/v1/password-resets", request_reset)
};

static FORGOTTEN_PASSWORD: Body<RequestPasswordReset> = Body::new(
    "ForgottenPassword",
    "Whose password was forgotten",
    r#"{"email": "ada@example.org"}"#,
    |fields| Some(RequestPasswordReset { email: fields.required("email", EmailAddress::parse)? }),
)
.in_graphql("ResetRequestInput");

/// The answer is always the same, so that it does not show whose address it is.
fn request_reset(call: &Call<'_>) -> Answer {
    call.execute(&call.body(&FORGOTTEN_PASSWORD)?)?;
    Ok(Reply::accepted())
}

pub(super) static RESET: Endpoint = Endpoint {
    access: Access::Open,
    summary: "Set the new password",
    description: "Takes the token of the mail. All sessions end and known devices are forgotten; a second factor stays.",
    request: RequestBody::Json(&NEW_PASSWORD),
    responses: &[NO_CONTENT],
    refusals: codes!["token.not_valid", "rate_limit.exceeded"],
    limit: Some(Limit::TokenAddress),
    hashing: Hashing::Strangers,
    ..post(ACCOUNTS, "resetPassword", "/v1/password-resets/confirm", reset)
};

static NEW_PASSWORD: Body<ResetPassword> = Body::new(
    "Reset",
    "The token of the mail, and the new password",
    r#"{"token": "ud_pr_…", "new_password": "marble heron valley 61"}"#,
    |fields| {
        let least = fields.context.password_min_chars();
        let token = fields.required_token("token");
        let new = fields.required("new_password", |text| Password::parse(text, least));
        Some(ResetPassword { token: token?, new: new? })
    },
);

fn reset(call: &Call<'_>) -> Answer {
    call.execute(&call.body(&NEW_PASSWORD)?)?;
    Ok(Reply::done())
}

pub(super) static CHANGE: Endpoint = Endpoint {
    summary: "Change the password",
    description: "For the user alone, after a recent proof. All other sessions end, this one gets new tokens, and every verified address is told.",
    request: RequestBody::Json(&PASSWORD_CHANGE),
    responses: &[ok(&OPENED_SESSION).with_version()],
    refusals: codes!["access.proof_refused", "reauthentication_required", "rate_limit.exceeded"],
    hashing: Hashing::Own,
    ..put(ACCOUNTS, "changePassword", "/v1/users/{id}/password", change)
};

static PASSWORD_CHANGE: Body<(Password, Password)> = Body::new(
    "PasswordChange",
    "The present password, and the new one",
    r#"{"current_password": "granite otter canyon 93", "new_password": "marble heron valley 61"}"#,
    |fields| {
        let least = fields.context.password_min_chars();
        let current = fields.required("current_password", Password::guess);
        let new = fields.required("new_password", |text| Password::parse(text, least));
        current.zip(new)
    },
);

fn change(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let (current, new) = call.body(&PASSWORD_CHANGE)?;
    let session = call.execute(&ChangePassword { user_id, current, new })?;
    Reply::changed(session.user.version, &OpenedSessionView::from(&session))
}
