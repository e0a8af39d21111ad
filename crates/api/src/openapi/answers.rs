//! What the service answers with, as schemas: the fields are those of the views.

use serde_json::{Map, Value, json};

use super::{
    schema::{
        about, anything, flag, format, id, list, named, number, object, or_null, page, seconds,
        text, time,
    },
    shared::{contact_type, preferences, role, scope, status},
};

/// All of them under their names.
pub(crate) fn all() -> Map<String, Value> {
    let mut all = Map::new();
    let mut add = |name: &str, description: &str, schema: Value| {
        all.insert(name.to_owned(), about(schema, description));
    };
    add("Health", "The service answers", object(&[("status", text())]));
    add("User", "A user, as every call shows it", user());
    add("Profile", "A profile", profile());
    add("Email", "An email of a user", email());
    add("Phone", "A phone of a user", phone());
    add("Address", "A postal address of a user", address());
    add("Session", "A session", session());
    add("OpenedSession", "A session with its tokens, which are shown this once", opened_session());
    add(
        "Challenge",
        "What stands between the password and the second factor",
        object(&[("challenge", text()), ("methods", list(&named("SignInMethod")))]),
    );
    add(
        "Enrolment",
        "What an authenticator app needs",
        object(&[("secret", text()), ("otpauth_uri", text()), ("qr_svg", text())]),
    );
    add(
        "RecoveryCodes",
        "Codes on paper, shown this once",
        object(&[("recovery_codes", list(&text()))]),
    );
    add("ApiKey", "The key of another service", object(&api_key()));
    add("MadeApiKey", "A key, with the text that is shown this once", {
        let mut members = vec![("key", text())];
        members.extend(api_key());
        object(&members)
    });
    add("Event", "A line of the audit trail", event());
    add("Introspection", "Whose a token is (RFC 7662)", introspection());
    add("Export", "All that is held on a user", export());
    add("ExportedSession", "A session, with all of its times", exported_session());
    add("KnownDevice", "A device on which the user has signed in", known_device());
    add("SecondFactor", "An authenticator app", second_factor());
    add(
        "StatusNote",
        "Why somebody is shut out, who did it, and until when",
        object(&[("reason", text()), ("actor_id", id()), ("until", or_null(time()))]),
    );
    add(
        "Outcomes",
        "What came of a batch",
        object(&[("committed", flag()), ("results", list(&named("Outcome")))]),
    );
    add(
        "Outcome",
        "What came of one operation of a batch",
        object(&[
            ("status", number()),
            ("location?", text()),
            ("etag?", text()),
            ("body?", anything()),
        ]),
    );
    add("GraphqlAnswer", "What came of a GraphQL document", graphql_answer());
    add("GraphqlFault", "Why a field is null, or why nothing was begun", graphql_fault());
    add(
        "GraphqlPlace",
        "A place in a GraphQL document",
        object(&[("line", number()), ("column", number())]),
    );
    add("GraphqlFaultDetails", "What a problem document says, in GraphQL", graphql_details());
    for name in ["User", "Email", "Phone", "Address", "Session", "ApiKey", "Event"] {
        add(&format!("{name}Page"), "A page of a list", page(name));
    }
    add(
        "Fault",
        "A faulty field, or parameter of the query",
        object(&[("pointer", text()), ("code", text()), ("detail", text())]),
    );
    add("Problem", "Why a request was not carried out (RFC 9457)", problem());
    all
}

fn user() -> Value {
    object(&[
        ("id", id()),
        ("username", text()),
        ("status", status()),
        ("status_reason?", text()),
        ("status_until?", time()),
        ("roles", list(&role())),
        ("email_verified", flag()),
        ("phone_verified", flag()),
        ("two_factor_enabled", flag()),
        ("created_at", time()),
        ("updated_at", time()),
        ("last_login_at", or_null(time())),
        ("password_changed_at", time()),
        ("preferences", preferences()),
        ("profile", or_null(named("Profile"))),
        ("emails", list(&named("Email"))),
        ("phones", list(&named("Phone"))),
        ("addresses", list(&named("Address"))),
        ("failed_login_attempts?", number()),
        ("account_locked_until?", or_null(time())),
        ("version", number()),
    ])
}

fn profile() -> Value {
    object(&[
        ("first_name", text()),
        ("last_name", text()),
        ("full_name", text()),
        ("display_name", text()),
        ("date_of_birth", or_null(format("date"))),
        ("age", or_null(number())),
        ("gender", or_null(text())),
        ("preferred_language", text()),
        ("timezone", text()),
        ("bio", or_null(text())),
        ("avatar_url", or_null(text())),
        ("created_at", time()),
        ("updated_at", time()),
    ])
}

