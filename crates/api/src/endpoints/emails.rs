use userdom_application::{
    ports::Limit,
    use_cases::{
        AddEmail, ChangeEmailType, RemoveEmail, RequestEmailVerification, SetDefaultEmail,
        VerifyEmail,
    },
};
use userdom_domain::{ContactType, EmailAddress};

use super::Page;
use crate::http::{call::named_user, prelude::*};

pub(super) static EMAIL: View = View {
    name: "Email",
    description: "An email of a user",
    members: &[
        member("id", Schema::Id),
        member("email", Schema::Text).like("ada@example.org"),
        member("provider", Schema::Text).like("Custom"),
        member("contact_type", ContactType::SCHEMA).like("primary"),
        member("is_verified", Schema::Flag),
        member("is_default", Schema::Flag),
        member("created_at", Schema::Time),
        member("verified_at", Schema::Time).nullable(),
    ],
};

pub(super) static LIST: Endpoint = Endpoint {
    summary: "All emails of a user",
    description: "All on one page.",
    responses: &[page(&EMAIL).with_version()],
    is_conditional: true,
    graphql: GraphqlField::OfUser,
    ..get(CONTACTS, "emails", "/v1/users/{id}/emails", list)
};

fn list(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    if let Some(reply) = call.seen(user_id)? {
        return Ok(reply);
    }
    let user = call.app.get_user(call.caller, user_id)?;
    call.show(user.version, &Page::whole(user.emails))
}

pub(super) static ADD: Endpoint = Endpoint {
    summary: "Add an email and send its verification mail",
    description: "After a recent proof. It signs nobody in and gets no reset before it is verified.",
    request: RequestBody::Json(&EMAIL_TO_ADD),
    responses: &[created(&EMAIL).with_version()],
    refusals: codes![
        "email.already_exists",
        "email.default_must_be_verified",
        "contact.too_many",
        "email.default_is_primary",
        "reauthentication_required",
        "rate_limit.exceeded",
    ],
    edits: true,
    ..post(CONTACTS, "addEmail", "/v1/users/{id}/emails", add)
};

static EMAIL_TO_ADD: Body<(EmailAddress, ContactType, bool)> = Body::new(
    "EmailToAdd",
    "An email to add",
    r#"{"email": "ada@work.example", "contact_type": "work"}"#,
    |fields| {
        let email = fields.required("email", EmailAddress::parse);
        let contact_type = fields.optional("contact_type", ContactType::parse);
        let is_default = fields.flag("is_default");
        Some((email?, contact_type.unwrap_or(ContactType::Primary), is_default))
    },
)
.in_graphql("NewEmailInput");

fn add(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let (email, contact_type, is_default) = call.body(&EMAIL_TO_ADD)?;
    let email = call.execute(&AddEmail { user_id, email, contact_type, is_default })?;
    let location = format!("/v1/users/{user_id}/emails/{}", email.value.id);
    Ok(Reply::created(location, &email.value)?.with_version(email.version))
}

pub(super) static UPDATE: Endpoint = Endpoint {
    summary: "Change what an email is for",
    description: "The default email is `primary` and stays so.",
    request: RequestBody::MergePatch(&CONTACT_PATCH),
    responses: &[ok(&EMAIL).with_version()],
    refusals: codes!["email.not_found", "email.default_is_primary"],
    edits: true,
    ..patch(CONTACTS, "updateEmail", "/v1/users/{id}/emails/{email_id}", update)
};

pub(super) static CONTACT_PATCH: Body<Option<ContactType>> = Body::new(
    "ContactPatch",
    "A merge patch of what an email or a phone is for",
    r#"{"contact_type": "work"}"#,
    |fields| Some(fields.change("contact_type", ContactType::parse)),
);

fn update(call: &Call<'_>) -> Answer {
    let (user_id, email_id) = (call.user_id()?, call.email_id()?);
    let contact_type = call.body(&CONTACT_PATCH)?;
    let email = call.execute(&ChangeEmailType { user_id, email_id, contact_type })?;
    Reply::changed(email.version, &email.value)
}

pub(super) static REMOVE: Endpoint = Endpoint {
    summary: "Remove an email",
    description: "Removing a verified email needs a recent proof. The only one stays; after the default another takes its place.",
    responses: &[NO_CONTENT.with_version()],
    refusals: codes!["email.not_found", "email.only_one", "reauthentication_required"],
    edits: true,
    ..delete(CONTACTS, "removeEmail", "/v1/users/{id}/emails/{email_id}", remove)
};

fn remove(call: &Call<'_>) -> Answer {
    let (user_id, email_id) = (call.user_id()?, call.email_id()?);
    let done = call.execute(&RemoveEmail { user_id, email_id })?;
    Ok(Reply::done().with_version(done.version))
}

pub(super) static SET_DEFAULT: Endpoint = Endpoint {
    summary: "Make an email the default",
    description: "After a recent proof. The email becomes `primary`.",
    responses: &[ok(&EMAIL).with_version()],
    refusals: codes![
        "email.not_found",
        "email.default_must_be_verified",
        "reauthentication_required"
    ],
    edits: true,
    ..put(CONTACTS, "setDefaultEmail", "/v1/users/{id}/emails/{email_id}/default", set_default)
};

fn set_default(call: &Call<'_>) -> Answer {
    let (user_id, email_id) = (call.user_id()?, call.email_id()?);
    let email = call.execute(&SetDefaultEmail { user_id, email_id })?;
    Reply::changed(email.version, &email.value)
}

pub(super) static SEND_VERIFICATION: Endpoint = Endpoint {
    access: Access::Optional,
    summary: "Send the verification mail again",
    description: "Always 202, whether something is sent or not; twice an hour at most. While the account is pending anybody may ask.",
    responses: &[ACCEPTED],
    refusals: codes!["rate_limit.exceeded"],
    limit: Some(Limit::MailAddress),
    ..post(CONTACTS, "sendEmailVerification", "/v1/users/{id}/emails/{email_id}/verification", send)
};

/// The answer is always the same, so that it does not show which accounts there are.
fn send(call: &Call<'_>) -> Answer {
    let user_id = named_user(call.segment("id"), call.caller.actor.as_ref());
    if let (Some(user_id), Ok(email_id)) = (user_id, call.email_id()) {
        call.execute(&RequestEmailVerification { user_id, email_id })?;
    }
    Ok(Reply::accepted())
}

pub(super) static VERIFY: Endpoint = Endpoint {
    access: Access::Open,
    summary: "Verify an email by the token of the mail",
    description: "Takes the token of the verification mail, which is good for 24 hours and one use. A pending user becomes active.",
    request: RequestBody::Json(&TOKEN),
    responses: &[ok(&EMAIL).with_version()],
    refusals: codes![
        "token.not_valid",
        "email.verified_elsewhere",
        "email.already_verified",
        "rate_limit.exceeded",
    ],
    limit: Some(Limit::TokenAddress),
    checks_code: true,
    ..post(CONTACTS, "verifyEmail", "/v1/email-verifications", verify)
};

static TOKEN: Body<VerifyEmail> =
    Body::new("Token", "The token of a mail", r#"{"token": "ud_ev_…"}"#, |fields| {
        Some(VerifyEmail { token: fields.required_token("token")? })
    });

fn verify(call: &Call<'_>) -> Answer {
    let email = call.execute(&call.body(&TOKEN)?)?;
    Reply::changed(email.version, &email.value)
}
