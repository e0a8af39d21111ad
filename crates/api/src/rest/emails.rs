use actix_web::HttpResponse;
use userdom_application::{
    Caller,
    use_cases::{AddEmail, ChangeEmailType, RemoveEmail, SetDefaultEmail},
};
use userdom_domain::{ContactType, EmailAddress};

use super::Page;
use crate::{
    answers::{changed, created, removed},
    body::Fields,
    call::{Call, named_user},
    problem::Answer,
};

/// `GET /v1/users/{id}/emails`.
pub(super) async fn list(call: Call) -> Answer {
    let user = call.on_user(|app, caller, id| Ok(app.get_user(caller, id)?)).await?;
    Ok(call.show(user.version, &Page::whole(user.emails)))
}

/// `POST /v1/users/{id}/emails`: adds one and sends its verification mail.
pub(super) async fn add(mut call: Call) -> Answer {
    let body = call.json().await?;
    let (user_id, email) = call
        .on_user(move |app, caller, user_id| {
            let mut fields = Fields::of(&body)?;
            let email = fields.required("email", EmailAddress::parse);
            let contact_type = fields.optional("contact_type", ContactType::parse);
            let contact_type = contact_type.unwrap_or(ContactType::Primary);
            let is_default = fields.flag("is_default");
            let command = fields
                .finish(|| Some(AddEmail { user_id, email: email?, contact_type, is_default }))?;
            Ok((user_id, app.execute(caller, &command)?))
        })
        .await?;
    let location = format!("/v1/users/{user_id}/emails/{}", email.value.id);
    Ok(created(location, email.version, &email.value))
}

/// `PATCH /v1/users/{id}/emails/{email_id}`: what it is for.
pub(super) async fn update(mut call: Call) -> Answer {
    let body = call.merge_patch().await?;
    let email_id = call.email_id();
    let email = call
        .on_user(move |app, caller, user_id| {
            let email_id = email_id?;
            let mut fields = Fields::of(&body)?;
            let contact_type = fields.change("contact_type", ContactType::parse);
            let command =
                fields.finish(|| Some(ChangeEmailType { user_id, email_id, contact_type }))?;
            Ok(app.execute(caller, &command)?)
        })
        .await?;
    Ok(changed(email.version, &email.value))
}

/// `DELETE /v1/users/{id}/emails/{email_id}`.
pub(super) async fn remove(call: Call) -> Answer {
    let email_id = call.email_id();
    let done = call
        .on_user(move |app, caller, user_id| {
            Ok(app.execute(caller, &RemoveEmail { user_id, email_id: email_id? })?)
        })
        .await?;
    Ok(removed(done.version))
}

/// `PUT /v1/users/{id}/emails/{email_id}/default`.
pub(super) async fn set_default(call: Call) -> Answer {
    let email_id = call.email_id();
    let email = call
        .on_user(move |app, caller, user_id| {
            Ok(app.execute(caller, &SetDefaultEmail { user_id, email_id: email_id? })?)
        })
        .await?;
    Ok(changed(email.version, &email.value))
}

/// `POST /v1/users/{id}/emails/{email_id}/verification`: sends the mail again. The
/// answer is always the same, so that nobody learns which accounts there are.
pub(super) async fn send_again(call: Call) -> Answer {
    let token = call.token().unwrap_or_default();
    let (id, email_id) = (call.segment("id"), call.email_id().ok());
    call.anybody(move |app, stranger| {
        let actor = token.and_then(|token| app.authenticate(&token).ok());
        if let (Some(user_id), Some(email_id)) = (named_user(&id, actor.as_ref()), email_id) {
            let caller = Caller { actor, ..stranger.clone() };
            app.resend_verification(&caller, user_id, email_id)?;
        }
        Ok(())
    })
    .await?;
    Ok(HttpResponse::Accepted().finish())
}

/// `POST /v1/email-verifications`: the token of the mail.
pub(super) async fn verify(mut call: Call) -> Answer {
    let body = call.json().await?;
    let email = call
        .anybody(move |app, caller| {
            let mut fields = Fields::of(&body)?;
            let token = fields.required_text("token");
            let token = fields.finish(|| token)?;
            Ok(app.verify_email(caller, &token)?)
        })
        .await?;
    Ok(changed(email.version, &email.value))
}
