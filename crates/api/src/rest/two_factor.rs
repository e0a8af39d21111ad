use actix_web::HttpResponse;
use serde_json::json;
use userdom_application::ports::SecretToken;

use crate::{
    body::{self, Fields},
    call::Call,
    problem::Answer,
};

/// `POST /v1/users/{id}/two-factor/totp`: a secret for the authenticator app.
pub(super) async fn set_up(mut call: Call) -> Answer {
    let body = call.optional_json().await?;
    let enrolment = call
        .on_user(move |app, caller, id| {
            body::nothing(&body)?;
            Ok(app.set_up_totp(caller, id)?)
        })
        .await?;
    Ok(HttpResponse::Ok().json(json!({
        "secret": enrolment.secret.as_str(),
        "otpauth_uri": enrolment.otpauth_uri.as_str(),
        "qr_svg": enrolment.qr_svg.as_str(),
    })))
}

/// `POST /v1/users/{id}/two-factor/totp/confirm`: turns the second factor on.
pub(super) async fn confirm(mut call: Call) -> Answer {
    let body = call.json().await?;
    let codes = call
        .on_user(move |app, caller, id| {
            let mut fields = Fields::of(&body)?;
            let code = fields.required_text("code");
            let code = fields.finish(|| code)?;
            Ok(app.confirm_totp(caller, id, &code)?)
        })
        .await?;
    Ok(shown(&codes))
}

/// `DELETE /v1/users/{id}/two-factor/totp`: turns the second factor off.
pub(super) async fn remove(call: Call) -> Answer {
    call.on_user(|app, caller, id| Ok(app.remove_totp(caller, id)?)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /v1/users/{id}/two-factor/recovery-codes`: new ones in place of the old.
pub(super) async fn replace_codes(mut call: Call) -> Answer {
    let body = call.optional_json().await?;
    let codes = call
        .on_user(move |app, caller, id| {
            body::nothing(&body)?;
            Ok(app.replace_recovery_codes(caller, id)?)
        })
        .await?;
    Ok(shown(&codes))
}

/// Recovery codes are shown this once.
fn shown(codes: &[SecretToken]) -> HttpResponse {
    let codes: Vec<_> = codes.iter().map(SecretToken::expose).collect();
    HttpResponse::Ok().json(json!({"recovery_codes": codes}))
}
