use std::collections::BTreeSet;

use userdom_application::use_cases::{
    ChangeStatus, Sanction, SetRoles, StatusChange, judge_sanction,
};
use userdom_domain::UserRole;

use crate::http::{body, call::Call, codes::Plain, problem::Answer, reply::Reply};

/// `POST /v1/users/{id}/activate`.
pub(crate) fn activate(call: &Call<'_>) -> Answer {
    without_reason(call, StatusChange::Activate)
}

/// `POST /v1/users/{id}/suspend`.
pub(crate) fn suspend(call: &Call<'_>) -> Answer {
    with_reason(call, StatusChange::Suspend)
}

/// `POST /v1/users/{id}/reinstate`: ends a suspension.
pub(crate) fn reinstate(call: &Call<'_>) -> Answer {
    without_reason(call, StatusChange::Reinstate)
}

/// `POST /v1/users/{id}/ban`.
pub(crate) fn ban(call: &Call<'_>) -> Answer {
    with_reason(call, StatusChange::Ban)
}

/// `POST /v1/users/{id}/unban`.
pub(crate) fn unban(call: &Call<'_>) -> Answer {
    without_reason(call, StatusChange::Unban)
}

/// `POST /v1/users/{id}/restore`: undoes a soft deletion.
pub(crate) fn restore(call: &Call<'_>) -> Answer {
    without_reason(call, StatusChange::Restore)
}

/// `POST /v1/users/{id}/unlock`: forgets failed sign-ins.
pub(crate) fn unlock(call: &Call<'_>) -> Answer {
    without_reason(call, StatusChange::Unlock)
}

fn without_reason(call: &Call<'_>, change: StatusChange) -> Answer {
    let user_id = call.user_id()?;
    call.says_nothing()?;
    let user = call.execute(&ChangeStatus { user_id, change })?;
    Reply::changed(user.version, &user)
}

fn with_reason(call: &Call<'_>, change: fn(Sanction) -> StatusChange) -> Answer {
    let user_id = call.user_id()?;
    let mut fields = call.fields()?;
    let reason = fields.required_text("reason");
    let until = fields.optional("until", body::moment);
    if !fields.is_clean() {
        judge_sanction(fields.faults(), reason.as_deref(), until, call.now);
    }
    let sanction = fields.finish(|| Some(Sanction { reason: reason?, until }))?;
    let user = call.execute(&ChangeStatus { user_id, change: change(sanction) })?;
    Reply::changed(user.version, &user)
}

/// `PUT /v1/users/{id}/roles`: these roles and no others (R15).
pub(crate) fn set_roles(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let mut fields = call.fields()?;
    let roles = fields.list("roles", |text| UserRole::parse(text).ok_or(Plain("role.unknown")));
    let roles = roles.map(BTreeSet::from_iter);
    let command = fields.finish(|| Some(SetRoles { user_id, roles: roles? }))?;
    let user = call.execute(&command)?;
    Reply::changed(user.version, &user)
}
