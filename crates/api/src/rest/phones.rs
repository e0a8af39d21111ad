use actix_web::HttpResponse;
use userdom_application::use_cases::{AddPhone, ChangePhoneType, RemovePhone, SetDefaultPhone};
use userdom_domain::{ContactType, PhoneNumber};

use super::Page;
use crate::{
    answers::{changed, created, removed},
    body::{self, Fields},
    call::Call,
    problem::Answer,
};

/// What a phone is for when nobody says.
pub(super) const USUAL_TYPE: ContactType = ContactType::Mobile;

/// `GET /v1/users/{id}/phones`.
pub(super) async fn list(call: Call) -> Answer {
    let user = call.on_user(|app, caller, id| Ok(app.get_user(caller, id)?)).await?;
    Ok(call.show(user.version, &Page::whole(user.phones)))
}

/// `POST /v1/users/{id}/phones`.
pub(super) async fn add(mut call: Call) -> Answer {
    let body = call.json().await?;
    let (user_id, phone) = call
        .on_user(move |app, caller, user_id| {
            let region = app.settings().default_region;
            let mut fields = Fields::of(&body)?;
            let phone = fields.required("phone_number", |text| PhoneNumber::parse(text, region));
            let contact_type = fields.optional("contact_type", ContactType::parse);
            let contact_type = contact_type.unwrap_or(USUAL_TYPE);
            let is_default = fields.flag("is_default");
            let command = fields
                .finish(|| Some(AddPhone { user_id, phone: phone?, contact_type, is_default }))?;
            Ok((user_id, app.execute(caller, &command)?))
        })
        .await?;
    let location = format!("/v1/users/{user_id}/phones/{}", phone.value.id);
    Ok(created(location, phone.version, &phone.value))
}

/// `PATCH /v1/users/{id}/phones/{phone_id}`: what it is for.
pub(super) async fn update(mut call: Call) -> Answer {
    let body = call.merge_patch().await?;
    let phone_id = call.phone_id();
    let phone = call
        .on_user(move |app, caller, user_id| {
            let phone_id = phone_id?;
            let mut fields = Fields::of(&body)?;
            let contact_type = fields.change("contact_type", ContactType::parse);
            let command =
                fields.finish(|| Some(ChangePhoneType { user_id, phone_id, contact_type }))?;
            Ok(app.execute(caller, &command)?)
        })
        .await?;
    Ok(changed(phone.version, &phone.value))
}

/// `DELETE /v1/users/{id}/phones/{phone_id}`.
pub(super) async fn remove(call: Call) -> Answer {
    let phone_id = call.phone_id();
    let done = call
        .on_user(move |app, caller, user_id| {
            Ok(app.execute(caller, &RemovePhone { user_id, phone_id: phone_id? })?)
        })
        .await?;
    Ok(removed(done.version))
}

/// `PUT /v1/users/{id}/phones/{phone_id}/default`.
pub(super) async fn set_default(call: Call) -> Answer {
    let phone_id = call.phone_id();
    let phone = call
        .on_user(move |app, caller, user_id| {
            Ok(app.execute(caller, &SetDefaultPhone { user_id, phone_id: phone_id? })?)
        })
        .await?;
    Ok(changed(phone.version, &phone.value))
}

/// `POST /v1/users/{id}/phones/{phone_id}/verification`: sends a code.
pub(super) async fn send_code(mut call: Call) -> Answer {
    let body = call.optional_json().await?;
    let phone_id = call.phone_id();
    call.on_user(move |app, caller, user_id| {
        body::nothing(&body)?;
        Ok(app.request_phone_verification(caller, user_id, phone_id?)?)
    })
    .await?;
    Ok(HttpResponse::Accepted().finish())
}

/// `POST /v1/users/{id}/phones/{phone_id}/verification/confirm`: the code of the message.
pub(super) async fn verify(mut call: Call) -> Answer {
    let body = call.json().await?;
    let phone_id = call.phone_id();
    let phone = call
        .on_user(move |app, caller, user_id| {
            let phone_id = phone_id?;
            let mut fields = Fields::of(&body)?;
            let code = fields.required_text("code");
            let code = fields.finish(|| code)?;
            Ok(app.verify_phone(caller, user_id, phone_id, &code)?)
        })
        .await?;
    Ok(changed(phone.version, &phone.value))
}
