use std::fmt;

use userdom_application::services::CodedError;

/// Every code that a client can see, with its HTTP status and what it means:
/// first the problems, then the faults of single fields.
#[rustfmt::skip]
pub const CODES: &[(&str, u16, &str)] = &[
    // The request itself
    ("request.malformed", 400, "The body is not the JSON object that is expected"),
    ("request.invalid", 422, "Some fields are faulty"),
    ("request.unreadable", 400, "This is no request of HTTP/1.1"),
    ("request.head_too_large", 431, "The URL or the headers are too long"),
    ("request.timeout", 408, "The request took too long to arrive"),
    ("request.too_large", 413, "The body is too large"),
    ("request.unsupported_media_type", 415, "The content type is not supported"),
    ("request.unsupported_encoding", 415, "The body has a Content-Encoding; send it as it is"),
    ("path.malformed", 400, "The path is no percent-encoded UTF-8"),
    ("query.malformed", 400, "The query string cannot be read"),
    ("query.unknown_parameter", 400, "A query parameter is unknown"),
    ("query.invalid_parameter", 400, "A query parameter has a value that is not allowed"),
    ("cursor.not_valid", 400, "The cursor is not one of this list"),
    ("idempotency_key.malformed", 400, "The Idempotency-Key is not one"),
    ("idempotency_key.reused", 422, "The Idempotency-Key was used for another request"),
    ("idempotency_key.in_progress", 409, "The same request is being carried out; try again"),
    ("if_match.malformed", 400, "If-Match is no list of entity tags"),
    ("if_match.required", 428, "Say by If-Match which version is to be changed"),
    ("if_none_match.malformed", 400, "If-None-Match is no list of entity tags"),
    ("if_none_match.failed", 412, "The user has a version that If-None-Match names"),
    ("graphql.malformed", 400, "The GraphQL document cannot be read"),
    ("graphql.invalid", 400, "The GraphQL document does not fit the schema"),
    ("graphql.too_complex", 400, "The GraphQL document asks for too much at once"),
    ("graphql.too_many_exports", 422, "A GraphQL document exports one user at most"),
    ("graphql.too_many_passwords", 422, "A GraphQL document checks one password or code at most"),
    ("cors.not_allowed", 403, "Pages of this origin may not send this"),
    ("route.not_found", 404, "There is nothing at this URL"),
    ("method.not_allowed", 405, "This URL does not know this method"),
    // Who asks
    ("access.unauthenticated", 401, "Sign in first"),
    ("access.forbidden", 403, "This is not allowed"),
    ("access.proof_refused", 403, "The password or the code is wrong"),
    ("reauthentication_required", 403, "Prove who you are first"),
    ("session.refused", 401, "The sign-in is refused"),
    ("token.not_valid", 422, "The token is not valid"),
    ("code.not_valid", 422, "The code is not valid"),
    ("rate_limit.exceeded", 429, "This was done too often; try again later"),
    // What is asked for
    ("user.not_found", 404, "There is no such user"),
    ("email.not_found", 404, "There is no such email"),
    ("phone.not_found", 404, "There is no such phone"),
    ("address.not_found", 404, "There is no such address"),
    ("profile.not_found", 404, "The user has no profile"),
    ("session.not_found", 404, "There is no such session"),
    ("api_key.not_found", 404, "There is no such key"),
    // Conflicts
    ("version.stale", 412, "The user has changed since it was read"),
    ("user.contended", 409, "Others keep changing the user; try again"),
    ("username.taken", 409, "The username is taken"),
    ("email.already_exists", 409, "The user has this email already"),
    ("email.verified_elsewhere", 409, "Another account has verified this email"),
    ("phone.already_exists", 409, "The user has this phone already"),
    ("two_factor.already_enabled", 409, "The second factor is set up already"),
    ("two_factor.not_enabled", 409, "There is no second factor"),
    ("batch.undone", 424, "Another operation of the batch was refused, so nothing was done"),
    ("batch.not_atomic", 422, "An atomic batch takes what changes users, and nothing else"),
    ("batch.too_many_exports", 422, "A batch exports one user at most"),
    ("export.too_long", 422, "The export is too long for one answer here; GET /v1/users/{id}/export streams it"),
    ("batch.too_many_passwords", 422, "A batch checks one password or code at most"),
    // Rules of the user as a whole
    ("email.only_one", 422, "The only email cannot be removed"),
    ("email.default_is_primary", 422, "The default email is primary"),
    ("email.default_must_be_verified", 422, "The default email must be verified"),
    ("email.already_verified", 422, "The email is verified already"),
    ("phone.already_verified", 422, "The phone is verified already"),
    ("phone.not_reachable", 422, "The calling code of the phone is unknown"),
    ("contact.default_of_type_exists", 422, "There is a default of this type already"),
    ("contact.too_many", 422, "There are too many of them"),
    ("profile.not_initialized", 422, "The user has no profile yet; send both names"),
    ("status.invalid_transition", 422, "The status does not allow this"),
    ("status.reason_invalid", 422, "The reason is not accepted"),
    ("role.none", 422, "A user must have a role"),
    ("role.last_admin", 422, "The installation keeps one admin"),
    // The service
    ("service.busy", 503, "The service is busy; try again"),
    ("service.not_ready", 503, "The service is not ready"),
    ("store.unavailable", 503, "The store is not available; try again"),
    ("internal", 500, "Something went wrong on our side"),
    // Fields that cannot be read
    ("field.required", 400, "The field is required"),
    ("field.null", 400, "The field cannot be null"),
    ("field.wrong_type", 400, "The field is of another type"),
    ("field.unknown", 400, "The field is unknown"),
    ("list.length", 400, "The list has too few or too many items"),
    ("field.conflict", 400, "The field cannot stand beside another one"),
    ("filter.invalid", 400, "The filter cannot be read"),
    ("sort.unknown", 400, "There is no such order"),
    ("limit.invalid", 400, "A page has 1 to 200 items"),
    ("flag.invalid", 400, "The parameter is true or false"),
    ("status.unknown", 400, "The status is unknown"),
    // Fields that break a rule
    ("username.too_short", 422, "The username is too short"),
    ("username.too_long", 422, "The username is too long"),
    ("username.invalid_character", 422, "The username has a character that is not allowed"),
    ("username.invalid_start", 422, "The username starts with a character that is not allowed"),
    ("username.reserved", 422, "The username is reserved"),
    ("password.too_short", 422, "The password is too short"),
    ("password.too_long", 422, "The password is too long"),
    ("password.common", 422, "The password is a common one"),
    ("password.too_weak", 422, "The password is too easy to guess"),
    ("email.empty", 422, "The email is empty"),
    ("email.invalid_format", 422, "The email is not one"),
    ("phone.too_long", 422, "The phone number is too long"),
    ("phone.invalid_character", 422, "The phone number has a character that is not allowed"),
    ("phone.too_few_digits", 422, "The phone number has too few digits"),
    ("phone.too_many_digits", 422, "The phone number has too many digits"),
    ("phone.unknown_calling_code", 422, "The calling code is not assigned"),
    ("phone.not_possible", 422, "No such phone number is possible"),
    ("address.street_required", 422, "The street is required"),
    ("address.city_required", 422, "The city is required"),
    ("address.state_required", 422, "The state is required"),
    ("address.postal_code_required", 422, "The postal code is required"),
    ("address.invalid_postal_code", 422, "The postal code has another form in this country"),
    ("address.too_long", 422, "A part of the address is too long"),
    ("address.control_character", 422, "The address has a control character"),
    ("country.unknown", 422, "The country is unknown"),
    ("contact_type.unknown", 422, "The contact type is unknown"),
    ("name.empty", 422, "The name is empty"),
    ("name.too_long", 422, "The name is too long"),
    ("name.control_character", 422, "The name has a control character"),
    ("display_name.empty", 422, "The display name is empty"),
    ("display_name.too_long", 422, "The display name is too long"),
    ("display_name.control_character", 422, "The display name has a control character"),
    ("date.invalid_format", 422, "The date is not written as YYYY-MM-DD"),
    ("time.invalid_format", 422, "The time is not written as RFC 3339 has it"),
    ("profile.too_young", 422, "The user is too young"),
    ("profile.birth_date_in_future", 422, "The date of birth is in the future"),
    ("profile.birth_date_too_early", 422, "The date of birth is too long ago"),
    ("gender.empty", 422, "The gender is empty"),
    ("gender.too_long", 422, "The gender is too long"),
    ("gender.control_character", 422, "The gender has a control character"),
    ("language.invalid", 422, "The language is no BCP 47 tag"),
    ("timezone.unknown", 422, "The time zone is unknown"),
    ("bio.too_long", 422, "The bio is too long"),
    ("bio.control_character", 422, "The bio has a control character"),
    ("avatar_url.invalid", 422, "The avatar URL is not one"),
    ("avatar_url.too_long", 422, "The avatar URL is too long"),
    ("preferences.invalid_value", 422, "A preference has a value that is not allowed"),
    ("preferences.not_json", 422, "A preference is no JSON value"),
    ("preferences.nul_character", 422, "A preference contains the character U+0000"),
    ("preferences.too_deep", 422, "The preferences are too deep"),
    ("preferences.too_large", 422, "The preferences are too large"),
    ("status.until_in_past", 422, "The end lies in the past"),
    ("role.unknown", 422, "The role is unknown"),
    ("scope.unknown", 422, "The scope is unknown"),
    ("api_key.name_invalid", 422, "The name of the key is not accepted"),
    ("api_key.no_scope", 422, "A key must have a scope"),
    ("api_key.expires_in_past", 422, "The end of the key lies in the past"),
];

