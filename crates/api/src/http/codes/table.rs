//! The codes of this crate. Those of values and of users stand beside the errors that have them.

use super::Code;

/// Codes of problems.
#[rustfmt::skip]
pub(super) const PROBLEMS: &[Code] = &[
    // The request itself
    Code::new(400, "request.malformed", "The body is not the JSON object that is expected"),
    Code::new(422, "request.invalid", "Some fields are faulty"),
    Code::new(400, "request.unreadable", "This is no request of HTTP/1.1"),
    Code::new(431, "request.head_too_large", "The URL or the headers are too long"),
    Code::new(408, "request.timeout", "The request took too long to arrive"),
    Code::new(413, "request.too_large", "The body is too large"),
    Code::new(415, "request.unsupported_media_type", "The content type is not supported"),
    Code::new(415, "request.unsupported_encoding", "The body has a Content-Encoding; send it as it is"),
    Code::new(400, "path.malformed", "The path is no percent-encoded UTF-8"),
    Code::new(400, "query.malformed", "The query string cannot be read"),
    Code::new(400, "query.unknown_parameter", "A query parameter is unknown"),
    Code::new(400, "query.invalid_parameter", "A query parameter has a value that is not allowed"),
    Code::new(400, "cursor.not_valid", "The cursor is not one of this list")
        .hint("cursor: send the next_cursor of another page of the same search, in the same order"),
    Code::new(400, "idempotency_key.malformed", "The Idempotency-Key is not one")
        .hint("Idempotency-Key: one text of 1 to 255 visible ASCII characters, such as a UUID"),
    Code::new(422, "idempotency_key.reused", "The Idempotency-Key was used for another request")
        .hint("Send another Idempotency-Key with another request; this one stands for the first request that it came with, for 24 hours"),
    Code::new(409, "idempotency_key.in_progress", "The same request is being carried out; try again"),
    Code::new(400, "if_match.malformed", "If-Match is no list of entity tags"),
    Code::new(428, "if_match.required", "Say by If-Match which version is to be changed"),
    Code::new(400, "if_none_match.malformed", "If-None-Match is no list of entity tags"),
    Code::new(412, "if_none_match.failed", "The user has a version that If-None-Match names"),
    Code::new(400, "graphql.malformed", "The GraphQL document cannot be read"),
    Code::new(400, "graphql.invalid", "The GraphQL document does not fit the schema"),
    Code::new(400, "graphql.too_complex", "The GraphQL document asks for too much at once"),
    Code::new(422, "graphql.too_many_exports", "A GraphQL document exports one user at most"),
    Code::new(422, "graphql.too_many_passwords", "A GraphQL document checks one password or code at most"),
    Code::new(403, "cors.not_allowed", "Pages of this origin may not send this"),
    Code::new(404, "route.not_found", "There is nothing at this URL"),
    Code::new(405, "method.not_allowed", "This URL does not know this method"),
    // The caller
    Code::new(401, "access.unauthenticated", "Sign in first"),
    Code::new(403, "access.forbidden", "This is not allowed"),
    Code::new(403, "access.proof_refused", "The password or the code is wrong")
        .hint("The password or the code is wrong, or there were too many tries"),
    Code::new(403, "reauthentication_required", "Prove who you are first")
        .hint("This needs a proof of who you are that is not older than 15 minutes: POST /v1/sessions/current/reauthenticate"),
    Code::new(401, "session.refused", "The sign-in is refused")
        .hint("The login or the password is wrong, the email is not verified yet, or the account is locked for a while"),
    Code::new(422, "token.not_valid", "The token is not valid")
        .hint("The token is unknown, used, replaced by a newer one, or too old"),
    Code::new(422, "code.not_valid", "The code is not valid")
        .hint("The code is wrong, used or too old, or there were too many tries"),
    Code::new(429, "rate_limit.exceeded", "This was done too often; try again later"),
    // What is asked for
    Code::new(404, "user.not_found", "There is no such user"),
    Code::new(404, "profile.not_found", "The user has no profile"),
    Code::new(404, "session.not_found", "There is no such session"),
    Code::new(404, "api_key.not_found", "There is no such key"),
    // Conflicts
    Code::new(412, "version.stale", "The user has changed since it was read"),
    Code::new(409, "user.contended", "Others keep changing the user; try again"),
    Code::new(409, "username.taken", "The username is taken"),
    Code::new(409, "email.verified_elsewhere", "Another account has verified this email"),
    Code::new(409, "two_factor.already_enabled", "The second factor is set up already"),
    Code::new(409, "two_factor.not_enabled", "There is no second factor"),
    Code::new(424, "batch.undone", "Another operation of the batch was refused, so nothing was done"),
    Code::new(422, "batch.not_atomic", "An atomic batch takes what changes users, and nothing else"),
    Code::new(422, "batch.too_many_exports", "A batch exports one user at most"),
    Code::new(422, "export.too_long", "The export is too long for one answer here; GET /v1/users/{id}/export streams it"),
    Code::new(422, "batch.too_many_passwords", "A batch checks one password or code at most"),
    // The service
    Code::new(503, "service.busy", "The service is busy; try again"),
    Code::new(503, "service.not_ready", "The service is not ready"),
    Code::new(503, "store.unavailable", "The store is not available; try again"),
    Code::new(500, "internal", "Something went wrong on our side"),
];

/// Codes of fields and parameters that are no values of the domain.
#[rustfmt::skip]
pub(super) const FIELDS: &[Code] = &[
    // Fields that cannot be read
    Code::new(400, "field.required", "The field is required"),
    Code::new(400, "field.null", "The field cannot be null"),
    Code::new(400, "field.wrong_type", "The field is of another type"),
    Code::new(400, "field.unknown", "The field is unknown"),
    Code::new(400, "list.length", "The list has too few or too many items"),
    Code::new(400, "field.conflict", "The field cannot stand beside another one"),
    Code::new(400, "filter.invalid", "The filter cannot be read"),
    Code::new(400, "sort.unknown", "There is no such order")
        .hint("Sort by created_at, username, last_login_at or last_name; with \"-\" before it backwards"),
    Code::new(400, "limit.invalid", "A page has 1 to 200 items"),
    Code::new(400, "flag.invalid", "The parameter is true or false"),
    Code::new(400, "status.unknown", "The status is unknown"),
    // Fields that break a rule
    Code::new(422, "date.invalid_format", "The date is not written as YYYY-MM-DD"),
    Code::new(422, "time.invalid_format", "The time is not written as RFC 3339 has it"),
    Code::new(422, "role.unknown", "The role is unknown"),
    Code::new(422, "scope.unknown", "The scope is unknown"),
];
