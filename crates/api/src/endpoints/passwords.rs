use userdom_application::use_cases::ChangePassword;
use userdom_domain::{EmailAddress, Password};

use super::sessions::Opened;
use crate::http::{call::Call, problem::Answer, reply::Reply};

/// `POST /v1/password-resets`: asks for the mail. The answer is always the same, so that
/// nobody learns whose address it is.
pub(crate) fn request_reset(call: &Call<'_>) -> Answer {
    let mut fields = call.fields()?;
    let email = fields.required("email", EmailAddress::parse);
    let email = fields.finish(|| email)?;
    call.app.request_password_reset(call.caller, &email)?;
    Ok(Reply::accepted())
}

/// `POST /v1/password-resets/confirm`: the token of the mail, and the new password.
pub(crate) fn reset(call: &Call<'_>) -> Answer {
    let least = call.app.settings().password_min_chars;
    let mut fields = call.fields()?;
    let token = fields.required_token("token");
    let new = fields.required("new_password", |text| Password::parse(text, least));
    let (token, new) = fields.finish(|| token.zip(new))?;
    call.app.reset_password(call.caller, &token, &new)?;
    Ok(Reply::done())
}

/// `PUT /v1/users/{id}/password`: another one, from somebody who knows the present one.
pub(crate) fn change(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let least = call.app.settings().password_min_chars;
    let mut fields = call.fields()?;
    let current = fields.required("current_password", Password::guess);
    let new = fields.required("new_password", |text| Password::parse(text, least));
    let request =
        fields.finish(|| Some(ChangePassword { user_id, current: current?, new: new? }))?;
    let session = call.app.change_password(call.caller, &request)?;
    Reply::changed(session.user.version, &Opened::from(&session))
}
