use userdom_application::use_cases::{
    AddPhone, ChangePhoneType, RemovePhone, RequestPhoneVerification, SetDefaultPhone, VerifyPhone,
};
use userdom_domain::{ContactType, PhoneNumber};

use super::{Page, emails::CONTACT_PATCH};
use crate::http::prelude::*;

/// The type of a phone without one.
pub(super) const USUAL_TYPE: ContactType = ContactType::Mobile;

pub(super) static PHONE: View = View {
    name: "Phone",
    description: "A phone of a user",
    members: &[
        member("id", Schema::Id),
        member("phone_number", Schema::Text).like("+44 20 7946 0018"),
        member("e164", Schema::Text).nullable().like("+442079460018"),
        member("country_code", Schema::Text).like("+44"),
        member("formatted_number", Schema::Text).like("+44 20 7946 0018"),
        member("contact_type", ContactType::SCHEMA).like("mobile"),
        member("is_verified", Schema::Flag),
        member("is_default", Schema::Flag),
        member("created_at", Schema::Time),
        member("verified_at", Schema::Time).nullable(),
    ],
};

pub(super) static LIST: Endpoint = Endpoint {
    summary: "All phones of a user",
    description: "All on one page.",
    responses: &[page(&PHONE).with_version()],
    is_conditional: true,
    graphql: GraphqlField::OfUser,
    ..get(CONTACTS, "phones", "/v1/users/{id}/phones", list)
};

fn list(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    if let Some(reply) = call.seen(user_id)? {
        return Ok(reply);
    }
    let user = call.app.get_user(call.caller, user_id)?;
    call.show(user.version, &Page::whole(user.phones))
}

pub(super) static ADD: Endpoint = Endpoint {
    summary: "Add a phone",
    description: "In international form, or as written in the default region of the installation. A number that the user has already is 409.",
    request: RequestBody::Json(&PHONE_TO_ADD),
    responses: &[created(&PHONE).with_version()],
    refusals: codes!["phone.already_exists", "contact.default_of_type_exists", "contact.too_many"],
    edits: true,
    ..post(CONTACTS, "addPhone", "/v1/users/{id}/phones", add)
};

static PHONE_TO_ADD: Body<(PhoneNumber, ContactType, bool)> = Body::new(
    "PhoneToAdd",
    "A phone to add",
    r#"{"phone_number": "+44 20 7946 0018", "contact_type": "mobile"}"#,
    |fields| {
        let region = fields.context.default_region();
        let phone = fields.required("phone_number", |text| PhoneNumber::parse(text, region));
        let contact_type = fields.optional("contact_type", ContactType::parse);
        let is_default = fields.flag("is_default");
        Some((phone?, contact_type.unwrap_or(USUAL_TYPE), is_default))
    },
)
.in_graphql("NewPhoneInput");

fn add(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let (phone, contact_type, is_default) = call.body(&PHONE_TO_ADD)?;
    let phone = call.execute(&AddPhone { user_id, phone, contact_type, is_default })?;
    let location = format!("/v1/users/{user_id}/phones/{}", phone.value.id);
    Ok(Reply::created(location, &phone.value)?.with_version(phone.version))
}

pub(super) static UPDATE: Endpoint = Endpoint {
    summary: "Change what a phone is for",
    description: "There is at most one default of each type.",
    request: RequestBody::MergePatch(&CONTACT_PATCH),
    responses: &[ok(&PHONE).with_version()],
    refusals: codes!["phone.not_found", "contact.default_of_type_exists"],
    edits: true,
    ..patch(CONTACTS, "updatePhone", "/v1/users/{id}/phones/{phone_id}", update)
};

fn update(call: &Call<'_>) -> Answer {
    let (user_id, phone_id) = (call.user_id()?, call.phone_id()?);
    let contact_type = call.body(&CONTACT_PATCH)?;
    let phone = call.execute(&ChangePhoneType { user_id, phone_id, contact_type })?;
    Reply::changed(phone.version, &phone.value)
}

pub(super) static REMOVE: Endpoint = Endpoint {
    summary: "Remove a phone",
    description: "It is gone at once.",
    responses: &[NO_CONTENT.with_version()],
    refusals: codes!["phone.not_found"],
    edits: true,
    ..delete(CONTACTS, "removePhone", "/v1/users/{id}/phones/{phone_id}", remove)
};

fn remove(call: &Call<'_>) -> Answer {
    let (user_id, phone_id) = (call.user_id()?, call.phone_id()?);
    let done = call.execute(&RemovePhone { user_id, phone_id })?;
    Ok(Reply::done().with_version(done.version))
}

pub(super) static SET_DEFAULT: Endpoint = Endpoint {
    summary: "Make a phone the default of its type",
    description: "Takes the default from another phone of the type.",
    responses: &[ok(&PHONE).with_version()],
    refusals: codes!["phone.not_found"],
    edits: true,
    ..put(CONTACTS, "setDefaultPhone", "/v1/users/{id}/phones/{phone_id}/default", set_default)
};

fn set_default(call: &Call<'_>) -> Answer {
    let (user_id, phone_id) = (call.user_id()?, call.phone_id()?);
    let phone = call.execute(&SetDefaultPhone { user_id, phone_id })?;
    Reply::changed(phone.version, &phone.value)
}

pub(super) static SEND_CODE: Endpoint = Endpoint {
    summary: "Send a code",
    description: "Six digits go to the number, three times an hour at most. A newer code ends the older.",
    request: RequestBody::Empty,
    responses: &[ACCEPTED],
    refusals: codes![
        "phone.not_found",
        "phone.already_verified",
        "phone.not_reachable",
        "rate_limit.exceeded",
    ],
    ..post(CONTACTS, "sendPhoneCode", "/v1/users/{id}/phones/{phone_id}/verification", send_code)
};

fn send_code(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    call.require_empty_body()?;
    call.execute(&RequestPhoneVerification { user_id, phone_id: call.phone_id()? })?;
    Ok(Reply::accepted())
}

pub(super) static VERIFY: Endpoint = Endpoint {
    summary: "Verify a phone by the code",
    description: "The code lasts 10 minutes and five tries.",
    request: RequestBody::Json(&CODE),
    responses: &[ok(&PHONE).with_version()],
    refusals: codes![
        "phone.not_found",
        "phone.already_verified",
        "code.not_valid",
        "rate_limit.exceeded",
    ],
    checks_code: true,
    ..post(CONTACTS, "verifyPhone", "/v1/users/{id}/phones/{phone_id}/verification/confirm", verify)
};

pub(super) static CODE: Body<String> =
    Body::new("Code", "Six digits", r#"{"code": "287082"}"#, |fields| fields.required_text("code"));

fn verify(call: &Call<'_>) -> Answer {
    let (user_id, phone_id) = (call.user_id()?, call.phone_id()?);
    let code = call.body(&CODE)?;
    let phone = call.execute(&VerifyPhone { user_id, phone_id, code })?;
    Reply::changed(phone.version, &phone.value)
}