fn email() -> Value {
    object(&[
        ("id", id()),
        ("email", text()),
        ("provider", text()),
        ("contact_type", contact_type()),
        ("is_verified", flag()),
        ("is_default", flag()),
        ("created_at", time()),
        ("verified_at", or_null(time())),
    ])
}

fn phone() -> Value {
    object(&[
        ("id", id()),
        ("phone_number", text()),
        ("e164", or_null(text())),
        ("country_code", text()),
        ("formatted_number", text()),
        ("contact_type", contact_type()),
        ("is_verified", flag()),
        ("is_default", flag()),
        ("created_at", time()),
        ("verified_at", or_null(time())),
    ])
}

fn address() -> Value {
    object(&[
        ("id", id()),
        ("street_line1", text()),
        ("street_line2", or_null(text())),
        ("city", text()),
        ("state", text()),
        ("postal_code", text()),
        ("country", text()),
        ("formatted", text()),
        ("contact_type", contact_type()),
        ("is_default", flag()),
        ("created_at", time()),
    ])
}

fn session() -> Value {
    object(&[
        ("id", id()),
        ("user_agent", text()),
        ("ip_address", text()),
        ("created_at", time()),
        ("last_used_at", time()),
        ("authenticated_at", time()),
        ("expires_at", time()),
        ("is_current", flag()),
    ])
}

fn opened_session() -> Value {
    object(&[
        ("access_token", text()),
        ("token_type", named("TokenType")),
        ("expires_in", number()),
        ("refresh_token", text()),
        ("device_token?", text()),
        ("session", named("Session")),
        ("user", named("User")),
    ])
}

fn api_key() -> Vec<(&'static str, Value)> {
    vec![
        ("id", id()),
        ("name", text()),
        ("scopes", list(&scope())),
        ("created_by", id()),
        ("created_at", time()),
        ("expires_at", or_null(time())),
        ("last_used_at", or_null(time())),
    ]
}

fn event() -> Value {
    object(&[
        ("id", id()),
        ("occurred_at", time()),
        ("kind", text()),
        ("outcome", named("EventOutcome")),
        ("actor_id", or_null(id())),
        ("api_key_id", or_null(id())),
        ("user_id", or_null(id())),
        ("target_id", or_null(id())),
        ("ip_address", text()),
        ("user_agent", text()),
        ("request_id", text()),
    ])
}

fn introspection() -> Value {
    object(&[
        ("active", flag()),
        ("scope?", text()),
        ("username?", text()),
        ("token_type?", text()),
        ("exp?", seconds()),
        ("iat?", seconds()),
        ("sub?", id()),
        ("roles?", list(&role())),
    ])
}

fn exported_session() -> Value {
    object(&[
        ("id", id()),
        ("user_agent", text()),
        ("ip_address", text()),
        ("created_at", time()),
        ("renewed_at", time()),
        ("last_used_at", time()),
        ("authenticated_at", time()),
        ("access_expires_at", time()),
        ("idle_expires_at", time()),
        ("expires_at", time()),
    ])
}

fn known_device() -> Value {
    object(&[
        ("id", id()),
        ("created_at", time()),
        ("last_used_at", time()),
        ("expires_at", time()),
    ])
}

fn second_factor() -> Value {
    object(&[
        ("created_at", time()),
        ("confirmed_at", or_null(time())),
        ("recovery_codes_left", number()),
    ])
}

fn export() -> Value {
    object(&[
        ("exported_at", time()),
        ("user", named("User")),
        ("status_note", or_null(named("StatusNote"))),
        ("sessions", list(&named("ExportedSession"))),
        ("known_devices", list(&named("KnownDevice"))),
        ("second_factor", or_null(named("SecondFactor"))),
        ("api_keys", list(&named("ApiKey"))),
        ("events", list(&named("Event"))),
    ])
}

/// A response as the GraphQL specification has it: without data when nothing was begun.
fn graphql_answer() -> Value {
    object(&[
        ("data?", or_null(json!({"type": "object", "additionalProperties": anything()}))),
        ("errors?", list(&named("GraphqlFault"))),
    ])
}

fn graphql_fault() -> Value {
    object(&[
        ("message", text()),
        ("locations?", list(&named("GraphqlPlace"))),
        ("path?", list(&anything())),
        ("extensions", named("GraphqlFaultDetails")),
    ])
}

fn graphql_details() -> Value {
    object(&[
        ("code", text()),
        ("status", number()),
        ("requestId?", text()),
        ("errors?", list(&named("Fault"))),
        ("retryAfter?", number()),
    ])
}

fn problem() -> Value {
    object(&[
        ("type", text()),
        ("title", text()),
        ("status", number()),
        ("detail", text()),
        ("code", text()),
        ("request_id", text()),
        ("errors?", list(&named("Fault"))),
    ])
}
