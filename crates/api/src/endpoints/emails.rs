use userdom_application::{
    Caller,
    use_cases::{AddEmail, ChangeEmailType, RemoveEmail, SetDefaultEmail},
};
use userdom_domain::{ContactType, EmailAddress};

use super::Page;
use crate::http::{
    call::{Call, named_user},
    problem::Answer,
    reply::Reply,
};

/// `GET /v1/users/{id}/emails`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    if let Some(reply) = call.seen(user_id)? {
        return Ok(reply);
    }
    let user = call.app.get_user(call.caller, user_id)?;
    call.show(user.version, &Page::whole(user.emails))
}

/// `POST /v1/users/{id}/emails`: adds one and sends its verification mail.
pub(crate) fn add(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let mut fields = call.fields()?;
    let email = fields.required("email", EmailAddress::parse);
    let contact_type = fields.optional("contact_type", ContactType::parse);
    let contact_type = contact_type.unwrap_or(ContactType::Primary);
    let is_default = fields.flag("is_default");
    let command =
        fields.finish(|| Some(AddEmail { user_id, email: email?, contact_type, is_default }))?;
    let email = call.execute(&command)?;
    let location = format!("/v1/users/{user_id}/emails/{}", email.value.id);
    Ok(Reply::created(location, &email.value)?.with_version(email.version))
}

/// `PATCH /v1/users/{id}/emails/{email_id}`: what it is for.
pub(crate) fn update(call: &Call<'_>) -> Answer {
    let (user_id, email_id) = (call.user_id()?, call.email_id()?);
    let mut fields = call.fields()?;
    let contact_type = fields.change("contact_type", ContactType::parse);
    let command = fields.finish(|| Some(ChangeEmailType { user_id, email_id, contact_type }))?;
    let email = call.execute(&command)?;
    Reply::changed(email.version, &email.value)
}

/// `DELETE /v1/users/{id}/emails/{email_id}`.
pub(crate) fn remove(call: &Call<'_>) -> Answer {
    let (user_id, email_id) = (call.user_id()?, call.email_id()?);
    let done = call.execute(&RemoveEmail { user_id, email_id })?;
    Ok(Reply::done().with_version(done.version))
}

/// `PUT /v1/users/{id}/emails/{email_id}/default`.
pub(crate) fn set_default(call: &Call<'_>) -> Answer {
    let (user_id, email_id) = (call.user_id()?, call.email_id()?);
    let email = call.execute(&SetDefaultEmail { user_id, email_id })?;
    Reply::changed(email.version, &email.value)
}

/// `POST /v1/users/{id}/emails/{email_id}/verification`: sends the mail again. The
/// answer is always the same, so that nobody learns which accounts there are.
pub(crate) fn send_again(call: &Call<'_>) -> Answer {
    let token = call.request.token.as_deref();
    let actor = token.and_then(|token| call.app.authenticate(token).ok());
    let user_id = named_user(call.segment("id"), actor.as_ref());
    if let (Some(user_id), Ok(email_id)) = (user_id, call.email_id()) {
        let caller = Caller { actor, ..call.caller.clone() };
        call.app.resend_verification(&caller, user_id, email_id)?;
    }
    Ok(Reply::accepted())
}

/// `POST /v1/email-verifications`: the token of the mail.
pub(crate) fn verify(call: &Call<'_>) -> Answer {
    let mut fields = call.fields()?;
    let token = fields.required_token("token");
    let token = fields.finish(|| token)?;
    let email = call.app.verify_email(call.caller, &token)?;
    Reply::changed(email.version, &email.value)
}
