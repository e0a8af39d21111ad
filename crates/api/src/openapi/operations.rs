//! What each operation is about, what it takes and gives, and why it may refuse. What follows
//! from the route itself (a token, a body, a key) is not told here.

use crate::routes::{Route, Verb};

/// One operation, as far as the route does not say it.
pub(crate) struct Description {
    pub(crate) tag: &'static str,
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    /// The schema of the body; empty for none.
    pub(crate) request: &'static str,
    /// Each status with the schema of its body; empty for none.
    pub(crate) answers: &'static [(u16, &'static str)],
    /// The codes of refusals that are this operation's own.
    pub(crate) refusals: &'static [&'static str],
}

type Row = (
    Verb,
    &'static str,
    (&'static str, &'static str, &'static str),
    &'static str,
    &'static [(u16, &'static str)],
    &'static [&'static str],
);

use Verb::{Delete, Get, Patch, Post, Put};

const SESSION: &str = "sessions";
const ACCOUNT: &str = "accounts";
const CONTACT: &str = "contacts";
const DIRECTORY: &str = "directory";
const SERVICE: &str = "service";

const LIMITED: &str = "rate_limit.exceeded";
const REAUTH: &str = "reauthentication_required";
const GRAPHQL: &[&str] = &[
    "graphql.malformed",
    "graphql.invalid",
    "graphql.too_complex",
    "graphql.too_many_passwords",
    "graphql.too_many_exports",
    "access.unauthenticated",
];
const GRAPHQL_BY_GET: &[&str] = &[
    "graphql.malformed",
    "graphql.invalid",
    "graphql.too_complex",
    "graphql.too_many_exports",
    "access.unauthenticated",
    "method.not_allowed",
];
const STATUS: &[&str] = &["status.invalid_transition"];
const SANCTION: &[&str] = &["status.invalid_transition", "role.last_admin"];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (Get, "/livez", (SERVICE, "alive", "The process answers"), "", &[(200, "Health")], &[]),
    (Get, "/readyz", (SERVICE, "ready", "The service takes requests"), "", &[(200, "Health")], &["service.not_ready"]),

    (Post, "/graphql", (SERVICE, "graphql", "The same operations as GraphQL: docs/schema.graphql"), "GraphqlDocument", &[(200, "GraphqlAnswer")], GRAPHQL),
    (Get, "/graphql", (SERVICE, "graphqlByGet", "The same queries, in the URL"), "", &[(200, "GraphqlAnswer")], GRAPHQL_BY_GET),

    (Post, "/v1/sessions", (SESSION, "signIn", "Sign in"), "SignIn", &[(201, "OpenedSession"), (202, "Challenge")], &["session.refused", "access.unauthenticated", LIMITED]),
    (Post, "/v1/sessions/challenge", (SESSION, "finishSignIn", "The second factor of a sign-in"), "SecondStep", &[(201, "OpenedSession")], &["session.refused", "access.unauthenticated", "token.not_valid", "code.not_valid", LIMITED]),
    (Post, "/v1/sessions/refresh", (SESSION, "refresh", "New tokens for a session"), "Refresh", &[(200, "OpenedSession")], &["access.unauthenticated", LIMITED]),
    (Delete, "/v1/sessions/current", (SESSION, "signOut", "Sign out"), "", &[(204, "")], &[]),
    (Post, "/v1/sessions/current/reauthenticate", (SESSION, "reauthenticate", "Prove anew who it is"), "Proof", &[(200, "OpenedSession")], &["access.proof_refused", "two_factor.not_enabled", LIMITED]),
    (Post, "/v1/email-verifications", (CONTACT, "verifyEmail", "Verify an email by the token of the mail"), "Token", &[(200, "Email")], &["token.not_valid", "email.verified_elsewhere", "email.already_verified", LIMITED]),
    (Post, "/v1/password-resets", (ACCOUNT, "requestPasswordReset", "Ask for the mail that resets a password"), "ForgottenPassword", &[(202, "")], &[LIMITED]),
    (Post, "/v1/password-resets/confirm", (ACCOUNT, "resetPassword", "Set the new password"), "Reset", &[(204, "")], &["token.not_valid", LIMITED]),
    (Post, "/v1/token/introspect", (SERVICE, "introspect", "Whose a token is"), "TokenToInspect", &[(200, "Introspection")], &[]),
    (Get, "/v1/api-keys", (SERVICE, "listApiKeys", "All keys of other services"), "", &[(200, "ApiKeyPage")], &[]),
    (Post, "/v1/api-keys", (SERVICE, "createApiKey", "A key for another service"), "ApiKeyToCreate", &[(201, "MadeApiKey")], &[REAUTH]),
    (Delete, "/v1/api-keys/{id}", (SERVICE, "removeApiKey", "Remove a key"), "", &[(204, "")], &[REAUTH, "api_key.not_found"]),
    (Post, "/v1/batch", (SERVICE, "batch", "Several operations in one request"), "Batch", &[(200, "Outcomes")], &[]),

    (Get, "/v1/users", (DIRECTORY, "searchUsers", "Find users by anything"), "", &[(200, "UserPage")], &["cursor.not_valid"]),
    (Post, "/v1/users", (ACCOUNT, "register", "Register"), "Registration", &[(201, "User")], &["username.taken", LIMITED]),
    (Get, "/v1/users/by-email/{email}", (DIRECTORY, "userByEmail", "The owner of a verified email"), "", &[(200, "User")], &["user.not_found"]),
    (Get, "/v1/users/by-username/{username}", (DIRECTORY, "userByUsername", "The user of a name"), "", &[(200, "User")], &["user.not_found"]),
    (Get, "/v1/users/{id}", (ACCOUNT, "user", "A user"), "", &[(200, "User")], &[]),
    (Patch, "/v1/users/{id}", (ACCOUNT, "updateAccount", "Change username and preferences"), "AccountPatch", &[(200, "User")], &["username.taken"]),
    (Delete, "/v1/users/{id}", (ACCOUNT, "deleteUser", "Delete a user softly, or for good"), "", &[(204, "")], &["query.invalid_parameter", REAUTH, "role.last_admin", "status.invalid_transition"]),
    (Get, "/v1/users/{id}/profile", (ACCOUNT, "profile", "A profile"), "", &[(200, "Profile")], &["profile.not_found"]),
    (Patch, "/v1/users/{id}/profile", (ACCOUNT, "updateProfile", "Change the profile"), "ProfilePatch", &[(200, "Profile")], &["profile.not_initialized"]),

    (Get, "/v1/users/{id}/emails", (CONTACT, "emails", "All emails of a user"), "", &[(200, "EmailPage")], &[]),
    (Post, "/v1/users/{id}/emails", (CONTACT, "addEmail", "Add an email and send its verification mail"), "EmailToAdd", &[(201, "Email")], &["email.already_exists", "email.default_must_be_verified", "contact.too_many", "email.default_is_primary", REAUTH, LIMITED]),
    (Patch, "/v1/users/{id}/emails/{email_id}", (CONTACT, "updateEmail", "Change what an email is for"), "ContactPatch", &[(200, "Email")], &["email.not_found", "email.default_is_primary"]),
    (Delete, "/v1/users/{id}/emails/{email_id}", (CONTACT, "removeEmail", "Remove an email"), "", &[(204, "")], &["email.not_found", "email.only_one", REAUTH]),
    (Put, "/v1/users/{id}/emails/{email_id}/default", (CONTACT, "setDefaultEmail", "Make an email the default"), "", &[(200, "Email")], &["email.not_found", "email.default_must_be_verified", REAUTH]),
    (Post, "/v1/users/{id}/emails/{email_id}/verification", (CONTACT, "sendEmailVerification", "Send the verification mail again"), "", &[(202, "")], &[LIMITED]),

    (Get, "/v1/users/{id}/phones", (CONTACT, "phones", "All phones of a user"), "", &[(200, "PhonePage")], &[]),
    (Post, "/v1/users/{id}/phones", (CONTACT, "addPhone", "Add a phone"), "PhoneToAdd", &[(201, "Phone")], &["phone.already_exists", "contact.default_of_type_exists", "contact.too_many"]),
    (Patch, "/v1/users/{id}/phones/{phone_id}", (CONTACT, "updatePhone", "Change what a phone is for"), "ContactPatch", &[(200, "Phone")], &["phone.not_found", "contact.default_of_type_exists"]),
    (Delete, "/v1/users/{id}/phones/{phone_id}", (CONTACT, "removePhone", "Remove a phone"), "", &[(204, "")], &["phone.not_found"]),
    (Put, "/v1/users/{id}/phones/{phone_id}/default", (CONTACT, "setDefaultPhone", "Make a phone the default of its type"), "", &[(200, "Phone")], &["phone.not_found"]),
    (Post, "/v1/users/{id}/phones/{phone_id}/verification", (CONTACT, "sendPhoneCode", "Send a code"), "Nothing", &[(202, "")], &["phone.not_found", "phone.already_verified", "phone.not_reachable", LIMITED]),
    (Post, "/v1/users/{id}/phones/{phone_id}/verification/confirm", (CONTACT, "verifyPhone", "Verify a phone by the code"), "Code", &[(200, "Phone")], &["phone.not_found", "phone.already_verified", "code.not_valid", LIMITED]),

    (Get, "/v1/users/{id}/addresses", (CONTACT, "addresses", "All addresses of a user"), "", &[(200, "AddressPage")], &["query.invalid_parameter"]),
    (Post, "/v1/users/{id}/addresses", (CONTACT, "addAddress", "Add an address"), "AddressToAdd", &[(201, "Address")], &["contact.default_of_type_exists", "contact.too_many"]),
    (Put, "/v1/users/{id}/addresses/{address_id}", (CONTACT, "replaceAddress", "Write an address anew"), "AddressReplacement", &[(200, "Address")], &["address.not_found", "contact.default_of_type_exists"]),
    (Delete, "/v1/users/{id}/addresses/{address_id}", (CONTACT, "removeAddress", "Remove an address"), "", &[(204, "")], &["address.not_found"]),
    (Put, "/v1/users/{id}/addresses/{address_id}/default", (CONTACT, "setDefaultAddress", "Make an address the default of its type"), "", &[(200, "Address")], &["address.not_found"]),

    (Get, "/v1/users/{id}/sessions", (SESSION, "sessions", "The sessions of a user"), "", &[(200, "SessionPage")], &[]),
    (Delete, "/v1/users/{id}/sessions", (SESSION, "endSessions", "Sign out everywhere"), "", &[(204, "")], &[]),
    (Delete, "/v1/users/{id}/sessions/{session_id}", (SESSION, "endSession", "End a session"), "", &[(204, "")], &["session.not_found"]),
    (Put, "/v1/users/{id}/password", (ACCOUNT, "changePassword", "Change the password"), "PasswordChange", &[(200, "OpenedSession")], &["access.proof_refused", REAUTH, LIMITED]),
    (Post, "/v1/users/{id}/two-factor/totp", (ACCOUNT, "setUpTotp", "A secret for the authenticator app"), "Nothing", &[(200, "Enrolment")], &[REAUTH, "two_factor.already_enabled"]),
    (Delete, "/v1/users/{id}/two-factor/totp", (ACCOUNT, "removeTotp", "Turn the second factor off"), "", &[(204, "")], &[REAUTH, "two_factor.not_enabled"]),
    (Post, "/v1/users/{id}/two-factor/totp/confirm", (ACCOUNT, "confirmTotp", "Turn the second factor on"), "Code", &[(200, "RecoveryCodes")], &[REAUTH, "two_factor.already_enabled", "two_factor.not_enabled", "code.not_valid", LIMITED]),
    (Post, "/v1/users/{id}/two-factor/recovery-codes", (ACCOUNT, "replaceRecoveryCodes", "New recovery codes in place of the old"), "Nothing", &[(200, "RecoveryCodes")], &[REAUTH, "two_factor.not_enabled"]),

    (Post, "/v1/users/{id}/activate", (ACCOUNT, "activate", "Pending becomes active"), "Nothing", &[(200, "User")], STATUS),
    (Post, "/v1/users/{id}/suspend", (ACCOUNT, "suspend", "Shut somebody out for a while"), "Sanction", &[(200, "User")], SANCTION),
    (Post, "/v1/users/{id}/reinstate", (ACCOUNT, "reinstate", "End a suspension"), "Nothing", &[(200, "User")], STATUS),
    (Post, "/v1/users/{id}/ban", (ACCOUNT, "ban", "Shut somebody out"), "Sanction", &[(200, "User")], SANCTION),
    (Post, "/v1/users/{id}/unban", (ACCOUNT, "unban", "End a ban"), "Nothing", &[(200, "User")], STATUS),
    (Post, "/v1/users/{id}/restore", (ACCOUNT, "restore", "Undo a soft deletion"), "Nothing", &[(200, "User")], STATUS),
    (Post, "/v1/users/{id}/unlock", (ACCOUNT, "unlock", "Forget failed sign-ins"), "Nothing", &[(200, "User")], &[]),
    (Put, "/v1/users/{id}/roles", (ACCOUNT, "setRoles", "Give a user these roles and no others"), "Roles", &[(200, "User")], &["role.none", "role.last_admin"]),
    (Get, "/v1/users/{id}/export", (ACCOUNT, "export", "All that is held on a user"), "", &[(200, "Export")], &[REAUTH]),
    (Get, "/v1/users/{id}/events", (ACCOUNT, "events", "The audit trail of a user"), "", &[(200, "EventPage")], &["cursor.not_valid"]),
];

