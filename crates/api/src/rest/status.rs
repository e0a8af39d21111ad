use std::collections::BTreeSet;

use actix_web::web::Bytes;
use userdom_application::use_cases::{ChangeStatus, Sanction, SetRoles, StatusChange};
use userdom_domain::UserRole;

use crate::{
    answers::changed,
    body::{self, Fields},
    call::Call,
    codes::Plain,
    problem::{Answer, Problem},
};

/// `POST /v1/users/{id}/activate`.
pub(super) async fn activate(call: Call) -> Answer {
    without_reason(call, StatusChange::Activate).await
}

/// `POST /v1/users/{id}/suspend`.
pub(super) async fn suspend(call: Call) -> Answer {
    with_reason(call, StatusChange::Suspend).await
}

/// `POST /v1/users/{id}/reinstate`: ends a suspension.
pub(super) async fn reinstate(call: Call) -> Answer {
    without_reason(call, StatusChange::Reinstate).await
}

/// `POST /v1/users/{id}/ban`.
pub(super) async fn ban(call: Call) -> Answer {
    with_reason(call, StatusChange::Ban).await
}

/// `POST /v1/users/{id}/unban`.
pub(super) async fn unban(call: Call) -> Answer {
    without_reason(call, StatusChange::Unban).await
}

/// `POST /v1/users/{id}/restore`: undoes a soft deletion.
pub(super) async fn restore(call: Call) -> Answer {
    without_reason(call, StatusChange::Restore).await
}

/// `POST /v1/users/{id}/unlock`: forgets failed sign-ins.
pub(super) async fn unlock(call: Call) -> Answer {
    without_reason(call, StatusChange::Unlock).await
}

async fn without_reason(mut call: Call, change: StatusChange) -> Answer {
    let body = call.optional_json().await?;
    carry_out(call, move || {
        body::nothing(&body)?;
        Ok(change)
    })
    .await
}

async fn with_reason(mut call: Call, change: fn(Sanction) -> StatusChange) -> Answer {
    let body = call.json().await?;
    carry_out(call, move || Ok(change(read_sanction(&body)?))).await
}

fn read_sanction(body: &Bytes) -> Result<Sanction, Problem> {
    let mut fields = Fields::of(body)?;
    let reason = fields.required_text("reason");
    let until = fields.optional("until", body::moment);
    fields.finish(|| Some(Sanction { reason: reason?, until }))
}

async fn carry_out(
    call: Call,
    read: impl FnOnce() -> Result<StatusChange, Problem> + Send + 'static,
) -> Answer {
    let user = call
        .on_user(move |app, caller, user_id| {
            Ok(app.execute(caller, &ChangeStatus { user_id, change: read()? })?)
        })
        .await?;
    Ok(changed(user.version, &user))
}

/// `PUT /v1/users/{id}/roles`: these roles and no others (R15).
pub(super) async fn set_roles(mut call: Call) -> Answer {
    let body = call.json().await?;
    let user = call
        .on_user(move |app, caller, user_id| {
            let mut fields = Fields::of(&body)?;
            let roles =
                fields.list("roles", |text| UserRole::parse(text).ok_or(Plain("role.unknown")));
            let roles = roles.map(BTreeSet::from_iter);
            let command = fields.finish(|| Some(SetRoles { user_id, roles: roles? }))?;
            Ok(app.execute(caller, &command)?)
        })
        .await?;
    Ok(changed(user.version, &user))
}
