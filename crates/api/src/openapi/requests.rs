//! What the service is asked with, as schemas with examples.

use serde_json::{Map, Value, json};

use super::{
    schema::{
        about, anything, closed_object, flag, format, list, named, or_null, text, text_to, time,
    },
    shared::{contact_type, preferences, role, scope},
};

/// All of them under their names.
pub(crate) fn all() -> Map<String, Value> {
    let mut all = Map::new();
    each(&mut |name, description, _, members| {
        all.insert(name.to_owned(), about(closed_object(members), description));
    });
    let what = "A phone number, alone or with what it is for";
    let choice = json!({"oneOf": [text(), named("FirstPhoneParts")]});
    all.insert("FirstPhone".to_owned(), about(choice, what));
    all
}

/// An example of each.
pub(super) fn examples() -> Map<String, Value> {
    let mut all = Map::new();
    each(&mut |name, _, example, _| {
        all.insert(name.to_owned(), example);
    });
    all
}

fn each(add: &mut Add<'_>) {
    sign_in(add);
    account(add);
    contacts(add);
    administration(add);
}

type Add<'a> = dyn FnMut(&str, &str, Value, &[(&str, Value)]) + 'a;

fn sign_in(add: &mut Add<'_>) {
    add(
        "SignIn",
        "A username or a verified email, and the password",
        json!({"login": "ada", "password": "granite otter canyon 93"}),
        &[("login", text()), ("password", text()), ("device_token?", or_null(text()))],
    );
    add(
        "SecondStep",
        "Either the code of the authenticator app or a recovery code",
        json!({"challenge": "ud_ch_…", "totp": "287082"}),
        &[
            ("challenge", text()),
            ("totp?", or_null(text())),
            ("recovery_code?", or_null(text())),
            ("device_token?", or_null(text())),
        ],
    );
    add(
        "Refresh",
        "The refresh token of a session",
        json!({"refresh_token": "ud_rt_…"}),
        &[("refresh_token", text())],
    );
    add(
        "Proof",
        "Either the password or the code of the authenticator app",
        json!({"password": "granite otter canyon 93"}),
        &[("password?", or_null(text())), ("totp?", or_null(text()))],
    );
    add("Token", "The token of a mail", json!({"token": "ud_ev_…"}), &[("token", text())]);
    add(
        "ForgottenPassword",
        "Whose password was forgotten",
        json!({"email": "ada@example.org"}),
        &[("email", text())],
    );
    add(
        "Reset",
        "The token of the mail, and the new password",
        json!({"token": "ud_pr_…", "new_password": "marble heron valley 61"}),
        &[("token", text()), ("new_password", text())],
    );
    add(
        "PasswordChange",
        "The present password, and the new one",
        json!({"current_password": "granite otter canyon 93", "new_password": "marble heron valley 61"}),
        &[("current_password", text()), ("new_password", text())],
    );
    add("Code", "Six digits", json!({"code": "287082"}), &[("code", text())]);
    add("Nothing", "Nothing at all, or an empty object", json!({}), &[]);
    add(
        "TokenToInspect",
        "A token, whosever it is",
        json!({"token": "ud_at_…"}),
        &[("token", text()), ("token_type_hint?", or_null(text()))],
    );
}