/// The description of a route; `None` for pages, which are no part of the API.
pub(crate) fn describe(route: &Route) -> Option<Description> {
    let row = ROWS.iter().find(|row| row.0 == route.method && row.1 == route.template)?;
    let (_, _, (tag, id, summary), request, answers, refusals) = *row;
    Some(Description { tag, id, summary, request, answers, refusals })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{http::codes, routes::ROUTES};

    #[test]
    fn every_operation_is_described_and_nothing_else() {
        let described: BTreeSet<_> = ROWS.iter().map(|row| (row.0, row.1)).collect();
        assert_eq!(described.len(), ROWS.len(), "a row stands twice");
        let pages = ["/verify-email", "/reset-password", "/openapi.json", "/docs"];
        let pages = pages.map(|template| (Get, template));
        let served: BTreeSet<_> = ROUTES
            .iter()
            .map(|route| (route.method, route.template))
            .filter(|route| !pages.contains(route))
            .collect();
        assert_eq!(described, served);
    }

    #[test]
    fn every_refusal_stands_in_the_catalogue() {
        for code in ROWS.iter().flat_map(|row| row.5) {
            assert!(codes::find(code).is_some(), "{code}");
        }
    }

    #[test]
    fn no_two_operations_share_an_id() {
        let ids: BTreeSet<_> = ROWS.iter().map(|row| row.2.1).collect();
        assert_eq!(ids.len(), ROWS.len());
    }
}