/// The status and the meaning of a code.
pub(crate) fn find(code: &str) -> Option<(u16, &'static str)> {
    let entry = CODES.iter().find(|(known, _, _)| *known == code);
    entry.map(|(_, status, meaning)| (*status, *meaning))
}

/// The code itself, if there is such a one.
pub(crate) fn known(code: &str) -> Option<&'static str> {
    CODES.iter().map(|(known, _, _)| *known).find(|known| *known == code)
}

/// A fault that has no more to say than the catalogue does.
#[derive(Debug)]
pub(crate) struct Plain(pub(crate) &'static str);

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(find(self.0).map_or(self.0, |(_, meaning)| meaning))
    }
}

impl CodedError for Plain {
    fn code(&self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use userdom_application::ports::WeakPassword;
    use userdom_domain::{
        BirthDateError, ContactType, ContactTypeError, EmailAddress, EmailAddressError, EmailId,
        PasswordError, PhoneId, UserError, UserStatus, UsernameError,
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn no_code_stands_there_twice() {
        let codes: BTreeSet<&str> = CODES.iter().map(|(code, _, _)| *code).collect();
        assert_eq!(codes.len(), CODES.len());
    }

    #[test]
    fn the_status_of_a_user_error_follows_its_name() {
        let status = |error: UserError| find(error.code()).unwrap().0;
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
    fn codes_of_the_inner_crates_stand_in_the_catalogue() {
        let codes = [
            UsernameError::TooShort.code(),
            PasswordError::TooLong.code(),
            EmailAddressError::Empty.code(),
            ContactTypeError.code(),
            BirthDateError::TooYoung.code(),
            WeakPassword::Common.code(),
            WeakPassword::Guessable { hint: String::new() }.code(),
        ];
        for code in codes {
            assert!(find(code).is_some(), "{code}");
        }
    }

    #[test]
    fn the_catalogue_in_the_docs_is_this_one() {
        let documented = include_str!("../../../../docs/errors.md");
        let lines: Vec<_> =
            documented.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
        let expected: Vec<_> = CODES
            .iter()
            .map(|(code, status, meaning)| format!("| {code} | {status} | {meaning} |"))
            .collect();
        assert_eq!(lines, expected);
    }

    /// Every literal of the form `"noun.fault"` in a `code()` of the domain.
    #[test]
    fn every_code_in_the_domains_sources_stands_in_the_catalogue() {
        let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/src");
        let mut files = vec![std::path::PathBuf::from(sources)];
        let mut seen = 0;
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            for code in codes_in(&std::fs::read_to_string(&path).unwrap()) {
                seen += 1;
                // An id stands in the path, a region in the configuration: neither is a field.
                let inner = code.starts_with("id.") || code.starts_with("region.");
                assert!(inner || find(&code).is_some(), "{code} of {}", path.display());
            }
        }
        assert!(seen > 50, "only {seen} codes found");
    }

    fn codes_in(source: &str) -> Vec<String> {
        let bodies = source.split("fn code(&self) -> &'static str {").skip(1);
        let literals = bodies.flat_map(|body| {
            let body = body.split("\n    }\n").next().unwrap_or_default();
            body.split('"').skip(1).step_by(2)
        });
        literals.map(str::to_owned).collect()
    }
}
