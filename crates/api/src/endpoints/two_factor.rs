use serde_json::json;
use userdom_application::ports::SecretToken;

use crate::http::{call::Call, problem::Answer, reply::Reply};

/// `POST /v1/users/{id}/two-factor/totp`: a secret for the authenticator app.
pub(crate) fn set_up(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    call.says_nothing()?;
    let enrolment = call.app.set_up_totp(call.caller, user_id)?;
    Reply::ok(&json!({
        "secret": enrolment.secret.as_str(),
        "otpauth_uri": enrolment.otpauth_uri.as_str(),
        "qr_svg": enrolment.qr_svg.as_str(),
    }))
}

/// `POST /v1/users/{id}/two-factor/totp/confirm`: turns the second factor on.
pub(crate) fn confirm(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let mut fields = call.fields()?;
    let code = fields.required_text("code");
    let code = fields.finish(|| code)?;
    shown(&call.app.confirm_totp(call.caller, user_id, &code)?)
}

/// `DELETE /v1/users/{id}/two-factor/totp`: turns the second factor off.
pub(crate) fn remove(call: &Call<'_>) -> Answer {
    call.app.remove_totp(call.caller, call.user_id()?)?;
    Ok(Reply::done())
}

/// `POST /v1/users/{id}/two-factor/recovery-codes`: new ones in place of the old.
pub(crate) fn replace_codes(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    call.says_nothing()?;
    shown(&call.app.replace_recovery_codes(call.caller, user_id)?)
}

/// Recovery codes are shown this once.
fn shown(codes: &[SecretToken]) -> Answer {
    let codes: Vec<_> = codes.iter().map(SecretToken::expose).collect();
    Reply::ok(&json!({"recovery_codes": codes}))
}
