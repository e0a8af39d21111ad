use userdom_application::use_cases::{AddPhone, ChangePhoneType, RemovePhone, SetDefaultPhone};
use userdom_domain::{ContactType, PhoneNumber};

use super::Page;
use crate::http::{call::Call, problem::Answer, reply::Reply};

/// What a phone is for when nobody says.
pub(crate) const USUAL_TYPE: ContactType = ContactType::Mobile;

/// `GET /v1/users/{id}/phones`.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    if let Some(reply) = call.seen(user_id)? {
        return Ok(reply);
    }
    let user = call.app.get_user(call.caller, user_id)?;
    call.show(user.version, &Page::whole(user.phones))
}

/// `POST /v1/users/{id}/phones`.
pub(crate) fn add(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let region = call.app.settings().default_region;
    let mut fields = call.fields()?;
    let phone = fields.required("phone_number", |text| PhoneNumber::parse(text, region));
    let contact_type = fields.optional("contact_type", ContactType::parse);
    let contact_type = contact_type.unwrap_or(USUAL_TYPE);
    let is_default = fields.flag("is_default");
    let command =
        fields.finish(|| Some(AddPhone { user_id, phone: phone?, contact_type, is_default }))?;
    let phone = call.execute(&command)?;
    let location = format!("/v1/users/{user_id}/phones/{}", phone.value.id);
    Ok(Reply::created(location, &phone.value)?.with_version(phone.version))
}

/// `PATCH /v1/users/{id}/phones/{phone_id}`: what it is for.
pub(crate) fn update(call: &Call<'_>) -> Answer {
    let (user_id, phone_id) = (call.user_id()?, call.phone_id()?);
    let mut fields = call.fields()?;
    let contact_type = fields.change("contact_type", ContactType::parse);
    let command = fields.finish(|| Some(ChangePhoneType { user_id, phone_id, contact_type }))?;
    let phone = call.execute(&command)?;
    Reply::changed(phone.version, &phone.value)
}

/// `DELETE /v1/users/{id}/phones/{phone_id}`.
pub(crate) fn remove(call: &Call<'_>) -> Answer {
    let (user_id, phone_id) = (call.user_id()?, call.phone_id()?);
    let done = call.execute(&RemovePhone { user_id, phone_id })?;
    Ok(Reply::done().with_version(done.version))
}

/// `PUT /v1/users/{id}/phones/{phone_id}/default`.
pub(crate) fn set_default(call: &Call<'_>) -> Answer {
    let (user_id, phone_id) = (call.user_id()?, call.phone_id()?);
    let phone = call.execute(&SetDefaultPhone { user_id, phone_id })?;
    Reply::changed(phone.version, &phone.value)
}

/// `POST /v1/users/{id}/phones/{phone_id}/verification`: sends a code.
pub(crate) fn send_code(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    call.says_nothing()?;
    call.app.request_phone_verification(call.caller, user_id, call.phone_id()?)?;
    Ok(Reply::accepted())
}

/// `POST /v1/users/{id}/phones/{phone_id}/verification/confirm`: the code of the message.
pub(crate) fn verify(call: &Call<'_>) -> Answer {
    let (user_id, phone_id) = (call.user_id()?, call.phone_id()?);
    let mut fields = call.fields()?;
    let code = fields.required_text("code");
    let code = fields.finish(|| code)?;
    let phone = call.app.verify_phone(call.caller, user_id, phone_id, &code)?;
    Reply::changed(phone.version, &phone.value)
}
