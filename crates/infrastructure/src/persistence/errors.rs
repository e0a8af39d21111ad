use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use userdom_domain::{RepositoryError, UniqueKey};

/// Every unique rule of the two databases. Postgres names the constraint; SQLite
/// names an index on an expression, and the columns of any other.
const UNIQUE: [(&str, &str, UniqueKey); 20] = [
    ("uq_users_username_lower", "index 'uq_users_username_lower'", UniqueKey::Username),
    ("ix_users_username", "users.username", UniqueKey::Username),
    ("uq_user_emails_verified", "index 'uq_user_emails_verified'", UniqueKey::VerifiedEmail),
    ("uq_user_email", "user_emails.user_id, user_emails.email", UniqueKey::UserEmail),
    ("uq_user_phone", "user_phones.user_id, user_phones.phone_number", UniqueKey::UserPhone),
    ("uq_user_emails_default", "user_emails.user_id", UniqueKey::Default),
    ("uq_user_phones_default", "user_phones.user_id, user_phones.contact_type", UniqueKey::Default),
    (
        "uq_user_addresses_default",
        "user_addresses.user_id, user_addresses.contact_type",
        UniqueKey::Default,
    ),
    ("uq_user_emails_uid", "user_emails.uid", UniqueKey::Identity),
    ("uq_user_phones_uid", "user_phones.uid", UniqueKey::Identity),
    ("uq_user_addresses_uid", "user_addresses.uid", UniqueKey::Identity),
    ("users_pkey", "users.id", UniqueKey::Identity),
    ("one_time_tokens_pkey", "one_time_tokens.id", UniqueKey::Identity),
    ("uq_one_time_tokens_token_hash", "one_time_tokens.token_hash", UniqueKey::Identity),
    ("sessions_pkey", "sessions.id", UniqueKey::Identity),
    ("uq_sessions_access_token_hash", "sessions.access_token_hash", UniqueKey::Identity),
    ("known_devices_pkey", "known_devices.id", UniqueKey::Identity),
    ("uq_known_devices_token_hash", "known_devices.token_hash", UniqueKey::Identity),
    ("api_keys_pkey", "api_keys.id", UniqueKey::Identity),
    ("uq_api_keys_token_hash", "api_keys.token_hash", UniqueKey::Identity),
];

/// Sorts an error of the database into retryable and final, once and for all.
#[expect(clippy::wildcard_enum_match_arm, reason = "Diesel may add errors, all of them final")]
pub(crate) fn repository_error(error: DieselError) -> RepositoryError {
    // The cause is the failed commit; the failed rollback follows from it.
    let error = if let DieselError::RollbackErrorOnCommit { commit_error, .. } = error {
        *commit_error
    } else {
        error
    };
    match &error {
        // Two tokens for the same thing at the same time: the next try ends the other one.
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info)
            if info.constraint_name() == Some("uq_one_time_tokens_live") =>
        {
            RepositoryError::Transient(Box::new(error))
        }
        DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
            unique_key(info.as_ref())
                .map_or_else(|| RepositoryError::Other(Box::new(error)), RepositoryError::Duplicate)
        }
        // The user was removed meanwhile: the next try does not find it any more.
        DieselError::DatabaseError(
            DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ForeignKeyViolation,
            _,
        ) => RepositoryError::Transient(Box::new(error)),
        DieselError::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | DieselError::BrokenTransactionManager => RepositoryError::Unavailable(Box::new(error)),
        // Diesel has no kind for a violated exclusion constraint.
        DieselError::DatabaseError(_, info) => match unique_key(info.as_ref()) {
            Some(key) => RepositoryError::Duplicate(key),
            None => by_message(&info.message().to_lowercase())(error),
        },
        _ => RepositoryError::Other(Box::new(error)),
    }
}

fn unique_key(info: &dyn DatabaseErrorInformation) -> Option<UniqueKey> {
    let named = info.constraint_name();
    let message = info.message();
    UNIQUE.iter().find_map(|(name, sqlite, key)| {
        let on_sqlite = message
            .strip_prefix("UNIQUE constraint failed: ")
            .is_some_and(|columns| columns == *sqlite);
        (named == Some(name) || on_sqlite).then_some(*key)
    })
}

/// Diesel passes on no SQLSTATE, so errors without a kind are sorted by their message.
fn by_message(message: &str) -> fn(DieselError) -> RepositoryError {
    const TRANSIENT: [&str; 4] = [
        "deadlock detected",
        "could not serialize",
        "database is locked",
        // As a trigger of SQLite says it, in place of a foreign key.
        "a row of a user that is not there",
    ];
    const UNAVAILABLE: [&str; 11] = [
        "disk is full",
        "no space left",
        "disk i/o error",
        "readonly database",
        "terminating connection",
        "server closed the connection",
        "the database system is",
        "statement timeout",
        "too many clients",
        "connection",
        "read-only transaction",
    ];
    let holds = |parts: &[&str]| parts.iter().any(|part| message.contains(part));
    if holds(&TRANSIENT) {
        |error| RepositoryError::Transient(Box::new(error))
    } else if holds(&UNAVAILABLE) {
        |error| RepositoryError::Unavailable(Box::new(error))
    } else {
        |error| RepositoryError::Other(Box::new(error))
    }
}

/// A value of a row that cannot be understood.
pub(crate) fn corrupt_value(
    table: &'static str,
    row: &str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> RepositoryError {
    RepositoryError::Corrupt {
        table: table.to_owned(),
        row: row.to_owned(),
        source: Box::new(source),
    }
}
