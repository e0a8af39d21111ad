use std::collections::BTreeSet;

use userdom_application::use_cases::{
    ChangeStatus, Sanction, SetRoles, StatusChange, check_sanction,
};
use userdom_domain::UserRole;

use super::users::USER;
use crate::http::{body::moment, endpoint::Operation, prelude::*};

pub(super) static ACTIVATE: Endpoint = Endpoint {
    summary: "Pending becomes active",
    description: "For moderators and admins: the account needs no verified email to become active.",
    ..change("activate", "/v1/users/{id}/activate", |call| apply(call, StatusChange::Activate))
};

pub(super) static SUSPEND: Endpoint = Endpoint {
    summary: "Shut somebody out for a while",
    description: "For moderators and admins. Every session and key of the user ends at once; at `until` the suspension is over by itself.",
    ..shut_out("suspend", "/v1/users/{id}/suspend", |call| {
        apply_sanction(call, StatusChange::Suspend)
    })
};

pub(super) static REINSTATE: Endpoint = Endpoint {
    summary: "End a suspension",
    description: "For moderators and admins. The account is active again.",
    ..change("reinstate", "/v1/users/{id}/reinstate", |call| apply(call, StatusChange::Reinstate))
};

pub(super) static BAN: Endpoint = Endpoint {
    summary: "Shut somebody out",
    description: "For moderators and admins. Every session and key of the user ends at once; at `until` the ban is over by itself.",
    ..shut_out("ban", "/v1/users/{id}/ban", |call| apply_sanction(call, StatusChange::Ban))
};

pub(super) static UNBAN: Endpoint = Endpoint {
    summary: "End a ban",
    description: "For moderators and admins. The account is active again.",
    ..change("unban", "/v1/users/{id}/unban", |call| apply(call, StatusChange::Unban))
};

pub(super) static RESTORE: Endpoint = Endpoint {
    summary: "Undo a soft deletion",
    description: "For admins, within 30 days. The account is again what it was.",
    ..change("restore", "/v1/users/{id}/restore", |call| apply(call, StatusChange::Restore))
};

pub(super) static UNLOCK: Endpoint = Endpoint {
    summary: "Forget failed sign-ins",
    description: "For moderators and admins. The account has all its tries again.",
    refusals: &[],
    ..change("unlock", "/v1/users/{id}/unlock", |call| apply(call, StatusChange::Unlock))
};

/// A change of the status that takes no reason.
const fn change(id: &'static str, path: &'static str, run: Operation) -> Endpoint {
    Endpoint {
        request: RequestBody::Empty,
        responses: const { &[ok(&USER).with_version()] },
        refusals: codes!["status.invalid_transition"],
        edits: true,
        ..post(ACCOUNTS, id, path, run)
    }
}

/// A change of the status that takes a reason.
const fn shut_out(id: &'static str, path: &'static str, run: Operation) -> Endpoint {
    Endpoint {
        request: RequestBody::Json(&SANCTION),
        refusals: codes!["status.invalid_transition", "role.last_admin"],
        ..change(id, path, run)
    }
}

fn apply(call: &Call<'_>, change: StatusChange) -> Answer {
    let user_id = call.user_id()?;
    call.require_empty_body()?;
    let user = call.execute(&ChangeStatus { user_id, change })?;
    Reply::changed(user.version, &user)
}

static SANCTION: Body<Sanction> = Body::new(
    "Sanction",
    "Why somebody is shut out, and until when; without an end it lasts",
    r#"{"reason": "spam", "until": "2026-02-01T00:00:00Z"}"#,
    |fields| {
        let reason = fields.required_text("reason");
        let until = fields.optional("until", moment);
        if !fields.is_clean() {
            let now = fields.context.now;
            fields.faults().extend(check_sanction(reason.as_deref(), until, now));
        }
        Some(Sanction { reason: reason?, until })
    },
);

fn apply_sanction(call: &Call<'_>, change: fn(Sanction) -> StatusChange) -> Answer {
    let user_id = call.user_id()?;
    let change = change(call.body(&SANCTION)?);
    let user = call.execute(&ChangeStatus { user_id, change })?;
    Reply::changed(user.version, &user)
}

pub(super) static SET_ROLES: Endpoint = Endpoint {
    summary: "Give a user these roles and no others",
    description: "For admins. The sessions of the user end; the last admin stays one.",
    request: RequestBody::Json(&ROLES),
    responses: &[ok(&USER).with_version()],
    refusals: codes!["role.none", "role.last_admin"],
    edits: true,
    ..put(ACCOUNTS, "setRoles", "/v1/users/{id}/roles", set_roles)
};

static ROLES: Body<BTreeSet<UserRole>> = Body::new(
    "Roles",
    "All roles that the user is to have",
    r#"{"roles": ["user", "premium"]}"#,
    |fields| {
        let roles = fields.list("roles", |text| UserRole::parse(text).ok_or(code!("role.unknown")));
        roles.map(BTreeSet::from_iter)
    },
);

fn set_roles(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let user = call.execute(&SetRoles { user_id, roles: call.body(&ROLES)? })?;
    Reply::changed(user.version, &user)
}
