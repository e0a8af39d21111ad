use userdom_application::use_cases::{DeleteAccount, EraseUnreadable, EraseUser, UpdateAccount};
use userdom_domain::{Preferences, UserRole, UserStatus, Username};

use super::{addresses::ADDRESS, emails::EMAIL, phones::PHONE, profile::PROFILE};
use crate::http::prelude::*;

pub(super) static USER: View = View {
    name: "User",
    description: "A user, as every call shows it",
    members: &[
        member("id", Schema::Id),
        member("username", Schema::Text).like("ada"),
        member("status", Schema::Enumeration(&USER_STATUS)).like("active"),
        member("status_reason", Schema::Text).optional().absent_in_example(),
        member("status_until", Schema::Time).optional().absent_in_example(),
        member("roles", UserRole::SCHEMA).list().like_json(r#"["user"]"#),
        member("email_verified", Schema::Flag),
        member("phone_verified", Schema::Flag),
        member("two_factor_enabled", Schema::Flag),
        member("created_at", Schema::Time),
        member("updated_at", Schema::Time),
        member("last_login_at", Schema::Time).nullable(),
        member("password_changed_at", Schema::Time),
        member("preferences", Preferences::SCHEMA)
            .like_json(r#"{"theme": "dark", "crm.tabs": [1, 2]}"#),
        member("profile", Schema::Object(&PROFILE)).nullable(),
        member("emails", Schema::Object(&EMAIL)).list(),
        member("phones", Schema::Object(&PHONE)).list(),
        member("addresses", Schema::Object(&ADDRESS)).list(),
        member("failed_login_attempts", Schema::Number).optional().absent_in_example(),
        member("account_locked_until", Schema::Time).nullable().optional().absent_in_example(),
        member("version", Schema::Number),
    ],
};

pub(super) static USER_STATUS: Enumeration = Enumeration {
    name: "UserStatus",
    description: "Where an account stands",
    values: || UserStatus::ALL.map(UserStatus::as_str).to_vec(),
};

pub(super) static SHOW: Endpoint = Endpoint {
    summary: "A user",
    description: "Oneself by `me`; others for moderators, admins and keys of services. `ETag` is the version that `If-Match` takes.",
    responses: &[ok(&USER).with_version()],
    is_conditional: true,
    graphql: GraphqlField::User,
    ..get(ACCOUNTS, "user", "/v1/users/{id}", show)
};

fn show(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    match call.seen_whole(user_id)? {
        Some(reply) => Ok(reply),
        None => call.show_user(&call.app.get_user(call.caller, user_id)?),
    }
}

pub(super) static UPDATE: Endpoint = Endpoint {
    summary: "Change username and preferences",
    description: "A merge patch (RFC 7396): what is absent stays. A preference that is null is removed, or the default again.",
    request: RequestBody::MergePatch(&ACCOUNT_PATCH),
    responses: &[ok(&USER).with_version()],
    refusals: codes!["username.taken"],
    edits: true,
    ..patch(ACCOUNTS, "updateAccount", "/v1/users/{id}", update)
};

type PreferencesPatch = Vec<(String, Option<String>)>;

static ACCOUNT_PATCH: Body<(Option<Username>, PreferencesPatch)> = Body::new(
    "AccountPatch",
    "A merge patch of username and preferences; a preference that is null is the default again",
    r#"{"preferences": {"theme": "dark"}}"#,
    |fields| {
        let username = fields.change("username", Username::parse);
        Some((username, fields.preferences_patch("preferences")))
    },
);

fn update(call: &Call<'_>) -> Answer {
    let user_id = call.user_id()?;
    let (username, preferences) = call.body(&ACCOUNT_PATCH)?;
    let user = call.execute(&UpdateAccount { user_id, username, preferences })?;
    Reply::changed(user.version, &user)
}

pub(super) static DELETE: Endpoint = Endpoint {
    summary: "Delete a user softly, or for good",
    description: "The rows stay, and an admin can restore the user for 30 days. With `erase=true` all that is personal is gone for good; that needs a recent proof.",
    parameters: &[parameter("erase", "For good; needs a recent proof", Schema::Flag)],
    refusals: codes![
        "query.invalid_parameter",
        "reauthentication_required",
        "role.last_admin",
        "status.invalid_transition",
    ],
    edits: true,
    ..delete(ACCOUNTS, "deleteUser", "/v1/users/{id}", remove)
};

fn remove(call: &Call<'_>) -> Answer {
    match call.parameter("erase") {
        None | Some("false") => {
            call.execute(&DeleteAccount { user_id: call.user_id()? }).map(drop)?;
        }
        Some("true") => erase(call)?,
        Some(_) => {
            let problem = Problem::new(code!("query.invalid_parameter"));
            return Err(problem.with_detail("erase: true or false"));
        }
    }
    Ok(Reply::done())
}

/// A user that cannot be read can be erased (R29).
fn erase(call: &Call<'_>) -> Result<(), Problem> {
    let id = call.segment("id");
    if call.app.has_unreadable(call.caller, id)? {
        return call.execute(&EraseUnreadable { id: id.to_owned() });
    }
    call.execute(&EraseUser { user_id: call.user_id()? })
}
