use actix_web::HttpResponse;
use userdom_application::use_cases::ChangePassword;
use userdom_domain::{EmailAddress, Password};

use super::sessions::Opened;
use crate::{answers::changed, body::Fields, call::Call, problem::Answer};

/// `POST /v1/password-resets`: asks for the mail. The answer is always the same, so that
/// nobody learns whose address it is.
pub(super) async fn request_reset(mut call: Call) -> Answer {
    let body = call.json().await?;
    call.anybody(move |app, caller| {
        let mut fields = Fields::of(&body)?;
        let email = fields.required("email", EmailAddress::parse);
        let email = fields.finish(|| email)?;
        Ok(app.request_password_reset(caller, &email)?)
    })
    .await?;
    Ok(HttpResponse::Accepted().finish())
}

/// `POST /v1/password-resets/confirm`: the token of the mail, and the new password.
pub(super) async fn reset(mut call: Call) -> Answer {
    let body = call.json().await?;
    call.anybody_with_password(move |app, caller| {
        let least = app.settings().password_min_chars;
        let mut fields = Fields::of(&body)?;
        let token = fields.required_text("token");
        let new = fields.required("new_password", |text| Password::parse(text, least));
        let (token, new) = fields.finish(|| token.zip(new))?;
        Ok(app.reset_password(caller, &token, &new)?)
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `PUT /v1/users/{id}/password`: another one, from somebody who knows the present one.
pub(super) async fn change(mut call: Call) -> Answer {
    let body = call.json().await?;
    let session = call
        .on_user(move |app, caller, user_id| {
            let least = app.settings().password_min_chars;
            let mut fields = Fields::of(&body)?;
            let current = fields.required("current_password", Password::guess);
            let new = fields.required("new_password", |text| Password::parse(text, least));
            let request =
                fields.finish(|| Some(ChangePassword { user_id, current: current?, new: new? }))?;
            Ok(app.change_password(caller, &request)?)
        })
        .await?;
    Ok(changed(session.user.version, &Opened::from(&session)))
}
