//! An example of each answer, made of its schema: what a member looks like is said here once.

use serde_json::{Map, Value, json};

const ID: &str = "019b79da-0000-7000-8000-000000000001";
const TIME: &str = "2026-01-01T12:00:00Z";

/// An example of each schema that has members.
pub(super) fn all(schemas: &Map<String, Value>) -> Map<String, Value> {
    let example = |(name, schema): (&String, &Value)| {
        schema.get("properties")?;
        Some((name.clone(), of(name, "", schema, schemas)))
    };
    schemas.iter().filter_map(example).collect()
}

/// An example of a member with this schema.
fn of(owner: &str, member: &str, schema: &Value, schemas: &Map<String, Value>) -> Value {
    if let Some(value) = known(owner, member) {
        return value;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next().unwrap_or_default();
        return schemas.get(name).map_or(Value::Null, |schema| of(name, "", schema, schemas));
    }
    if let Some(first) = schema.get("oneOf").and_then(|choices| choices.get(0)) {
        return of(owner, member, first, schemas);
    }
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    if let Some(members) = schema.get("properties").and_then(Value::as_object) {
        let example =
            |(name, schema): (&String, &Value)| (name.clone(), of(owner, name, schema, schemas));
        let shown = members.iter().filter(|(name, _)| !is_left_out(owner, name));
        return shown.map(example).collect();
    }
    let kind = schema.get("type").map(|kind| kind.get(0).unwrap_or(kind));
    let format = schema.get("format").and_then(Value::as_str);
    match (kind.and_then(Value::as_str), format) {
        (Some("string"), Some("uuid")) => json!(ID),
        (Some("string"), Some("date-time")) => json!(TIME),
        (Some("boolean"), _) => json!(true),
        (Some("integer"), _) => json!(1),
        (Some("object"), _) => json!({}),
        (Some("array"), _) => {
            let item = schema.get("items").map(|items| of(owner, member, items, schemas));
            item.into_iter().collect()
        }
        _ => Value::Null,
    }
}

/// What an active user has not, nor those see who are no moderators.
fn is_left_out(owner: &str, member: &str) -> bool {
    const OF_OTHERS: [&str; 4] =
        ["status_reason", "status_until", "failed_login_attempts", "account_locked_until"];
    owner == "User" && OF_OTHERS.contains(&member)
}

/// What cannot be told by its type.
fn known(owner: &str, member: &str) -> Option<Value> {
    Some(match (owner, member) {
        ("Health", "status") => json!("ok"),
        ("User", "status") => json!("active"),
        ("User" | "Introspection", "roles") => json!(["user"]),
        ("User", "preferences") => json!({"theme": "dark", "crm.tabs": [1, 2]}),
        ("Outcome", "status") => json!(201),
        ("Outcome", "location") => json!(format!("/v1/users/me/emails/{ID}")),
        ("Outcome", "etag") => json!("\"3\""),
        ("Outcome", "body") => json!({"id": ID, "email": "ada@work.example"}),
        ("Problem", "type") => json!("urn:userdom:problem:request.invalid"),
        ("Problem", "title" | "detail") | ("GraphqlFault", "message") => {
            json!("Some fields are faulty")
        }
        ("Problem" | "GraphqlFaultDetails", "status") => json!(422),
        ("Problem" | "GraphqlFaultDetails", "code") => json!("request.invalid"),
        ("Fault", "pointer") => json!("/email"),
        ("Fault", "code") => json!("email.invalid_format"),
        ("Fault", "detail") => json!("The email is not one"),
        ("GraphqlAnswer", "data") => json!({"me": {"username": "ada"}}),
        ("GraphqlFault", "path") => json!(["addEmail"]),
        ("Challenge", "challenge") => json!("ud_ch_…"),
        ("Challenge", "methods") => json!(["totp", "recovery_code"]),
        ("Enrolment", "secret") => json!("JBSWY3DPEHPK3PXP"),
        ("Enrolment", "otpauth_uri") => {
            json!("otpauth://totp/Userdom:ada?secret=JBSWY3DPEHPK3PXP&issuer=Userdom")
        }
        ("Enrolment", "qr_svg") => json!("<svg xmlns=\"http://www.w3.org/2000/svg\">…</svg>"),
        ("RecoveryCodes", "recovery_codes") => json!(["7hq2-k9fw-3m8d"]),
        ("ApiKey" | "MadeApiKey", "name") => json!("billing"),
        ("MadeApiKey", "key") => json!("ud_key_…"),
        ("Introspection", "scope") => json!("user"),
        ("Introspection", "token_type") => json!("Bearer"),
        ("Introspection", "exp") => json!(1_767_270_600),
        ("Introspection", "iat") => json!(1_767_269_700),
        ("StatusNote", "reason") => json!("Sends spam"),
        ("Event", "kind") => json!("user.registered"),
        (_, "username") => json!("ada"),
        (_, "email") => json!("ada@example.org"),
        ("Email", "contact_type") => json!("primary"),
        ("Phone", "contact_type") => json!("mobile"),
        ("Email", "provider") => json!("Custom"),
        (_, "first_name") => json!("Ada"),
        (_, "last_name") => json!("Lovelace"),
        (_, "full_name" | "display_name") => json!("Ada Lovelace"),
        (_, "date_of_birth") => json!("1990-12-10"),
        (_, "age") => json!(35),
        (_, "gender") => json!("female"),
        (_, "preferred_language") => json!("en"),
        (_, "timezone") => json!("Europe/London"),
        (_, "bio") => json!("Writes programs for engines."),
        (_, "avatar_url") => json!("https://example.org/ada.png"),
        (_, "phone_number" | "formatted_number") => json!("+44 20 7946 0018"),
        (_, "e164") => json!("+442079460018"),
        (_, "country_code") => json!("+44"),
        (_, "street_line1") => json!("12 St James's Square"),
        (_, "city") => json!("London"),
        (_, "state") => json!(""),
        (_, "postal_code") => json!("SW1Y 4LB"),
        (_, "country") => json!("GBR"),
        (_, "formatted") => json!("12 St James's Square\nLondon\nSW1Y 4LB\nUnited Kingdom"),
        (_, "user_agent") => json!("curl/8.5.0"),
        (_, "ip_address") => json!("192.0.2.7"),
        (_, "access_token") => json!("ud_at_…"),
        (_, "refresh_token") => json!("ud_rt_…"),
        (_, "device_token") => json!("ud_dt_…"),
        (_, "expires_in") => json!(900),
        (_, "request_id" | "requestId") => json!("019b79da-0000-7000-8000-000000000000"),
        (_, "next_cursor" | "street_line2") => Value::Null,
        _ => return None,
    })
}
