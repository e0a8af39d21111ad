//! Schemas that requests, answers and parameters share.

use serde_json::{Map, Value, json};
use userdom_application::ports::Scope;
use userdom_domain::{ContactType, UserRole, UserStatus};

use super::{
    parameters::ORDERS,
    schema::{about, anything, named, one_of},
};

/// An enumeration with its values.
pub(crate) struct Enumeration {
    pub(crate) name: &'static str,
    description: &'static str,
    pub(crate) values: Vec<String>,
}

/// All of them. Each stands in the document once, so that clients get one type of it.
pub(crate) fn enumerations() -> Vec<Enumeration> {
    let enumeration = |name, description, values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Enumeration { name, description, values }
    };
    let orders = ORDERS.iter().flat_map(|order| [(*order).to_owned(), format!("-{order}")]);
    vec![
        enumeration(
            "ContactType",
            "What an email, a phone or an address is for",
            &ContactType::ALL.map(ContactType::as_str),
        ),
        enumeration("EventOutcome", "How it went", &["success", "failure"]),
        enumeration("Scope", "What the key of a service may do", &Scope::ALL.map(Scope::as_str)),
        enumeration("SignInMethod", "A second factor", &["totp", "recovery_code"]),
        enumeration("TokenType", "How an access token is sent", &["Bearer"]),
        enumeration("UserRole", "What a user may do", &UserRole::ALL.map(UserRole::as_str)),
        Enumeration {
            name: "UserSort",
            description: "An order of users; with `-` before it backwards",
            values: orders.collect(),
        },
        enumeration(
            "UserStatus",
            "Where an account stands",
            &UserStatus::ALL.map(UserStatus::as_str),
        ),
    ]
}

/// All under their names.
pub(crate) fn all() -> Map<String, Value> {
    let enumeration = |it: Enumeration| {
        let values: Vec<_> = it.values.iter().map(String::as_str).collect();
        (it.name.to_owned(), about(one_of(&values), it.description))
    };
    let mut all: Map<_, _> = enumerations().into_iter().map(enumeration).collect();
    let preferences = json!({"type": "object", "additionalProperties": anything()});
    let what = "What products keep on a user, under names of their own";
    all.insert("Preferences".to_owned(), about(preferences, what));
    all
}

pub(super) fn contact_type() -> Value {
    named("ContactType")
}

pub(super) fn preferences() -> Value {
    named("Preferences")
}

pub(super) fn role() -> Value {
    named("UserRole")
}

pub(super) fn scope() -> Value {
    named("Scope")
}

pub(super) fn status() -> Value {
    named("UserStatus")
}
