//! What there is to say about an operation beyond its summary.

/// The description of an operation, by its id.
pub(super) fn of(id: &str) -> &'static str {
    ALL.iter().find(|(known, _)| *known == id).map_or("", |(_, description)| description)
}

/// Which operations are described.
#[cfg(test)]
pub(super) fn ids() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(id, _)| *id)
}

#[rustfmt::skip]
const ALL: &[(&str, &str)] = &[
    ("alive", "Answers while the process runs; looks at nothing else."),
    ("ready", "Answers 200 while the service takes requests and its database answers."),
    ("graphql", "Runs a GraphQL document. With `Accept: application/graphql-response+json` a document of which nothing could be begun has a status of its own; as `application/json` it is 200 with `errors` and without `data`."),
    ("graphqlByGet", "Runs a document that only reads; a mutation is 405. What stands in a URL is kept by proxies and browsers: send what is personal by POST."),
    ("signIn", "201 with a session, or 202 with a challenge when the account has a second factor. Whatever is wrong is 401 `session.refused`; the fifth failure in a row locks the account for 15 minutes. Send the `device_token` of an earlier answer, and strangers cannot lock this device out."),
    ("finishSignIn", "Takes the challenge of a sign-in with either `totp` or `recovery_code`. The challenge lasts 5 minutes and five tries."),
    ("refresh", "The refresh token is spent. Sent again within 10 seconds it gives the same answer; any later use ends the session."),
    ("signOut", "Ends the session of the token; other sessions stay."),
    ("reauthenticate", "Takes `password`, or `totp` where a second factor is on, and gives new tokens; the old ones end. What needs a recent proof is open for 15 minutes."),
    ("verifyEmail", "Takes the token of the verification mail, which is good for 24 hours and one use. A pending user becomes active."),
    ("requestPasswordReset", "Always 202, whether the address is known or not. The link in the mail is good for 30 minutes and one use."),
    ("resetPassword", "Takes the token of the mail. All sessions end and known devices are forgotten; a second factor stays."),
    ("introspect", "RFC 7662, for the API key of a service with the scope `introspect`. A token that is not live is `{\"active\": false}`."),
    ("listApiKeys", "For admins. The keys themselves are not shown."),
    ("createApiKey", "For admins, after a recent proof. The key is shown this once."),
    ("removeApiKey", "For admins, after a recent proof. The key ends at once."),
    ("batch", "Carries out 1 to 100 operations, one after the other, as the caller. With `atomic` all of them are one transaction. The answer has one result for each."),
    ("searchUsers", "For moderators, admins and keys of services. Users who satisfy all parameters, page by page: send `next_cursor` as `cursor` with the same search."),
    ("register", "Makes a pending account and sends the verification mail. A taken username is 409; an email of another account looks like success, and its owner is told by mail."),
    ("userByEmail", "For moderators, admins and keys of services; without regard to case."),
    ("userByUsername", "For moderators, admins and keys of services; without regard to case."),
    ("user", "Oneself by `me`; others for moderators, admins and keys of services. `ETag` is the version that `If-Match` takes."),
    ("updateAccount", "A merge patch (RFC 7396): what is absent stays. A preference that is null is removed, or the default again."),
    ("deleteUser", "The rows stay, and an admin can restore the user for 30 days. With `erase=true` all that is personal is gone for good; that needs a recent proof."),
    ("profile", "404 `profile.not_found` for a user of another application who has none yet."),
    ("updateProfile", "A merge patch (RFC 7396): what is absent stays, and null clears what may be cleared."),
    ("emails", "All on one page."),
    ("addEmail", "After a recent proof. It signs nobody in and gets no reset before it is verified."),
    ("updateEmail", "The default email is `primary` and stays so."),
    ("removeEmail", "Removing a verified email needs a recent proof. The only one stays; after the default another takes its place."),
    ("setDefaultEmail", "After a recent proof. The email becomes `primary`."),
    ("sendEmailVerification", "Always 202, whether something is sent or not; twice an hour at most. While the account is pending anybody may ask."),
    ("phones", "All on one page."),
    ("addPhone", "In international form, or as written in the default region of the installation. A number that the user has already is 409."),
    ("updatePhone", "There is at most one default of each type."),
    ("removePhone", "It is gone at once."),
    ("setDefaultPhone", "Takes the default from another phone of the type."),
    ("sendPhoneCode", "Six digits go to the number, three times an hour at most. A newer code ends the older."),
    ("verifyPhone", "The code lasts 10 minutes and five tries."),
    ("addresses", "All on one page; with `type` those of one type."),
    ("addAddress", "Which parts a country needs differs; `country` is `USA` if absent."),
    ("replaceAddress", "What is absent is empty afterwards, but for `contact_type`, which stays."),
    ("removeAddress", "It is gone at once."),
    ("setDefaultAddress", "Takes the default from another address of the type."),
    ("sessions", "The open ones, with device, address and last use; all on one page."),
    ("endSessions", "All of them, the present one included."),
    ("endSession", "Its tokens are worth nothing from now on."),
    ("changePassword", "For the user alone, after a recent proof. All other sessions end, this one gets new tokens, and every verified address is told."),
    ("setUpTotp", "For the user alone, after a recent proof. Nothing is on before the first code is confirmed."),
    ("removeTotp", "For the user alone, after a recent proof."),
    ("confirmTotp", "Takes a code of the authenticator app. The ten recovery codes are shown this once."),
    ("replaceRecoveryCodes", "For the user alone, after a recent proof. The old ones are worth nothing."),
    ("activate", "For moderators and admins: the account needs no verified email to become active."),
    ("suspend", "For moderators and admins. Every session and key of the user ends at once; at `until` the suspension is over by itself."),
    ("reinstate", "For moderators and admins. The account is active again."),
    ("ban", "For moderators and admins. Every session and key of the user ends at once; at `until` the ban is over by itself."),
    ("unban", "For moderators and admins. The account is active again."),
    ("restore", "For admins, within 30 days. The account is again what it was."),
    ("unlock", "For moderators and admins. The account has all its tries again."),
    ("setRoles", "For admins. The sessions of the user end; the last admin stays one."),
    ("export", "One document, without any secret. By the user itself after a recent proof, or by an admin."),
    ("events", "The newest first, page by page: send `next_cursor` as `cursor`."),
];
