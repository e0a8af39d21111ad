use std::{error::Error, fmt};

use userdom_domain::{RepositoryError, UniqueKey, UserError};

use crate::ports::{Exceeded, HashingError};

/// A field of a request, as a use case names it that refuses its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    Username,
    Password,
    NewPassword,
    DateOfBirth,
    Preferences,
    /// One of the preferences, by its key.
    Preference(String),
    Reason,
    Until,
    Name,
    Scopes,
    ExpiresAt,
}

/// A field whose value breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: Field,
    /// The stable code.
    pub code: &'static str,
    /// What is wrong, for people.
    pub detail: String,
}

/// All faulty fields of a request at once; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the request has faulty fields")]
pub struct Faults(pub Vec<Fault>);

/// What a request names and the application does not find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Resource {
    User,
    Session,
    ApiKey,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Session => "session",
            Self::ApiKey => "API key",
        })
    }
}

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Some fields are faulty.
    #[error(transparent)]
    Invalid(#[from] Faults),
    /// A rule of the aggregate forbids it.
    #[error(transparent)]
    Refused(#[from] UserError),
    /// Nobody has signed in, or the token is not good any more.
    #[error("sign in first")]
    Unauthenticated,
    /// The sign-in is refused; which of the reasons it is, nobody learns.
    #[error("the login or the password is wrong, or the account cannot sign in")]
    SignInRefused,
    /// The caller's last authentication is older than fifteen minutes.
    #[error("prove who you are first")]
    ReauthenticationRequired,
    /// The password or the code that was to prove it is wrong, or there were too many tries.
    #[error("the password or the code is wrong")]
    ProofRefused,
    /// The caller may know of it, but not do it.
    #[error("this is not allowed")]
    Forbidden,
    /// There is none, or the caller may not know of it.
    #[error("{0} not found")]
    NotFound(Resource),
    /// Somebody else has it.
    #[error("{0:?} is taken")]
    Taken(UniqueKey),
    /// The caller has seen an older version (`If-Match`).
    #[error("the user has changed since it was read")]
    StaleVersion,
    /// The user has a version that the caller has excluded (`If-None-Match`).
    #[error("the user has an excluded version")]
    UnwantedVersion,
    /// Others kept changing the same user, three times in a row.
    #[error("the user is being changed by others")]
    Contended,
    /// The token is unknown, used, replaced or expired.
    #[error("the token is not valid")]
    TokenNotValid,
    /// The code is wrong, used or expired, or there were too many tries.
    #[error("the code is not valid")]
    CodeNotValid,
    /// The second factor is set up and confirmed already.
    #[error("there is a second factor already")]
    SecondFactorEnabled,
    /// There is no second factor, or none that waits to be confirmed.
    #[error("there is no second factor")]
    SecondFactorMissing,
    /// The same request, by its idempotency key, is being carried out right now.
    #[error("the request is being carried out")]
    StillRunning,
    /// The idempotency key was used for another request.
    #[error("the key stands for another request")]
    KeyOfAnotherRequest,
    /// The export has more than one answer can hold; part by part it can be had.
    #[error("the export is too long for one answer")]
    ExportTooLong,
    /// The cursor is none of this list.
    #[error("the cursor is not valid")]
    CursorNotValid,
    /// It was done too often.
    #[error("too often; try again in {} s", .0.retry_after)]
    TooOften(Exceeded),
    /// Too many passwords are being hashed.
    #[error("too busy")]
    Busy,
    /// The store failed.
    #[error("the store failed")]
    Store(#[source] RepositoryError),
    /// Something that has no business failing.
    #[error("internal error")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl From<RepositoryError> for AppError {
    fn from(error: RepositoryError) -> Self {
        match error {
            RepositoryError::Duplicate(key) => Self::Taken(key),
            RepositoryError::Stale => Self::Contended,
            error @ (RepositoryError::Transient(_)
            | RepositoryError::Unavailable(_)
            | RepositoryError::Corrupt { .. }
            | RepositoryError::Other(_)) => Self::Store(error),
        }
    }
}

impl From<Exceeded> for AppError {
    fn from(exceeded: Exceeded) -> Self {
        Self::TooOften(exceeded)
    }
}

impl From<HashingError> for AppError {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => Self::Busy,
            HashingError::Failed(source) => Self::Internal(source),
        }
    }
}
