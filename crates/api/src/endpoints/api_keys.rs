use std::collections::BTreeSet;

use serde::Serialize;
use userdom_application::{
    ports::Scope,
    use_cases::{ApiKeyView, CreateApiKey, RemoveApiKey, check_api_key},
};

use super::Page;
use crate::http::{body::moment, endpoint::Subject, prelude::*, schema::Member};

pub(super) static API_KEY: View =
    View { name: "ApiKey", description: "The key of another service", members: &API_KEY_MEMBERS };

const API_KEY_MEMBERS: [Member; 7] = [
    member("id", Schema::Id),
    member("name", Schema::Text).like("billing"),
    member("scopes", Scope::SCHEMA).list(),
    member("created_by", Schema::Id),
    member("created_at", Schema::Time),
    member("expires_at", Schema::Time).nullable(),
    member("last_used_at", Schema::Time).nullable(),
];

static MADE_API_KEY: View = View {
    name: "MadeApiKey",
    description: "A key, with the text that is shown this once",
    members: &{
        let [id, name, scopes, created_by, created_at, expires_at, last_used_at] = API_KEY_MEMBERS;
        let key = member("key", Schema::Text).like("ud_key_…");
        [key, id, name, scopes, created_by, created_at, expires_at, last_used_at]
    },
};

#[derive(Serialize)]
struct MadeApiKey<'a> {
    key: &'a str,
    #[serde(flatten)]
    about: &'a ApiKeyView,
}

pub(super) static CREATE: Endpoint = Endpoint {
    summary: "A key for another service",
    description: "For admins, after a recent proof. The key is shown this once.",
    request: RequestBody::Json(&API_KEY_TO_CREATE),
    responses: &[created(&MADE_API_KEY)],
    refusals: codes!["reauthentication_required"],
    ..post(SERVICE, "createApiKey", "/v1/api-keys", create)
};

static API_KEY_TO_CREATE: Body<CreateApiKey> = Body::new(
    "ApiKeyToCreate",
    "A key for another service",
    r#"{"name": "billing", "scopes": ["users:read"]}"#,
    |fields| {
        let name = fields.required_text("name");
        let scopes = fields.list("scopes", |text| Scope::parse(text).ok_or(code!("scope.unknown")));
        let scopes = scopes.map(BTreeSet::from_iter);
        let expires_at = fields.optional("expires_at", moment);
        if !fields.is_clean() {
            let now = fields.context.now;
            let checked = check_api_key(name.as_deref(), scopes.as_ref(), expires_at, now);
            fields.faults().extend(checked);
        }
        Some(CreateApiKey { name: name?, scopes: scopes?, expires_at })
    },
)
.in_graphql("NewApiKeyInput");

fn create(call: &Call<'_>) -> Answer {
    let (key, about) = call.execute(&call.body(&API_KEY_TO_CREATE)?)?;
    let location = format!("/v1/api-keys/{}", about.id);
    Reply::created(location, &MadeApiKey { key: key.expose(), about: &about })
}

pub(super) static LIST: Endpoint = Endpoint {
    summary: "All keys of other services",
    description: "For admins. The keys themselves are not shown.",
    responses: &[page(&API_KEY)],
    graphql: GraphqlField::Query("apiKeys"),
    ..get(SERVICE, "listApiKeys", "/v1/api-keys", list)
};

fn list(call: &Call<'_>) -> Answer {
    Reply::ok(&Page::whole(call.app.list_api_keys(call.caller)?))
}

pub(super) static REMOVE: Endpoint = Endpoint {
    summary: "Remove a key",
    description: "For admins, after a recent proof. The key ends at once.",
    subject: Subject::ApiKey,
    refusals: codes!["reauthentication_required", "api_key.not_found"],
    ..delete(SERVICE, "removeApiKey", "/v1/api-keys/{id}", remove)
};

fn remove(call: &Call<'_>) -> Answer {
    call.execute(&RemoveApiKey { id: call.api_key_id()? })?;
    Ok(Reply::done())
}
