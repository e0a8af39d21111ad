use std::collections::BTreeSet;

use userdom_domain::{
    ContactType, EmailAddress, EmailId, PhoneId, UserError, UserStatus, UsernameError,
};
use uuid::Uuid;

use super::*;

#[test]
fn no_code_stands_there_twice() {
    let names: BTreeSet<&str> = CODES.iter().map(|code| code.name).collect();
    assert_eq!(names.len(), CODES.len());
}

#[test]
fn the_status_of_a_user_error_follows_its_kind() {
    let status = |error: UserError| Code::find(error.code()).unwrap().status;
    let email = EmailAddress::parse("ada@example.org").unwrap();
    assert_eq!(status(UserError::EmailAlreadyExists(email)), 409);
    assert_eq!(status(UserError::PhoneAlreadyExists(String::new())), 409);
    assert_eq!(status(UserError::EmailNotFound(EmailId::from_uuid(Uuid::nil()))), 404);
    assert_eq!(status(UserError::PhoneNotFound(PhoneId::from_uuid(Uuid::nil()))), 404);
    assert_eq!(status(UserError::CannotRemoveOnlyEmail), 422);
    assert_eq!(status(UserError::DefaultEmailMustBeVerified), 422);
    assert_eq!(status(UserError::DefaultOfTypeExists(ContactType::Home)), 422);
    assert_eq!(status(UserError::CannotActivate { from: UserStatus::Active }), 422);
}

#[test]
fn the_compiler_finds_the_codes_of_all_problems() {
    assert_eq!(code!("user.not_found").status, 404);
    assert_eq!(code!("email.only_one").meaning, "The only email cannot be removed");
    assert_eq!(code!("field.null").status, 400);
    for code in problems() {
        assert_eq!(Code::named(code.name), code);
    }
}

#[test]
fn the_document_of_errors_is_up_to_date() {
    let kept = include_str!("../../../../../docs/errors.md");
    assert!(kept == *DOCUMENT, "write it anew: cargo run -- errors > docs/errors.md");
}

/// Every code that a source of the domain or the application declares for an error.
#[test]
fn every_declared_code_stands_in_the_catalogue() {
    let mut seen = 0;
    for sources in ["/../domain/src", "/../application/src"] {
        let mut paths =
            vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR").to_owned() + sources)];
        while let Some(path) = paths.pop() {
            if path.is_dir() {
                paths.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            for code in codes_in(&std::fs::read_to_string(&path).unwrap()) {
                seen += 1;
                // `ticket.…` are the codes of the example of `error_codes!`.
                let is_known = code.starts_with("ticket.") || Code::find(&code).is_some();
                assert!(is_known, "{code} of {}", path.display());
            }
        }
    }
    let declared = CODES.len() - PROBLEMS.len() - FIELDS.len();
    assert_eq!(seen, declared + 2, "the catalogue and the example of `error_codes!`");
}

/// The first literals of `Rule("…", "…")` and its like.
fn codes_in(source: &str) -> Vec<String> {
    let kinds = ["Rule(\"", "Missing(\"", "Conflict(\""];
    let arms = kinds.iter().flat_map(|kind| source.split(kind).skip(1));
    arms.map(|arm| arm.split('"').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_fault_of_a_value_is_found_by_its_name() {
    assert_eq!(Code::find(UsernameError::TooShort.code()).unwrap().status, 422);
    assert_eq!(Code::find("no.such_code"), None);
}