fn account(add: &mut Add<'_>) {
    let names: [(&str, Value); 2] = [("first_name", text()), ("last_name", text())];
    let [first_name, last_name] = names;
    add(
        "Registration",
        "A new account; the phone is a text or an object",
        json!({"username": "ada", "password": "granite otter canyon 93", "email": "ada@example.org",
            "first_name": "Ada", "last_name": "Lovelace"}),
        &[
            ("username", text_to(50)),
            ("password", text()),
            ("email", text()),
            first_name,
            last_name,
            ("display_name?", or_null(text())),
            ("date_of_birth?", or_null(format("date"))),
            ("preferred_language?", or_null(text())),
            ("timezone?", or_null(text())),
            ("phone?", or_null(named("FirstPhone"))),
            ("address?", or_null(named("FirstAddress"))),
            ("preferences?", or_null(preferences())),
        ],
    );
    add(
        "FirstPhoneParts",
        "The first phone of a new account",
        json!({"phone_number": "+44 20 7946 0018"}),
        &[("phone_number", text()), ("contact_type?", or_null(contact_type()))],
    );
    add(
        "FirstAddress",
        "The first address of a new account",
        address_example(),
        &address_members(),
    );
    add(
        "AccountPatch",
        "A merge patch of username and preferences; a preference that is null is the default again",
        json!({"preferences": {"theme": "dark"}}),
        &[("username?", text_to(50)), ("preferences?", preferences())],
    );
    add(
        "ProfilePatch",
        "A merge patch of the profile",
        json!({"bio": "Countess", "timezone": "Europe/London"}),
        &[
            ("first_name?", text()),
            ("last_name?", text()),
            ("display_name?", or_null(text())),
            ("date_of_birth?", or_null(format("date"))),
            ("gender?", or_null(text())),
            ("preferred_language?", text()),
            ("timezone?", text()),
            ("bio?", or_null(text())),
            ("avatar_url?", or_null(text())),
        ],
    );
}

fn address_example() -> Value {
    json!({"street_line1": "Invalidenstraße 1", "city": "Berlin",
        "postal_code": "10115", "country": "DEU"})
}

fn address_members() -> Vec<(&'static str, Value)> {
    vec![
        ("street_line1?", or_null(text())),
        ("street_line2?", or_null(text())),
        ("city?", or_null(text())),
        ("state?", or_null(text())),
        ("postal_code?", or_null(text())),
        ("country?", or_null(text())),
        ("contact_type?", or_null(contact_type())),
    ]
}

fn contacts(add: &mut Add<'_>) {
    let is_default = ("is_default?", or_null(flag()));
    add(
        "EmailToAdd",
        "An email to add",
        json!({"email": "ada@work.example", "contact_type": "work"}),
        &[("email", text()), ("contact_type?", or_null(contact_type())), is_default.clone()],
    );
    add(
        "PhoneToAdd",
        "A phone to add",
        json!({"phone_number": "+44 20 7946 0018", "contact_type": "mobile"}),
        &[("phone_number", text()), ("contact_type?", or_null(contact_type())), is_default.clone()],
    );
    add(
        "ContactPatch",
        "A merge patch of what an email or a phone is for",
        json!({"contact_type": "work"}),
        &[("contact_type?", contact_type())],
    );
    let mut members = address_members();
    add("AddressReplacement", "A postal address, written anew", address_example(), &members);
    members.push(is_default);
    add(
        "AddressToAdd",
        "A postal address to add; which parts a country needs differs",
        address_example(),
        &members,
    );
}

fn administration(add: &mut Add<'_>) {
    add(
        "Sanction",
        "Why somebody is shut out, and until when; without an end it lasts",
        json!({"reason": "spam", "until": "2026-02-01T00:00:00Z"}),
        &[("reason", text()), ("until?", or_null(time()))],
    );
    add(
        "Roles",
        "All roles that the user is to have",
        json!({"roles": ["user", "premium"]}),
        &[("roles", list(&role()))],
    );
    add(
        "ApiKeyToCreate",
        "A key for another service",
        json!({"name": "billing", "scopes": ["users:read"]}),
        &[("name", text()), ("scopes", list(&scope())), ("expires_at?", or_null(time()))],
    );
    add(
        "GraphqlDocument",
        "A GraphQL document, as GraphQL over HTTP has it",
        json!({"query": "{ me { id } }"}),
        &[
            ("query", text()),
            ("operationName?", or_null(text())),
            ("variables?", or_null(json!({"type": "object", "additionalProperties": anything()}))),
            ("extensions?", or_null(json!({"type": "object", "additionalProperties": anything()}))),
        ],
    );
    let operation = json!({"method": "GET", "path": "/v1/users/me"});
    add(
        "BatchOperation",
        "One of the other operations",
        operation.clone(),
        &[
            ("method", text()),
            ("path", text()),
            ("body?", anything()),
            ("if_match?", or_null(text())),
        ],
    );
    add(
        "Batch",
        "One to a hundred operations",
        json!({"operations": [operation]}),
        &[("atomic?", or_null(flag())), ("operations", list(&named("BatchOperation")))],
    );
}
